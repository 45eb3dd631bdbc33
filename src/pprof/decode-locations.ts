// Locations of profile.proto and their lines. As in sample-run.ts a fast path reads what encoders write, and leaves
// anything else to a careful one.
import { Int32Builder, Int64Builder, Uint64Builder } from './columns.ts';
import { IdColumn } from './id-column.ts';
import type { IdMap } from './id-map.ts';
import type { TableBudget } from './table-budget.ts';
import { NO_ROW, type LineTable, type LocationTable } from './tables.ts';
import { READ_AHEAD, joinGroups, type FieldNames, type WireReader } from './wire-reader.ts';

const LOCATION_FIELDS: FieldNames = [null, 'id', 'mapping_id', 'address', 'line', 'is_folded'];
const LINE_FIELDS: FieldNames = [null, 'function_id', 'line', 'column'];

const TWO_28 = 0x10000000;

/** Tags: field number * 8 + wire type. */
const ID = 0x08;
const MAPPING_ID = 0x10;
const ADDRESS = 0x18;
const LINE = 0x22;
const IS_FOLDED = 0x28;
const LINE_FUNCTION_ID = 0x08;
const LINE_LINE = 0x10;
const LINE_COLUMN = 0x18;

export function decodeLocations(
  reader: WireReader,
  offsets: Int32Array,
  mappingIds: IdMap,
  functionIds: IdMap,
  budget: TableBudget,
): { locations: LocationTable; lines: LineTable; locationIds: IdMap } {
  return new LocationDecoder(reader, offsets, mappingIds, functionIds, budget).decode();
}

class LocationDecoder {
  readonly #reader: WireReader;
  readonly #view: DataView;
  readonly #offsets: Int32Array;
  readonly #mappingIds: IdMap;
  readonly #functionIds: IdMap;
  readonly #ids: IdColumn;
  readonly #mapping: Int32Array;
  readonly #address: Uint64Builder;
  readonly #isFolded: Uint8Array;
  readonly #lineStart: Int32Array;
  readonly #lineFunction: Int32Builder;
  readonly #line: Int64Builder;
  readonly #lineColumn: Int64Builder;

  constructor(
    reader: WireReader,
    offsets: Int32Array,
    mappingIds: IdMap,
    functionIds: IdMap,
    budget: TableBudget,
  ) {
    const count = offsets.length;
    this.#reader = reader;
    this.#view = reader.view;
    this.#offsets = offsets;
    this.#mappingIds = mappingIds;
    this.#functionIds = functionIds;
    this.#ids = new IdColumn('location', offsets, budget);
    this.#mapping = budget.int32(count, 'profile.location').fill(NO_ROW);
    this.#address = new Uint64Builder(count, budget);
    this.#isFolded = budget.uint8(count, 'profile.location');
    this.#lineStart = budget.int32(count + 1, 'profile.location');
    // Most locations have one line; the inlined ones make it a few more.
    const lines = count + (count >> 2);
    this.#lineFunction = new Int32Builder(lines, budget);
    this.#line = new Int64Builder(lines, budget);
    this.#lineColumn = new Int64Builder(lines, budget);
  }

  decode(): { locations: LocationTable; lines: LineTable; locationIds: IdMap } {
    const count = this.#offsets.length;
    for (let row = 0; row < count; row++) {
      if (!this.#readFast(row)) this.#read(row);
      this.#lineStart[row + 1] = this.#lineFunction.length;
    }
    const { id, map } = this.#ids.finish(this.#reader);
    const locations: LocationTable = {
      length: count,
      id,
      mapping: this.#mapping as LocationTable['mapping'],
      address: this.#address.finish(),
      lineStart: this.#lineStart,
      isFolded: this.#isFolded,
    };
    const lines: LineTable = {
      length: this.#lineFunction.length,
      function: this.#lineFunction.finishIndex(),
      line: this.#line.finish(),
      column: this.#lineColumn.finish(),
    };
    return { locations, lines, locationIds: map };
  }

  /** Reads a location whose numbers are below 2^49; false = nothing was read. */
  #readFast(row: number): boolean {
    const view = this.#view;
    let pos = this.#offsets[row];
    const size = view.getUint8(pos++);
    const end = pos + size;
    if (size >= 0x80 || end + READ_AHEAD > view.byteLength) return false;
    const lines = this.#lineFunction.length;
    let id = 0;
    let mappingId = 0;
    let address = 0;
    let isUsual = true;
    while (pos < end && isUsual) {
      const tag = view.getInt8(pos);
      const word = view.getInt32(pos + 1, true);
      const ends = ~word & 0x80808080;
      const lowest = ends & -ends;
      let value = joinGroups(word & (lowest - 1));
      if (lowest !== 0) pos += 1 + ((39 - Math.clz32(lowest)) >> 3);
      else {
        const high = view.getInt32(pos + 5, true);
        const highEnds = ~high & 0x808080;
        const lowestHigh = highEnds & -highEnds;
        isUsual = lowestHigh !== 0;
        value += joinGroups(high & (lowestHigh - 1)) * TWO_28;
        pos += 5 + ((39 - Math.clz32(lowestHigh)) >> 3);
      }
      if (tag === LINE) {
        isUsual = pos + value <= end && this.#readLineFast(pos, pos + value);
        pos += value;
      } else if (tag === ID) id = value;
      else if (tag === MAPPING_ID) mappingId = value;
      else if (tag === ADDRESS) address = value;
      else isUsual = false;
    }
    if (!isUsual || pos !== end || id > 0xffffffff || mappingId > 0xffffffff) {
      this.#forgetLines(lines);
      return false;
    }
    this.#ids.push(this.#reader, 0, id);
    if (mappingId !== 0) this.#mapping[row] = this.#mappingIds.get(0, mappingId);
    this.#address.pushNumber(address);
    return true;
  }

