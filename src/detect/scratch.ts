// Room for columns that are needed for one piece of work only. An array of its own is laid out, cleared and collected again:
// for a column of 72 cells that costs more than what is computed with it.

/** Most cells that are kept for the next piece of work: a whole comparison of models takes a quarter of it (256 KiB). */
const CELLS_KEPT = 32_768;

/** Columns taken since `begin` are valid until the next `begin`. */
export class Scratch {
  #cells = new Float64Array(0);
  #used = 0;

  /** Gives all room back: whoever still reads a column taken before this reads what comes after it. */
  begin(): void {
    this.#used = 0;
  }

  /** Cells with whatever was in them before. */
  take(length: number): Float64Array {
    if (this.#used + length > this.#cells.length) {
      // Columns taken so far keep the array that they lie in.
      if (this.#used + length > CELLS_KEPT) return new Float64Array(length);
      this.#cells = new Float64Array(Math.min(CELLS_KEPT, 2 * (this.#used + length)));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    return this.#cells.subarray(start, this.#used);
  }
}
