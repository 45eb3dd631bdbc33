// The growing LabelTable of a message. A label is text if `str` is set, else a number; a number 0 without a unit cannot
// be told from nothing, as in google/pprof.
import type { TableBudget } from './table-budget.ts';
import { NO_ROW, type LabelTable } from './tables.ts';
import { joinGroups, type FieldNames, type WireReader } from './wire-reader.ts';

const LABEL_FIELDS: FieldNames = [null, 'key', 'str', 'num', 'num_unit'];

/** Fields of a label while it is read: those of the wire, by number. */
const KEY = 1;
const TEXT = 2;
const NUMBER = 3;
const UNIT = 4;

const TWO_32 = 4294967296;

const FIRST_LABELS = 16;
const NO_NUMBERS = new BigInt64Array(0);

export class LabelColumns {
  readonly #stringCount: number;
  readonly #budget: TableBudget;
  #key: Int32Array;
  /** NO_ROW = a number. */
  #text: Int32Array;
  #unit: Int32Array;
  /** NaN = the number is in the wide column. */
  #number: Float64Array;
  /** Numbers that do not fit a double; of no length as long as there are none. */
  #wide = NO_NUMBERS;
  #length = 0;
  /** Halves and offset of each field of the label that is read with care, by field number. */
  readonly #low = [0, 0, 0, 0, 0];
  readonly #high = [0, 0, 0, 0, 0];
  readonly #offset = [0, 0, 0, 0, 0];

  /** @param expected labels there will probably be. */
  constructor(stringCount: number, expected: number, budget: TableBudget) {
    this.#stringCount = stringCount;
    this.#budget = budget;
    this.#key = budget.int32(expected, 'sample.label');
    this.#text = budget.int32(expected, 'sample.label');
    this.#unit = budget.int32(expected, 'sample.label');
    this.#number = budget.float64(expected, 'sample.label');
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets the labels from `length` on. */
  truncate(length: number): void {
    this.#unit.fill(0, length, this.#length);
    this.#length = length;
  }

  /**
   * Reads a label whose fields are single numbers below 2^28; false = nothing was read. Eight bytes behind `end` may be
   * looked at.
   */
  readFast(view: DataView, start: number, end: number): boolean {
    let key = 0;
    let text = 0;
    let number = 0;
    let unit = 0;
    let pos = start;
    while (pos < end) {
      const tag = view.getInt8(pos);
      const word = view.getInt32(pos + 1, true);
      const ends = ~word & 0x80808080;
      const lowest = ends & -ends;
      if (lowest === 0) return false;
      const value = joinGroups(word & (lowest - 1));
      pos += 1 + ((39 - Math.clz32(lowest)) >> 3);
      if (tag === 0x08) key = value;
      else if (tag === 0x10) text = value;
      else if (tag === 0x18) number = value;
      else if (tag === 0x20) unit = value;
      else return false;
    }
    const strings = this.#stringCount;
    if (pos !== end || key >= strings || text >= strings || unit >= strings) return false;
    if (text !== 0) this.#push(key, text, 0, 0);
    else if (number !== 0 || unit !== 0) this.#push(key, NO_ROW, unit, number);
    return true;
  }

  /** Reads a label to the limit of the reader. */
  read(reader: WireReader): void {
    const [low, high, offset] = [this.#low.fill(0), this.#high.fill(0), this.#offset];
    while (!reader.isAtEnd) {
      const tag = reader.tag('label');
      if (tag === 0x08 || tag === 0x10 || tag === 0x18 || tag === 0x20) {
        const field = tag >>> 3;
        offset[field] = reader.pos;
        low[field] = reader.varint(`label.${LABEL_FIELDS[field]}`);
        high[field] = reader.high;
      } else reader.skip(tag, 'label', LABEL_FIELDS);
    }
    const key = this.#index(reader, KEY);
    // The unit of a text says nothing, whatever it is.
    if (low[TEXT] !== 0 || high[TEXT] !== 0) this.#push(key, this.#index(reader, TEXT), 0, 0);
    else {
      const unit = this.#index(reader, UNIT);
      if (low[NUMBER] !== 0 || high[NUMBER] !== 0 || unit !== 0)
        this.#pushNumber(key, unit, high[NUMBER] | 0, low[NUMBER]);
    }
  }

  finish(): LabelTable {
    const length = this.#length;
    return {
      length,
      key: this.#key.subarray(0, length) as LabelTable['key'],
      text: this.#text.subarray(0, length) as LabelTable['text'],
      number: this.#finishNumbers(),
      unit: this.#unit.subarray(0, length) as LabelTable['unit'],
    };
  }

  #push(key: number, text: number, unit: number, number: number): void {
    const row = this.#length++;
    if (row === this.#key.length) this.#grow();
    this.#key[row] = key;
    this.#text[row] = text;
    // A page of zeros that nobody writes to takes no memory, and most numbers have no unit.
    if (unit !== 0) this.#unit[row] = unit;
    this.#number[row] = number;
  }

  #pushNumber(key: number, unit: number, high: number, low: number): void {
    const number = high * TWO_32 + low;
    if (Number.isSafeInteger(number)) return this.#push(key, NO_ROW, unit, number);
    this.#push(key, NO_ROW, unit, NaN);
    const row = this.#length - 1;
    if (row >= this.#wide.length) {
      this.#budget.take(this.#key.length * 8, 'label.num');
      const wide = new BigInt64Array(this.#key.length);
      wide.set(this.#wide);
      this.#wide = wide;
    }
    this.#wide[row] = (BigInt(high) << 32n) | BigInt(low);
  }

  #finishNumbers(): LabelTable['number'] {
    const numbers = this.#number.subarray(0, this.#length);
    if (this.#wide.length === 0) return numbers;
    const wide = new BigInt64Array(numbers.length);
    for (let row = 0; row < wide.length; row++)
      wide[row] = Number.isNaN(numbers[row]) ? this.#wide[row] : BigInt(numbers[row]);
    return wide;
  }

  #grow(): void {
    const capacity = Math.max(FIRST_LABELS, this.#key.length * 2);
    this.#key = this.#grown(this.#key, capacity);
    this.#text = this.#grown(this.#text, capacity);
    this.#unit = this.#grown(this.#unit, capacity);
    const number = this.#budget.float64(capacity, 'sample.label');
    number.set(this.#number);
    this.#number = number;
  }

  #index(reader: WireReader, field: number): number {
    if (this.#high[field] === 0 && this.#low[field] < this.#stringCount) return this.#low[field];
    reader.pos = this.#offset[field];
    return reader.index(this.#stringCount, `label.${LABEL_FIELDS[field]}`);
  }

  #grown(cells: Int32Array, capacity: number): Int32Array {
    const larger = this.#budget.int32(capacity, 'sample.label');
    larger.set(cells);
    return larger;
  }
}
