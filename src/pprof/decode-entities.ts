// Mappings and functions of profile.proto: the tables that locations point to.
import { Int64Builder, Uint64Builder } from './columns.ts';
import { IdColumn } from './id-column.ts';
import type { IdMap } from './id-map.ts';
import type { TableBudget } from './table-budget.ts';
import {
  MAPPING_HAS_FILENAMES,
  MAPPING_HAS_FUNCTIONS,
  MAPPING_HAS_INLINE_FRAMES,
  MAPPING_HAS_LINE_NUMBERS,
  type FunctionTable,
  type MappingTable,
} from './tables.ts';
import { READ_AHEAD, joinGroups, type FieldNames, type WireReader } from './wire-reader.ts';

// prettier-ignore
const MAPPING_FIELDS: FieldNames = [
  null, 'id', 'memory_start', 'memory_limit', 'file_offset', 'filename', 'build_id',
  'has_functions', 'has_filenames', 'has_line_numbers', 'has_inline_frames',
];
const ADDRESS_PATHS = MAPPING_FIELDS.map((name) => `mapping.${name}`);
const FUNCTION_FIELDS: FieldNames = [null, 'id', 'name', 'system_name', 'filename', 'start_line'];

/** Tags of a function: field number * 8 + wire type. */
const ID = 0x08;
const NAME = 0x10;
const SYSTEM_NAME = 0x18;
const FILE = 0x20;
const START_LINE = 0x28;

const MAPPING_FLAGS = [
  MAPPING_HAS_FUNCTIONS,
  MAPPING_HAS_FILENAMES,
  MAPPING_HAS_LINE_NUMBERS,
  MAPPING_HAS_INLINE_FRAMES,
];

