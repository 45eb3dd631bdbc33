// How text is coloured: passed in, so that a pipe, a file and NO_COLOR get plain text and tests see what stands there.

/** What a piece of text is, not what it looks like. */
export type TextRole = 'good' | 'bad' | 'warning' | 'heading' | 'faint' | 'code';

/** Wraps text for a terminal; must not change its visible characters. */
export type Style = (role: TextRole, text: string) => string;

export const PLAIN: Style = (_role, text) => text;

const CODES: Readonly<Record<TextRole, readonly [number, number]>> = {
  good: [32, 39],
  bad: [31, 39],
  warning: [33, 39],
  heading: [1, 22],
  faint: [2, 22],
  code: [36, 39],
};

/** ANSI colours that every terminal has. */
export const ANSI: Style = (role, text) => {
  const [on, off] = CODES[role];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

/**
 * Text from outside (names, errors of a target) without what a terminal would obey: control characters and escape
 * sequences become visible dots.
 */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '·');
}
