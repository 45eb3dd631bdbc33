// Findings that are not leaks: a lane that moves and has an explanation, or none yet.
import {
  gaugeWindow,
  isTooEarly,
  type Assessment,
  type Lane,
  type LaneAssessment,
} from '../detect/assessment.ts';
import { FILLING_LANES, isBoundExcluded, untilDayWatched, weighPatience } from '../detect/patience.ts';
import { statedGrowth } from '../detect/stated-growth.ts';
import { PATIENCE_FACTOR } from '../detect/thresholds.ts';
import type { Evidence, Finding, LeakClass } from '../model/finding.ts';
import { HOUR_MILLIS, formatBytes, formatThreeDigits } from '../base/units.ts';
import { summarize } from '../model/finding-text.ts';
import { describeCulprit } from './culprit.ts';
import { computeFingerprint } from './fingerprint.ts';
import { askHeldHeap, findHeapOwner } from './held-by-count.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { THRESHOLDS } from './thresholds.ts';
import type { Wait } from './wait.ts';

/**
 * One finding for each lane with something to say that no raised leak explains; quiet lanes give none.
 *
 * @param explained lanes that raised leaks carry or absorb.
 * @param waits leaks that are called and not raised yet.
 */
export function describeLanes(
  service: string,
  assessment: Assessment,
  profiles: ProfileEvidence | null,
  explained: ReadonlySet<Lane>,
  waits: readonly Wait[] = [],
): Finding[] {
  const told = listLanes(assessment).filter(
    (lane) => !explained.has(lane.lane) && (hasSomethingToSay(lane) || isSeenInProfiles(lane, profiles)),
  );
  const isOpen = ({ verdict }: LaneAssessment) => verdict === 'leak' || verdict === 'undetermined';
  const held = findHeapOwner(assessment, profiles, (lane) => told.includes(lane) && isOpen(lane));
  return told.flatMap((lane) => {
    if (held !== null && lane.lane === 'heap' && isOpen(lane)) return [];
    const wait = waits.find((one) => one.lane === lane.lane)?.needed ?? null;
    const found = describeLane(
      service,
      assessment,
      wait === null ? lane : { ...lane, needed: wait },
      profiles,
    );
    return [
      held?.owner === lane.lane ? { ...found, evidence: [...found.evidence, askHeldHeap(held)] } : found,
    ];
  });
}

/** A lane that this life cannot judge yet keeps the explanation it had in the life before. */
function listLanes({ lanes, earlier }: Assessment): readonly LaneAssessment[] {
  if (earlier === null) return lanes;
  const own = lanes.filter((lane) => !isTooEarly(lane));
  const known = new Set(own.map(({ lane }) => lane));
  const explanations = earlier.lanes.filter(
    ({ lane, verdict }) => !known.has(lane) && verdict !== 'leak' && verdict !== 'undetermined',
  );
  return [...own, ...explanations];
}

function hasSomethingToSay(lane: LaneAssessment): boolean {
  switch (lane.verdict) {
    case 'no-growth':
      return false;
    case 'filling-to-bound':
    case 'load-driven':
    case 'step':
      return true;
    case 'leak':
      return true;
    case 'undetermined':
      // What bends or has stepped has grown, and may go on.
      return (
        lane.isSuspect ||
        lane.withheld === 'filling-to-bound' ||
        lane.withheld === 'step' ||
        (lane.growth !== null && lane.growth.low > 0)
      );
  }
}

/** Too few collections for gauges to judge by, but profiles, each exact as of its collection, show code that only grows. */
function isSeenInProfiles(lane: LaneAssessment, profiles: ProfileEvidence | null): boolean {
  const [cause] = profiles?.heapCauses ?? [];
  const lead = cause?.culprits[0]?.growth;
  if (lane.lane !== 'heap' || !isTooEarly(lane) || cause === undefined || lead === undefined) return false;
  const { nameZ, provenMonotony } = THRESHOLDS;
  return lead.z >= Math.max(nameZ, cause.criticalZ) && lead.monotony >= provenMonotony;
}

function describeLane(
  service: string,
  assessment: Assessment,
  lane: LaneAssessment,
  profiles: ProfileEvidence | null,
): Finding {
  // Stage 1's rule holds at this evaluation, but it is not confirmed: a leak is claimed once, and then stands.
  const verdict = lane.verdict === 'leak' ? 'undetermined' : lane.verdict;
  const isBytes = lane.unit === 'bytes';
  const kind: LeakClass = lane.lane;
  const finding: Omit<Finding, 'summary'> = {
    verdict,
    class: kind,
    fingerprint: computeFingerprint(service, kind, []),
    detectedAt: null,
    onsetAt: lane.onsetAtMillis,
    growth: isBytes && lane.growth !== null ? statedGrowth(lane.growth, lane, assessment) : null,
    counts: isBytes ? null : lane.growth,
    heldBytes: null,
    timeToExhaustion: null,
    culprits: lane.lane === 'heap' && profiles !== null ? nameHeap(profiles) : [],
    pattern: null,
    evidence: [...lane.evidence, ...askBound(lane, assessment), ...askPatience(lane, assessment)],
    ruledOut: [...lane.ruledOut],
    fix: null,
    ...(lane.needed === null ? {} : { needed: lane.needed }),
  };
  return { ...finding, summary: summarize(finding, assessment.atMillis) + tellBound(lane) };
}

