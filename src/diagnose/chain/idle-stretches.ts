// When nobody asks anything: stretches of a life with next to no work in them.
import { MINUTE_MILLIS, type Millis } from '../../base/units.ts';
import { quantile } from '../../series/stats/quantiles.ts';
import type { Work } from '../../series/work.ts';

/** Idle: less than this share of the usual work per hour ... */
const IDLE_SHARE = 0.05;
/** ... for at least this long: the collector runs by itself every two minutes, so that several marks fall into it. */
export const IDLE_MILLIS: Millis = 10 * MINUTE_MILLIS;

export interface Stretch {
  readonly from: Millis;
  readonly to: Millis;
}

/** In order of time; without an end yet, up to the newest count. */
export function findIdle(work: Work): Stretch[] {
  const { timeMillis, value } = work;
  const rates: number[] = [];
  for (let i = 1; i < value.length; i++) {
    rates.push((value[i] - value[i - 1]) / (timeMillis[i] - timeMillis[i - 1]));
  }
  const busy = rates.filter((rate) => rate > 0);
  if (busy.length === 0) return [];
  const bound = IDLE_SHARE * quantile(busy, 0.5);
  const stretches: Stretch[] = [];
  let from: Millis | null = null;
  for (let i = 0; i <= rates.length; i++) {
    const isIdle = i < rates.length && rates[i] <= bound;
    if (isIdle) from ??= timeMillis[i];
    else if (from !== null) {
      if (timeMillis[i] - from >= IDLE_MILLIS) stretches.push({ from, to: timeMillis[i] });
      from = null;
    }
  }
  return stretches;
}

/** Time that lies in the stretches up to an instant. */
export function restedBy(stretches: readonly Stretch[], atMillis: Millis): Millis {
  return stretches.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, atMillis) - from), 0);
}
