// What targets have counted, summed up for /metrics.
import type { WatchCounters } from './watch-view.ts';
import type { WatchedTarget } from './watched-target.ts';

export const NO_COUNTS: WatchCounters = {
  scrapes: 0,
  scrapeFailures: 0,
  profiles: 0,
  profileFailures: 0,
  evaluations: 0,
  evaluationSeconds: 0,
  storeFailures: 0,
};

export function countsOf({ counters }: WatchedTarget): WatchCounters {
  const { evaluationMillis, ...counts } = counters;
  return { ...counts, evaluationSeconds: evaluationMillis / 1000 };
}

export function addCounts(a: WatchCounters, b: WatchCounters): WatchCounters {
  return {
    scrapes: a.scrapes + b.scrapes,
    scrapeFailures: a.scrapeFailures + b.scrapeFailures,
    profiles: a.profiles + b.profiles,
    profileFailures: a.profileFailures + b.profileFailures,
    evaluations: a.evaluations + b.evaluations,
    evaluationSeconds: a.evaluationSeconds + b.evaluationSeconds,
    storeFailures: a.storeFailures + b.storeFailures,
  };
}
