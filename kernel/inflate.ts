// DEFLATE (RFC 1951) after the design of libdeflate: a window of 64 bits that is filled without branches, tables of eleven and
// eight bits with second tables behind them, copies of sixteen bytes. Twice as fast as what Node has for a few kilobytes.
// What is damaged is refused without a word: the caller then asks zlib, which says what is wrong.

// Memory: tables here, state of columns.ts from 28672 on, its table of spreads from 32768 on, code words from 40960 on, then data.
/** Entries of literals and lengths: first table, then second ones. */
const LIT: usize = 0;
const LIT_BITS: u32 = 11;
const LIT_CAP: u32 = 1 << 12;
const DIST: usize = LIT + (LIT_CAP << 2);
const DIST_BITS: u32 = 8;
const DIST_CAP: u32 = 1 << 10;
const PRE: usize = DIST + (DIST_CAP << 2);
const PRE_BITS: u32 = 7;
const PRE_CAP: u32 = 1 << PRE_BITS;
const LITRES: usize = PRE + 512; // u32[288]
const DISTRES: usize = LITRES + 288 * 4; // u32[32]
const PRERES: usize = DISTRES + 128; // u32[19]
const ORDER: usize = PRERES + 128; // u8[19]
/** Numbers of MAX_BITS bits, reversed: u16. */
const REVERSED: usize = ORDER + 32;
/** Lengths of the code of code lengths: u8[19]. */
const LENS: usize = REVERSED + (2 << LIT_BITS);
const MAX_BITS: u32 = LIT_BITS;
/** The symbols of each length in a code: how many (u32[16]), and which in their order (u16[320] each). */
const WORDS: usize = 640;
const LIT_WORDS: usize = 40960;
const DIST_WORDS: usize = LIT_WORDS + 64 + 16 * WORDS;
export const DATA: usize = DIST_WORDS + 64 + 16 * WORDS;

/** Bits below the window, see inflate: entries have four bytes. */
const LOW: u32 = 2;

const LIT_MASK: u32 = ((1 << LIT_BITS) - 1) << LOW;
const DIST_MASK: u32 = ((1 << DIST_BITS) - 1) << LOW;
const PRE_MASK: u32 = ((1 << PRE_BITS) - 1) << LOW;

const LITERAL: u32 = 0x80000000;
const SPECIAL: u32 = 0x40000000; // subtable or end
const END: u32 = 0x20000000;
/** Of the code of code lengths: 16. */
const REPEATS: u32 = 0x80000000;
const PLAIN: u32 = 0x40000000;

// An entry: bits 0 to 7 = all bits to take (code word and extra ones), 8 to 13 = those of the code word, from 16 on = literal,
// length or distance. A shift by an entry is one by its six lowest bits. Of a second table: where it begins from 16 on, its bits 8 to 13.

export function initInflate(): void {
  for (let i: u32 = 0; i < 256; i++) store<u32>(LITRES + (i << 2), LITERAL | (i << 16));
  store<u32>(LITRES + (256 << 2), SPECIAL | END);
  let base: u32 = 3;
  for (let i: u32 = 0; i < 29; i++) {
    const extra: u32 = i < 8 ? 0 : i == 28 ? 0 : (i >> 2) - 1;
    if (i == 28) base = 258;
    store<u32>(LITRES + ((257 + i) << 2), (base << 16) | extra);
    base += 1 << extra;
  }
  // These two are in the fixed code, but mean nothing: there is no second table.
  for (let i: u32 = 286; i < 288; i++) store<u32>(LITRES + (i << 2), SPECIAL - made(0, 8));
  base = 1;
  for (let i: u32 = 0; i < 30; i++) {
    const extra: u32 = i < 2 ? 0 : (i >> 1) - 1;
    store<u32>(DISTRES + (i << 2), (base << 16) | extra);
    base += 1 << extra;
  }
  for (let i: u32 = 30; i < 32; i++) store<u32>(DISTRES + (i << 2), LITERAL - made(0, 5));
  // A length, or how often one occurs at least, and the extra bits which say how much more often: 16 the one before, 17 and 18 none.
  for (let i: u32 = 0; i < 16; i++) store<u32>(PRERES + (i << 2), PLAIN | (i << 16));
  store<u32>(PRERES + (16 << 2), REPEATS | (2 << 20) | (3 << 16));
  store<u32>(PRERES + (17 << 2), (3 << 20) | (3 << 16));
  store<u32>(PRERES + (18 << 2), (7 << 20) | (11 << 16));
  const order: StaticArray<u8> = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  for (let i = 0; i < 19; i++) store<u8>(ORDER + i, order[i]);
  for (let i: u32 = 0; i < 1 << MAX_BITS; i++) {
    let reversed: u32 = 0;
    for (let bit: u32 = 0; bit < MAX_BITS; bit++) reversed |= ((i >> bit) & 1) << (MAX_BITS - 1 - bit);
    store<u16>(REVERSED + (i << 1), reversed);
  }
}

