// profile.proto as encoders write it, straight into columns: ids that count from 1, numbers of at most eight bytes and below
// 2^53, no comments. Whatever else it meets, also damage, is left to src/pprof/decode-proto.ts, which reads everything
// and says what is wrong. Both make the same tables of what this one takes.

/** Where src/pprof/proto-kernel.ts finds what was read, in words of 32 bits. */
const STATE: usize = 28672;
/** How often each table occurs, by field number. */
const COUNTS: usize = STATE;
/** Offsets of the values of single fields, by field number; 0 = absent. */
const SCALARS: usize = STATE + 32;
/** Bytes of the content of each table. */
const BYTES_OF: usize = STATE + 96;
/** Lengths and places of columns. */
const OUT: usize = STATE + 128;

// Numbers of the words in OUT: lengths, then columns.
const STACK_COUNT: u32 = 1;
const CELL_COUNT: u32 = 2;
const LABEL_COUNT: u32 = 3;
const LINE_COUNT: u32 = 4;
const STRING_BYTES: u32 = 5;
const STRING_SIZE: u32 = 6;
const STRING_START: u32 = 8;
const STRING_END: u32 = 9;
const FUNCTION_NAME: u32 = 10;
const FUNCTION_SYSTEM_NAME: u32 = 11;
const FUNCTION_FILE: u32 = 12;
const FUNCTION_START_LINE: u32 = 13;
const LOCATION_MAPPING: u32 = 14;
const LOCATION_ADDRESS: u32 = 15;
const LOCATION_LINE_START: u32 = 16;
const LOCATION_IS_FOLDED: u32 = 17;
const LINE_FUNCTION: u32 = 18;
const LINE_LINE: u32 = 19;
const LINE_COLUMN: u32 = 20;
const SAMPLE_STACK: u32 = 21;
const SAMPLE_LABEL_START: u32 = 22;
const SAMPLE_VALUES: u32 = 23;
const LABEL_KEY: u32 = 24;
const LABEL_TEXT: u32 = 25;
const LABEL_UNIT: u32 = 26;
const LABEL_NUMBER: u32 = 27;
const STACK_START: u32 = 28;
const STACK_LOCATION: u32 = 29;
/** Offsets of the messages of sample types and of mappings. */
const SAMPLE_TYPES: u32 = 30;
const MAPPINGS: u32 = 31;
const SLOTS: u32 = 32;
const STACK_BYTES: u32 = 33;
const LOOSE_IDS: u32 = 34;

/** Slots visited before a stack is stored a second time, as in stack-rows.ts. */
const MAX_PROBES: u32 = 32;
/** More of them are left to the other decoder; then the sizes of all columns fit into 32 bits. */
const MAX_TYPES: u32 = 16;
const MAX_SAMPLES: u32 = 1 << 20;
const MAX_LOCATIONS: u32 = 1 << 16;
const MAX_FUNCTIONS: u32 = 1 << 20;
const MAX_STRINGS: u32 = 1 << 21;
/** The fewest bytes that a label, or a line, takes with its tag and length. */
const MIN_LABEL: usize = 6;
const MIN_LINE: usize = 4;

/** Ones where eight bytes that are loaded leave zeros. */
const TOP_ONES = i64x2(0, -1);

const ENDS: u64 = 0x8080808080808080;
let next: usize = 0; // where the last varint ended

function join(word: u64): u64 {
  let v = word & 0x7f7f7f7f7f7f7f7f;
  v = (v & 0x007f007f007f007f) | ((v & 0x7f007f007f007f00) >> 1);
  v = (v & 0x00003fff00003fff) | ((v & 0x3fff00003fff0000) >> 2);
  return (v & 0x000000000fffffff) | ((v & 0x0fffffff00000000) >> 4);
}

const BAD: u64 = 0xffffffffffffffff;
const MAX_SAFE: u64 = 0x1fffffffffffff;

/** A varint of at most 8 bytes; moves next; BAD when longer. */
function varint(at: usize): u64 {
  const word = load<u64>(at);
  if (!(word & 0x80)) {
    next = at + 1;
    return word & 0x7f;
  }
  const ends = ~word & ENDS;
  if (ends == 0) {
    next = at + 9;
    return BAD;
  }
  const lowest = ends & (0 - ends);
  next = at + ((<usize>ctz(ends) + 1) >> 3);
  return join(word & (lowest - 1));
}