  /** Reads a line whose numbers are below 2^28; false = nothing was read. */
  #readLineFast(start: number, end: number): boolean {
    const view = this.#view;
    let pos = start;
    let functionId = 0;
    let line = 0;
    let column = 0;
    while (pos < end) {
      const tag = view.getInt8(pos);
      const word = view.getInt32(pos + 1, true);
      const ends = ~word & 0x80808080;
      const lowest = ends & -ends;
      if (lowest === 0) return false;
      const value = joinGroups(word & (lowest - 1));
      pos += 1 + ((39 - Math.clz32(lowest)) >> 3);
      if (tag === LINE_FUNCTION_ID) functionId = value;
      else if (tag === LINE_LINE) line = value;
      else if (tag === LINE_COLUMN) column = value;
      else return false;
    }
    const functionRow = this.#functionIds.get(0, functionId);
    if (pos !== end || functionRow === NO_ROW) return false;
    this.#lineFunction.push(functionRow);
    this.#line.pushNumber(line);
    this.#lineColumn.pushNumber(column);
    return true;
  }

  #forgetLines(length: number): void {
    this.#lineFunction.truncate(length);
    this.#line.truncate(length);
    this.#lineColumn.truncate(length);
  }

  /** Reads a location, whatever it holds. */
  #read(row: number): void {
    const reader = this.#reader;
    reader.pos = this.#offsets[row];
    const outer = reader.enter('profile.location');
    let idLow = 0;
    let idHigh = 0;
    let addressLow = 0;
    let addressHigh = 0;
    while (!reader.isAtEnd) {
      const tag = reader.tag('location');
      // prettier-ignore
      switch (tag) {
        case ID: idLow = reader.varint('location.id'); idHigh = reader.high; break;
        case MAPPING_ID: {
          const low = reader.varint('location.mapping_id');
          // A mapping that is not there means "no mapping", as it does to google/pprof.
          this.#mapping[row] = this.#mappingIds.get(reader.high, low);
          break;
        }
        case ADDRESS: addressLow = reader.varint('location.address'); addressHigh = reader.high; break;
        case LINE: this.#readLine(); break;
        case IS_FOLDED: this.#isFolded[row] = reader.varint('location.is_folded') !== 0 || reader.high !== 0 ? 1 : 0; break;
        default: reader.skip(tag, 'location', LOCATION_FIELDS);
      }
    }
    reader.limit = outer;
    this.#ids.push(reader, idHigh, idLow);
    this.#address.pushWords(addressHigh, addressLow);
  }

  #readLine(): void {
    const reader = this.#reader;
    const offset = reader.pos;
    const outer = reader.enter('location.line');
    let functionRow = NO_ROW;
    let lineLow = 0;
    let lineHigh = 0;
    let columnLow = 0;
    let columnHigh = 0;
    while (!reader.isAtEnd) {
      const tag = reader.tag('line');
      if (tag === LINE_FUNCTION_ID) functionRow = this.#readFunctionId(tag);
      else if (tag === LINE_LINE) {
        lineLow = reader.varint('line.line');
        lineHigh = reader.high;
      } else if (tag === LINE_COLUMN) {
        columnLow = reader.varint('line.column');
        columnHigh = reader.high;
      } else reader.skip(tag, 'line', LINE_FIELDS);
    }
    reader.limit = outer;
    if (functionRow === NO_ROW) throw reader.error('a line without a function', 'line.function_id', offset);
    this.#lineFunction.push(functionRow);
    this.#line.pushWords(lineHigh, lineLow);
    this.#lineColumn.pushWords(columnHigh, columnLow);
  }

  #readFunctionId(tag: number): number {
    const reader = this.#reader;
    const start = reader.pos;
    const low = reader.varint('line.function_id');
    const { high } = reader;
    const row = this.#functionIds.get(high, low);
    if (row !== NO_ROW || reader.occursAgain(tag, 'line')) return row;
    const id = reader.unsignedText(high, low);
    throw reader.error(`there is no function with id ${id}`, 'line.function_id', start, id);
  }
}
