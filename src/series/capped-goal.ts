// Does a memory limit set the goal of the collector, where no gauge tells of one? What is allocated from one collection to the next
// is what the goal leaves above the live heap. Under a limit the goal stands, and a live heap that goes on growing leaves less and
// less; a live heap that stands as well leaves as much as before.
import { MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { GaugeTable } from './history.ts';
import type { Points } from './points.ts';
import { FORCED_MILLIS } from './room-floor.ts';
import { correctedAutocorrelation } from './stats/autocorrelation.ts';
import { fitLeastSquares } from './stats/least-squares.ts';

/** A goal that moves by no more stands. */
export const STANDS_SHARE = 0.03;
/** Fewest collections, and scrapes, that show how room changes from one to the next. */
const FEWEST_CYCLES = 20;
const FEWEST_ROWS = 12;
/** The live heap must have risen by this share of the goal ... */
const RISES_SHARE = 0.015;
/** ... and by this many standard errors. */
const RISES_Z = 4;
const SHORTEST_MILLIS: Millis = 30 * MINUTE_MILLIS;

/** First of the newest points between which the goal stands. */
export function standsSince({ value }: Points): number {
  const last = value[value.length - 1];
  let since = value.length - 1;
  while (since > 0 && Math.abs(value[since - 1] - last) <= STANDS_SHARE * last) since--;
  return since;
}

/**
 * @param goalBytes what stands.
 * @param sinceMillis since when.
 * @returns whether what is left above the live heap shrinks; false where the counters that tell are missing.
 */
export function shrinksRoom(
  table: GaugeTable,
  rows: { readonly from: number; readonly to: number },
  goalBytes: Bytes,
  sinceMillis: Millis,
): boolean {
  const allocated = table.column('allocatedBytesTotal');
  const cycles = table.column('gcCyclesTotal');
  const { timeMillis } = table;
  const endMillis = timeMillis[rows.to - 1];
  if (!allocated || !cycles || !(endMillis - sinceMillis >= SHORTEST_MILLIS)) return false;
  const collections: number[] = [];
  const bytes: number[] = [];
  for (let row = rows.from; row < rows.to; row++) {
    if (timeMillis[row] < sinceMillis || Number.isNaN(allocated[row] - cycles[row])) continue;
    collections.push(cycles[row]);
    bytes.push(allocated[row]);
  }
  const [first, last] = [collections[0], collections[collections.length - 1]];
  const count = last - first;
  if (collections.length < FEWEST_ROWS || !(count >= FEWEST_CYCLES)) return false;
  if ((endMillis - sinceMillis) / count > FORCED_MILLIS) return false;
  // Allocated by collections: straight while each leaves as much room as the one before, bent down where it leaves less.
  const share = Float64Array.from(collections, (cycle) => (cycle - first) / count);
  const squares = share.map((cell) => cell * cell);
  const one = new Float64Array(share.length).fill(1);
  const fit = fitLeastSquares([one, share, squares], Float64Array.from(bytes));
  if (fit === null) return false;
  const phi = correctedAutocorrelation(fit.residual, 3);
  const error = fit.standardError[2] * Math.sqrt((1 + phi) / (1 - phi));
  const shrunk = (-2 * fit.coefficient[2]) / count;
  return shrunk > RISES_SHARE * goalBytes && -fit.coefficient[2] > RISES_Z * error;
}
