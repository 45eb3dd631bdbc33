import type { Millis } from '../base/units.ts';

/** A series with one value per independent observation: times strictly increase, no NaN. */
export interface Points {
  readonly timeMillis: Float64Array;
  readonly value: Float64Array;
}

/** Collects points, at most `bound` of them; the finished `Points` share its memory. */
export class PointsBuilder {
  readonly #time: Float64Array;
  readonly #value: Float64Array;
  #length = 0;

  constructor(bound: number) {
    this.#time = new Float64Array(bound);
    this.#value = new Float64Array(bound);
  }
  get length(): number {
    return this.#length;
  }
  add(atMillis: Millis, value: number): void {
    this.#time[this.#length] = atMillis;
    this.#value[this.#length++] = value;
  }
  finish(): Points {
    return {
      timeMillis: this.#time.subarray(0, this.#length),
      value: this.#value.subarray(0, this.#length),
    };
  }
}

/** The cells of a column that are known, as points: a view of both where all are. Rows from <= row < to. */
export function pointsOfColumn(
  timeMillis: Float64Array,
  column: Float64Array,
  rows: { readonly from: number; readonly to: number },
): Points {
  if (isKnown(column, rows)) {
    const { from, to } = rows;
    return { timeMillis: timeMillis.subarray(from, to), value: column.subarray(from, to) };
  }
  const points = new PointsBuilder(Math.max(0, rows.to - rows.from));
  for (let row = rows.from; row < rows.to; row++) {
    const value = column[row];
    if (!Number.isNaN(value)) points.add(timeMillis[row], value);
  }
  return points.finish();
}

function isKnown(
  column: Float64Array,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  for (let row = from; row < to; row++) if (Number.isNaN(column[row])) return false;
  return to <= column.length;
}
