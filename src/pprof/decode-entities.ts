// Mappings, functions and locations of profile.proto: the tables that samples point to.
import { Int32Builder, Int64Builder, Uint64Builder } from './columns.ts';
import { IdMap } from './id-map.ts';
import {
  MAPPING_HAS_FILENAMES,
  MAPPING_HAS_FUNCTIONS,
  MAPPING_HAS_INLINE_FRAMES,
  MAPPING_HAS_LINE_NUMBERS,
  NO_ROW,
  type FunctionTable,
  type LineTable,
  type LocationTable,
  type MappingTable,
  type Uint64Column,
} from './tables.ts';
import type { FieldNames, WireReader } from './wire-reader.ts';

// prettier-ignore
const MAPPING_FIELDS: FieldNames = [
  null, 'id', 'memory_start', 'memory_limit', 'file_offset', 'filename', 'build_id',
  'has_functions', 'has_filenames', 'has_line_numbers', 'has_inline_frames',
];
const FUNCTION_FIELDS: FieldNames = [null, 'id', 'name', 'system_name', 'filename', 'start_line'];
const LOCATION_FIELDS: FieldNames = [null, 'id', 'mapping_id', 'address', 'line', 'is_folded'];
const LINE_FIELDS: FieldNames = [null, 'function_id', 'line', 'column'];

const MAPPING_FLAGS = [
  MAPPING_HAS_FUNCTIONS,
  MAPPING_HAS_FILENAMES,
  MAPPING_HAS_LINE_NUMBERS,
  MAPPING_HAS_INLINE_FRAMES,
];

/** Ids of one table: rows by id, and the column of ids unless they are simply 1, 2, 3 ... */
class IdColumn {
  readonly map: IdMap;
  readonly #ids: Uint64Builder;
  readonly #message: string;
  #isCounting = true;

  constructor(message: string, rows: number) {
    this.#message = message;
    this.map = new IdMap(rows);
    this.#ids = new Uint64Builder(rows);
  }

  /** Registers the id of the next row; `offset` is where the message began. */
  push(reader: WireReader, high: number, low: number, offset: number): void {
    const row = this.#ids.length;
    const field = `${this.#message}.id`;
    if (high === 0 && low === 0) throw reader.error('the id is 0 or missing', field, offset);
    if (!this.map.add(high, low, row)) {
      const id = BigInt.asUintN(64, (BigInt(high) << 32n) | BigInt(low)).toString();
      throw reader.error(`id ${id} occurs twice`, field, offset, id);
    }
    this.#isCounting &&= high === 0 && low === row + 1;
    this.#ids.pushWords(high, low);
  }

  finish(): Uint64Column | null {
    return this.#isCounting ? null : this.#ids.finish();
  }
}

export function decodeMappings(
  reader: WireReader,
  offsets: Int32Builder,
  stringCount: number,
): { mappings: MappingTable; mappingIds: IdMap } {
  const count = offsets.length;
  const ids = new IdColumn('mapping', count);
  const start = new Uint64Builder(count);
  const limit = new Uint64Builder(count);
  const fileOffset = new Uint64Builder(count);
  const file = new Int32Array(count);
  const buildId = new Int32Array(count);
  const flags = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    reader.pos = offsets.at(row);
    const outer = reader.enter('profile.mapping');
    // The four addresses, low and high halves: id, start, limit, offset.
    const low = [0, 0, 0, 0];
    const high = [0, 0, 0, 0];
    while (!reader.isAtEnd) {
      const tag = reader.tag('mapping');
      // prettier-ignore
      switch (tag) {
        case 0x08: case 0x10: case 0x18: case 0x20: {
          const part = (tag >>> 3) - 1;
          low[part] = reader.varint(`mapping.${MAPPING_FIELDS[tag >>> 3]}`);
          high[part] = reader.high;
          break;
        }
        case 0x28: file[row] = reader.index(stringCount, 'mapping.filename'); break;
        case 0x30: buildId[row] = reader.index(stringCount, 'mapping.build_id'); break;
        case 0x38: case 0x40: case 0x48: case 0x50: {
          const flag = MAPPING_FLAGS[(tag >>> 3) - 7];
          const isSet = reader.varint('mapping.flag') !== 0 || reader.high !== 0;
          flags[row] = isSet ? flags[row] | flag : flags[row] & ~flag;
          break;
        }
        default: reader.skip(tag, 'mapping', MAPPING_FIELDS);
      }
    }
    reader.limit = outer;
    ids.push(reader, high[0], low[0], offsets.at(row));
    start.pushWords(high[1], low[1]);
    limit.pushWords(high[2], low[2]);
    fileOffset.pushWords(high[3], low[3]);
  }
  const mappings: MappingTable = {
    length: count,
    id: ids.finish(),
    start: start.finish(),
    limit: limit.finish(),
    offset: fileOffset.finish(),
    file: file as MappingTable['file'],
    buildId: buildId as MappingTable['buildId'],
    flags,
  };
  return { mappings, mappingIds: ids.map };
}

