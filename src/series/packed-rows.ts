// Some rows of gauges in few bytes, without loss. Most gauges are whole numbers (bytes, counts) that stay within a narrow
// range for a quarter of an hour: what they differ by takes one to three bytes where a double takes eight.

/** Rows that are packed together: more make headers cheaper, ranges wider and the next row that joins dearer. */
export const PACKED_ROWS_BOUND = 128;

/** Made by `packRows`; never changed. */
export interface PackedRows {
  readonly rows: number;
  readonly columns: number;
  /** Two bytes a column for the place where it begins, then the columns: a form, and what it takes. */
  readonly bytes: Uint8Array;
}

/**
 * What a column is close to: another one of the same rows, less a third. Never a column that has such a place itself.
 * A place where there is no column says that nothing is taken off.
 */
export interface CloseTo {
  readonly place: number;
  readonly less: number;
}

type Form = 'unknown' | 'constant' | 'range' | 'steps' | 'doubles' | 'close';
const FORMS: readonly Form[] = ['unknown', 'constant', 'range', 'steps', 'doubles', 'close'];

/** What a value is multiplied by to be whole: bytes and counts, hundredths of CPU seconds, times between milliseconds, pauses in ns. */
const SCALES = [1, 100, 4096, 1e9];
/** Pages, size classes and words: a multiple of them takes some bits less. */
const UNITS = [8192, 4096, 1024, 8, 1];
/** Bits of the widest code: with seven more, where it begins, it is exact as a double. */
const WIDEST = 44;
/** Bits of the widest code that fits, behind those of a byte that is taken in part, into a whole number of the processor. */
const NARROW = 24;
/** The lower part of a wider one. */
const LOW_PART = 2 ** NARROW;
/** Sums and differences of two of these are exact. */
const LARGEST_WHOLE = 2 ** 52;
/** A form byte and a double a row: no other form is chosen that takes more. */
const LARGEST_COLUMN = 1 + 8 * PACKED_ROWS_BOUND;

/** Whole numbers that stand for the cells of a column, NaN for those that are not known. */
interface Whole {
  readonly cells: Float64Array;
  readonly scale: number;
  readonly unit: number;
  readonly least: number;
  readonly most: number;
}

/**
 * @param columns each of `rows` cells, NaN = not known; at most `PACKED_ROWS_BOUND` rows.
 * @param closeTo by column; its differences are kept where they take fewer bytes than it does.
 */
export function packRows(
  columns: readonly Float64Array[],
  rows: number,
  closeTo: readonly (CloseTo | undefined)[] = [],
): PackedRows {
  // A column that is close to another one is written in both ways.
  const writer = new Writer(columns.length * (2 + LARGEST_COLUMN) + LARGEST_COLUMN + CLOSE_HEADER);
  writer.skip(2 * columns.length);
  columns.forEach((column, i) => {
    writer.placeAt(2 * i);
    const start = writer.length;
    writeColumn(writer, column);
    const close = closeTo[i];
    const differences = close ? differencesFrom(columns, close, column) : null;
    if (!close || !differences) return;
    const end = writer.length;
    writer.form('close');
    writer.byte(close.place);
    writer.byte(close.less);
    writeColumn(writer, differences);
    writer.keepShorter(start, end);
  });
  return { rows, columns: columns.length, bytes: writer.finish() };
}

/** A form and two places. */
const CLOSE_HEADER = 3;

/** Null where they do not give each cell back to the last bit. */
function differencesFrom(
  columns: readonly Float64Array[],
  { place, less }: CloseTo,
  column: Float64Array,
): Float64Array | null {
  const differences = new Float64Array(column.length);
  for (let i = 0; i < column.length; i++) {
    const near = less < columns.length ? columns[place][i] - columns[less][i] : columns[place][i];
    const difference = column[i] - near;
    if (near + difference !== column[i] && !Number.isNaN(column[i])) return null;
    differences[i] = difference;
  }
  return differences;
}

/** Writes a column to `into`, from cell `at` on; a column that was not packed is not known. */
export function unpackColumn(packed: PackedRows, column: number, into: Float64Array, at: number): void {
  const end = at + packed.rows;
  if (column >= packed.columns) {
    into.fill(NaN, at, end);
    return;
  }
  readColumn(packed, placeOf(packed, column), into, at);
}

function placeOf({ bytes }: PackedRows, column: number): number {
  return bytes[2 * column] + 256 * bytes[2 * column + 1];
}

function readColumn(packed: PackedRows, place: number, into: Float64Array, at: number): void {
  const end = at + packed.rows;
  const reader = new Reader(packed.bytes, place);
  const form = FORMS[reader.byte()];
  switch (form) {
    case 'unknown':
      into.fill(NaN, at, end);
      return;
    case 'constant':
      into.fill(reader.double(), at, end);
      return;
    case 'doubles':
      for (let i = at; i < end; i++) into[i] = reader.double();
      return;
    case 'range':
    case 'steps':
      readWhole(reader, form === 'steps', into, at, end);
      return;
    case 'close':
      readColumn(packed, place + CLOSE_HEADER, into, at);
      addNear(packed, { place: reader.byte(), less: reader.byte() }, into, at);
  }
}