/** The entry of a code word of so many bits. */
function made(result: u32, len: u32): u32 {
  return result + (len << 8) + len;
}

/** Copies the first entries of a table behind themselves, and up to 15 more. The engine's own copy costs more than most of them take. */
function double(table: usize, entries: u32): void {
  const size = (<usize>entries) << 2;
  for (let from = table; from < table + size; from += 64) {
    const to = from + size;
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
  }
}

/** Forgets the code words of a code. */
function beginWords(words: usize): void {
  for (let i: usize = 0; i < 64; i += 16) v128.store(words + i, i64x2.splat(0));
}

/** Notes how long the code word of a symbol is, 0 = it has none. Symbols come in their order. */
function note(words: usize, symbol: u32, len: u32): void {
  const count = load<u32>(words + ((<usize>len) << 2));
  store<u32>(words + ((<usize>len) << 2), count + 1);
  store<u16>(words + 64 + <usize>len * WORDS + ((<usize>count) << 1), symbol);
}

/** Makes the tables of a code from its words, as noted. @returns false when that is no code. */
function build(
  table: usize,
  bits: u32,
  cap: u32,
  words: usize,
  results: usize,
  special: u32,
  mayBeIncomplete: bool,
): bool {
  let left: i32 = 1;
  let total: u32 = 0;
  let max: u32 = 0;
  for (let len: u32 = 1; len <= 15; len++) {
    const count = load<u32>(words + (len << 2));
    total += count;
    if (count != 0) max = len;
    left = (left << 1) - count;
    if (left < 0) return false;
  }
  if (left > 0) {
    // incomplete: only a single code of one bit
    if (!mayBeIncomplete || total > 1 || (total == 1 && max != 1)) return false;
    const entry = total == 0 ? special : entryOf(words, results, 1, 0);
    for (let i: u32 = 0; i < 1 << bits; i++) store<u32>(table + (i << 2), i & 1 ? special : entry);
    return true;
  }
  // Code words count up, those of a length behind the shorter ones; `code` has them in the highest of 15 bits. In the table they lie
  // reversed, and what has fewer bits than the table is there once for each value of the others: the table is doubled with each bit.
  let code: u32 = 0;
  for (let len: u32 = 1; len <= bits; len++) {
    if (code != 0) double(table, 1 << (len - 1));
    const count = load<u32>(words + (len << 2));
    for (let i: u32 = 0; i < count; i++) {
      store<u32>(table + (reversed(code >> (15 - MAX_BITS)) << 2), entryOf(words, results, len, i));
      code += 1 << (15 - len);
    }
  }
  let end: u32 = 1 << bits;
  let prefix: u32 = 0xffffffff;
  let start: u32 = 0;
  for (let len = bits + 1; len <= max; len++) {
    const count = load<u32>(words + (len << 2));
    for (let i: u32 = 0; i < count; i++) {
      if (code >> (15 - bits) != prefix) {
        prefix = code >> (15 - bits);
        start = end;
        let subBits = len - bits;
        let used = count - i;
        while (used < <u32>(1 << subBits)) {
          subBits++;
          used = (used << 1) + load<u32>(words + ((bits + subBits) << 2));
        }
        end = start + (1 << subBits);
        if (end > cap) return false;
        store<u32>(
          table + (reversed(prefix << (MAX_BITS - bits)) << 2),
          special | (start << 16) | (subBits << 8) | bits,
        );
      }
      const rest = ((code << bits) >> (15 - MAX_BITS)) & ((1 << MAX_BITS) - 1);
      const entry = entryOf(words, results, len, i) - made(0, bits);
      for (let at = start + reversed(rest); at < end; at += 1 << (len - bits))
        store<u32>(table + (at << 2), entry);
      code += 1 << (15 - len);
    }
  }
  return true;
}

