// DEFLATE (RFC 1951) after the design of libdeflate: a window of 64 bits that is filled without branches, tables of ten and
// eight bits with second tables behind them, copies of sixteen bytes. Twice as fast as what Node has for a few kilobytes.
// What is damaged is refused without a word: the caller then asks zlib, which says what is wrong.

// Memory: tables here, state of columns.ts from 28672 on, its table of spreads from 32768 on, data from 40960 on.
/** Entries of literals and lengths: first table, then second ones. */
const LIT: usize = 0;
const LIT_BITS: u32 = 10;
const LIT_CAP: u32 = 1 << 12;
const DIST: usize = LIT + (LIT_CAP << 2);
const DIST_BITS: u32 = 8;
const DIST_CAP: u32 = 1 << 10;
const PRE: usize = DIST + (DIST_CAP << 2);
const LENS: usize = PRE + 512; // u8[320] + slack
const COUNT: usize = LENS + 512; // u32[16]
const OFFS: usize = COUNT + 64;
const SORTED: usize = OFFS + 64; // u16[320]
const LITRES: usize = SORTED + 1024; // u32[288]
const DISTRES: usize = LITRES + 288 * 4; // u32[32]
const PRERES: usize = DISTRES + 128; // u32[19]
const ORDER: usize = PRERES + 128; // u8[19]
export const DATA: usize = 40960;

/** Bits below the window, see inflate: entries have four bytes. */
const LOW: u32 = 2;
const LIT_MASK: u32 = ((1 << LIT_BITS) - 1) << LOW;
const DIST_MASK: u32 = ((1 << DIST_BITS) - 1) << LOW;

const LITERAL: u32 = 0x80000000;
const SPECIAL: u32 = 0x40000000; // subtable or end
const END: u32 = 0x20000000;

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
  base = 1;
  for (let i: u32 = 0; i < 30; i++) {
    const extra: u32 = i < 2 ? 0 : (i >> 1) - 1;
    store<u32>(DISTRES + (i << 2), (base << 16) | extra);
    base += 1 << extra;
  }
  for (let i: u32 = 0; i < 19; i++) store<u32>(PRERES + (i << 2), i << 16);
  const order: StaticArray<u8> = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  for (let i = 0; i < 19; i++) store<u8>(ORDER + i, order[i]);
}

/** The entry of a code word of so many bits. */
function made(result: u32, len: u32): u32 {
  return result + (len << 8) + len;
}

/** Copies the first entries of a table behind themselves. The engine's own copy costs more than most of them take. */
function double(table: usize, entries: u32): void {
  const size = (<usize>entries) << 2;
  for (let at: usize = 0; at < size; at += 16) v128.store(table + size + at, v128.load(table + at));
}

/** Writes a length several times, and up to seven times more, which nobody looks at. */
function fillLengths(at: usize, value: u8, times: u32): void {
  const word = <u64>value * 0x0101010101010101;
  for (let i: usize = 0; i < <usize>times; i += 8) store<u64>(at + i, word);
}