const near = new Float64Array(PACKED_ROWS_BOUND);
const taken = new Float64Array(PACKED_ROWS_BOUND);

/** Adds to differences what they were taken from. */
function addNear(packed: PackedRows, { place, less }: CloseTo, into: Float64Array, at: number): void {
  const { rows } = packed;
  unpackColumn(packed, place, near, 0);
  if (less < packed.columns) {
    unpackColumn(packed, less, taken, 0);
    for (let i = 0; i < rows; i++) near[i] -= taken[i];
  }
  for (let i = 0; i < rows; i++) into[at + i] = near[i] + into[at + i];
}

function writeColumn(writer: Writer, column: Float64Array): void {
  let known = 0;
  while (known < column.length && Number.isNaN(column[known])) known++;
  if (known === column.length) {
    writer.form('unknown');
    return;
  }
  const first = column[known];
  if (isEach(column, first, false)) {
    writer.form('constant');
    writer.double(first);
    return;
  }
  const whole = asConstant(column, first) ?? asWhole(column);
  if (whole) writeWhole(writer, whole);
  else {
    writer.form('doubles');
    for (const cell of column) writer.double(cell);
  }
}

/** A constant that is not known now and then, whatever number it is. */
function asConstant(column: Float64Array, value: number): Whole | null {
  return isEach(column, value, true) ? { cells: column, scale: 1, unit: 1, least: value, most: value } : null;
}

function isEach(column: Float64Array, value: number, orUnknown: boolean): boolean {
  for (let i = 0; i < column.length; i++) {
    if (column[i] !== value && !(orUnknown && Number.isNaN(column[i]))) return false;
  }
  return true;
}

/** Null when a cell is not a whole number at any scale, or the range is too wide to gain anything. */
function asWhole(column: Float64Array): Whole | null {
  for (const scale of SCALES) {
    const cells = wholeCells(column, scale);
    if (cells === null) continue;
    let least = Infinity;
    let most = -Infinity;
    for (let i = 0; i < cells.length; i++) {
      if (cells[i] < least) least = cells[i];
      if (cells[i] > most) most = cells[i];
    }
    if (Math.max(Math.abs(least), Math.abs(most)) > LARGEST_WHOLE) return null;
    const unit = UNITS.find((of) => areMultiples(cells, least, of)) ?? 1;
    return bitsFor((most - least) / unit) <= WIDEST ? { cells, scale, unit, least, most } : null;
  }
  return null;
}

/** Null when a cell that is known is not whole at this scale. */
function wholeCells(column: Float64Array, scale: number): Float64Array | null {
  const cells = new Float64Array(column.length);
  for (let i = 0; i < column.length; i++) {
    const cell = Math.round(column[i] * scale);
    if (cell / scale !== column[i] && !Number.isNaN(column[i])) return null;
    cells[i] = cell;
  }
  return cells;
}

function areMultiples(cells: Float64Array, least: number, of: number): boolean {
  // Exact, since units are powers of two; the remainder of doubles takes ten times as long.
  for (let i = 0; i < cells.length; i++) {
    const units = (cells[i] - least) / of;
    if (Math.floor(units) !== units && !Number.isNaN(units)) return false;
  }
  return true;
}

/** Bits of codes up to `most`; the highest code says that a cell is not known. */
function bitsFor(most: number): number {
  let bits = 1;
  for (let codes = 2; most >= codes - 1; codes *= 2) bits++;
  return bits;
}

function writeWhole(writer: Writer, { cells, scale, unit, least, most }: Whole): void {
  const steps = stepsOf(cells);
  const rangeBits = bitsFor((most - least) / unit);
  const stepBits = steps ? bitsFor((steps.most - steps.least) / unit) : Infinity;
  // Steps need a start beside the least step.
  const isByStep = steps !== null && (rangeBits - stepBits) * cells.length > 64;
  writer.form(isByStep ? 'steps' : 'range');
  writer.byte(SCALES.indexOf(scale) * UNITS.length + UNITS.indexOf(unit));
  const bits = isByStep ? stepBits : rangeBits;
  writer.byte(bits);
  const base = isByStep ? steps.least : least;
  writer.double(base);
  if (isByStep) writer.double(steps.start);
  const unknown = 2 ** bits - 1;
  let before = isByStep ? steps.start : 0;
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    writer.code(Number.isNaN(cell) ? unknown : (cell - before - base) / unit, bits);
    if (isByStep && !Number.isNaN(cell)) before = cell;
  }
}

