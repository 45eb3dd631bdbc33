// Label sets in text: `"tenant":"t1", "worker":"x"` (debug=1) and `pattern: "GET /", "odd key": "x"` (goroutine headers).

/**
 * Key and value pairs, in order. Values are Go string literals as %q writes them; a key may stand without quotes.
 * One pass from left to right, so that a hostile line costs no more than its length. Stops at what it cannot read.
 */
export function parseQuotedPairs(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  let at = 0;
  for (;;) {
    while (text[at] === ' ' || text[at] === ',') at++;
    const keyEnd = text[at] === '"' ? endOfLiteral(text, at) : text.indexOf(':', at);
    if (keyEnd === -1) return pairs;
    const key = text[at] === '"' ? unquote(text.slice(at + 1, keyEnd - 1)) : text.slice(at, keyEnd);
    if (text[keyEnd] !== ':') return pairs;
    at = keyEnd + 1;
    while (text[at] === ' ') at++;
    const valueEnd = text[at] === '"' ? endOfLiteral(text, at) : -1;
    if (valueEnd === -1) return pairs;
    pairs.push([key, unquote(text.slice(at + 1, valueEnd - 1))]);
    at = valueEnd;
  }
}

/** Offset behind the closing quote of the literal that opens at `open`, or -1. */
function endOfLiteral(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1;
    if (text[at] === '\\') at++;
  }
  return -1;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The inside of a Go string literal as written by %q. */
function unquote(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/g,
    (
      whole,
      byte: string | undefined,
      short: string | undefined,
      long: string | undefined,
      simple: string,
    ) => {
      const hex = byte ?? short ?? long;
      if (hex === undefined) return ESCAPES[simple] ?? simple;
      const point = parseInt(hex, 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}
