// Damage that knows what profiles look like: bytes and bits, lengths and numbers, pieces of other inputs.

/** @param {number} seed mulberry32: the same numbers in every run. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Field 2 of a profile, length-delimited; lengths of samples have one or two bytes. */
const SAMPLE = 0x12;

/**
 * A valid profile.proto message with its samples again and again, so that it is decoded in several parts.
 *
 * @param {Uint8Array} plain
 * @param {number} bytes how long it gets at least.
 */
export function repeatSamples(plain, bytes) {
  const samples = [];
  for (let at = 0; at < plain.length;) {
    const start = at;
    const tag = plain[at++];
    let [size, shift] = [0, 0];
    do size |= (plain[at] & 0x7f) << shift;
    while ((shift += 7) < 35 && plain[at++] >= 0x80);
    if ((tag & 7) === 2) at += size;
    if (tag === SAMPLE) samples.push(plain.subarray(start, at));
  }
  const again = Buffer.concat(samples);
  return Buffer.concat([plain, ...Array(Math.ceil(bytes / again.length)).fill(again)]);
}

/** Numbers at which code goes wrong: varints of 0, 1, 2^31, 2^53, 2^63, 2^64 - 1, and eleven bytes of one. */
const NUMBERS = [
  [0],
  [1],
  [0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];
/** The same for texts. */
const WORDS = [
  '0',
  '-1',
  '9223372036854775807',
  '0x',
  ' @ ',
  '---',
  '[',
  '\n',
  '(',
  '\u0000',
  '%',
  ';',
  '..',
  '*',
];

/**
 * One to eight changes.
 *
 * @param {Uint8Array} input
 * @param {readonly Uint8Array[]} others pieces are taken from these
 * @param {() => number} random
 */
export function mutate(input, others, random) {
  const pick = (/** @type {number} */ count) => Math.floor(random() * count);
  let bytes = Buffer.from(input);
  for (let change = 1 + pick(8); change > 0; change--) {
    const at = pick(bytes.length + 1);
    const length = pick(24);
    const splice = (/** @type {number} */ removed, /** @type {Uint8Array} */ put) => {
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        put,
        bytes.subarray(Math.min(bytes.length, at + removed)),
      ]);
    };
    switch (pick(9)) {
      case 0:
        if (at < bytes.length) bytes[at] = pick(256);
        break;
      case 1:
        if (at < bytes.length) bytes[at] ^= 1 << pick(8);
        break;
      case 2:
        splice(length, Buffer.alloc(0));
        break;
      case 3:
        splice(0, bytes.subarray(at, at + length));
        break;
      case 4:
        splice(1, Buffer.from(NUMBERS[pick(NUMBERS.length)]));
        break;
      case 5:
        splice(pick(4), Buffer.from(WORDS[pick(WORDS.length)]));
        break;
      case 6: {
        const other = others[pick(others.length)];
        const from = pick(other.length);
        splice(pick(2) === 0 ? 0 : length, other.subarray(from, from + pick(400)));
        break;
      }
      case 7:
        if (at < bytes.length) splice(0, Buffer.alloc(pick(2000), bytes.subarray(at, at + 1 + pick(8))));
        break;
      default:
        if (pick(8) === 0) bytes = bytes.subarray(0, at);
    }
  }
  return bytes;
}

/**
 * The case of a number: the same in every run.
 *
 * @param {readonly Uint8Array[]} inputs
 * @param {number} seed
 * @param {number} number
 */
export function mutantOf(inputs, seed, number) {
  const random = seededRandom(seed * 1_000_003 + number);
  return mutate(inputs[Math.floor(random() * inputs.length)], inputs, random);
}
