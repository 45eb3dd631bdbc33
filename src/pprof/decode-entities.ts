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
import type { FieldNames, WireReader } from './wire-reader.ts';

// prettier-ignore
const MAPPING_FIELDS: FieldNames = [
  null, 'id', 'memory_start', 'memory_limit', 'file_offset', 'filename', 'build_id',
  'has_functions', 'has_filenames', 'has_line_numbers', 'has_inline_frames',
];
const FUNCTION_FIELDS: FieldNames = [null, 'id', 'name', 'system_name', 'filename', 'start_line'];

/** Bytes of the columns of one row, for the budget; ids pay for themselves. */
const MAPPING_ROW_BYTES = 3 * 8 + 2 * 4 + 1;
const FUNCTION_ROW_BYTES = 3 * 4 + 8;

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
  budget.take(count * MAPPING_ROW_BYTES, 'profile.mapping');
  const ids = new IdColumn('mapping', offsets, budget);
  const start = new Uint64Builder(count);
  const limit = new Uint64Builder(count);
  const fileOffset = new Uint64Builder(count);
  const file = new Int32Array(count);
  const buildId = new Int32Array(count);
  const flags = new Uint8Array(count);
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
          low[part] = reader.varint(`mapping.${MAPPING_FIELDS[tag >>> 3]}`);
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
  const count = offsets.length;
  budget.take(count * FUNCTION_ROW_BYTES, 'profile.function');
  const ids = new IdColumn('function', offsets, budget);
  const name = new Int32Array(count);
  const systemName = new Int32Array(count);
  const file = new Int32Array(count);
  const startLine = new Int64Builder(count);
  for (let row = 0; row < count; row++) {
    reader.pos = offsets[row];
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
        case 0x10: name[row] = reader.index(stringCount, 'function.name', tag); break;
        case 0x18: systemName[row] = reader.index(stringCount, 'function.system_name', tag); break;
        case 0x20: file[row] = reader.index(stringCount, 'function.filename', tag); break;
        case 0x28: lineLow = reader.varint('function.start_line'); lineHigh = reader.high; break;
        default: reader.skip(tag, 'function', FUNCTION_FIELDS);
      }
    }
    reader.limit = outer;
    ids.push(reader, idHigh, idLow);
    startLine.pushWords(lineHigh, lineLow);
  }
  const { map } = ids.finish(reader);
  const functions: FunctionTable = {
    length: count,
    name: name as FunctionTable['name'],
    systemName: systemName as FunctionTable['systemName'],
    file: file as FunctionTable['file'],
    startLine: startLine.finish(),
  };
  return { functions, functionIds: map };
}
