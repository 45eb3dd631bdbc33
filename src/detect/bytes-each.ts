// What one more goroutine costs: bytes of stack, and bytes of resident memory with all that it holds. From gauges, which
// see every goroutine that came, by regression of the bytes on the count.
import { KIB, type Bytes, type Millis } from '../base/units.ts';
import type { JudgedGauge } from '../series/history.ts';
import { correctedAutocorrelation, effectiveSamples } from '../series/stats/autocorrelation.ts';
import { studentQuantile } from '../series/stats/distributions.ts';
import { fitLeastSquares } from '../series/stats/least-squares.ts';
import type { BytesEach, GoroutineCost } from './assessment.ts';
import { GROWTH_CONFIDENCE } from './growth.ts';
import type { Life } from './life.ts';

/** The smallest stack there is (runtime/stack.go stackMin). */
export const SMALLEST_STACK_BYTES: Bytes = 2 * KIB;
/** A stack doubles when it is full: one that ran net/http or encoding/json has seen 8 KiB. Without gauges, up to there. */
const USUAL_STACK_BYTES: Bytes = 4 * KIB;
const LARGE_STACK_BYTES: Bytes = 8 * KIB;
/** Nobody measured it: between the smallest stack and a large one. */
export const UNMEASURED_STACK: BytesEach = {
  value: USUAL_STACK_BYTES,
  low: SMALLEST_STACK_BYTES,
  high: LARGE_STACK_BYTES,
};
/** Stacks of the four smallest sizes are cut from spans of 32 KiB (runtime stackalloc), which count as a whole. */
const STACK_SPANS_BYTES: Bytes = 4 * 32 * KIB;
/** The count must have moved by this for a slope to mean anything. */
const MIN_MOVED = 20;
/** Rows looked at, evenly thinned: a slope over more is no more certain, for neighbours are alike. */
const MAX_ROWS = 720;
const MIN_ROWS = 12;

/**
 * @param sinceMillis start of the goroutines' growth; what came before says nothing about these.
 * @returns null where nobody counts goroutines, or their count did not move.
 */
export function measureGoroutineCost(life: Life, sinceMillis: Millis): GoroutineCost | null {
  const stack = regress(life, 'stackInuseBytes', sinceMillis, STACK_SPANS_BYTES);
  const resident = regress(life, 'rssBytes', sinceMillis, 0, true);
  if (stack === null && resident === null) return null;
  const stackInFloor = life.floor?.stackShare ?? 0;
  return { stack: stack && atLeast(stack, SMALLEST_STACK_BYTES), resident, stackInFloor };
}

/**
 * Resident memory for each goroutine: never less than its stack. Where RSS does not tell, what it holds in the heap is not
 * known, and up to as much again is allowed for it.
 */
export function residentEach({ stack, resident }: Omit<GoroutineCost, 'stackInFloor'>): BytesEach {
  const least = stack ?? UNMEASURED_STACK;
  if (resident === null) return { ...least, high: 2 * least.high };
  const low = Math.max(least.low, resident.low);
  const value = Math.max(low, resident.value);
  return { value, low, high: Math.max(resident.high, value) };
}

/** A bound from below is certain, whatever the noise says. */
function atLeast({ value, low, high }: BytesEach, least: Bytes): BytesEach {
  return { value: Math.max(value, least), low: Math.max(low, least), high: Math.max(high, least) };
}

/**
 * Slope of a gauge of bytes on the count of goroutines.
 *
 * @param cut bytes by which a cell may be off, at both ends.
 * @param isAll the gauge holds all that they cost: together no more than it has moved by, however noisy the slope is.
 */
function regress(
  life: Life,
  name: JudgedGauge,
  sinceMillis: Millis,
  cut: Bytes,
  isAll = false,
): BytesEach | null {
  const bytes = life.table.column(name);
  const counts = life.table.column('goroutines');
  if (!bytes || !counts) return null;
  const known: number[] = [];
  for (let row = life.rows.from; row < life.rows.to; row++) {
    const isInTime = life.table.timeMillis[row] >= sinceMillis;
    if (isInTime && !Number.isNaN(bytes[row]) && !Number.isNaN(counts[row])) known.push(row);
  }
  if (known.length < MIN_ROWS) return null;
  const stride = Math.ceil(known.length / MAX_ROWS);
  const rows = known.filter((_, i) => i % stride === 0);
  const at = (column: Float64Array, of: readonly number[]) => Float64Array.from(of, (row) => column[row]);
  const whole = slope(at(counts, rows), at(bytes, rows), cut);
  // A start-up costs more for each than what follows: the newer half says what comes, both together how sure that is.
  const half = rows.slice(rows.length >> 1);
  const newer = half.length < MIN_ROWS ? null : slope(at(counts, half), at(bytes, half), cut);
  const most = isAll ? rangeOf(at(bytes, rows)) / rangeOf(at(counts, rows)) : Infinity;
  if (whole === null) return null;
  if (newer === null) return atMost(whole, most);
  const { value } = newer;
  return atMost({ value, low: Math.min(whole.low, newer.low), high: Math.max(whole.high, newer.high) }, most);
}

function atMost({ value, low, high }: BytesEach, most: Bytes): BytesEach {
  return { value, low, high: Math.max(value, Math.min(high, most)) };
}

function rangeOf(cells: Float64Array): number {
  return cells.reduce((a, b) => Math.max(a, b)) - cells.reduce((a, b) => Math.min(a, b));
}

function slope(count: Float64Array, bytes: Float64Array, cut: Bytes): BytesEach | null {
  const moved = rangeOf(count);
  if (!(moved >= MIN_MOVED)) return null;
  const fit = fitLeastSquares([new Float64Array(count.length).fill(1), count], bytes);
  if (!fit) return null;
  const phi = correctedAutocorrelation(fit.residual, 2);
  const samples = effectiveSamples(count.length, phi);
  const t = studentQuantile(0.5 + GROWTH_CONFIDENCE / 2, Math.max(1, samples - 2));
  const half = t * fit.standardError[1] * Math.sqrt(count.length / samples) + cut / moved;
  const [, value] = fit.coefficient;
  return { value, low: value - half, high: value + half };
}
