// UTF-8 that loses nothing. Names in profiles are bytes, and Go prints them as they are, whether they are UTF-8 or not.
// In a JavaScript string, a byte that belongs to no valid sequence stands as the lone surrogate U+DC00 + byte, which no
// valid text has; written out again it is that byte. (Python calls this surrogateescape.)

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
const ENCODER = new TextEncoder();

/** Below this length a loop over ASCII bytes is faster than a call of TextDecoder. */
const SHORT_TEXT_BYTES = 64;

const ESCAPE = 0xdc00;
const REPLACEMENT = '\ufffd';
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** The text of bytes[from .. to), from which encodeUtf8 makes the same bytes. */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  if (to - from <= SHORT_TEXT_BYTES) {
    let text = '';
    let at = from;
    while (at < to && bytes[at] < 0x80) text += String.fromCharCode(bytes[at++]);
    if (at === to) return text;
  }
  const text = DECODER.decode(bytes.subarray(from, to));
  return text.includes(REPLACEMENT) ? decodeWithEscapes(bytes, from, to) : text;
}

/** Bytes of a text. Escaped bytes become what they were, other lone surrogates U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (isWellFormed(text)) return ENCODER.encode(text);
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  let from = 0;
  for (const { index } of text.matchAll(LONE_SURROGATES)) {
    length += ENCODER.encodeInto(text.slice(from, index), bytes.subarray(length)).written;
    const unit = text.charCodeAt(index) - ESCAPE;
    if (unit >= 0x80 && unit <= 0xff) bytes[length++] = unit;
    else length += ENCODER.encodeInto(REPLACEMENT, bytes.subarray(length)).written;
    from = index + 1;
  }
  length += ENCODER.encodeInto(text.slice(from), bytes.subarray(length)).written;
  return bytes.slice(0, length);
}

/** Whether a text is one for others: without escaped bytes. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** The text with U+FFFD for each escaped byte: for JSON, XML, databases, pages. */
export function toWellFormed(text: string): string {
  return isWellFormed(text) ? text : text.replace(LONE_SURROGATES, REPLACEMENT);
}

/** Code units that are made a string at once: arguments of a call live on the stack. */
const UNITS_AT_ONCE = 8192;

function decodeWithEscapes(bytes: Uint8Array, from: number, to: number): string {
  const units = new Uint16Array(UNITS_AT_ONCE + 1);
  let text = '';
  let length = 0;
  for (let at = from; at < to;) {
    const size = sequenceSize(bytes, at, to);
    const point = size === 0 ? ESCAPE + bytes[at] : codePoint(bytes, at, size);
    at += Math.max(size, 1);
    if (point <= 0xffff) units[length++] = point;
    else {
      units[length++] = 0xd7c0 + (point >> 10);
      units[length++] = 0xdc00 + (point & 0x3ff);
    }
    if (length >= UNITS_AT_ONCE || at >= to) {
      text += String.fromCharCode(...units.subarray(0, length));
      length = 0;
    }
  }
  return text;
}

function codePoint(bytes: Uint8Array, at: number, size: number): number {
  let point = size === 1 ? bytes[at] : bytes[at] & (0x7f >> size);
  for (let i = 1; i < size; i++) point = (point << 6) | (bytes[at + i] & 0x3f);
  return point;
}

/** Bytes of the valid sequence at `at`; 0 = there is none. Source: table 3-7 of the Unicode standard. */
function sequenceSize(bytes: Uint8Array, at: number, to: number): number {
  if (at >= to) return 0;
  const first = bytes[at];
  if (first < 0x80) return 1;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || at + size > to) return 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (bytes[at + 1] < lowest || bytes[at + 1] > highest) return 0;
  for (let i = 2; i < size; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  return size;
}