export function decodeFunctions(
  reader: WireReader,
  offsets: Int32Builder,
  stringCount: number,
): { functions: FunctionTable; functionIds: IdMap } {
  const count = offsets.length;
  const ids = new IdColumn('function', count);
  const name = new Int32Array(count);
  const systemName = new Int32Array(count);
  const file = new Int32Array(count);
  const startLine = new Int64Builder(count);
  for (let row = 0; row < count; row++) {
    reader.pos = offsets.at(row);
    const outer = reader.enter('profile.function');
    let idLow = 0;
    let idHigh = 0;
    let lineLow = 0;
    let lineHigh = 0;
    while (!reader.isAtEnd) {
      const tag = reader.tag('function');
      // prettier-ignore
      switch (tag) {
        case 0x08: idLow = reader.varint('function.id'); idHigh = reader.high; break;
        case 0x10: name[row] = reader.index(stringCount, 'function.name'); break;
        case 0x18: systemName[row] = reader.index(stringCount, 'function.system_name'); break;
        case 0x20: file[row] = reader.index(stringCount, 'function.filename'); break;
        case 0x28: lineLow = reader.varint('function.start_line'); lineHigh = reader.high; break;
        default: reader.skip(tag, 'function', FUNCTION_FIELDS);
      }
    }
    reader.limit = outer;
    ids.push(reader, idHigh, idLow, offsets.at(row));
    startLine.pushWords(lineHigh, lineLow);
  }
  const functions: FunctionTable = {
    length: count,
    name: name as FunctionTable['name'],
    systemName: systemName as FunctionTable['systemName'],
    file: file as FunctionTable['file'],
    startLine: startLine.finish(),
  };
  return { functions, functionIds: ids.map };
}

/** Columns of lines while they grow. */
interface LineBuilders {
  readonly function: Int32Builder;
  readonly line: Int64Builder;
  readonly column: Int64Builder;
}

export function decodeLocations(
  reader: WireReader,
  offsets: Int32Builder,
  mappingIds: IdMap,
  functionIds: IdMap,
): { locations: LocationTable; lines: LineTable; locationIds: IdMap } {
  const count = offsets.length;
  const ids = new IdColumn('location', count);
  const mapping = new Int32Array(count).fill(NO_ROW);
  const address = new Uint64Builder(count);
  const lineStart = new Int32Array(count + 1);
  const isFolded = new Uint8Array(count);
  const lines: LineBuilders = {
    function: new Int32Builder(count),
    line: new Int64Builder(count),
    column: new Int64Builder(count),
  };
  for (let row = 0; row < count; row++) {
    reader.pos = offsets.at(row);
    const outer = reader.enter('profile.location');
    let idLow = 0;
    let idHigh = 0;
    let addressLow = 0;
    let addressHigh = 0;
    while (!reader.isAtEnd) {
      const tag = reader.tag('location');
      // prettier-ignore
      switch (tag) {
        case 0x08: idLow = reader.varint('location.id'); idHigh = reader.high; break;
        case 0x10: {
          const low = reader.varint('location.mapping_id');
          // A mapping that is not there means "no mapping", as it does to google/pprof.
          mapping[row] = mappingIds.get(reader.high, low);
          break;
        }
        case 0x18: addressLow = reader.varint('location.address'); addressHigh = reader.high; break;
        case 0x22: decodeLine(reader, functionIds, lines); break;
        case 0x28: isFolded[row] = reader.varint('location.is_folded') !== 0 || reader.high !== 0 ? 1 : 0; break;
        default: reader.skip(tag, 'location', LOCATION_FIELDS);
      }
    }
    reader.limit = outer;
    ids.push(reader, idHigh, idLow, offsets.at(row));
    address.pushWords(addressHigh, addressLow);
    lineStart[row + 1] = lines.function.length;
  }
  const locations: LocationTable = {
    length: count,
    id: ids.finish(),
    mapping: mapping as LocationTable['mapping'],
    address: address.finish(),
    lineStart,
    isFolded,
  };
  const lineTable: LineTable = {
    length: lines.function.length,
    function: lines.function.finishIndex(),
    line: lines.line.finish(),
    column: lines.column.finish(),
  };
  return { locations, lines: lineTable, locationIds: ids.map };
}

function decodeLine(reader: WireReader, functionIds: IdMap, lines: LineBuilders): void {
  const offset = reader.pos;
  const outer = reader.enter('location.line');
  let functionRow = NO_ROW;
  let lineLow = 0;
  let lineHigh = 0;
  let columnLow = 0;
  let columnHigh = 0;
  while (!reader.isAtEnd) {
    const tag = reader.tag('line');
    if (tag === 0x08) {
      const start = reader.pos;
      const low = reader.varint('line.function_id');
      functionRow = functionIds.get(reader.high, low);
      if (functionRow === NO_ROW) {
        const id = reader.signedText(reader.high, low);
        throw reader.error(`there is no function with id ${id}`, 'line.function_id', start, id);
      }
    } else if (tag === 0x10) {
      lineLow = reader.varint('line.line');
      lineHigh = reader.high;
    } else if (tag === 0x18) {
      columnLow = reader.varint('line.column');
      columnHigh = reader.high;
    } else reader.skip(tag, 'line', LINE_FIELDS);
  }
  reader.limit = outer;
  if (functionRow === NO_ROW) throw reader.error('a line without a function', 'line.function_id', offset);
  lines.function.push(functionRow);
  lines.line.pushWords(lineHigh, lineLow);
  lines.column.pushWords(columnHigh, columnLow);
}
