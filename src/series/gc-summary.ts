// A GC trace in numbers: what a person would work out of it with a pencil.
import { GC_TRACE_RESOLUTION, type GcColumn, type GcCycles } from '../base/gc-cycles.ts';
import { HOUR_MILLIS, SECOND_MILLIS, type Bytes } from '../base/units.ts';
import type { Growth } from '../model/finding.ts';
import type { GcLevel, GcTraceReport } from '../model/gc-trace.ts';
import { computeBlocks } from './blocks.ts';
import { guessPacing } from './gc-pacing.ts';
import type { Points } from './points.ts';
import { correctedAutocorrelation } from './stats/autocorrelation.ts';
import { quantileOfSorted, sortKnown } from './stats/quantiles.ts';
import { computeTheilSen } from './stats/theil-sen.ts';

/** The part of the report's section that the collections of one life say. */
export type GcSummary = Pick<
  GcTraceReport,
  | 'cycles'
  | 'forced'
  | 'fromSeconds'
  | 'toSeconds'
  | 'processors'
  | 'heap'
  | 'resolutionBytes'
  | 'stackBytes'
  | 'globalsBytes'
  | 'liveGrowth'
  | 'cpu'
  | 'pauseMillis'
  | 'cyclesPerHour'
  | 'betweenSeconds'
  | 'allocatedBytesPerSecond'
  | 'gogcPercent'
  | 'isGcOff'
  | 'goMemLimitBytes'
>;

/** The first minutes fill pools and caches; stage 1 leaves them out as well. */
const WARM_UP_SECONDS = 300;
/** A growth per hour from less than this would be a guess. */
export const SHORTEST_GROWTH_SECONDS = 600;
const GROWTH_CONFIDENCE = 0.95;
const BLOCKS_NEEDED = 6;

/** Null for a life without a collection. */
export function summarizeGcCycles(cycles: GcCycles): GcSummary | null {
  if (cycles.length === 0) return null;
  const { totals } = cycles;
  const at = cycles.column('atSeconds');
  const last = cycles.length - 1;
  const goal = levelOf(cycles, 'goalBytes');
  const stops = sortKnown(cycles.column('stopMillis'));
  return {
    cycles: totals.cycles,
    forced: totals.forced,
    fromSeconds: at[0],
    toSeconds: at[last],
    processors: cycles.column('processors')[last],
    heap: {
      before: levelOf(cycles, 'beforeBytes'),
      after: levelOf(cycles, 'afterBytes'),
      live: levelOf(cycles, 'liveBytes'),
      goal: Number.isFinite(goal.high) ? goal : null,
    },
    resolutionBytes: GC_TRACE_RESOLUTION,
    stackBytes: knownOrNull(cycles.column('stackBytes')[last]),
    globalsBytes: knownOrNull(cycles.column('globalsBytes')[last]),
    liveGrowth: measureGrowth(cycles),
    cpu: measureCpu(cycles),
    pauseMillis: {
      p50: quantileOfSorted(stops, 0.5),
      p90: quantileOfSorted(stops, 0.9),
      p99: quantileOfSorted(stops, 0.99),
      max: stops[stops.length - 1],
      total: totals.stopMillis,
      longest: totals.longestStopMillis,
    },
    ...measureRhythm(cycles),
    ...guessPacing(cycles),
  };
}

function knownOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function levelOf(cycles: GcCycles, name: GcColumn): GcLevel {
  const column = cycles.column(name);
  const sorted = sortKnown(column);
  return {
    first: column[0],
    last: column[column.length - 1],
    low: sorted[0],
    median: quantileOfSorted(sorted, 0.5),
    high: sorted[sorted.length - 1],
  };
}

/**
 * Trend of the live heap after the warm-up: the median of all pairwise slopes of block medians, its interval widened for
 * their correlation and for what whole MiB leave open. Says how fast, not whether it is a leak: the detector does.
 */
