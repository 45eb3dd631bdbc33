// Numbers as Go's strconv reads them, and what its conversions make of them.

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
/** Digits of the longest number of 64 bits, in base 2; beyond only zeroes in front are numbers. */
const MAX_DIGITS = 64;

/** A number of 64 bits: a double while that is exact. */
export type Int64 = number | bigint;

/**
 * strconv.ParseInt(text, base, 64); null where that fails. Base 0 takes the base from the prefix (`0x`, `0b`, `0o`, `0`)
 * and allows `_` between digits.
 */
export function parseInt64(text: string, base: 0 | 10): Int64 | null {
  const isNegative = text.startsWith('-');
  const unsigned = isNegative || text.startsWith('+') ? text.slice(1) : text;
  const value = base === 10 ? parseDigits(unsigned, '') : parseWithPrefix(unsigned);
  if (value === null) return null;
  if (value > INT64_MAX) return isNegative && value === INT64_MAX + 1n ? -value : null;
  return narrow(isNegative ? -value : value);
}

function parseWithPrefix(text: string): bigint | null {
  const prefix = /^0[xbo]/i.exec(text)?.[0].toLowerCase() ?? (text.startsWith('0') ? '0o' : '');
  const isOldOctal = prefix === '0o' && !/^0o/i.test(text);
  // `_` stands between digits, or between the prefix and a digit.
  if (/^_|__|_$/.test(text)) return null;
  return parseDigits(text.slice(isOldOctal ? 0 : prefix.length).replaceAll('_', ''), prefix);
}

const DIGITS: Readonly<Record<string, RegExp>> = {
  '': /^\d+$/,
  '0x': /^[\da-f]+$/i,
  '0b': /^[01]+$/,
  '0o': /^[0-7]+$/,
};

function parseDigits(digits: string, prefix: string): bigint | null {
  if (!DIGITS[prefix].test(digits)) return null;
  const significant = digits.replace(/^0+(?=.)/, '');
  return significant.length > MAX_DIGITS ? null : BigInt(prefix + significant);
}

/** @param digits hexadecimal and nothing else. Returns an unsigned number of 64 bits; null where they do not fit. */
export function parseHex64(digits: string): bigint | null {
  // Nearly all are exact as a double, and faster so.
  if (digits.length > 0 && digits.length <= 13) return BigInt(parseInt(digits, 16));
  const value = parseDigits(digits, '0x');
  return value === null || value > UINT64_MAX ? null : value;
}

export function narrow(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Wraps as int64 arithmetic does. */
export function multiply(a: Int64, b: Int64): Int64 {
  const product = Number(a) * Number(b);
  return Number.isSafeInteger(product) ? product : narrow(BigInt.asIntN(64, BigInt(a) * BigInt(b)));
}

/** Truncated; 0 for a divisor of 0. */
export function divide(a: Int64, b: Int64): Int64 {
  if (Number(b) === 0) return 0;
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b) + 0;
  return narrow(BigInt.asIntN(64, BigInt(a) / BigInt(b)));
}

/** int64(float64): truncated; what does not fit becomes the smallest one, as on amd64. */
export function toInt64(value: number): Int64 {
  const whole = Math.trunc(value) + 0;
  if (Number.isSafeInteger(whole)) return whole;
  return whole > -(2 ** 63) && whole < 2 ** 63 ? BigInt(whole) : -(2n ** 63n);
}

/**
 * Recorded values to estimates: an object of s bytes is recorded with p = 1 - exp(-s / rate), so a recorded one stands
 * for 1 / p. A rate of 1 or less means that everything was recorded. Source: google/pprof scaleHeapSample.
 */
export function unsampleHeap(count: Int64, bytes: Int64, rate: Int64): readonly [Int64, Int64] {
  if (Number(count) === 0 || Number(bytes) === 0) return [0, 0];
  if (rate <= 1) return [count, bytes];
  const scale = 1 / (1 - Math.exp(-(Number(bytes) / Number(count)) / Number(rate)));
  return [toInt64(Number(count) * scale), toInt64(Number(bytes) * scale)];
}
