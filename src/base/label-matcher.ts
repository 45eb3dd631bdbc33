// Matchers as amtool writes them: service=orders, team!=web, instance=~"10[.]0[.].*", version!~"v1.*".
import { RE2JS } from 're2js';

export interface LabelMatcher {
  readonly name: string;
  readonly isWanted: boolean;
  readonly matches: (value: string) => boolean;
  /** As it was written. */
  readonly text: string;
}

/** Longer ones are no labels, and RE2 takes memory by the length of its expression. */
const MAX_MATCHER_LENGTH = 1000;

/** Null when it is none. A label that is missing has the value "", as in Alertmanager; expressions match whole values. */
export function parseMatcher(text: string): LabelMatcher | null {
  const found = /^\s*([A-Za-z_][\w.-]*)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s.exec(text);
  if (!found || text.length > MAX_MATCHER_LENGTH) return null;
  const [, name = '', operator, raw = ''] = found;
  const value = unquote(raw);
  if (value === null) return null;
  const isWanted = operator === '=' || operator === '=~';
  if (operator === '=' || operator === '!=')
    return { name, isWanted, matches: (given) => given === value, text };
  try {
    const expression = RE2JS.compile(value);
    return { name, isWanted, matches: (given) => expression.matches(given), text };
  } catch {
    return null;
  }
}

function unquote(raw: string): string | null {
  if (!raw.startsWith('"')) return raw;
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

export function matchesAll(
  matchers: readonly LabelMatcher[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return matchers.every(({ name, isWanted, matches }) => {
    const value = Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
    return matches(value) === isWanted;
  });
}
