// How fast a cause grows in bytes: stacks by count, heap by the live floor or by the sites' samples.
import { HOUR_MILLIS, type Bytes } from '../base/units.ts';
import { UNMEASURED_STACK } from '../detect/bytes-each.ts';
import type { Growth } from '../model/finding.ts';
import { poissonInterval, survivalShare } from '../profile/sampling.ts';
import type { HeapCause, WeightedSite } from './heap-cause.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import type { Interval } from './statistics.ts';
import { THRESHOLDS } from './thresholds.ts';
import { findLane, type Rest } from './unexplained.ts';

/** Stacks of the goroutines of one cause. */
export interface StackGrowth {
  /** By now, with what the runtime keeps for each beside its stack. */
  readonly bytes: Bytes;
  readonly perHour: Interval;
  /** The same of the stacks alone, as far as they are no part of the live floor (runtime.g is, it lies in the heap). */
  readonly besideFloor: Interval;
}

const NOTHING: Interval = { value: 0, low: 0, high: 0 };
const NO_STACKS: StackGrowth = { bytes: 0, perHour: NOTHING, besideFloor: NOTHING };

/**
 * Rate of the count times bytes of a stack, each end with the other's: neither is exact. The rate is stage 1's where it
 * has one, which sees every scrape; else that of the profiles.
 *
 * @param grown goroutines of this cause that came between the first and the last profile.
 * @param share of all goroutines that came.
 */
export function growthOfStacks(rest: Rest, grown: number, share: number): StackGrowth {
  if (!(grown > 0)) return NO_STACKS;
  const { assessment, profiles } = rest.input;
  const stack = assessment.goroutineCost?.stack ?? UNMEASURED_STACK;
  const counted = findLane(assessment, 'goroutine')?.growth ?? null;
  const rate =
    counted === null
      ? rateOfProfiles(grown, profiles)
      : {
          value: share * counted.perHour,
          low: share * Math.max(0, counted.low),
          high: share * counted.high,
        };
  const besides = THRESHOLDS.goroutineDescriptorBytes;
  const apart = 1 - (assessment.goroutineCost?.stackInFloor ?? 0);
  const times = (each: (stack: Bytes) => Bytes): Interval => ({
    value: rate.value * each(stack.value),
    low: rate.low * each(stack.low),
    high: rate.high * each(stack.high),
  });
  return {
    bytes: grown * (stack.value + besides),
    perHour: times((bytes) => bytes + besides),
    besideFloor: times((bytes) => bytes * apart),
  };
}

/**
 * By stage 1, where its number of all goroutines shows growth; else (few of them, found by what they hold) by the profiles,
 * which count these alone.
 *
 * @param grown, share as above.
 */
export function growthOfCount(rest: Rest, grown: number, share: number): Growth | null {
  const counted = findLane(rest.input.assessment, 'goroutine')?.growth ?? null;
  if (counted !== null && counted.low > 0) return scaleGrowth(counted, share);
  const { value, low, high } = rateOfProfiles(grown, rest.input.profiles);
  return low > 0 ? { unit: 'goroutines', perHour: value, low, high, confidence: 0.95 } : null;
}

/** Counts are exact; how many come in an hour is not. */
function rateOfProfiles(grown: number, { groups, groupBase }: ProfileEvidence): Interval {
  const hours = hoursBetween(groups.timeMillis, groupBase);
  const [low, high] = poissonInterval(grown);
  return { value: grown / hours, low: low / hours, high: high / hours };
}

/** Stacks and the live heap (by stage 1, which sees all of it), per hour. */
export function growthOfBytes(rest: Rest, heap: HeapCause | null, stacks: StackGrowth): Growth | null {
  const { assessment, profiles } = rest.input;
  const measured = findLane(assessment, 'heap')?.growth ?? null;
  if (measured === null) return growthOfSites(profiles, heap, stacks);
  return {
    ...measured,
    perHour: measured.perHour + stacks.besideFloor.value,
    low: measured.low + stacks.besideFloor.low,
    high: measured.high + stacks.besideFloor.high,
  };
}

const STACKS_ONLY = 'stacks only';

/** The same from the sites' sampled growth, where stage 1's heap growth belongs to something else as well. */
export function growthOfSites(
  profiles: ProfileEvidence,
  heap: HeapCause | null,
  stacks: StackGrowth,
): Growth | null {
  if (heap === null && stacks.bytes === 0) return null;
  const hours = hoursBetween(profiles.sites.timeMillis, profiles.siteBase);
  const bytes = heap?.growth.bytes ?? { value: 0, low: 0, high: 0 };
  return {
    unit: 'bytes',
    perHour: bytes.value / hours + stacks.perHour.value,
    low: bytes.low / hours + stacks.perHour.low,
    high: bytes.high / hours + stacks.perHour.high,
    confidence: 0.95,
    ...(heap === null ? { covers: STACKS_ONLY } : {}),
  };
}

/** Of a leak that came back beside another: stage 1's growth is that of both, over a time that began long before this. */
export function growthSince({ input: { profiles } }: Rest, heap: HeapCause): Growth | null {
  const sinceMillis = profiles.returned.get(heap.culprits[0]?.frame.function ?? '');
  const { timeMillis } = profiles.sites;
  if (sinceMillis === undefined) return null;
  const hours = hoursBetween(timeMillis, timeMillis.indexOf(sinceMillis));
  const { value, low, high } = heap.growth.bytes;
  return { unit: 'bytes', perHour: value / hours, low: low / hours, high: high / hours, confidence: 0.95 };
}

function hoursBetween(timeMillis: readonly number[], base: number): number {
  const span = timeMillis.length >= 2 ? timeMillis[timeMillis.length - 1] - timeMillis[base] : HOUR_MILLIS;
  return Math.max(span, 1) / HOUR_MILLIS;
}

export function scaleGrowth(growth: Growth, share: number): Growth {
  return { ...growth, perHour: growth.perHour * share, low: growth.low * share, high: growth.high * share };
}

/** The part of a lane's growth that these of all growing sites carry, each end with the other's: the share is sampled. */
export function shareGrowth(
  growth: Growth,
  sites: readonly WeightedSite[],
  all: readonly WeightedSite[],
): Growth {
  const bytes = sumLasting(all);
  if (sites.length === all.length || !(bytes > 0)) return growth;
  const value = sumLasting(sites) / bytes;
  const samples = all.reduce((sum, { site, lastingBytes }) => sum + lastingBytes / site.bytesPerSample, 0);
  const share = survivalShare(value * samples, samples) ?? { low: 0, high: 1 };
  const low = growth.low * (growth.low > 0 ? share.low : share.high);
  return { ...growth, perHour: growth.perHour * value, low, high: growth.high * share.high };
}

function sumLasting(sites: readonly WeightedSite[]): Bytes {
  return sites.reduce((sum, { lastingBytes }) => sum + lastingBytes, 0);
}