/** The same without a branch on its length. */
function wideVarint(at: usize): u64 {
  const word = load<u64>(at);
  const ends = ~word & ENDS;
  if (ends == 0) {
    next = at + 9;
    return BAD;
  }
  const lowest = ends & (0 - ends);
  next = at + ((<usize>ctz(ends) + 1) >> 3);
  return join(word & (lowest - 1));
}

/** Past a varint of at most ten bytes; 0 = it is longer. */
function pastVarint(at: usize): usize {
  for (let i: usize = 0; i < 10; i++) if (load<u8>(at + i) < 0x80) return at + i + 1;
  return 0;
}

function column(index: u32): usize {
  return <usize>load<u32>(OUT + (index << 2));
}
function put(index: u32, value: usize): void {
  store<u32>(OUT + (index << 2), <u32>value);
}

/** Counts fields. 0 = well, else it is not for us. */
export function outline(start: usize, end: usize): i32 {
  for (let i: usize = 0; i < 512; i += 8) store<u64>(STATE + i, 0);
  let pos = start;
  while (pos < end) {
    const tag = <u32>load<u8>(pos);
    if (tag >= 0x80) return 1;
    if ((tag & 7) == 2) {
      const size = varint(pos + 1);
      const content = next;
      if (size > <u64>(end - content) || content > end) return 1;
      const field = tag >> 3;
      if (field >= 1 && field <= 6) {
        const at = COUNTS + (field << 2);
        store<u32>(at, load<u32>(at) + 1);
        store<u32>(at + 96, load<u32>(at + 96) + <u32>size);
      } else if (field == 11) store<u32>(SCALARS + 44, <u32>(pos + 1 - start));
      else return 1;
      pos = content + <usize>size;
    } else if ((tag & 7) == 0) {
      const field = tag >> 3;
      if (field != 7 && field != 8 && field != 9 && field != 10 && field != 12 && field != 14 && field != 15)
        return 1;
      if (load<u32>(SCALARS + (field << 2)) != 0) return 1;
      store<u32>(SCALARS + (field << 2), <u32>(pos + 1 - start));
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

let top: usize = 0;
function region(index: u32, bytes: usize): void {
  put(index, top);
  top = (top + bytes + 7) & ~7;
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
  top = (base + 7) & ~7;
  region(SAMPLE_TYPES, types << 2);
  region(MAPPINGS, maps << 2);
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
let cellCount: u32 = 0;
let labelCount: u32 = 0;
let lineCount: u32 = 0;

/** Decodes everything. 0 = well. */
export function decode(start: usize, end: usize): i32 {
  const strings = load<u32>(COUNTS + 24);
  const samples = load<u32>(COUNTS + 8);
  const locations = load<u32>(COUNTS + 16);
  stackCount = 0;
  cellCount = 0;
  labelCount = 0;
  lineCount = 0;
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
    typeRow: u32 = 0,
    mapRow: u32 = 0;
  let pos = start;
  while (pos < end) {
    const tag = <u32>load<u8>(pos);
    let content = pos + 2;
    let size = <usize>load<u8>(pos + 1);
    if (size >= 0x80) {
      if ((tag & 7) == 0) {
        pos = pastVarint(pos + 1);
        continue;
      }
      size = <usize>varint(pos + 1);
      content = next;
    } else if ((tag & 7) == 0) {
      pos += 2;
      continue;
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
        store<u32>(column(SAMPLE_TYPES) + ((<usize>typeRow) << 2), <u32>(pos + 1 - start));
        typeRow++;
        break;
      case 0x1a:
        store<u32>(column(MAPPINGS) + ((<usize>mapRow) << 2), <u32>(pos + 1 - start));
        mapRow++;
        break;
      default:
        break;
    }
    pos = stop;
  }
  put(STACK_COUNT, stackCount);
  put(CELL_COUNT, cellCount);
  put(LABEL_COUNT, labelCount);
  put(LINE_COUNT, lineCount);
  put(STRING_BYTES, <usize>origin);
  put(STRING_SIZE, load<u32>(strEnd + ((<usize>(strings - 1)) << 2)));
  return 0;
}

function readFunction(start: usize, end: usize, row: u32, strings: u32): i32 {
  let pos = start;
  let id: u64 = 0,
    name: u64 = 0,
    sys: u64 = 0,
    file: u64 = 0,
    line: u64 = 0;
  while (pos < end) {
    const tag = load<u8>(pos);
    const value = varint(pos + 1);
    pos = next;
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

function readLocation(start: usize, end: usize, row: u32): i32 {
  let pos = start;
  let id: u64 = 0,
    mapping: u64 = 0,
    address: u64 = 0;
  const functions = load<u32>(COUNTS + 20);
  let lines = <usize>lineCount;
  while (pos < end) {
    const tag = load<u8>(pos);
    const value = varint(pos + 1);
    pos = next;
    if (tag == 0x22) {
      if (pos > end || value > <u64>(end - pos)) return 1;
      const stop = pos + <usize>value;
      let fn: u64 = 0,
        line: u64 = 0,
        col: u64 = 0;
      while (pos < stop) {
        const inner = load<u8>(pos);
        const v = varint(pos + 1);
        pos = next;
        if (inner == 0x08) fn = v;
        else if (inner == 0x10) line = v;
        else if (inner == 0x18) col = v;
        else return 1;
      }
      if (pos != stop || fn - 1 >= functions || line > MAX_SAFE || col > MAX_SAFE) return 1;
      store<u32>(column(LINE_FUNCTION) + (lines << 2), <u32>fn - 1);
      store<f64>(column(LINE_LINE) + (lines << 3), <f64>line);
      store<f64>(column(LINE_COLUMN) + (lines << 3), <f64>col);
      lines++;
    } else if (tag == 0x08) id = value;
    else if (tag == 0x10) mapping = value;
    else if (tag == 0x18) address = value;
    else return 1;
  }
  if (pos != end || id != <u64>row + 1 || address > MAX_SAFE) return 1;
  const at = (<usize>row) << 2;
  lineCount = <u32>lines;
  store<u32>(column(LOCATION_LINE_START) + at + 4, <u32>lines);
  store<i32>(column(LOCATION_MAPPING) + at, mapping - 1 < load<u32>(COUNTS + 12) ? <i32>mapping - 1 : -1);
  store<f64>(column(LOCATION_ADDRESS) + (at << 1), <f64>address);
  store<u8>(column(LOCATION_IS_FOLDED) + row, 0);
  return 0;
}

function readLabel(start: usize, end: usize, strings: u32): i32 {
  if (end - start < MIN_LABEL - 2) return 1;
  let pos = start;
  let key: u64 = 0,
    text: u64 = 0,
    num: u64 = 0,
    unit: u64 = 0;
  while (pos < end) {
    const tag = load<u8>(pos);
    const value = wideVarint(pos + 1);
    pos = next;
    if (tag == 0x08) key = value;
    else if (tag == 0x18) num = value;
    else if (tag == 0x20) unit = value;
    else if (tag == 0x10) text = value;
    else return 1;
  }
  if (pos != end || key >= strings || text >= strings || unit >= strings || num > MAX_SAFE) return 1;
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
  const types = load<u32>(COUNTS + 4);
  let type: u32 = 0;
  let pos = start;
  let value = column(SAMPLE_VALUES) + ((<usize>row) << 3);
  const step = (<usize>samples) << 3;
  let ids: usize = 0;
  let idsEnd: usize = 0;
  while (pos < end) {
    const tag = load<u8>(pos);
    let size = <usize>load<u8>(pos + 1);
    pos += 2;
    if (tag == 0x10) {
      const v = wideVarint(pos - 1);
      pos = next;
      if (v > MAX_SAFE || type == types) return 1;
      store<f64>(value, <f64>v);
      value += step;
      type++;
      continue;
    }
    if (tag == 0x08) {
      // Single ids are put together, as if they had been packed.
      if (idsEnd == 0) ids = idsEnd = loose;
      else if (ids != loose) return 1;
      pos--;
      const word = load<u64>(pos);
      wideVarint(pos);
      store<u64>(idsEnd, word);
      idsEnd += next - pos;
      pos = next;
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
      if (idsEnd != 0) return 1;
      ids = pos;
      idsEnd = stop;
      pos = stop;
    } else if (tag == 0x12) {
      while (pos < stop) {
        const v = wideVarint(pos);
        pos = next;
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
  const stack = findStack(ids, idsEnd);
  store<u32>(column(SAMPLE_STACK) + at, stack);
  if (stack != stackCount) return 0;
  if (ids == loose) loose = idsEnd;
  return readStack(ids, idsEnd, locations);
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
    const id = wideVarint(pos) - 1;
    // A last group of 0 is one too many: equal stacks would not have equal bytes.
    if (id >= locations || (next - pos > 1 && load<u8>(next - 1) == 0)) return 1;
    pos = next;
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
