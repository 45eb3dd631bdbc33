// Whether a text can be Go at all, told in one pass: brackets that pair, and not too deep. A running service's sources
// compile, so that a text which fails this is damaged or hostile; a grammar would search it for minutes.

/** Brackets inside each other. Go's own sources reach 40; generated tables stay below a hundred. */
const MAX_DEPTH = 1000;

const OPEN_FOR: ReadonlyMap<number, number> = new Map([
  [code(')'), code('(')],
  [code(']'), code('[')],
  [code('}'), code('{')],
]);
const OPENING = new Set(OPEN_FOR.values());
const NEWLINE = code('\n');
const BACKSLASH = code('\\');

/** Whether all brackets outside of comments, texts and runes pair, no deeper than 1000. */
export function areBracketsPaired(text: string): boolean {
  const open = new Uint8Array(MAX_DEPTH);
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (OPENING.has(character)) {
      if (depth === MAX_DEPTH) return false;
      open[depth++] = character;
      continue;
    }
    const expected = OPEN_FOR.get(character);
    if (expected !== undefined) {
      if (depth === 0 || open[--depth] !== expected) return false;
      continue;
    }
    at = lastOfToken(text, at);
    if (at < 0) return false;
  }
  return depth === 0;
}

/** Last character of the comment, text or rune that begins here, else `at`; -1 where it has no end. */
function lastOfToken(text: string, at: number): number {
  switch (text[at]) {
    case '`':
      return text.indexOf('`', at + 1);
    case '"':
    case "'":
      return endOfQuoted(text, at);
    case '/': {
      if (text[at + 1] === '*') {
        const end = text.indexOf('*/', at + 2);
        return end < 0 ? -1 : end + 1;
      }
      if (text[at + 1] !== '/') return at;
      const end = text.indexOf('\n', at);
      return end < 0 ? text.length : end;
    }
    default:
      return at;
  }
}

function endOfQuoted(text: string, at: number): number {
  const quote = text.charCodeAt(at);
  for (let next = at + 1; next < text.length; next++) {
    const character = text.charCodeAt(next);
    if (character === quote) return next;
    if (character === NEWLINE) return -1;
    if (character === BACKSLASH) next++;
  }
  return -1;
}

function code(character: string): number {
  return character.charCodeAt(0);
}