export function decodeMappings(
  reader: WireReader,
  offsets: Int32Array,
  stringCount: number,
  budget: TableBudget,
): { mappings: MappingTable; mappingIds: IdMap } {
  const count = offsets.length;
  const ids = new IdColumn('mapping', offsets, budget);
  const start = new Uint64Builder(count, budget);
  const limit = new Uint64Builder(count, budget);
  const fileOffset = new Uint64Builder(count, budget);
  const file = budget.int32(count, 'profile.mapping');
  const buildId = budget.int32(count, 'profile.mapping');
  const flags = budget.uint8(count, 'profile.mapping');
  // The four addresses of one row, low and high halves: id, start, limit, offset.
  const low = [0, 0, 0, 0];
  const high = [0, 0, 0, 0];
  for (let row = 0; row < count; row++) {
    reader.pos = offsets[row];
    const outer = reader.enter('profile.mapping');
    low.fill(0);
    high.fill(0);
    while (!reader.isAtEnd) {
      const tag = reader.tag('mapping');
      // prettier-ignore
      switch (tag) {
        case 0x08: case 0x10: case 0x18: case 0x20: {
          const part = (tag >>> 3) - 1;
          low[part] = reader.varint(ADDRESS_PATHS[tag >>> 3]);
          high[part] = reader.high;
          break;
        }
        case 0x28: file[row] = reader.index(stringCount, 'mapping.filename', tag); break;
        case 0x30: buildId[row] = reader.index(stringCount, 'mapping.build_id', tag); break;
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
    ids.push(reader, high[0], low[0]);
    start.pushWords(high[1], low[1]);
    limit.pushWords(high[2], low[2]);
    fileOffset.pushWords(high[3], low[3]);
  }
  const { id, map } = ids.finish(reader);
  const mappings: MappingTable = {
    length: count,
    id,
    start: start.finish(),
    limit: limit.finish(),
    offset: fileOffset.finish(),
    file: file as MappingTable['file'],
    buildId: buildId as MappingTable['buildId'],
    flags,
  };
  return { mappings, mappingIds: map };
}

export function decodeFunctions(
  reader: WireReader,
  offsets: Int32Array,
  stringCount: number,
  budget: TableBudget,
): { functions: FunctionTable; functionIds: IdMap } {
  return new FunctionDecoder(reader, offsets, stringCount, budget).decode();
}

class FunctionDecoder {
  readonly #reader: WireReader;
  readonly #offsets: Int32Array;
  readonly #stringCount: number;
  readonly #ids: IdColumn;
  readonly #name: Int32Array;
  readonly #systemName: Int32Array;
  readonly #file: Int32Array;
  readonly #startLine: Int64Builder;

  constructor(reader: WireReader, offsets: Int32Array, stringCount: number, budget: TableBudget) {
    const count = offsets.length;
    this.#reader = reader;
    this.#offsets = offsets;
    this.#stringCount = stringCount;
    this.#ids = new IdColumn('function', offsets, budget);
    this.#name = budget.int32(count, 'profile.function');
    this.#systemName = budget.int32(count, 'profile.function');
    this.#file = budget.int32(count, 'profile.function');
    this.#startLine = new Int64Builder(count, budget);
  }

  decode(): { functions: FunctionTable; functionIds: IdMap } {
    const length = this.#offsets.length;
    for (let row = 0; row < length; row++) if (!this.#readFast(row)) this.#read(row);
    const { map } = this.#ids.finish(this.#reader);
    const functions: FunctionTable = {
      length,
      name: this.#name as FunctionTable['name'],
      systemName: this.#systemName as FunctionTable['systemName'],
      file: this.#file as FunctionTable['file'],
      startLine: this.#startLine.finish(),
    };
    return { functions, functionIds: map };
  }

  /** Reads a function whose numbers are below 2^28; false = nothing was read. */
  #readFast(row: number): boolean {
    const { view } = this.#reader;
    let pos = this.#offsets[row];
    const size = view.getUint8(pos++);
    const end = pos + size;
    if (size >= 0x80 || end + READ_AHEAD > view.byteLength) return false;
    let id = 0;
    let name = 0;
    let systemName = 0;
    let file = 0;
    let startLine = 0;
    while (pos < end) {
      const tag = view.getInt8(pos);
      const word = view.getInt32(pos + 1, true);
      const ends = ~word & 0x80808080;
      const lowest = ends & -ends;
      if (lowest === 0) return false;
      const value = joinGroups(word & (lowest - 1));
      pos += 1 + ((39 - Math.clz32(lowest)) >> 3);
      if (tag === ID) id = value;
      else if (tag === NAME) name = value;
      else if (tag === SYSTEM_NAME) systemName = value;
      else if (tag === FILE) file = value;
      else if (tag === START_LINE) startLine = value;
      else return false;
    }
    const strings = this.#stringCount;
    if (pos !== end || name >= strings || systemName >= strings || file >= strings) return false;
    this.#ids.push(this.#reader, 0, id);
    this.#name[row] = name;
    this.#systemName[row] = systemName;
    this.#file[row] = file;
    this.#startLine.pushNumber(startLine);
    return true;
  }

  /** Reads a function, whatever it holds. */
  #read(row: number): void {
    const reader = this.#reader;
    const strings = this.#stringCount;
    reader.pos = this.#offsets[row];
    const outer = reader.enter('profile.function');
    let idLow = 0;
    let idHigh = 0;
    let lineLow = 0;
    let lineHigh = 0;
    while (!reader.isAtEnd) {
      const tag = reader.tag('function');
      // prettier-ignore
      switch (tag) {
        case ID: idLow = reader.varint('function.id'); idHigh = reader.high; break;
        case NAME: this.#name[row] = reader.index(strings, 'function.name', tag); break;
        case SYSTEM_NAME: this.#systemName[row] = reader.index(strings, 'function.system_name', tag); break;
        case FILE: this.#file[row] = reader.index(strings, 'function.filename', tag); break;
        case START_LINE: lineLow = reader.varint('function.start_line'); lineHigh = reader.high; break;
        default: reader.skip(tag, 'function', FUNCTION_FIELDS);
      }
    }
    reader.limit = outer;
    this.#ids.push(reader, idHigh, idLow);
    this.#startLine.pushWords(lineHigh, lineLow);
  }
}
