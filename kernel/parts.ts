// Large profiles in parts: what is inflated is decoded at once and forgotten, so that neither the plain bytes nor the columns ever
// lie here as a whole. A part is a stretch of plain bytes: its samples become rows, everything else is handed out as it is.
// Samples come before what they point to, so only the largest rows that they name are noted; whoever puts the parts together checks them.
import {
  STATE,
  COUNTS,
  OUT,
  STATE_BYTES,
  CELL_COUNT,
  LABEL_COUNT,
  SAMPLE_LABEL_START,
  SAMPLE_VALUES,
  LABEL_KEY,
  LABEL_TEXT,
  LABEL_UNIT,
  LABEL_NUMBER,
  STACK_START,
  STACK_LOCATION,
  LOOSE_IDS,
  REST,
  REST_SIZE,
  PLAIN_FROM,
  PLAIN_TO,
  LARGEST_LOCATION,
  LARGEST_STRING,
  HAS_UNITS,
  STACK_HASH,
  INPUT_TO,
  column,
  put,
} from './columns';
import {
  MAX_STRINGS,
  MAX_TYPES,
  MIN_LABEL,
  beginRegions,
  beginRows,
  cellCount,
  labelCount,
  readRow,
  region,
} from './decode';
import { DAMAGED, ENDED, FULL, begin, input, moved, output, resume } from './inflate';
import { endsIn, pastVarint, sizeTo, valueOf } from './varint';

/** Plain bytes of one part. */
const PART: usize = 131_072;
/** What a match of DEFLATE may go back to. */
const HISTORY: usize = 32_768;
/** The most that may be left of a part because a message goes on in the next one. */
const MAX_LEFT: usize = 65_536;
/** What is written behind the plain bytes at most, and looked at. */
const SLACK: usize = 512;
/** Samples of one call. */
const MAX_ROWS: u32 = 4096;
const SAMPLES: u32 = 0x12;
const SAMPLE_TYPES: u32 = 0x0a;
/** The head of a field: a tag of one byte and a number of at most ten. */
const MAX_HEAD: usize = 16;

/** Compressed bytes that are here at a time. */
const INPUT: usize = 65_536;

let inputAt: usize = 0;
let inputEnd: usize = 0;
/** The plain bytes that are here: where they begin, what of them is not decoded yet, and where the last part ends. */
let plainAt: usize = 0;
let decodeAt: usize = 0;
let hasEnded: bool = false;
let hasSamples: bool = false;
let types: u32 = 0;

/**
 * Begins a profile. The compressed bytes come to `inAt`, see inputRoom, the columns behind them.
 * @returns the end of the memory that is needed.
 */
export function beginParts(inAt: usize): usize {
  for (let i: usize = 0; i < STATE_BYTES; i += 8) store<u64>(STATE + i, 0);
  inputAt = inputEnd = inAt;
  plainAt = decodeAt = (inAt + INPUT + SLACK + 7) & ~7;
  hasEnded = hasSamples = false;
  types = 0;
  begin(inAt, plainAt);
  const size = MAX_LEFT + PART + SLACK;
  beginRegions(plainAt + size);
  region(REST, size);
  region(SAMPLE_VALUES, (<usize>MAX_ROWS * MAX_TYPES) << 3);
  region(SAMPLE_LABEL_START, (<usize>MAX_ROWS + 1) << 2);
  region(STACK_START, (<usize>MAX_ROWS + 1) << 2);
  region(STACK_HASH, (<usize>MAX_ROWS) << 2);
  const labels = size / MIN_LABEL;
  region(LABEL_KEY, labels << 2);
  region(LABEL_TEXT, labels << 2);
  region(LABEL_UNIT, labels << 2);
  region(LABEL_NUMBER, labels << 3);
  region(LOOSE_IDS, size);
  return region(STACK_LOCATION, (size + 16) << 1);
}

/** Moves what is left of the input to its beginning. @returns how many bytes there is room for behind it, at INPUT_TO. */
export function inputRoom(): i32 {
  const by = input - inputAt;
  // The last bytes may be in the window already, and others that are none.
  const left = inputEnd > input ? inputEnd - input : 0;
  memory.copy(inputAt, input, left);
  moved(by, 0);
  inputEnd -= by;
  put(INPUT_TO, inputEnd);
  return <i32>(INPUT - left);
}

/**
 * Inflates the next part to between PLAIN_FROM and PLAIN_TO.
 * @param added bytes of input that were put there; fewer than there was room for only at its end.
 * @param whole no more of it comes.
 * @returns what resume does.
 */