/** The entry of a code word: of those of a length, the one with this number. */
function entryOf(words: usize, results: usize, len: u32, number: u32): u32 {
  const symbol = <usize>load<u16>(words + 64 + <usize>len * WORDS + ((<usize>number) << 1));
  return made(load<u32>(results + (symbol << 2)), len);
}

/** A number of MAX_BITS bits, the other way round. */
function reversed(bits: u32): u32 {
  return <u32>load<u16>(REVERSED + (bits << 1));
}

// Where inflating is: the next byte of input and of output, the window and its bits.
export let input: usize = 0;
export let output: usize = 0;
let window: u64 = 0;
let bits: u32 = 0;
/** The part of a block that comes next. */
let place: u32 = 0;
const AT_HEAD: u32 = 0;
const IN_STORED: u32 = 1;
const IN_SYMBOLS: u32 = 2;
let isLast: bool = false;
/** Whether the input ends where it is said to, so that what goes on behind it is damaged; else more of it comes. */
let isWhole: bool = true;
/** Beyond it no input is taken: a bit more than the window may hold, or what the head of a block takes at most before the end. */
let inputStop: usize = 0;
const BEHIND: usize = 16;
const MAX_BLOCK_HEAD: usize = 1024;
/** Bytes of a block without compression that are still to be copied. */
let storedLeft: usize = 0;

/** What resume answers. */
export const DAMAGED: i32 = -1;
export const FULL: i32 = 0;
export const ENDED: i32 = 1;

/** Inflates a block by the tables, to its end or until it is full. */
function symbols(outAt: usize, outEnd: usize): i32 {
  const stop = inputStop;
  let inp = input;
  let out = output;
  let buf = window;
  let n = bits;
  let e: u32;
  buf |= load<u64>(inp) << n;
  inp += (63 - n) >> 3;
  n |= 56;
  e = load<u32>(LIT + ((<u32>buf) & LIT_MASK));
  for (;;) {
    if (inp > stop || out > outEnd) {
      if (inp > stop && isWhole) return DAMAGED;
      // Nothing of `e` was taken: it is looked up again.
      input = inp;
      output = out;
      window = buf;
      bits = n;
      return FULL;
    }
    if (e & LITERAL) {
      buf >>= e;
      n -= e & 255;
      store<u8>(out++, e >> 16);
      e = load<u32>(LIT + ((<u32>buf) & LIT_MASK));
      if (e & LITERAL) {
        buf >>= e;
        n -= e & 255;
        store<u8>(out++, e >> 16);
        e = load<u32>(LIT + ((<u32>buf) & LIT_MASK));
        if (e & LITERAL) {
          buf >>= e;
          n -= e & 255;
          store<u8>(out++, e >> 16);
          e = load<u32>(LIT + ((<u32>buf) & LIT_MASK));
          if (e & LITERAL) {
            buf >>= e;
            n -= e & 255;
            store<u8>(out++, e >> 16);
            buf |= load<u64>(inp) << n;
            inp += (63 - n) >> 3;
            n |= 56;
            e = load<u32>(LIT + ((<u32>buf) & LIT_MASK));
            continue;
          }
        }
      }
    }
    // At least 24 bits are left here; a length takes 20 of them at most.
    if (e & SPECIAL) {
      if (e & END) {
        buf >>= e;
        n -= e & 255;
        break;
      }
      const sub = (e >> 8) & 63;
      if (sub == 0) return DAMAGED;
      buf >>= LIT_BITS;
      n -= LIT_BITS;
      e = load<u32>(LIT + ((((e >> 16) & 0x1fff) + (((<u32>buf) >> LOW) & ((1 << sub) - 1))) << 2));
      if (e & LITERAL) {
        buf >>= e;
        n -= e & 255;
        store<u8>(out++, e >> 16);
        buf |= load<u64>(inp) << n;
        inp += (63 - n) >> 3;
        n |= 56;
        e = load<u32>(LIT + ((<u32>buf) & LIT_MASK));
        continue;
      }
      if (e & SPECIAL) {
        if (e & END) {
          buf >>= e;
          n -= e & 255;
          break;
        }
        return DAMAGED;
      }
    }
    let word: u32 = (e >> 8) & 63;
    const length = ((e >> 16) & 0x1fff) + ((((<u32>buf) >> LOW) & ((1 << (e & 31)) - 1)) >> word);
    buf >>= e;
    n -= e & 255;
    if (n < LOW + 28) {
      buf |= load<u64>(inp) << n;
      inp += (63 - n) >> 3;
      n |= 56;
    }
    e = load<u32>(DIST + ((<u32>buf) & DIST_MASK));
    if (e & LITERAL) {
      const sub = (e >> 8) & 63;
      if (sub == 0) return DAMAGED;
      buf >>= DIST_BITS;
      n -= DIST_BITS;
      e = load<u32>(DIST + ((((e >> 16) & 0x1fff) + (((<u32>buf) >> LOW) & ((1 << sub) - 1))) << 2));
      if (e & LITERAL) return DAMAGED;
    }
    word = (e >> 8) & 63;
    const distance = ((e >> 16) & 0x7fff) + ((((<u32>buf) >> LOW) & ((1 << (e & 31)) - 1)) >> word);
    buf >>= e;
    n -= e & 255;
    if (<usize>distance > out - outAt) return DAMAGED;
    // Before the copy, which the processor may have guessed wrongly.
    buf |= load<u64>(inp) << n;
    inp += (63 - n) >> 3;
    n |= 56;
    e = load<u32>(LIT + ((<u32>buf) & LIT_MASK));
    let src = out - distance;
    const end = out + length;
    if (distance >= 8) {
      do {
        store<u64>(out, load<u64>(src));
        store<u64>(out + 8, load<u64>(src + 8));
        out += 16;
        src += 16;
      } while (out < end);
    } else if (distance == 1) {
      const v: u64 = <u64>load<u8>(src) * 0x0101010101010101;
      do {
        store<u64>(out, v);
        out += 8;
      } while (out < end);
    } else {
      do {
        store<u8>(out, load<u8>(src));
        out++;
        src++;
      } while (out < end);
    }
    out = end;
  }
  input = inp;
  output = out;
  window = buf;
  bits = n;
  return ENDED;
}

