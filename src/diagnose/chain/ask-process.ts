import { MIB, formatBytes } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { endsOf, lastOf, pointsOf, round, windowOf, type Facts } from './facts.ts';

/** This process is the one when it brings at least this share of what its group of processes has grown. */
const OWN_SHARE = 0.5;
/** A group that grew by less has nothing to be shared out. */
const SMALLEST_GROWTH_BYTES = 4 * MIB;

/** Page cache is named when it is at least this share of what the cgroup has grown by. */
const CACHE_SHARE = 0.5;

/** Which process? The container may hold others, and page cache that no process owns. */
export function askProcess(facts: Facts): ChainStep {
  const group = pointsOf(facts, 'cgroupCurrentBytes');
  const own = pointsOf(facts, 'rssBytes');
  const groupEnds = group === null ? null : endsOf(group.value);
  const ownEnds = own === null ? null : endsOf(own.value);
  const grown = groupEnds === null ? null : groupEnds.after - groupEnds.before;
  const ownGrown = ownEnds === null ? null : ownEnds.after - ownEnds.before;
  // A cgroup without a limit of its own (the session of a login, a machine) is no container: others in it count against nothing.
  const isLimited = lastOf(facts, 'memoryLimitBytes') !== null;
  const isShared = isLimited && grown !== null && ownGrown !== null && grown >= SMALLEST_GROWTH_BYTES;
  const share = isShared ? ownGrown / grown : null;
  const cache = pointsOf(facts, 'cgroupFileBytes');
  const cacheEnds = cache === null ? null : endsOf(cache.value);
  const cacheGrown = cacheEnds === null ? null : cacheEnds.after - cacheEnds.before;
  const isCache = grown !== null && cacheGrown !== null && cacheGrown >= CACHE_SHARE * grown;
  const outcome = share === null ? 'open' : share >= OWN_SHARE ? 'supports' : 'contradicts';
  return {
    step: 'process',
    question: 'Is it this process?',
    hypothesis: 'this process brings the growth of its container',
    prediction: 'its resident memory rises with the memory of the cgroup',
    test: 'growth of RSS over growth of memory.current, medians of the first and the last fifth',
    numbers: {
      statistic: share === null ? null : round(share),
      threshold: OWN_SHARE,
      cgroupGrownBytes: grown,
      processGrownBytes: ownGrown,
      pageCacheGrownBytes: cacheGrown,
      ...windowOf(facts),
    },
    outcome,
    answer:
      answer(outcome, grown, ownGrown, isLimited) +
      (outcome === 'contradicts' && isCache ? ` Page cache brings ${formatBytes(cacheGrown)} of it.` : ''),
    ruledOut:
      outcome === 'supports'
        ? [
            {
              explanation: 'another process of the container',
              why: `this one brings ${Math.round(100 * (share ?? 0))} % of the growth`,
            },
          ]
        : [],
    advice:
      outcome === 'contradicts'
        ? [
            ...(isCache
              ? [
                  'page cache is no leak: the kernel drops it before it kills; watch the working set, or write less through the cache (tmpfs is in it, and is not dropped)',
                ]
              : []),
            'look at the other processes of the container, and at page cache and tmpfs that count against its limit',
          ]
        : [],
    next: [],
  };
}

function answer(
  outcome: ChainStep['outcome'],
  grown: number | null,
  own: number | null,
  isLimited: boolean,
): string {
  if (grown === null || own === null) {
    return 'The target is one process; no cgroup is known that others could share with it.';
  }
  if (!isLimited) return 'It does not matter here: its cgroup has no limit that others could use up.';
  if (grown < 0) {
    const fell = `It does not matter here: the memory of its cgroup has fallen by ${formatBytes(-grown)}`;
    return `${fell}, nothing that grew is to be shared out.`;
  }
  if (outcome === 'open') return `Its cgroup has hardly moved (${formatBytes(grown)}): nothing to share out.`;
  if (own > grown) return `Yes: it grew by ${formatBytes(own)}, its whole cgroup by ${formatBytes(grown)}.`;
  const parts = `${formatBytes(own)} of ${formatBytes(grown)}`;
  return outcome === 'supports'
    ? `Yes: ${parts} that its cgroup grew by are its own.`
    : `Mostly not: ${parts} that its cgroup grew by are its own.`;
}