export function inflatePart(added: usize, whole: bool): i32 {
  inputEnd += added;
  // What was decoded is needed by matches only.
  const from = min(decodeAt, max(output, plainAt + HISTORY) - HISTORY);
  const by = from - plainAt;
  if (output - from > MAX_LEFT) return DAMAGED;
  memory.copy(plainAt, from, output - from);
  moved(0, by);
  decodeAt -= by;
  put(PLAIN_FROM, output);
  const found = resume(inputEnd, whole, plainAt, output + PART - SLACK);
  put(PLAIN_TO, output);
  hasEnded = found == ENDED;
  // Something follows.
  if (hasEnded && (!whole || input != inputEnd)) return DAMAGED;
  return found;
}

/** Decodes what is there, samples until the rows are full. @returns FULL = call it again, ENDED = on with inflating, DAMAGED = not for us. */
export function decodePart(): i32 {
  const end = output;
  let pos = decodeAt;
  let rows: u32 = 0;
  let rest = column(REST);
  beginRows();
  store<u32>(column(STACK_START), 0);
  let found = ENDED;
  while (pos < end) {
    const start = pos;
    if (!hasEnded && end - pos < MAX_HEAD) break;
    const tag = <u32>load<u8>(pos);
    if (tag >= 0x80) return DAMAGED;
    if ((tag & 7) == 0) {
      pos = pastVarint(pos + 1);
      if (pos == 0 || pos > end) return DAMAGED;
    } else {
      if ((tag & 7) != 2) return DAMAGED;
      const word = load<u64>(pos + 1);
      const ends = endsIn(word);
      if (ends == 0) return DAMAGED;
      const size = valueOf(word, ends);
      const content = pos + 1 + sizeTo(ends);
      if (content > end || size > <u64>(end - content)) {
        if (hasEnded || size > MAX_LEFT) return DAMAGED;
        break;
      }
      pos = content + <usize>size;
      if (tag == SAMPLES) {
        if (rows == MAX_ROWS) {
          pos = start;
          found = FULL;
          break;
        }
        hasSamples = true;
        if (readRow(content, pos, rows, MAX_ROWS, MAX_STRINGS)) return DAMAGED;
        rows++;
        continue;
      }
      if (tag == SAMPLE_TYPES) {
        // Whoever is told of a type after the first sample knows too late how many values that should have had.
        if (hasSamples || types == MAX_TYPES) return DAMAGED;
        store<u32>(COUNTS + 4, ++types);
      }
    }
    memory.copy(rest, start, pos - start);
    rest += pos - start;
  }
  if (hasSamples && types == 0) return DAMAGED;
  decodeAt = pos;
  store<u32>(COUNTS + 8, rows);
  put(REST_SIZE, rest - column(REST));
  put(CELL_COUNT, cellCount);
  put(LABEL_COUNT, labelCount);
  const labels = <usize>labelCount;
  put(HAS_UNITS, largest(LABEL_UNIT, labels));
  raise(LARGEST_STRING, max(largest(LABEL_KEY, labels), max(largest(LABEL_TEXT, labels), column(HAS_UNITS))));
  raise(LARGEST_LOCATION, largestCell());
  hashStacks(rows);
  return found;
}

function raise(index: u32, value: usize): void {
  put(index, max(column(index), value));
}

/** The largest number of a column of strings' rows, 0 without any. */
function largest(index: u32, rows: usize): usize {
  let found: i32 = 0;
  const end = column(index) + (rows << 2);
  for (let at = column(index); at < end; at += 4) found = max(found, load<i32>(at));
  return <usize>found;
}

/** The largest location of the rows. */
function largestCell(): usize {
  let found: u32 = 0;
  const end = column(STACK_LOCATION) + ((<usize>cellCount) << 1);
  let at = column(STACK_LOCATION);
  let lanes = i16x8.splat(0);
  for (; at + 16 <= end; at += 16) lanes = i16x8.max_u(lanes, v128.load(at));
  for (; at < end; at += 2) found = max(found, <u32>load<u16>(at));
  v128.store(column(LOOSE_IDS), lanes);
  for (let i: usize = 0; i < 16; i += 2) found = max(found, <u32>load<u16>(column(LOOSE_IDS) + i));
  return <usize>found;
}

/** What hashLocation of stack-rows.ts makes of each stack. */
function hashStacks(rows: u32): void {
  let at = column(STACK_LOCATION);
  let start = column(STACK_START);
  const hashes = column(STACK_HASH);
  for (let row: usize = 0; row < <usize>rows; row++) {
    start += 4;
    const end = column(STACK_LOCATION) + ((<usize>load<u32>(start)) << 1);
    let hash: u32 = 0;
    for (; at < end; at += 2) hash = (hash ^ load<u16>(at)) * 0x9e3779b1;
    store<u32>(hashes + (row << 2), hash);
  }
}