function measureGrowth(cycles: GcCycles): Growth | null {
  const at = cycles.column('atSeconds');
  const end = at[cycles.length - 1];
  const isSeenFromStart = cycles.column('number')[0] === 1;
  const begin = isSeenFromStart ? Math.max(at[0], Math.min(WARM_UP_SECONDS, end)) : at[0];
  if (end - begin < SHORTEST_GROWTH_SECONDS) return null;
  const points: Points = {
    timeMillis: Float64Array.from(at, (seconds) => seconds * SECOND_MILLIS),
    value: cycles.column('liveBytes'),
  };
  const window = { fromMillis: begin * SECOND_MILLIS, toMillis: end * SECOND_MILLIS };
  const blocks = computeBlocks(points, null, window);
  if (blocks.length < BLOCKS_NEEDED) return null;
  const hours = Array.from(blocks.timeMillis, (millis) => millis / HOUR_MILLIS);
  const plain = computeTheilSen(hours, blocks.value, { confidence: GROWTH_CONFIDENCE, inflation: 1 });
  if (plain === null) return null;
  const inflation = inflationOf(
    Float64Array.from(blocks.value, (value, i) => value - plain.slope * hours[i]),
  );
  const slope = computeTheilSen(hours, blocks.value, { confidence: GROWTH_CONFIDENCE, inflation });
  if (slope === null || !Number.isFinite(slope.low) || !Number.isFinite(slope.high)) return null;
  const cut = GC_TRACE_RESOLUTION / (hours[hours.length - 1] - hours[0]);
  return {
    unit: 'bytes',
    perHour: slope.slope,
    low: slope.low - cut,
    high: slope.high + cut,
    confidence: GROWTH_CONFIDENCE,
  };
}

/** By how much correlation widens an interval; steps of what was cut off are no correlation, and counted apart. */
function inflationOf(residual: Float64Array): number {
  const mean = residual.reduce((sum, value) => sum + value, 0) / residual.length;
  const centred = residual.map((value) => value - mean);
  if (centred.every((value) => Math.abs(value) <= GC_TRACE_RESOLUTION)) return 1;
  const phi = correctedAutocorrelation(centred, 2);
  return (1 + phi) / (1 - phi);
}

/** The first line's own time is not in the span unless the process was seen from its start. */
function measureCpu(cycles: GcCycles): GcSummary['cpu'] {
  const { totals } = cycles;
  const at = cycles.column('atSeconds');
  const last = cycles.length - 1;
  const clock = cycles.column('clockMillis');
  const isSeenFromStart = cycles.column('number')[0] === 1;
  const begin = isSeenFromStart ? 0 : at[0] * SECOND_MILLIS;
  const spanMillis = at[last] * SECOND_MILLIS + clock[last] - begin;
  const available = spanMillis * cycles.column('processors')[last];
  return {
    share: available > 0 && cycles.length > 1 ? Math.min(1, totals.cpuMillis / available) : null,
    saidPercent: cycles.column('cpuPercent')[last],
    assistShare: totals.cpuMillis > 0 ? totals.assistMillis / totals.cpuMillis : null,
  };
}

function measureRhythm(
  cycles: GcCycles,
): Pick<GcSummary, 'cyclesPerHour' | 'betweenSeconds' | 'allocatedBytesPerSecond'> {
  const at = cycles.column('atSeconds');
  const number = cycles.column('number');
  const last = cycles.length - 1;
  const span = at[last] - at[0];
  if (!(span > 0)) return { cyclesPerHour: null, betweenSeconds: null, allocatedBytesPerSecond: null };
  const between: number[] = [];
  for (let row = 1; row <= last; row++) {
    if (number[row] === number[row - 1] + 1) between.push(at[row] - at[row - 1]);
  }
  const sorted = sortKnown(between);
  const allocated: Bytes = cycles.totals.allocatedBytes;
  return {
    cyclesPerHour: ((number[last] - number[0]) / span) * (HOUR_MILLIS / SECOND_MILLIS),
    betweenSeconds:
      sorted.length === 0
        ? null
        : {
            p50: quantileOfSorted(sorted, 0.5),
            p90: quantileOfSorted(sorted, 0.9),
            max: sorted[sorted.length - 1],
          },
    allocatedBytesPerSecond: allocated / span,
  };
}