/** Only what profiles show clearly: an explained lane is no accusation. */
function nameHeap(profiles: ProfileEvidence): Finding['culprits'] {
  const [cause] = profiles.heapCauses;
  const lead = cause?.culprits[0];
  if (cause === undefined || lead === undefined || lead.growth.z < THRESHOLDS.nameZ) return [];
  return cause.culprits.map((found) => describeCulprit(found.frame, 'allocates', profiles.place, found));
}

/** ` It fills to 224 MiB (219 MiB to 231 MiB), and is 89 % there.`; of growth that may go on, where it would stop. */
function tellBound({ verdict, unit, level, predictedBound: bound, boundRange }: LaneAssessment): string {
  const isTold = verdict === 'filling-to-bound' || verdict === 'undetermined';
  if (!isTold || bound === null || !(bound > 0)) return '';
  const format = (value: number) =>
    unit === 'bytes' ? formatBytes(value) : `${formatThreeDigits(value)} ${unit}`;
  const high = boundRange?.high ?? null;
  const until = high === null ? 'or without an end' : `to ${format(high)}`;
  const isWide = boundRange && (high === null || format(boundRange.low) !== format(high));
  const range = isWide ? ` (${format(boundRange.low)} ${until})` : '';
  // The bound is at the mean load: the level may be above it for now.
  const filled = `${Math.min(100, Math.round((100 * level) / bound))} %`;
  return verdict === 'filling-to-bound'
    ? ` It fills to ${format(bound)}${range}, and is ${filled} there.`
    : ` If it bends as it seems to, it stops at ${format(bound)}${range}; it is ${filled} there.`;
}

/** Past the bound that was predicted by so much, it was none. */
const PAST_BOUND = 1.2;

function askBound(lane: LaneAssessment, assessment: Assessment): Evidence[] {
  const { predictedBound: bound, boundRange, level } = lane;
  if (bound === null || (lane.verdict !== 'filling-to-bound' && lane.verdict !== 'undetermined')) return [];
  const share = bound > 0 ? level / bound : null;
  const filled = share === null ? null : Math.round(share * 1000) / 1000;
  const isSettled = share !== null && lane.verdict === 'filling-to-bound';
  // Texts give a number in the unit that its key ends in.
  const suffix = lane.unit === 'bytes' ? 'Bytes' : '';
  const whole = (value: number | null | undefined) => (typeof value === 'number' ? Math.round(value) : null);
  return [
    {
      question: 'Where will it stop?',
      prediction: 'the level bends towards a bound, and stays below it',
      test: 'level over the asymptote of the best cache model, with its 80 % interval by profile likelihood over the fill time',
      numbers: {
        statistic: filled,
        threshold: PAST_BOUND,
        [`bound${suffix}`]: whole(bound),
        [`low${suffix}`]: whole(boundRange?.low),
        [`high${suffix}`]: whole(boundRange?.high),
        [`level${suffix}`]: whole(level),
        filled,
        ...gaugeWindow(assessment),
      },
      outcome: !isSettled ? 'open' : share <= PAST_BOUND ? 'supports' : 'contradicts',
    },
  ];
}

/** Stage 1's rule holds, and no profile names the code: is every cache excluded, or was it watched for so long that it would have bent? */
function askPatience(lane: LaneAssessment, assessment: Assessment): Evidence[] {
  const { leftMillis, watchedMillis, waitMillis } = weighPatience(lane, assessment);
  const filling = FILLING_LANES[lane.lane];
  if (lane.verdict !== 'leak' || filling === undefined || leftMillis === null) return [];
  const isDay = untilDayWatched(lane, assessment) === 0;
  const isExcluded = isBoundExcluded(lane, assessment);
  const share = leftMillis > 0 ? watchedMillis / leftMillis : 1;
  const count = (value: number) => (Number.isFinite(value) ? Math.round(value) : null);
  const fair = { statistic: Math.round(1000 * share) / 1000, threshold: 1 / PATIENCE_FACTOR };
  const room = ((lane.growth?.perHour ?? NaN) * leftMillis) / HOUR_MILLIS;
  const excluded = { statistic: count(lane.bend?.openBound ?? NaN), threshold: count(room), unit: lane.unit };
  return [
    {
      question: `Is it ${filling} that still fills evenly?`,
      prediction: 'it bends before the limit; a leak does not, and profiles may name its code',
      test: isExcluded
        ? 'growth still to come of the smallest cache that is not excluded, over the room below the limit, where no profile names the code'
        : 'time watched over time left, where no profile names the code',
      numbers: {
        ...(isExcluded ? excluded : fair),
        watchedMillis: count(watchedMillis),
        leftMillis: count(leftMillis),
        millis: count(waitMillis),
        ...gaugeWindow(assessment),
      },
      outcome:
        isDay && !lane.bend?.isRefill && (isExcluded || share >= 1 / PATIENCE_FACTOR)
          ? 'contradicts'
          : 'open',
    },
  ];
}
