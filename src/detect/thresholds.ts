// Every number that decides a verdict, with its unit and reason. Sources: detection-science 3.3, 3.4, 5.4.
import { DAY_MILLIS, HOUR_MILLIS, MIB, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Lane } from './assessment.ts';

export interface LaneThresholds {
  readonly unit: string;
  /** Growth below this is not worth a word, in the lane's unit. */
  readonly smallestGrowth: number;
  /** Growth below this share of the level neither. */
  readonly smallestShare: number;
  /** Standard deviation that even an exact series is granted: what one more request in flight changes. */
  readonly noiseFloor: number;
  readonly reason: string;
}

export const LANE_THRESHOLDS: Readonly<Record<Lane, LaneThresholds>> = {
  heap: {
    unit: 'bytes',
    smallestGrowth: 1 * MIB,
    smallestShare: 0.03,
    noiseFloor: 32 * 1024,
    reason: 'below 1 MiB a lazily filled table or a larger connection pool is as likely as a leak',
  },
  goroutine: {
    unit: 'goroutines',
    smallestGrowth: 20,
    smallestShare: 0.05,
    noiseFloor: 1,
    reason: 'idle connections and pools keep up to a dozen goroutines each',
  },
  fd: {
    unit: 'fds',
    smallestGrowth: 20,
    smallestShare: 0.05,
    noiseFloor: 1,
    reason: 'idle connections keep up to a dozen descriptors',
  },
  thread: {
    unit: 'threads',
    smallestGrowth: 10,
    smallestShare: 0.1,
    noiseFloor: 0.5,
    reason: 'the runtime adds some threads for blocked system calls and never ends them',
  },
  native: {
    unit: 'bytes',
    smallestGrowth: 4 * MIB,
    smallestShare: 0.03,
    noiseFloor: 256 * 1024,
    reason: 'an allocator arena, a thread stack or a huge page come in steps of some MiB',
  },
};

/** Growth below this does not count at this level, in the lane's unit. */
export function growthThatCounts(lane: Lane, level: number, resolution = 0): number {
  const { smallestGrowth, smallestShare } = LANE_THRESHOLDS[lane];
  return Math.max(smallestGrowth + resolution, smallestShare * Math.abs(level));
}

/** Leak lane: slope over its standard error. High because every evaluation looks again. */
export const LEAK_Z = 6;
/** Leak lane: evidence ratio (difference of BIC) over the best null. */
export const LEAK_EVIDENCE = 8;
/**
 * Patience with a heap that gauges alone accuse: a cache that fills evenly looks like a leak until it bends, and while the
 * limit is further away than this there is time to see it bend ...
 */
export const PATIENCE_MILLIS: Millis = 12 * HOUR_MILLIS;
/** ... unless, where nobody counts the work, the service was watched for more than a day, since load that rises by day bends no sooner, ... */
export const PATIENCE_WATCHED_MILLIS: Millis = 30 * HOUR_MILLIS;
/**
 * ... and what is left is at most this many times as long as growth was watched, or no cache explains it that would end below the
 * limit (slowing.ts). docs/leakbench.md has the trade-off that these were chosen by.
 */
export const PATIENCE_FACTOR = 2.5;
/** Twice the log likelihood by which such a cache is worse than the leak, where it is excluded: 0.92 of a two-sided interval. */
export const BOUND_EXCLUDED = 3;
/**
 * Growth watched for a day may be off by this share beside its noise, for what its shape hides. Of the generated months' first
 * claims, intervals without it held 78 %, with it 93 % (docs/leakbench.md).
 */
export const HIDDEN_SHARE_OF_A_DAY = 0.1;
/** ... and by no more than this, however little was watched. */
export const HIDDEN_SHARE_MOST = 0.3;
/** Below a day of watching, a daily rhythm may still hide: both thresholds times this. */
export const SHORT_WATCH_FACTOR = 1.25;
export const SHORT_WATCH_MILLIS: Millis = DAY_MILLIS;
/** Without any load series, and before two daily cycles, once more. */
export const NO_LOAD_FACTOR = 1.25;
export const NO_LOAD_MILLIS: Millis = 2 * DAY_MILLIS;

/** Watch state: worth profiles. */
export const SUSPECT_Z = 4;
export const SUSPECT_EVIDENCE = 3;

/** Went-away test: the slope of this last part ... */
export const TAIL_SHARE = 0.4;
/** ... is at least this share of the whole slope. */
export const TAIL_RATIO = 0.4;
/** The same of the last fifth, where its interval is narrow enough to exclude it. */
export const SHORT_TAIL_SHARE = 0.2;

/** The first minutes of a process fill pools, caches and connections: not fitted. */
export const WARM_UP_MILLIS: Millis = 5 * MINUTE_MILLIS;
/** No leak is called before the process was watched for this long after its warm-up. */
export const SHORTEST_WATCH_MILLIS: Millis = 30 * MINUTE_MILLIS;
/** Older data is not fitted: seven daily cycles show any rhythm, and an onset stays visible. */
export const LONGEST_FIT_MILLIS: Millis = 7 * DAY_MILLIS;
/** Scrapes that are further apart than this were missed; the slowest that are usual come every five minutes. */
export const GAP_MILLIS: Millis = 5 * MINUTE_MILLIS;
/** A residual daily rhythm is modelled once a whole day was seen; before, thresholds are higher instead. */
export const DAILY_RHYTHM_MILLIS: Millis = DAY_MILLIS;

/** A null counts as an explanation of change when its own term is this many standard errors from zero ... */
export const TERM_Z = 4;
/** ... and moves the level by this share. */
export const TERM_SHARE = 0.1;
/** A cache whose curve has covered this share of its bound has shown the bound. */
export const BOUND_SEEN_SHARE = 0.8;
/** ... or the bend itself is this certain (difference of BIC against the best leak). */
export const BEND_EVIDENCE = 6;
/** A cache that was this full by the first fifth of the window was a warm-up: it says nothing about now. */
export const WARM_UP_FILLED = 0.95;
export const WARM_UP_SHARE = 0.2;
