// What is wrong in a configuration: all of it at once, each with its place and what to write instead.
import { PlimsollError } from '../base/errors.ts';

export interface ConfigProblem {
  /** From 1; null where the setting comes from the environment, or the whole file is meant. */
  readonly line: number | null;
  readonly column: number | null;
  /** Dotted, `targets.0.url`; a variable's name where it comes from the environment; empty for the whole file. */
  readonly field: string;
  /** What stands there, where that is no secret. */
  readonly found: string | null;
  readonly fact: string;
  /** What to do about it, a sentence. */
  readonly fix: string;
}

/** Problems that are listed; a file of another kind has one in every line. */
export const MAX_PROBLEMS = 100;

/** In the order of the file; what has no place there comes first. */
export function sortProblems(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** `plimsoll.yaml:3:11: intervals.gauges: needs a duration, found "soon". Write 15s, 10m or 1h30m.` */
export function formatProblem(file: string, problem: ConfigProblem): string {
  const { line, column, field, found, fact, fix } = problem;
  const place = line === null ? file : `${file}:${line}:${column ?? 1}`;
  const what = found === null ? fact : `${fact}, found ${shorten(found)}`;
  return `${place}: ${field === '' ? '' : `${field}: `}${what}. ${fix}`;
}

/** The first problem as the error that ends a command; the others are counted. */
export function problemsToError(file: string, problems: readonly ConfigProblem[]): PlimsollError {
  const [first] = problems;
  if (first === undefined) throw new Error('no problem to tell');
  const { line, column, field, found, fact, fix } = first;
  const more =
    problems.length === 1 ? '' : ` (${problems.length - 1} more: plimsoll config check ${file} lists them)`;
  return new PlimsollError('CONFIG_INVALID', 'config', `${fact}. ${fix.replace(/\.$/, '')}${more}`, {
    where: file,
    ...(line === null ? {} : { line }),
    ...(column === null ? {} : { column }),
    ...(field === '' ? {} : { field }),
    ...(found === null ? {} : { value: found }),
  });
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