/** Differences of neighbours that are known, the first one against `start`, from which it is a least step away. */
function stepsOf(cells: Float64Array): { least: number; most: number; start: number } | null {
  let least = Infinity;
  let most = -Infinity;
  let before = NaN;
  let first = NaN;
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (Number.isNaN(cell)) continue;
    const step = cell - before;
    // Of the first that is known there is none: comparisons with it are false.
    if (step < least) least = step;
    if (step > most) most = step;
    if (Number.isNaN(before)) first = cell;
    before = cell;
  }
  return least === Infinity ? null : { least, most, start: first - least };
}

function readWhole(reader: Reader, isByStep: boolean, into: Float64Array, at: number, end: number): void {
  const measure = reader.byte();
  const scale = SCALES[Math.floor(measure / UNITS.length)];
  const unit = UNITS[measure % UNITS.length];
  const bits = reader.byte();
  const base = reader.double();
  const unknown = 2 ** bits - 1;
  let before = isByStep ? reader.double() : 0;
  reader.codes(bits, into, at, end);
  for (let i = at; i < end; i++) {
    if (into[i] === unknown) {
      into[i] = NaN;
      continue;
    }
    const cell = before + base + into[i] * unit;
    if (isByStep) before = cell;
    into[i] = cell / scale;
  }
}

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

class Writer {
  readonly #bytes: Uint8Array;
  #length = 0;
  /** Bits of the last byte that codes have taken; 0 = none. */
  #taken = 0;

  constructor(bound: number) {
    this.#bytes = new Uint8Array(bound);
  }
  get length(): number {
    return this.#length;
  }
  skip(count: number): void {
    this.#length += count;
  }
  /** Notes at `place` where the next column begins. */
  placeAt(place: number): void {
    this.#bytes[place] = this.#length;
    this.#bytes[place + 1] = this.#length >> 8;
  }
  form(form: Form): void {
    this.#taken = 0;
    this.byte(FORMS.indexOf(form));
  }
  /** Of what was written from `start` to `end` and what came after it. */
  keepShorter(start: number, end: number): void {
    const later = this.#length - end;
    if (later >= end - start) this.#length = end;
    else {
      this.#bytes.copyWithin(start, end, this.#length);
      this.#length = start + later;
    }
  }
  byte(value: number): void {
    this.#bytes[this.#length++] = value;
  }
  double(value: number): void {
    double[0] = value;
    this.#bytes.set(doubleBytes, this.#length);
    this.#length += 8;
  }
  /** Lowest bits first, into what the code before left of its last byte. */
  code(value: number, bits: number): void {
    if (bits <= NARROW) this.#narrowCode(value, bits);
    else this.#wideCode(value, bits);
  }
  #narrowCode(value: number, bits: number): void {
    const taken = this.#taken;
    let left = value << taken;
    let missing = bits;
    if (taken > 0) {
      this.#bytes[this.#length - 1] |= left;
      left >>>= 8;
      missing -= 8 - taken;
    }
    for (; missing > 0; missing -= 8) {
      this.#bytes[this.#length++] = left;
      left >>>= 8;
    }
    this.#taken = (taken + bits) & 7;
  }
  /** In two parts, the lower first. */
  #wideCode(value: number, bits: number): void {
    const low = value % LOW_PART;
    this.#narrowCode(low, NARROW);
    this.#narrowCode((value - low) / LOW_PART, bits - NARROW);
  }
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }
  byte(): number {
    return this.#bytes[this.#at++];
  }
  double(): number {
    for (let i = 0; i < 8; i++) doubleBytes[i] = this.#bytes[this.#at + i];
    this.#at += 8;
    return double[0];
  }
  /** Codes of this width, one after the other; beyond the last byte there are zeros. */
  codes(bits: number, into: Float64Array, at: number, end: number): void {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    const view = new DataView(buffer, byteOffset, byteLength);
    // Four bytes are loaded at once where there are four.
    const safe = 8 * (byteLength - 4);
    const low = Math.min(bits, NARROW);
    const high = bits - low;
    const [lowMask, highMask] = [2 ** low - 1, 2 ** high - 1];
    let place = 8 * this.#at;
    for (let i = at; i < end; i++, place += bits) {
      const word = place <= safe ? view.getInt32(place >> 3, true) : this.#wordAt(place >> 3);
      let code = (word >>> (place & 7)) & lowMask;
      if (high > 0) {
        const from = place + NARROW;
        const rest = from <= safe ? view.getInt32(from >> 3, true) : this.#wordAt(from >> 3);
        code += LOW_PART * ((rest >>> (from & 7)) & highMask);
      }
      into[i] = code;
    }
  }
  #wordAt(byte: number): number {
    const bytes = this.#bytes;
    return bytes[byte] | (bytes[byte + 1] << 8) | (bytes[byte + 2] << 16) | (bytes[byte + 3] << 24);
  }
}