/**
 * Inflates to exactly the place between `outAt` and `outEnd`. Looks at 16 bytes behind the input, writes to 320 behind the output.
 * @returns how many bytes were read, -1 when it is damaged or of another size.
 */
export function inflate(inAt: usize, inEnd: usize, outAt: usize, outEnd: usize): i32 {
  begin(inAt, outAt);
  if (resume(inEnd, true, outAt, outEnd) != ENDED || output != outEnd) return -1;
  return <i32>(input - inAt);
}

/** Sets out to inflate what begins at `inAt`. */
export function begin(inAt: usize, outAt: usize): void {
  input = inAt;
  output = outAt;
  // The window begins two bits above its lowest, so that a masked window is where the entry lies; `bits` counts these two, too.
  window = 0;
  bits = LOW;
  place = AT_HEAD;
  isLast = false;
}

/** Says that input, and output, were moved down by so many bytes. */
export function moved(inputBy: usize, outputBy: usize): void {
  input -= inputBy;
  output -= outputBy;
}

/**
 * Inflates until all is out (ENDED), or more is than fits before `outEnd` or the input runs out (FULL): then it goes on with the next
 * call. Looks at 16 bytes behind the input, writes to 320 behind `outEnd`.
 * @param whole no input follows what is there; else there are at least 2048 bytes of it.
 * @param outAt where the output begins, or at least its last 32 KiB.
 */
