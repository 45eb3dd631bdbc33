// Pages that were given back with MADV_FREE and are still resident. Field notes: go-runtime-evidence 3.5.
import type { Bytes } from '../base/units.ts';
import type { GaugeTable } from './history.ts';

/**
 * LazyFree at any row. It costs a walk of the page tables and is read less often than the rest, while it moves by as much as
 * the heap does: its last value says little of now. In a row without it, what the kernel holds beyond Go's claim is shared
 * out as the last reading did it: native memory stays as it was, and the rest is lazily freed, at most what Go has released.
 */
export class LazyFree {
  readonly #bytes: Float64Array | null;
  readonly #released: Float64Array | null;
  readonly #beyondGo: (row: number) => Bytes | null;
  /** Where pages were never freed lazily, none are: Go does so with GODEBUG=madvdontneed=0 alone, or before Go 1.16. */
  readonly #firstSeen: number;

  /** @param beyondGo anonymous memory and swap less what Go has taken, at a row; null or NaN when not known. */
  constructor(table: GaugeTable, beyondGo: (row: number) => Bytes | null) {
    this.#bytes = table.column('lazyFreeBytes');
    this.#released = table.column('heapReleasedBytes');
    this.#beyondGo = beyondGo;
    this.#firstSeen = this.#bytes?.findIndex((bytes) => bytes > 0) ?? -1;
  }

  /** null before the first reading. */
  at(row: number): Bytes | null {
    const bytes = this.#bytes;
    if (bytes === null) return null;
    let read = row;
    while (read >= 0 && Number.isNaN(bytes[read])) read--;
    if (read < 0) return null;
    const last = bytes[read];
    if (read === row || this.#firstSeen === -1 || this.#firstSeen > read) return last;
    const now = this.#beyondGo(row) ?? NaN;
    const then = this.#beyondGo(read) ?? NaN;
    if (Number.isNaN(now - then)) return last;
    const released = this.#released?.[row] ?? NaN;
    const most = Number.isNaN(released) ? Infinity : Math.max(released, last);
    return Math.min(most, Math.max(0, now - (then - last)));
  }
}
