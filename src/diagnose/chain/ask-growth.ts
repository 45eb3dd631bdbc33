import { formatBytes, formatThreeDigits } from '../../base/units.ts';
import type { LaneState } from '../../detect/assessment.ts';
import type { ChainStep, ChainStepName } from '../../model/chain-step.ts';
import { formatGrowth } from '../../model/finding-text.ts';
import { judgeLife } from '../../model/report.ts';
import { decisiveEvidence } from './decisive.ts';
import { judgedLife, roundKnown, windowOf, type Facts } from './facts.ts';

/** Slope over its standard error, as in stage 1. */
const GROWTH_Z = 6;
/** What a finding stands on, the series before the profiles. */
const GROWTH_QUESTIONS = [/^Does the .* series grow/, /^Which goroutines/, /^Which code allocates/] as const;

/** Is memory (or what is counted) growing beyond its steady state? */
export function askGrowth(facts: Facts): ChainStep {
  const { lanes } = facts.assessment;
  const leak = facts.findings.find(({ verdict, class: kind }) => verdict === 'leak' && kind !== 'retention');
  const lead = leadingLane(lanes);
  const isCalled = leak !== undefined || lead?.verdict === 'leak';
  const isGrowing = isCalled || lead?.isSuspect === true;
  // No is said by the same rule as in the verdict of the report: where a leak that matters would have been seen.
  const isOpen = isGrowing || judgeLife(facts.findings, judgedLife(facts)) === 'undetermined';
  const outcome = isCalled ? 'supports' : isOpen ? 'open' : 'contradicts';
  // A leak that was called stands on what called it, also where the series shows less of it by now.
  const isShown = lead?.verdict === 'leak' && (lead.z ?? 0) >= GROWTH_Z;
  const decisive = leak === undefined || isShown ? null : decisiveEvidence(leak, GROWTH_QUESTIONS);
  return {
    step: 'growth',
    question: 'Does memory grow beyond its steady state?',
    hypothesis: 'something is kept that nobody needs any more',
    prediction: 'a model that grows without bound describes the series better than any that is bounded',
    test:
      decisive?.test ??
      'slope of the best growing model over its standard error, after load and noise; see the findings for the rest',
    numbers: {
      statistic: roundKnown(decisive?.statistic ?? lead?.z),
      threshold: decisive?.threshold ?? GROWTH_Z,
      evidenceRatio: roundKnown(lead?.evidenceRatio),
      lane: lead?.lane ?? null,
      perHour: leak?.growth?.perHour ?? lead?.growth?.perHour ?? null,
      ...windowOf(facts),
    },
    outcome,
    answer:
      isGrowing && !isCalled
        ? `It seems so${rateOf(lead)}. ${openAnswer(facts)}`
        : answer(facts, outcome, lead),
    ruledOut: [],
    advice: outcome === 'contradicts' ? cureOf(boundedLane(facts)) : [],
    next: [...NEXT[outcome]],
  };
}

/** What grows is followed; what does not is looked at for what it holds besides; what cannot be told yet, both. */
const NEXT: Readonly<Record<ChainStep['outcome'], readonly ChainStepName[]>> = {
  supports: ['process', 'part'],
  open: ['process', 'part', 'retention'],
  contradicts: ['retention', 'limit', 'cost'],
};

/** The lane with the strongest case; null while none can be judged. */
export function leadingLane(lanes: readonly LaneState[]): LaneState | null {
  const weight = ({ verdict, isSuspect, z }: LaneState): number =>
    (verdict === 'leak' ? 2000 : isSuspect ? 1000 : 0) + Math.min(999, z ?? -1);
  return lanes.reduce<LaneState | null>(
    (best, lane) => (best === null || weight(lane) > weight(best) ? lane : best),
    null,
  );
}

function answer(facts: Facts, outcome: ChainStep['outcome'], lead: LaneState | null): string {
  if (outcome === 'supports') {
    const finding = facts.findings.find(({ verdict }) => verdict === 'leak');
    const bytes = finding?.growth ?? null;
    // Of what is counted the bytes may not stand clear of zero.
    const known = bytes !== null && bytes.low > 0 ? bytes : (finding?.counts ?? bytes);
    const growth = known ?? lead?.growth ?? null;
    return `Yes${growth === null ? '' : `: ${formatGrowth(growth)}`}.`;
  }
  const smallest = judgedLife(facts).smallestDetectableBytesPerHour;
  if (outcome === 'contradicts') {
    const named = boundedLane(facts);
    const how = named === undefined ? 'No' : `Not without bound (${named.lane}: ${named.verdict})`;
    return smallest === null
      ? `${how}.`
      : `${how}; a leak above ${formatBytes(smallest)}/h would have been seen.`;
  }
  return openAnswer(facts);
}

/** What grew once, or grows and comes back. */
function boundedLane({ assessment }: Facts): LaneState | undefined {
  return assessment.lanes.find(({ verdict }) => verdict !== 'no-growth' && verdict !== 'undetermined');
}

/** Settings for growth that has an end. */
function cureOf(lane: LaneState | undefined): string[] {
  switch (lane?.verdict) {
    case 'step':
      return [
        'a step stays where it is: something was loaded once, or work has a new level; size the limit for that',
      ];
    case 'filling-to-bound':
      return ['it ends by itself: size the limit for the full cache or pool, or give that a smaller bound'];
    case 'load-driven':
      return [
        'it comes and goes with the load: size the limit for the busiest hour, or let fewer requests in at once',
      ];
    default:
      return [];
  }
}

function rateOf(lane: LaneState | null): string {
  return lane === null || lane.growth === null ? '' : `: ${formatGrowth(lane.growth)}`;
}

/** What is missing: what the verdict as a whole waits for, else what an undecided finding does. */
function openAnswer({ assessment, findings }: Facts): string {
  const undecided = findings.find(({ verdict }) => verdict === 'undetermined');
  const needed = assessment.needed ?? undecided?.needed ?? null;
  if (needed === null) return 'Cannot be told yet.';
  const wait =
    typeof needed.millis !== 'number' ? '' : `, about ${formatThreeDigits(needed.millis / 60_000)} min`;
  return `Cannot be told yet: needs ${needed.what}${wait}.`;
}
