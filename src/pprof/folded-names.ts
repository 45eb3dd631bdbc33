// Names in folded stacks. The form has no escapes, and its readers (flamegraph.pl and its kin, inferno, speedscope, pyroscope)
// show what lies between two semicolons as it is: what would break a line is written as a character that looks like it
// and is taken back when the text is read here.

/** Looks like a semicolon everywhere, is split at nowhere: the Greek question mark. */
const SEMICOLON = '\u037e';
/** Symbols for the control characters: U+2400 and the number of what they stand for. */
const SYMBOLS = 0x2400;
const DELETE = '\u2421';
const LINE_SEPARATOR = '\u2424';
const PARAGRAPH_SEPARATOR = '\u2425';
/** The symbol for escape: the character behind it stands for itself. */
const ESCAPE = '\u241b';

const TO_REPLACE = /[\0-\x1f\x7f;\u2028\u2029]|[\u037e\u2400-\u2421\u2424\u2425]/g;
const REPLACED = /\u241b([^]?)|[\u037e\u2400-\u2421\u2424\u2425]/g;
/** At the start of a line it is a comment, or lost. */
const LOST_AT_START = /^[\s#]/;
const LOST_AT_END = /\s$/;

/** A name as it can stand in a folded stack. */
export function toFoldedName(name: string): string {
  const text = name.replace(TO_REPLACE, replacement);
  return `${LOST_AT_START.test(text) ? ESCAPE : ''}${text}${LOST_AT_END.test(text) ? ESCAPE : ''}`;
}

/** The name that toFoldedName was given; names of other writers stay as they are but for the characters that it writes. */
export function fromFoldedName(text: string): string {
  return text.replace(REPLACED, (found, escaped?: string) => escaped ?? original(found));
}

function replacement(found: string): string {
  if (found === ';') return SEMICOLON;
  if (found === '\x7f') return DELETE;
  if (found === '\u2028') return LINE_SEPARATOR;
  if (found === '\u2029') return PARAGRAPH_SEPARATOR;
  return found < ' ' ? String.fromCharCode(SYMBOLS + found.charCodeAt(0)) : ESCAPE + found;
}

function original(found: string): string {
  if (found === SEMICOLON) return ';';
  if (found === DELETE) return '\x7f';
  if (found === LINE_SEPARATOR) return '\u2028';
  if (found === PARAGRAPH_SEPARATOR) return '\u2029';
  return found === '\u2420' ? found : String.fromCharCode(found.charCodeAt(0) - SYMBOLS);
}
