// What a profile says once, and the tables that samples point to.
import {
  COUNTS,
  SCALARS,
  FUNCTION_NAME,
  FUNCTION_SYSTEM_NAME,
  FUNCTION_FILE,
  FUNCTION_START_LINE,
  LOCATION_MAPPING,
  LOCATION_ADDRESS,
  LOCATION_LINE_START,
  LOCATION_IS_FOLDED,
  LINE_FUNCTION,
  LINE_LINE,
  LINE_COLUMN,
  MAPPING_START,
  MAPPING_LIMIT,
  MAPPING_OFFSET,
  MAPPING_FILE,
  MAPPING_BUILD_ID,
  MAPPING_FLAGS,
  WIDE,
  MAX_SAFE,
  column,
  put,
} from './columns';
import { endsIn, sizeTo, valueOf, longValue, longVarint, readNumbers, numberAt } from './varint';

/** Lines so far. */
export let lineCount: u32 = 0;

/** Forgets the lines of the profile before. */
export function beginLines(): void {
  lineCount = 0;
}

/** Numbers of 64 bits that are all below 2^53 become doubles; else their bit of WIDE is set. */
export function narrow(index: u32, rows: u32, bit: u32): void {
  const start = column(index);
  const end = start + ((<usize>rows) << 3);
  let all: u64 = 0;
  for (let at = start; at < end; at += 8) all |= load<u64>(at);
  if (all > MAX_SAFE) put(WIDE, column(WIDE) | bit);
  else for (let at = start; at < end; at += 8) store<f64>(at, <f64>(<i64>load<u64>(at)));
}

/** A number of the profile itself. @returns where it ends; 0 = it is not for us. */
export function readScalar(at: usize, field: u32, strings: u32): usize {
  const size = longVarint(at);
  const isText = field != 9 && field != 10 && field != 12;
  if (size == 0 || (isText && longValue >= strings)) return 0;
  store<u64>(SCALARS + ((<usize>field) << 3), longValue);
  return at + size;
}

/** Writes the rows of both strings where they are wanted. */
export function readValueType(start: usize, end: usize, typeAt: usize, unitAt: usize, strings: u32): i32 {
  if (!readNumbers(start, end, 2)) return 1;
  const type = numberAt(1);
  const unit = numberAt(2);
  if (type >= strings || unit >= strings) return 1;
  store<u32>(typeAt, <u32>type);
  store<u32>(unitAt, <u32>unit);
  return 0;
}

export function readMapping(start: usize, end: usize, row: u32, strings: u32): i32 {
  let pos = start;
  let id: u64 = 0,
    from: u64 = 0,
    limit: u64 = 0,
    offset: u64 = 0,
    file: u64 = 0,
    buildId: u64 = 0;
  let flags: u32 = 0;
  while (pos < end) {
    const tag = load<u8>(pos);
    const size = longVarint(pos + 1);
    const value = longValue;
    if (size == 0) return 1;
    pos += 1 + size;
    if (tag == 0x08) id = value;
    else if (tag == 0x10) from = value;
    else if (tag == 0x18) limit = value;
    else if (tag == 0x20) offset = value;
    else if (tag == 0x28) file = value;
    else if (tag == 0x30) buildId = value;
    else if (tag == 0x38 || tag == 0x40 || tag == 0x48 || tag == 0x50) {
      const flag: u32 = 1 << ((tag >> 3) - 7);
      flags = value != 0 ? flags | flag : flags & ~flag;
    } else return 1;
  }
  if (pos != end || id != <u64>row + 1 || file >= strings || buildId >= strings) return 1;
  const at = (<usize>row) << 2;
  store<u64>(column(MAPPING_START) + (at << 1), from);
  store<u64>(column(MAPPING_LIMIT) + (at << 1), limit);
  store<u64>(column(MAPPING_OFFSET) + (at << 1), offset);
  store<u32>(column(MAPPING_FILE) + at, <u32>file);
  store<u32>(column(MAPPING_BUILD_ID) + at, <u32>buildId);
  store<u8>(column(MAPPING_FLAGS) + row, flags);
  return 0;
}