function build(
  table: usize,
  bits: u32,
  cap: u32,
  lens: usize,
  n: u32,
  results: usize,
  special: u32,
  mayBeIncomplete: bool,
): bool {
  for (let i: usize = 0; i < 64; i += 8) store<u64>(COUNT + i, 0);
  for (let i: u32 = 0; i < n; i++) {
    const at = COUNT + ((<usize>load<u8>(lens + i)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let max: u32 = 15;
  while (max > 0 && load<u32>(COUNT + (max << 2)) == 0) max--;
  let left: i32 = 1;
  let offset: u32 = 0;
  for (let len: u32 = 1; len <= 15; len++) {
    const c = load<u32>(COUNT + (len << 2));
    store<u32>(OFFS + (len << 2), offset);
    offset += c;
    left = (left << 1) - c;
    if (left < 0) return false;
  }
  if (left > 0) {
    // incomplete: only a single code of one bit
    if (!mayBeIncomplete || offset > 1 || (offset == 1 && max != 1)) return false;
    let at: u32 = 0;
    for (let i: u32 = 0; i < n; i++) if (load<u8>(lens + i) == 1) at = i;
    const entry = offset == 0 ? special : made(load<u32>(results + (at << 2)), 1);
    for (let i: u32 = 0; i < 1 << bits; i++) store<u32>(table + (i << 2), i & 1 ? special : entry);
    return true;
  }
  for (let i: u32 = 0; i < n; i++) {
    const len = load<u8>(lens + i);
    if (len == 0) continue;
    const at = OFFS + ((<usize>len) << 2);
    const o = load<u32>(at);
    store<u16>(SORTED + (o << 1), i);
    store<u32>(at, o + 1);
  }
  // fill by doubling
  let code: u32 = 0; // bit-reversed
  let sym: usize = SORTED;
  let len: u32 = 1;
  let count = load<u32>(COUNT + 4);
  while (count == 0) {
    len++;
    count = load<u32>(COUNT + (len << 2));
  }
  let end: u32 = 1 << len;
  while (len <= bits) {
    do {
      store<u32>(table + (code << 2), made(load<u32>(results + ((<usize>load<u16>(sym)) << 2)), len));
      sym += 2;
      if (code == end - 1) {
        for (; len < bits; len++) {
          double(table, end);
          end <<= 1;
        }
        return true;
      }
      const bit: u32 = 1 << (31 - clz(code ^ (end - 1)));
      code = (code & (bit - 1)) | bit;
    } while (--count);
    do {
      if (++len <= bits) {
        double(table, end);
        end <<= 1;
      }
      count = load<u32>(COUNT + (len << 2));
    } while (count == 0);
  }
  // subtables
  end = 1 << bits;
  let prefix: u32 = 0xffffffff;
  let start: u32 = 0;
  let subBits: u32 = 0;
  for (;;) {
    if ((code & ((1 << bits) - 1)) != prefix) {
      prefix = code & ((1 << bits) - 1);
      start = end;
      subBits = len - bits;
      let used = count;
      while (used < <u32>(1 << subBits)) {
        subBits++;
        used = (used << 1) + load<u32>(COUNT + ((bits + subBits) << 2));
      }
      end = start + (1 << subBits);
      if (end > cap) return false;
      store<u32>(table + (prefix << 2), special | (start << 16) | (subBits << 8) | bits);
    }
    const entry = made(load<u32>(results + ((<usize>load<u16>(sym)) << 2)), len - bits);
    sym += 2;
    const stride: u32 = 1 << (len - bits);
    for (let i = start + (code >> bits); i < end; i += stride) store<u32>(table + (i << 2), entry);
    if (code == <u32>(1 << len) - 1) return true;
    const bit: u32 = 1 << (31 - clz(code ^ ((1 << len) - 1)));
    code = (code & (bit - 1)) | bit;
    count--;
    while (count == 0) {
      len++;
      count = load<u32>(COUNT + (len << 2));
    }
  }
  return false;
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
      store<u64>(LENS, 0);
      store<u64>(LENS + 8, 0);
      store<u64>(LENS + 16, 0);
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
      if (!build(PRE, 7, 128, LENS, 19, PRERES, SPECIAL, false)) return DAMAGED;
      const total = nlit + ndist;
      i = 0;
      while (i < total) {
        if (n < LOW + 14) {
          if (inp > inEnd) return DAMAGED;
          buf |= load<u64>(inp) << n;
          inp += (63 - n) >> 3;
          n |= 56;
        }
        const e = load<u32>(PRE + ((<u32>buf) & (127 << LOW)));
        const s = e >> 16;
        buf >>= e;
        n -= e & 255;
        if (s < 16) {
          store<u8>(LENS + i, s);
          i++;
          continue;
        }
        let value: u8 = 0;
        let rep: u32;
        const extra = (<u32>buf) >> LOW;
        if (s == 16) {
          if (i == 0) return DAMAGED;
          value = load<u8>(LENS + i - 1);
          rep = 3 + (extra & 3);
          buf >>= 2;
          n -= 2;
        } else if (s == 17) {
          rep = 3 + (extra & 7);
          buf >>= 3;
          n -= 3;
        } else {
          rep = 11 + (extra & 127);
          buf >>= 7;
          n -= 7;
        }
        if (i + rep > total) return DAMAGED;
        fillLengths(LENS + i, value, rep);
        i += rep;
      }
      if (load<u8>(LENS + 256) == 0) return DAMAGED;
      if (!build(DIST, DIST_BITS, DIST_CAP, LENS + nlit, ndist, DISTRES, LITERAL, true)) return DAMAGED;
      if (!build(LIT, LIT_BITS, LIT_CAP, LENS, nlit, LITRES, SPECIAL, false)) return DAMAGED;
    } else {
      memory.fill(LENS, 8, 144);
      memory.fill(LENS + 144, 9, 112);
      memory.fill(LENS + 256, 7, 24);
      memory.fill(LENS + 280, 8, 8);
      memory.fill(LENS + 288, 5, 32);
      store<u32>(LITRES + (286 << 2), SPECIAL);
      store<u32>(LITRES + (287 << 2), SPECIAL);
      store<u32>(DISTRES + (30 << 2), LITERAL);
      store<u32>(DISTRES + (31 << 2), LITERAL);
      if (!build(DIST, DIST_BITS, DIST_CAP, LENS + 288, 32, DISTRES, LITERAL, true)) return DAMAGED;
      if (!build(LIT, LIT_BITS, LIT_CAP, LENS, 288, LITRES, SPECIAL, false)) return DAMAGED;
    }
    place = IN_SYMBOLS;
  }
  input = inp;
  output = out;
  window = buf;
  bits = n;
  return FULL;
}
