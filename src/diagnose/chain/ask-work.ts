import { formatBytes, formatBytesPerHour } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { computeWork } from '../../series/work.ts';
import { laneOf, round, windowOf, type Facts } from './facts.ts';

/** Standard errors between the coefficient and zero, as in stage 1. */
const FOLLOWS_Z = 4;

/** Does growth follow work, time, or neither? */
export function askWork(facts: Facts): ChainStep {
  const heap = laneOf(facts, 'heap');
  const work = computeWork(facts.table, facts.rows);
  const perRequest = heap?.perRequest ?? null;
  const isLevelWithLoad = heap?.verdict === 'load-driven';
  const followsWork = perRequest !== null && perRequest.low > 0;
  const followsTime = !followsWork && (heap?.bestLeak === 'L1' || heap?.bestLeak === 'L4') && work !== null;
  const outcome =
    isLevelWithLoad || followsTime
      ? 'contradicts'
      : followsWork && heap?.verdict !== 'no-growth'
        ? 'supports'
        : 'open';
  const halfWidth = perRequest === null ? 0 : (perRequest.high - perRequest.low) / 2;
  return {
    step: 'work',
    question: 'Does growth follow the work?',
    hypothesis: 'every request leaves something behind',
    prediction: 'growth per request is the same by day and by night',
    test: 'coefficient of cumulative work in the best growing model, against growth by time alone',
    numbers: {
      statistic: perRequest === null || halfWidth <= 0 ? null : round((1.96 * perRequest.value) / halfWidth),
      threshold: FOLLOWS_Z,
      perRequestBytes: perRequest === null ? null : round(perRequest.value),
      lowBytes: perRequest === null ? null : round(perRequest.low),
      highBytes: perRequest === null ? null : round(perRequest.high),
      model: heap?.bestLeak ?? null,
      work: work?.source ?? null,
      ...windowOf(facts),
    },
    outcome,
    answer: answer(facts, outcome, isLevelWithLoad),
    ruledOut: isLevelWithLoad
      ? [{ explanation: 'a leak', why: 'memory goes up and comes down with the load' }]
      : [],
    advice:
      work === null
        ? ['count requests (http_requests_total): growth by work and growth by time are then told apart']
        : [],
    next: [],
  };
}

function answer(facts: Facts, outcome: ChainStep['outcome'], isLevelWithLoad: boolean): string {
  const heap = laneOf(facts, 'heap');
  if (isLevelWithLoad) return 'The level follows the load and comes back with it; nothing is left behind.';
  const perRequest = heap?.perRequest ?? null;
  if (outcome === 'supports' && perRequest !== null) {
    const { value, low, high } = perRequest;
    return `Yes: ${formatBytes(value)} for each request (${formatBytes(low)} to ${formatBytes(high)}): look at the request path.`;
  }
  if (outcome === 'contradicts') {
    const rate = !heap?.growth ? '' : ` (${formatBytesPerHour(heap.growth.perHour)})`;
    return `No: it goes by time${rate}, whatever the load: look at background work, timers, libraries.`;
  }
  return 'Cannot be told: work is not counted, or did not vary enough to tell it from time.';
}
