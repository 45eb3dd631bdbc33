import { formatBytes, formatThreeDigits } from '../../base/units.ts';
import { isTooEarly, type LaneState } from '../../detect/assessment.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { formatGrowth } from '../../model/finding-text.ts';
import { windowOf, type Facts, roundKnown } from './facts.ts';

/** Is memory (or what is counted) growing beyond its steady state? */
export function askGrowth(facts: Facts): ChainStep {
  const { lanes } = facts.assessment;
  const leak = facts.findings.find(({ verdict, class: kind }) => verdict === 'leak' && kind !== 'retention');
  const lead = leadingLane(lanes);
  const isGrowing = leak !== undefined || (lead !== null && (lead.verdict === 'leak' || lead.isSuspect));
  const judged = lanes.filter((lane) => lane.unit === 'bytes' && !isTooEarly(lane));
  const isExcluded =
    !isGrowing && judged.length > 0 && judged.every(({ verdict }) => verdict !== 'undetermined');
  const outcome = isGrowing ? 'supports' : isExcluded ? 'contradicts' : 'open';
  return {
    step: 'growth',
    question: 'Does memory grow beyond its steady state?',
    hypothesis: 'something is kept that nobody needs any more',
    prediction: 'a model that grows without bound describes the series better than any that is bounded',
    test: 'slope of the best growing model over its standard error, after load and noise; see the findings for the rest',
    numbers: {
      statistic: roundKnown(lead?.z),
      threshold: 6,
      evidenceRatio: roundKnown(lead?.evidenceRatio),
      lane: lead?.lane ?? null,
      perHour: leak?.growth?.perHour ?? lead?.growth?.perHour ?? null,
      ...windowOf(facts),
    },
    outcome,
    answer: answer(facts, outcome, lead),
    ruledOut: [],
    advice: [],
    next: outcome === 'contradicts' ? ['retention', 'limit', 'cost'] : ['process', 'part'],
  };
}

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
  const { assessment } = facts;
  if (outcome === 'supports') {
    const finding = facts.findings.find(({ verdict }) => verdict === 'leak');
    const growth = finding?.growth ?? finding?.counts ?? lead?.growth ?? null;
    const rate = growth === null ? '' : `: ${formatGrowth(growth)}`;
    return `${finding === undefined ? 'It seems so' : 'Yes'}${rate}.`;
  }
  const smallest = (assessment.earlier ?? assessment).smallestDetectableBytesPerHour;
  if (outcome === 'contradicts') {
    const named = assessment.lanes.find(
      ({ verdict }) => verdict !== 'no-growth' && verdict !== 'undetermined',
    );
    const how = named === undefined ? 'No' : `Not without bound (${named.lane}: ${named.verdict})`;
    return smallest === null
      ? `${how}.`
      : `${how}; a leak above ${formatBytes(smallest)}/h would have been seen.`;
  }
  const needed = assessment.needed;
  const wait =
    typeof needed?.millis !== 'number' ? '' : `, about ${formatThreeDigits(needed.millis / 60_000)} min`;
  return needed === null ? 'Cannot be told yet.' : `Cannot be told yet: needs ${needed.what}${wait}.`;
}