export function resume(inEnd: usize, whole: bool, outAt: usize, outEnd: usize): i32 {
  isWhole = whole;
  inputStop = whole ? inEnd + BEHIND : inEnd - MAX_BLOCK_HEAD;
  let inp = input;
  let out = output;
  let buf = window;
  let n = bits;
  for (;;) {
    if (place == IN_SYMBOLS) {
      input = inp;
      output = out;
      window = buf;
      bits = n;
      const found = symbols(outAt, outEnd);
      if (found != ENDED) return found;
      inp = input;
      out = output;
      buf = window;
      n = bits;
      place = AT_HEAD;
    }
    if (out > outEnd || (!whole && inp > inputStop && place == AT_HEAD && !isLast)) break;
    if (place == IN_STORED) {
      const size = min(min(storedLeft, outEnd - out), inEnd - inp);
      memory.copy(out, inp, size);
      inp += size;
      out += size;
      storedLeft -= size;
      if (whole && storedLeft != 0 && inp == inEnd) return DAMAGED;
      if (storedLeft != 0) break;
      place = AT_HEAD;
      continue;
    }
    if (isLast) {
      inp -= (n - LOW) >> 3;
      if (inp > inEnd) return DAMAGED;
      input = inp;
      output = out;
      return ENDED;
    }
    buf |= load<u64>(inp) << n;
    inp += (63 - n) >> 3;
    n |= 56;
    isLast = (((<u32>buf) >> LOW) & 1) != 0;
    const type = ((<u32>buf) >> (LOW + 1)) & 3;
    buf >>= 3;
    n -= 3;
    if (type == 0) {
      inp -= (n - LOW) >> 3; // give back whole bytes
      buf = 0;
      n = LOW;
      if (inp + 4 > inEnd) return DAMAGED;
      const size = <u32>load<u16>(inp);
      if (size != ((<u32>load<u16>(inp + 2)) ^ 0xffff)) return DAMAGED;
      inp += 4;
      if (whole && inp + size > inEnd) return DAMAGED;
      storedLeft = size;
      place = IN_STORED;
      continue;
    }
    if (type == 3) return DAMAGED;
    if (type == 2) {
      const head = (<u32>buf) >> LOW;
      const nlit: u32 = (head & 31) + 257;
      const ndist: u32 = ((head >> 5) & 31) + 1;
      const npre: u32 = ((head >> 10) & 15) + 4;
      if (nlit > 286 || ndist > 30) return DAMAGED;
      buf >>= 14;
      n -= 14;
      v128.store(LENS, i64x2.splat(0));
      v128.store(LENS + 16, i64x2.splat(0));
      buf |= load<u64>(inp) << n;
      inp += (63 - n) >> 3;
      n |= 56;
      let i: u32 = 0;
      for (; i < npre; i++) {
        store<u8>(LENS + load<u8>(ORDER + i), ((<u32>buf) >> LOW) & 7);
        buf >>= 3;
        n -= 3;
        if (i == 15) {
          buf |= load<u64>(inp) << n;
          inp += (63 - n) >> 3;
          n |= 56;
        }
      }
      beginWords(LIT_WORDS);
      for (i = 0; i < 19; i++) note(LIT_WORDS, i, load<u8>(LENS + i));
      if (!build(PRE, PRE_BITS, PRE_CAP, LIT_WORDS, PRERES, SPECIAL, false)) return DAMAGED;
      beginWords(LIT_WORDS);
      beginWords(DIST_WORDS);
      const total = nlit + ndist;
      let length: u32 = 0;
      i = 0;
      while (i < total) {
        if (inp > inEnd + BEHIND) return DAMAGED;
        buf |= load<u64>(inp) << n;
        inp += (63 - n) >> 3;
        n |= 56;
        // Five of seven bits, and one of fourteen.
        for (let round = 0; round < 6 && i < total; round++) {
          const e = load<u32>(PRE + ((<u32>buf) & PRE_MASK));
          buf >>= e;
          n -= e & 255;
          if (e & PLAIN) {
            length = (e >> 16) & 15;
            note(i < nlit ? LIT_WORDS : DIST_WORDS, i < nlit ? i : i - nlit, length);
            i++;
            continue;
          }
          const extra = (e >> 20) & 7;
          const times = ((e >> 16) & 15) + (((<u32>buf) >> LOW) & ((1 << extra) - 1));
          buf >>= extra;
          n -= extra;
          if (e & REPEATS) {
            if (i == 0 || i + times > total) return DAMAGED;
            for (const last = i + times; i < last; i++)
              note(i < nlit ? LIT_WORDS : DIST_WORDS, i < nlit ? i : i - nlit, length);
          } else {
            length = 0;
            i += times;
          }
          break;
        }
      }
      if (i != total) return DAMAGED;
      if (!build(LIT, LIT_BITS, LIT_CAP, LIT_WORDS, LITRES, SPECIAL, false)) return DAMAGED;
      if (!build(DIST, DIST_BITS, DIST_CAP, DIST_WORDS, DISTRES, LITERAL, true)) return DAMAGED;
    } else {
      beginWords(LIT_WORDS);
      beginWords(DIST_WORDS);
      for (let i: u32 = 0; i < 288; i++) note(LIT_WORDS, i, i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
      for (let i: u32 = 0; i < 32; i++) note(DIST_WORDS, i, 5);
      build(LIT, LIT_BITS, LIT_CAP, LIT_WORDS, LITRES, SPECIAL, false);
      build(DIST, DIST_BITS, DIST_CAP, DIST_WORDS, DISTRES, LITERAL, true);
    }
    place = IN_SYMBOLS;
  }
  input = inp;
  output = out;
  window = buf;
  bits = n;
  return FULL;
}
