// profile.proto as encoders write it, straight into columns: ids that count from 1, numbers of at most eight bytes and below
// 2^53, no comments. Whatever else it meets, also damage, is left to src/pprof/decode-proto.ts, which reads everything
// and says what is wrong. Both make the same tables of what this one takes.
import {
  STATE,
  COUNTS,
  IS_THERE,
  BYTES_OF,
  OUT,
  PERIOD_TYPE,
  STATE_BYTES,
  STACK_COUNT,
  CELL_COUNT,
  LABEL_COUNT,
  LINE_COUNT,
  STRING_BYTES,
  STRING_SIZE,
  STRING_START,
  STRING_END,
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
  SAMPLE_STACK,
  SAMPLE_LABEL_START,
  SAMPLE_VALUES,
  LABEL_KEY,
  LABEL_TEXT,
  LABEL_UNIT,
  LABEL_NUMBER,
  STACK_START,
  STACK_LOCATION,
  TYPE_TYPE,
  TYPE_UNIT,
  SLOTS,
  STACK_BYTES,
  LOOSE_IDS,
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
import { ENDS, endsIn, sizeTo, valueOf, pastVarint, readNumbers, numberAt } from './varint';
import {
  lineCount,
  beginLines,
  narrow,
  readScalar,
  readValueType,
  readMapping,
  readFunction,
  readLocation,
} from './entities';

/** Slots visited before a stack is stored a second time, as in stack-rows.ts. */
const MAX_PROBES: u32 = 32;
/** More of them are left to the other decoder; then the sizes of all columns fit into 32 bits. */
export const MAX_TYPES: u32 = 16;
const MAX_SAMPLES: u32 = 1 << 20;
const MAX_LOCATIONS: u32 = 1 << 16;
const MAX_FUNCTIONS: u32 = 1 << 20;
export const MAX_STRINGS: u32 = 1 << 21;
/** The fewest bytes that a label, or a line, takes with its tag and length. */
export const MIN_LABEL: usize = 6;
const MIN_LINE: usize = 4;

/** Ones where eight bytes that are loaded leave zeros. */
const TOP_ONES = i64x2(0, -1);

/** Counts fields. 0 = well, else it is not for us. */
export function outline(start: usize, end: usize): i32 {
  for (let i: usize = 0; i < STATE_BYTES; i += 8) store<u64>(STATE + i, 0);
  let pos = start;
  while (pos < end) {
    const tag = <u32>load<u8>(pos);
    if (tag >= 0x80) return 1;
    if ((tag & 7) == 2) {
      let size = <u64>load<u8>(pos + 1);
      let content = pos + 2;
      if (size >= 0x80) {
        const word = load<u64>(pos + 1);
        const ends = endsIn(word);
        if (ends == 0) return 1;
        size = valueOf(word, ends);
        content = pos + 1 + sizeTo(ends);
      }
      if (size > <u64>(end - content) || content > end) return 1;
      const field = tag >> 3;
      if (field >= 1 && field <= 6) {
        const at = COUNTS + (field << 2);
        store<u32>(at, load<u32>(at) + 1);
        store<u32>(at + 96, load<u32>(at + 96) + <u32>size);
      } else if (field != 11 || isSecond(field)) return 1;
      pos = content + <usize>size;
    } else if ((tag & 7) == 0) {
      const field = tag >> 3;
      if (field != 7 && field != 8 && field != 9 && field != 10 && field != 12 && field != 14 && field != 15)
        return 1;
      if (isSecond(field)) return 1;
      const after = pastVarint(pos + 1);
      if (after == 0) return 1;
      pos = after;
    } else return 1;
  }
  const types = load<u32>(COUNTS + 4);
  const samples = load<u32>(COUNTS + 8);
  if (types > MAX_TYPES || (types == 0 && samples > 0) || samples > MAX_SAMPLES) return 1;
  if (load<u32>(COUNTS + 16) > MAX_LOCATIONS || load<u32>(COUNTS + 20) > MAX_FUNCTIONS) return 1;
  if (load<u32>(COUNTS + 24) == 0 || load<u32>(COUNTS + 24) > MAX_STRINGS) return 1;
  return pos == end ? 0 : 1;
}

/** Whether a single field was seen before; from now on it was. */
function isSecond(field: u32): bool {
  const at = IS_THERE + ((<usize>field) << 2);
  const isSeen = load<u32>(at) != 0;
  store<u32>(at, 1);
  return isSeen;
}

let top: usize = 0;
/** Where the next columns are laid out. */
export function beginRegions(base: usize): void {
  top = (base + 7) & ~7;
}
/** @returns the end of the column. */
export function region(index: u32, bytes: usize): usize {
  put(index, top);
  return (top = (top + bytes + 7) & ~7);
}

/** Lays the columns out from `base`. Returns the end. */
export function layout(base: usize): usize {
  const types = <usize>load<u32>(COUNTS + 4);
  const samples = <usize>load<u32>(COUNTS + 8);
  const maps = <usize>load<u32>(COUNTS + 12);
  const locations = <usize>load<u32>(COUNTS + 16);
  const functions = <usize>load<u32>(COUNTS + 20);
  const strings = <usize>load<u32>(COUNTS + 24);
  const sampleBytes = <usize>load<u32>(BYTES_OF + 8);
  const locationBytes = <usize>load<u32>(BYTES_OF + 16);
  beginRegions(base);
  region(TYPE_TYPE, types << 2);
  region(TYPE_UNIT, types << 2);
  region(MAPPING_START, maps << 3);
  region(MAPPING_LIMIT, maps << 3);
  region(MAPPING_OFFSET, maps << 3);
  region(MAPPING_FILE, maps << 2);
  region(MAPPING_BUILD_ID, maps << 2);
  region(MAPPING_FLAGS, maps);
  region(STRING_START, strings << 2);
  region(STRING_END, strings << 2);
  region(FUNCTION_NAME, functions << 2);
  region(FUNCTION_SYSTEM_NAME, functions << 2);
  region(FUNCTION_FILE, functions << 2);
  region(FUNCTION_START_LINE, functions << 3);
  region(LOCATION_MAPPING, locations << 2);
  region(LOCATION_ADDRESS, locations << 3);
  region(LOCATION_LINE_START, (locations + 1) << 2);
  region(LOCATION_IS_FOLDED, locations);
  region(SAMPLE_STACK, samples << 2);
  region(SAMPLE_LABEL_START, (samples + 1) << 2);
  region(SAMPLE_VALUES, (samples * types) << 3);
  region(STACK_START, (samples + 1) << 2);
  const lines = locationBytes / MIN_LINE;
  region(LINE_FUNCTION, lines << 2);
  region(LINE_LINE, lines << 3);
  region(LINE_COLUMN, lines << 3);
  const labels = sampleBytes / MIN_LABEL;
  region(LABEL_KEY, labels << 2);
  region(LABEL_TEXT, labels << 2);
  region(LABEL_UNIT, labels << 2);
  region(LABEL_NUMBER, labels << 3);
  let slots: usize = 16;
  while (slots * 3 < samples << 2) slots <<= 1;
  slotMask = <u32>slots - 1;
  region(SLOTS, slots << 2);
  region(STACK_BYTES, samples << 3);
  region(LOOSE_IDS, sampleBytes + 16);
  region(STACK_LOCATION, (sampleBytes + 16) << 1);
  return top;
}

let slotMask: u32 = 0;
/** Where single ids are put together. */
let loose: usize = 0;
let stackCount: u32 = 0;
export let cellCount: u32 = 0;
export let labelCount: u32 = 0;

/** Decodes everything. 0 = well. */
export function decode(start: usize, end: usize): i32 {
  const strings = load<u32>(COUNTS + 24);
  const samples = load<u32>(COUNTS + 8);
  const locations = load<u32>(COUNTS + 16);
  stackCount = 0;
  cellCount = 0;
  labelCount = 0;
  beginLines();
  loose = column(LOOSE_IDS);
  memory.fill(column(SLOTS), 0, (<usize>slotMask + 1) << 2);
  store<u32>(column(STACK_START), 0);
  store<u32>(column(SAMPLE_LABEL_START), 0);
  store<u32>(column(LOCATION_LINE_START), 0);
  const strStart = column(STRING_START);
  const strEnd = column(STRING_END);
  let origin: u32 = 0;
  let sampleRow: u32 = 0,
    locationRow: u32 = 0,
    functionRow: u32 = 0,
    stringRow: u32 = 0,
    typeRow: usize = 0,
    mapRow: u32 = 0;
  let pos = start;
  while (pos < end) {
    const tag = <u32>load<u8>(pos);
    let content = pos + 2;
    let size = <usize>load<u8>(pos + 1);
    if ((tag & 7) == 0) {
      pos = readScalar(pos + 1, tag >> 3, strings);
      if (pos == 0) return 1;
      continue;
    }
    if (size >= 0x80) {
      const word = load<u64>(pos + 1);
      const ends = endsIn(word);
      size = <usize>valueOf(word, ends);
      content = pos + 1 + sizeTo(ends);
    }
    const stop = content + size;
    switch (tag) {
      case 0x32:
        if (stringRow == 0) {
          if (size != 0) return 1;
          origin = <u32>content;
        }
        store<u32>(strStart + ((<usize>stringRow) << 2), <u32>content - origin);
        store<u32>(strEnd + ((<usize>stringRow) << 2), <u32>stop - origin);
        stringRow++;
        break;
      case 0x12:
        if (readSample(content, stop, sampleRow, samples, locations, strings)) return 1;
        sampleRow++;
        break;
      case 0x22:
        if (readLocation(content, stop, locationRow++)) return 1;
        break;
      case 0x2a:
        if (readFunction(content, stop, functionRow++, strings)) return 1;
        break;
      case 0x0a:
        if (readValueType(content, stop, column(TYPE_TYPE) + typeRow, column(TYPE_UNIT) + typeRow, strings))
          return 1;
        typeRow += 4;
        break;
      case 0x1a:
        if (readMapping(content, stop, mapRow++, strings)) return 1;
        break;
      default:
        if (readValueType(content, stop, PERIOD_TYPE, PERIOD_TYPE + 4, strings)) return 1;
        break;
    }
    pos = stop;
  }
  put(WIDE, 0);
  narrow(LOCATION_ADDRESS, locationRow, 1);
  narrow(MAPPING_START, mapRow, 2);
  narrow(MAPPING_LIMIT, mapRow, 4);
  narrow(MAPPING_OFFSET, mapRow, 8);
  put(STACK_COUNT, stackCount);
  put(CELL_COUNT, cellCount);
  put(LABEL_COUNT, labelCount);
  put(LINE_COUNT, lineCount);
  put(STRING_BYTES, <usize>origin);
  put(STRING_SIZE, load<u32>(strEnd + ((<usize>(strings - 1)) << 2)));
  return 0;
}

function readLabel(start: usize, end: usize, strings: u32): i32 {
  if (end - start < MIN_LABEL - 2) return 1;
  if (!readNumbers(start, end, 4)) return 1;
  const key = numberAt(1);
  const text = numberAt(2);
  const num = numberAt(3);
  const unit = numberAt(4);
  if (key >= strings || text >= strings || unit >= strings || num > MAX_SAFE) return 1;
  if (text == 0 && num == 0 && unit == 0) return 0;
  const at = (<usize>labelCount) << 2;
  labelCount++;
  store<u32>(column(LABEL_KEY) + at, <u32>key);
  store<i32>(column(LABEL_TEXT) + at, text != 0 ? <i32>text : -1);
  store<u32>(column(LABEL_UNIT) + at, text != 0 ? 0 : <u32>unit);
  store<f64>(column(LABEL_NUMBER) + (at << 1), text != 0 ? 0 : <f64>num);
  return 0;
}

function readSample(start: usize, end: usize, row: u32, samples: u32, locations: u32, strings: u32): i32 {
  if (readFields(start, end, row, samples, strings)) return 1;
  const stack = findStack(idsAt, idsEnd);
  store<u32>(column(SAMPLE_STACK) + ((<usize>row) << 2), stack);
  if (stack != stackCount) return 0;
  if (idsAt == loose) loose = idsEnd;
  return readStack(idsAt, idsEnd, locations);
}

/** Forgets the rows so far, so that the columns are filled from their beginning. */
export function beginRows(): void {
  stackCount = 0;
  cellCount = 0;
  labelCount = 0;
  loose = column(LOOSE_IDS);
}

/** Reads a sample whose stack is stored in any case, its locations not looked at but for 0. */
export function readRow(start: usize, end: usize, row: u32, rows: u32, strings: u32): i32 {
  return readFields(start, end, row, rows, strings) || readStack(idsAt, idsEnd, MAX_LOCATIONS);
}

/** The location ids that readFields came upon. */
let idsAt: usize = 0;
let idsEnd: usize = 0;

/** Reads values and labels, and finds the ids. */
function readFields(start: usize, end: usize, row: u32, samples: u32, strings: u32): i32 {
  const types = load<u32>(COUNTS + 4);
  let type: u32 = 0;
  let pos = start;
  let value = column(SAMPLE_VALUES) + ((<usize>row) << 3);
  const step = (<usize>samples) << 3;
  let ids: usize = 0;
  let idsTo: usize = 0;
  while (pos < end) {
    const tag = load<u8>(pos);
    let size = <usize>load<u8>(pos + 1);
    pos += 2;
    if (tag == 0x10) {
      const word = load<u64>(pos - 1);
      const ends = endsIn(word);
      const v = valueOf(word, ends);
      if (ends == 0) return 1;
      pos += sizeTo(ends) - 1;
      if (v > MAX_SAFE || type == types) return 1;
      store<f64>(value, <f64>v);
      value += step;
      type++;
      continue;
    }
    if (tag == 0x08) {
      // Single ids are put together, as if they had been packed.
      if (idsTo == 0) ids = idsTo = loose;
      else if (ids != loose) return 1;
      pos--;
      const word = load<u64>(pos);
      const ends = endsIn(word);
      if (ends == 0) return 1;
      const bytes = sizeTo(ends);
      store<u64>(idsTo, word);
      idsTo += bytes;
      pos += bytes;
      continue;
    }
    if (size >= 0x80) {
      const second = <usize>load<u8>(pos);
      if (second >= 0x80) return 1;
      pos++;
      size = (size & 0x7f) | (second << 7);
    }
    const stop = pos + size;
    if (stop > end) return 1;
    if (tag == 0x0a) {
      if (idsTo != 0) return 1;
      ids = pos;
      idsTo = stop;
      pos = stop;
    } else if (tag == 0x12) {
      while (pos < stop) {
        const word = load<u64>(pos);
        const ends = endsIn(word);
        if (ends == 0) return 1;
        const v = valueOf(word, ends);
        pos += sizeTo(ends);
        if (v > MAX_SAFE || type == types) return 1;
        store<f64>(value, <f64>v);
        value += step;
        type++;
      }
      if (pos != stop) return 1;
    } else if (tag == 0x1a) {
      if (readLabel(pos, stop, strings)) return 1;
      pos = stop;
    } else return 1;
  }
  if (pos != end || type != types) return 1;
  const at = (<usize>row) << 2;
  store<u32>(column(SAMPLE_LABEL_START) + at + 4, labelCount);
  idsAt = ids;
  idsEnd = idsTo;
  return 0;
}

/** The row of a stack with these bytes; the next row when there is none. */
function findStack(ids: usize, end: usize): u32 {
  const size = <u32>(end - ids);
  let hash: u64 = size;
  let pos = ids;
  for (; pos + 8 <= end; pos += 8) {
    hash = (hash ^ load<u64>(pos)) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 32;
  }
  const rest = (<u64>(end - pos)) << 3;
  if (rest != 0) hash = (hash ^ (load<u64>(pos) & ((1 << rest) - 1))) * 0x9e3779b97f4a7c15;
  hash ^= hash >> 29;
  hash *= 0xbf58476d1ce4e5b9;
  const slots = column(SLOTS);
  const raw = column(STACK_BYTES);
  const mask = slotMask;
  const mark = (<u32>(hash >> 32)) & ~mask;
  let slot = (<u32>hash) & mask;
  const stack = stackCount;
  for (let probe: u32 = 0; probe < MAX_PROBES; probe++) {
    const cell = slots + ((<usize>slot) << 2);
    const found = load<u32>(cell);
    if (found == 0) {
      store<u32>(cell, mark | (stack + 1));
      break;
    }
    if ((found & ~mask) == mark) {
      const other = (found & mask) - 1;
      const known = load<u32>(raw + ((<usize>other) << 3));
      if (load<u32>(raw + ((<usize>other) << 3) + 4) == size && equal(known, ids, end)) return other;
    }
    slot = (slot + 1) & mask;
  }
  store<u32>(raw + ((<usize>stack) << 3), <u32>ids);
  store<u32>(raw + ((<usize>stack) << 3) + 4, size);
  return stack;
}

function equal(known: usize, from: usize, to: usize): bool {
  let a = known,
    b = from;
  for (; b + 8 <= to; a += 8, b += 8) if (load<u64>(a) != load<u64>(b)) return false;
  const rest = (<u64>(to - b)) << 3;
  return rest == 0 || ((load<u64>(a) ^ load<u64>(b)) & ((1 << rest) - 1)) == 0;
}

/** For each pattern of the high bits of eight bytes: how the ids in them are spread to lanes of 16 bits. */
export const SPREAD: usize = 32768; // 256 * 16
/** For each: bytes of whole ids; 0 = one of more than two bytes is among them. */
export const WHOLE: usize = 36864; // 256

export function initSpread(): void {
  for (let bits: u32 = 0; bits < 256; bits++) {
    const entry = SPREAD + ((<usize>bits) << 4);
    store<u64>(entry, ENDS);
    store<u64>(entry + 8, ENDS);
    let at: u32 = 0;
    let lane: usize = entry;
    while (at < 8) {
      if ((bits >> at) & 1) {
        if (at == 7) break;
        if ((bits >> (at + 1)) & 1) {
          at = 0;
          break;
        }
        store<u8>(lane + 1, at + 1);
      }
      store<u8>(lane, at);
      lane += 2;
      at += 1 + ((bits >> at) & 1);
    }
    store<u8>(WHOLE + bits, at);
  }
}

/** Appends a stack. */
function readStack(ids: usize, end: usize, locations: u32): i32 {
  const cells = column(STACK_LOCATION);
  let cell = cells + ((<usize>cellCount) << 1);
  let pos = ids;
  let largest = i16x8.splat(0);
  let smallest = i8x16.splat(1);
  const one = i16x8.splat(1);
  const low = i16x8.splat(0x7f);
  const high = i16x8.splat(0x3f80);
  while (pos < end) {
    let bytes = v128.load_zero<u64>(pos);
    let rest = end - pos;
    if (rest < 8) {
      const mask = ((<u64>1) << ((<u64>rest) << 3)) - 1;
      bytes = i64x2.replace_lane(
        bytes,
        0,
        (i64x2.extract_lane(bytes, 0) & mask) | (0x0101010101010101 & ~mask),
      );
    } else rest = 8;
    const bits = (<u32>i8x16.bitmask(bytes)) & 0xff;
    const whole = <usize>load<u8>(WHOLE + bits);
    const used = min(whole, rest);
    const spread = v128.swizzle(bytes, v128.load(SPREAD + ((<usize>bits) << 4)));
    const rows = i16x8.sub_sat_u(v128.or(v128.and(spread, low), v128.and(i16x8.shr_u(spread, 1), high)), one);
    v128.store(cell, rows);
    largest = i16x8.max_u(largest, rows);
    smallest = i8x16.min_u(smallest, v128.or(bytes, TOP_ONES));
    cell += (<usize>popcnt(~bits & ((1 << (<u32>used)) - 1))) << 1;
    pos += used;
    if (used == 0) return readLongStack(ids, end, locations);
  }
  if (v128.any_true(i16x8.gt_u(largest, i16x8.splat(<i16>(locations - 1)))) || !i8x16.all_true(smallest))
    return 1;
  if (ids != end && (locations == 0 || load<u8>(end - 1) >= 0x80)) return 1;
  stackCount++;
  cellCount = (<u32>(cell - cells)) >> 1;
  store<u32>(column(STACK_START) + ((<usize>stackCount) << 2), cellCount);
  return 0;
}

/** The same with ids of any length. */
function readLongStack(ids: usize, end: usize, locations: u32): i32 {
  const cells = column(STACK_LOCATION);
  let cell = cells + ((<usize>cellCount) << 1);
  let pos = ids;
  while (pos < end) {
    const word = load<u64>(pos);
    const ends = endsIn(word);
    if (ends == 0) return 1;
    const bytes = sizeTo(ends);
    const id = valueOf(word, ends) - 1;
    pos += bytes;
    // A last group of 0 is one too many: equal stacks would not have equal bytes.
    if (id >= locations || (bytes > 1 && load<u8>(pos - 1) == 0)) return 1;
    store<u16>(cell, <u32>id);
    cell += 2;
  }
  if (pos != end) return 1;
  stackCount++;
  cellCount = (<u32>(cell - cells)) >> 1;
  store<u32>(column(STACK_START) + ((<usize>stackCount) << 2), cellCount);
  return 0;
}

/** Puts one column at the end of those that were gathered. */
function gatherColumn(index: u32, bytes: usize): void {
  const from = column(index);
  put(index, top);
  if (from != top) memory.copy(top, from, bytes);
  top = (top + bytes + 7) & ~7;
}

/** Moves the columns whose length was not known together behind those whose was. @returns the end of all. */
export function gather(): usize {
  const lines = <usize>lineCount;
  const labels = <usize>labelCount;
  top = column(STACK_START);
  gatherColumn(STACK_START, (<usize>stackCount + 1) << 2);
  gatherColumn(LINE_FUNCTION, lines << 2);
  gatherColumn(LINE_LINE, lines << 3);
  gatherColumn(LINE_COLUMN, lines << 3);
  gatherColumn(LABEL_KEY, labels << 2);
  gatherColumn(LABEL_TEXT, labels << 2);
  gatherColumn(LABEL_UNIT, labels << 2);
  gatherColumn(LABEL_NUMBER, labels << 3);
  gatherColumn(STACK_LOCATION, (<usize>cellCount) << 1);
  gatherColumn(STRING_BYTES, <usize>load<u32>(OUT + (STRING_SIZE << 2)));
  return top;
}
