// Regular expressions of users and of profiles (drop_frames comes with the input): RE2 syntax and RE2's linear time,
// because JavaScript's own matcher backtracks and can be attacked.
import { RE2JS } from 're2js';
import { PlimsollError } from '../base/errors.ts';
import type { TextMatcher } from './reports/options.ts';

/**
 * Expressions longer than this are refused: matching takes time in proportion to expression times text. Real ones are
 * lists of a few hundred names at most.
 */
const MAX_EXPRESSION_LENGTH = 100_000;

/**
 * @param what where the expression comes from, for the error: `-focus`.
 * @throws PlimsollError ARGUMENTS_INVALID when it is no RE2 expression.
 */
export function compileMatcher(source: string, what: string): TextMatcher {
  const compiled = compileOrNone(source);
  if (typeof compiled !== 'string') return compiled;
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', `no regular expression (RE2): ${compiled}`, {
    field: what,
    value: source,
  });
}

/** Like compileMatcher, but null when it is no expression. */
export function compileMatcherOrNull(source: string): TextMatcher | null {
  const compiled = compileOrNone(source);
  return typeof compiled === 'string' ? null : compiled;
}

function compileOrNone(source: string): TextMatcher | string {
  if (source.length > MAX_EXPRESSION_LENGTH) return `longer than ${MAX_EXPRESSION_LENGTH} characters`;
  try {
    const expression = RE2JS.compile(source);
    return { source, test: (text) => expression.test(text) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
