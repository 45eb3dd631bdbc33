// Varints, read from words of eight bytes that are loaded where they begin.

/** The high bits of eight bytes: where one is 0, a varint ends. */
export const ENDS: u64 = 0x8080808080808080;

function join(word: u64): u64 {
  let v = word & 0x7f7f7f7f7f7f7f7f;
  v = (v & 0x007f007f007f007f) | ((v & 0x7f007f007f007f00) >> 1);
  v = (v & 0x00003fff00003fff) | ((v & 0x3fff00003fff0000) >> 2);
  return (v & 0x000000000fffffff) | ((v & 0x0fffffff00000000) >> 4);
}

/** The bits that end the varints of a word that was loaded where one begins; 0 = this one has more than 8 bytes. */
export function endsIn(word: u64): u64 {
  return ~word & ENDS;
}

/** Bytes of the first varint. */
export function sizeTo(ends: u64): usize {
  return (<usize>ctz(ends) + 1) >> 3;
}

/** Its value. */
export function valueOf(word: u64, ends: u64): u64 {
  return join(word & ((ends & (0 - ends)) - 1));
}

/** The number that longVarint read. */
export let longValue: u64 = 0;

/** Reads a varint of at most ten bytes into longValue. @returns its bytes; 0 = it is longer. */
export function longVarint(at: usize): usize {
  longValue = 0;
  for (let i: usize = 0; i < 10; i++) {
    const byte = <u64>load<u8>(at + i);
    longValue |= (byte & 0x7f) << (<u64>i * 7);
    if (byte < 0x80) return i + 1;
  }
  return 0;
}

/** Past a varint of at most ten bytes; 0 = it is longer. */
export function pastVarint(at: usize): usize {
  for (let i: usize = 0; i < 10; i++) if (load<u8>(at + i) < 0x80) return at + i + 1;
  return 0;
}

/** Where readNumbers puts the fields of a message, 64 bits each by field number. */
const FIELDS: usize = 30720;

/**
 * Reads a message of single numbers of at most eight bytes whose field numbers are 1 to `count`, at most 4. The last of several
 * counts. @returns false when it is another one, or damaged.
 */
export function readNumbers(start: usize, end: usize, count: u32): bool {
  v128.store(FIELDS + 8, i64x2.splat(0));
  v128.store(FIELDS + 24, i64x2.splat(0));
  let pos = start;
  while (pos < end) {
    const tag = <u32>load<u8>(pos);
    const field = tag >> 3;
    const word = load<u64>(pos + 1);
    const ends = endsIn(word);
    if (ends == 0 || (tag & 7) != 0 || field - 1 >= count) return false;
    store<u64>(FIELDS + ((<usize>field) << 3), valueOf(word, ends));
    pos += 1 + sizeTo(ends);
  }
  return pos == end;
}

/** What readNumbers found; 0 = absent. */
export function numberAt(field: usize): u64 {
  return load<u64>(FIELDS + (field << 3));
}