export function readFunction(start: usize, end: usize, row: u32, strings: u32): i32 {
  let pos = start;
  let id: u64 = 0,
    name: u64 = 0,
    sys: u64 = 0,
    file: u64 = 0,
    line: u64 = 0;
  while (pos < end) {
    const word = load<u64>(pos);
    const tag = word & 0xff;
    let value = (word >> 8) & 0x7f;
    pos += 2;
    if (word & 0x8000) {
      const rest = load<u64>(pos - 1);
      const ends = endsIn(rest);
      if (ends == 0) return 1;
      value = valueOf(rest, ends);
      pos += sizeTo(ends) - 1;
    }
    if (tag == 0x08) id = value;
    else if (tag == 0x10) name = value;
    else if (tag == 0x18) sys = value;
    else if (tag == 0x20) file = value;
    else if (tag == 0x28) line = value;
    else return 1;
  }
  if (
    pos != end ||
    id != <u64>row + 1 ||
    name >= strings ||
    sys >= strings ||
    file >= strings ||
    line > MAX_SAFE
  )
    return 1;
  const at = (<usize>row) << 2;
  store<u32>(column(FUNCTION_NAME) + at, <u32>name);
  store<u32>(column(FUNCTION_SYSTEM_NAME) + at, <u32>sys);
  store<u32>(column(FUNCTION_FILE) + at, <u32>file);
  store<f64>(column(FUNCTION_START_LINE) + (at << 1), <f64>line);
  return 0;
}

export function readLocation(start: usize, end: usize, row: u32): i32 {
  let pos = start;
  let id: u64 = 0,
    mapping: u64 = 0,
    address: u64 = 0;
  const functions = load<u32>(COUNTS + 20);
  let lines = <usize>lineCount;
  while (pos < end) {
    const word = load<u64>(pos);
    const tag = word & 0xff;
    let value = (word >> 8) & 0x7f;
    pos += 2;
    if (word & 0x8000) {
      const rest = load<u64>(pos - 1);
      const ends = endsIn(rest);
      let size = sizeTo(ends);
      value = valueOf(rest, ends);
      if (ends == 0) {
        size = longVarint(pos - 1);
        if (size == 0) return 1;
        value = longValue;
      }
      pos += size - 1;
    }
    if (tag == 0x22) {
      if (pos > end || value > <u64>(end - pos)) return 1;
      const stop = pos + <usize>value;
      if (!readNumbers(pos, stop, 3)) return 1;
      pos = stop;
      const fn = numberAt(1);
      const line = numberAt(2);
      const col = numberAt(3);
      if (fn - 1 >= functions || line > MAX_SAFE || col > MAX_SAFE) return 1;
      store<u32>(column(LINE_FUNCTION) + (lines << 2), <u32>fn - 1);
      store<f64>(column(LINE_LINE) + (lines << 3), <f64>line);
      store<f64>(column(LINE_COLUMN) + (lines << 3), <f64>col);
      lines++;
    } else if (tag == 0x08) id = value;
    else if (tag == 0x10) mapping = value;
    else if (tag == 0x18) address = value;
    else return 1;
  }
  if (pos != end || id != <u64>row + 1) return 1;
  const at = (<usize>row) << 2;
  lineCount = <u32>lines;
  store<u32>(column(LOCATION_LINE_START) + at + 4, <u32>lines);
  store<i32>(column(LOCATION_MAPPING) + at, mapping - 1 < load<u32>(COUNTS + 12) ? <i32>mapping - 1 : -1);
  store<u64>(column(LOCATION_ADDRESS) + (at << 1), address);
  store<u8>(column(LOCATION_IS_FOLDED) + row, 0);
  return 0;
}
