// The ids of one table of profile.proto while it is read.
import { Uint64Builder } from './columns.ts';
import { IdMap } from './id-map.ts';
import type { TableBudget } from './table-budget.ts';
import { NO_ROW, type Uint64Column } from './tables.ts';
import type { WireReader } from './wire-reader.ts';

/** Ids of one table: null while they are simply 1, 2, 3 ... */
export class IdColumn {
  readonly #field: string;
  readonly #offsets: Int32Array;
  readonly #budget: TableBudget;
  #ids: Uint64Builder | null = null;
  #length = 0;

  /** @param offsets where the message of each row begins, for errors. */
  constructor(message: string, offsets: Int32Array, budget: TableBudget) {
    this.#field = `${message}.id`;
    this.#offsets = offsets;
    this.#budget = budget;
  }

  /** Registers the id of the next row. */
  push(reader: WireReader, high: number, low: number): void {
    const row = this.#length++;
    if (this.#ids === null && high === 0 && low === row + 1) return;
    if (high === 0 && low === 0)
      throw reader.error('the id is 0 or missing', this.#field, this.#offsets[row]);
    this.#ids ??= this.#counted(row);
    this.#ids.pushWords(high, low);
  }

  finish(reader: WireReader): { id: Uint64Column | null; map: IdMap } {
    if (this.#ids === null) return { id: null, map: IdMap.counting(this.#length) };
    const id = this.#ids.finish();
    const map = IdMap.of(id, this.#budget);
    if (map.duplicate !== NO_ROW) {
      const found = `${id[map.duplicate]}`;
      throw reader.error(`id ${found} occurs twice`, this.#field, this.#offsets[map.duplicate], found);
    }
    return { id, map };
  }

  /** The ids before `rows`, which counted. */
  #counted(rows: number): Uint64Builder {
    const ids = new Uint64Builder(this.#offsets.length, this.#budget);
    for (let row = 0; row < rows; row++) ids.pushNumber(row + 1);
    return ids;
  }
}
