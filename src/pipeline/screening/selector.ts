// From what a user selects to the text of a query.
import { PlimsollError } from '../../base/errors.ts';

/**
 * `{job="orders"}` or `job="orders"` to the matchers between the braces. What they say is the API's matter.
 * @throws PlimsollError ARGUMENTS_INVALID where a metric is named, or a brace is missing.
 */
export function matchersOf(selector: string): string {
  const text = selector.trim();
  const inner = /^\{(.*)\}$/s.exec(text)?.[1] ?? (text.includes('{') || text.includes('}') ? null : text);
  const isMatchers = inner !== null && (inner.trim() === '' || /[=~]/.test(inner));
  if (!isMatchers || /(?:^|,)\s*__name__\s*[=!]/.test(inner)) {
    throw new PlimsollError(
      'ARGUMENTS_INVALID',
      'arguments',
      'matchers of labels expected, such as {job="orders"}, without the name of a metric',
      { field: '--selector', value: selector },
    );
  }
  return inner.trim().replace(/,$/, '');
}

/** One selector from matchers, empty ones left out. */
export function selectorOf(...matchers: readonly string[]): string {
  return `{${matchers.filter((matcher) => matcher !== '').join(',')}}`;
}

/** `name=~"a|b"`, for exactly these values; an empty one also stands for a label that is missing. */
export function oneOf(label: string, values: readonly string[]): string {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return `${label}=${quote(only)}`;
  return `${label}=~${quote(values.map(escapeRegex).join('|'))}`;
}

/** As Go's regexp.QuoteMeta. */
function escapeRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}
