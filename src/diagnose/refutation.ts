// When profiles refute the name of a leak: its own growth is excluded, and something else grows instead.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import { normalizeFunction } from '../profile/frames.ts';
import { poissonInterval } from '../profile/sampling.ts';
import type { CaseInput, RaisedLeak } from './case-state.ts';
import type { Cause } from './cause.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { areGoroutinesProven, findProvenLeads } from './proof.ts';
import { computeGrowth } from './site-growth.ts';
import { THRESHOLDS } from './thresholds.ts';
import { findLane } from './unexplained.ts';

/**
 * Does this evaluation speak against the leak's name? Not seeing it is no evidence: a process that has just begun again
 * shows its caches filling first, and profiles of an hour may hold too few samples of a slow leak.
 *
 * @param raised all leaks that stand: what is known as another leak does not take the place of this one.
 */
export function isContradicted(
  leak: RaisedLeak,
  raised: readonly RaisedLeak[],
  input: CaseInput,
  profiles: ProfileEvidence,
): boolean {
  const { assessment, atMillis } = input;
  const age = atMillis - assessment.incarnationStartMillis;
  const isLaterLife = assessment.incarnationStartMillis > leak.detectedAt;
  if (isLaterLife && age < THRESHOLDS.warmUpMillis) return false;
  const lane = findLane(assessment, leak.lane);
  // No profile of Go shows what C has allocated: its code is not seen there, whatever grows beside it.
  if (leak.kind === 'native') return false;
  // Without a name nothing but the lane itself says what it is.
  if (leak.lead === null) return lane !== null && lane.growth !== null && leak.lane !== 'heap';
  const name = normalizeFunction(leak.lead);
  const known = new Set(raised.map(({ lead }) => (lead === null ? '' : normalizeFunction(lead))));
  const others = [...findProvenLeads(profiles)].filter((lead) => !known.has(normalizeFunction(lead)));
  const isOtherKnown = others.length > 0 || (leak.kind !== 'heap' && areGoroutinesProven(profiles));
  return isOtherKnown && isOwnGrowthExcluded(leak, name, profiles);
}

/** Profiles of this life would have shown a good part of the old rate in the leak's code, and did not. */
function isOwnGrowthExcluded(leak: RaisedLeak, name: string, profiles: ProfileEvidence): boolean {
  const { counts, growth } = leak.finding;
  const perHour = leak.kind === 'heap' ? undefined : counts?.perHour;
  const inCount = perHour === undefined ? null : isCountExcluded(perHour, name, profiles);
  return inCount ?? (growth !== null && isHeapExcluded(growth.perHour, name, profiles));
}

function isHeapExcluded(perHour: number, name: string, { sites, siteBase }: ProfileEvidence): boolean {
  const hours = hoursOf(sites.timeMillis, siteBase);
  if (sites.timeMillis.length - siteBase <= THRESHOLDS.minSnapshots) return false;
  const own = sites.sites.filter((site) =>
    site.path.frames.some((frame) => normalizeFunction(frame.function) === name),
  );
  const { bytes } = computeGrowth(sites, own, siteBase);
  const [, unseenSamples] = poissonInterval(0);
  const bytesPerSample = Math.max(...sites.sites.map((site) => site.periodBytes), 0);
  const high = Math.max(bytes.high, unseenSamples * bytesPerSample);
  return high < THRESHOLDS.stopShare * perHour * hours;
}

/** Counts are exact, how many come in a while is not; null where no goroutine has the name on its stack. */
function isCountExcluded(
  perHour: number,
  name: string,
  { groups, groupBase }: ProfileEvidence,
): boolean | null {
  const last = groups.timeMillis.length - 1;
  if (last - groupBase < THRESHOLDS.minSnapshots) return false;
  const own = groups.groups.filter(({ path }) =>
    path.frames.some((frame) => normalizeFunction(frame.function) === name),
  );
  if (own.length === 0) return null;
  const grown = own.reduce((sum, { count }) => sum + count[last] - count[groupBase], 0);
  const [, high] = poissonInterval(Math.max(0, grown));
  return high < THRESHOLDS.stopShare * perHour * hoursOf(groups.timeMillis, groupBase);
}

function hoursOf(timeMillis: readonly Millis[], base: number): number {
  return timeMillis.length < 2 ? 0 : (timeMillis[timeMillis.length - 1] - timeMillis[base]) / HOUR_MILLIS;
}

/**
 * A second cause beside a leak of its class whose own growth is out of sight: profiles prove it in a life that is long
 * past filling its caches, and stage 1 calls it a leak.
 */
export function isLongProven(cause: Cause, input: CaseInput, profiles: ProfileEvidence | null): boolean {
  const { assessment, atMillis } = input;
  if (profiles === null || atMillis - assessment.incarnationStartMillis < THRESHOLDS.slowProofMillis)
    return false;
  if (findLane(assessment, cause.lane)?.verdict !== 'leak') return false;
  const leads = findProvenLeads(profiles);
  return cause.culprits.some(({ function: name }) => leads.has(name));
}
