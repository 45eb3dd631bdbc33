import type { Millis } from '../base/units.ts';

/** A series with one value per independent observation: times strictly increase, no NaN. */
export interface Points {
  readonly timeMillis: Float64Array;
  readonly value: Float64Array;
}

/** Collects points; the finished `Points` share its memory. */
export class PointsBuilder {
  readonly #time: number[] = [];
  readonly #value: number[] = [];
  get length(): number {
    return this.#time.length;
  }
  add(atMillis: Millis, value: number): void {
    this.#time.push(atMillis);
    this.#value.push(value);
  }
  finish(): Points {
    return { timeMillis: new Float64Array(this.#time), value: new Float64Array(this.#value) };
  }
}

/** The cells of a column that are known, as points. Rows from <= row < to. */
export function pointsOfColumn(
  timeMillis: ArrayLike<number>,
  column: ArrayLike<number>,
  rows: { readonly from: number; readonly to: number },
): Points {
  const points = new PointsBuilder();
  for (let row = rows.from; row < rows.to; row++) {
    if (!Number.isNaN(column[row])) points.add(timeMillis[row], column[row]);
  }
  return points.finish();
}
