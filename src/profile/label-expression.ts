// Expressions of -tagfocus and -tagignore: `key=value` or `value`, where the value is a numeric range or a list of
// regular expressions. Source: google/pprof internal/driver compileTagFilter.
import { NO_ROW, type Profile } from '../pprof/tables.ts';
import type { SampleTest } from './labels.ts';
import { scale } from './measurement.ts';
import type { TextMatcher } from './reports/options.ts';

export interface LabelExpression {
  readonly key: string | null;
  /** What values are tested against: numbers by a range, texts by expressions. */
  readonly value: { readonly range: NumberRange } | { readonly matchers: readonly TextMatcher[] };
}

/** Whether a number is in a range that was given with units, e.g. `12kb:64mb`. */
export type NumberRange = (value: number | bigint, unit: string) => boolean;

/**
 * @param compile makes a matcher of an expression; throws when it is none.
 */
export function parseLabelExpression(
  text: string,
  compile: (expression: string) => TextMatcher,
): LabelExpression {
  const equals = text.indexOf('=');
  // An empty key is none.
  const key = equals < 1 ? null : text.slice(0, equals);
  const value = text.slice(equals + 1);
  const range = parseRange(value);
  return { key, value: range === null ? { matchers: value.split(',').map(compile) } : { range } };
}

const QUANTITY = /([+-]?[0-9]+)([A-Za-z]+)?/g;

/**
 * `32kb` is that value, `:64kb` at most, `4mb:` at least, `12kb:64mb` between, both ends included. Null for everything
 * else. Values in other units are scaled; a unit that cannot be scaled to that of the range never matches.
 */
export function parseRange(text: string): NumberRange | null {
  const found = [...text.matchAll(QUANTITY)].slice(0, 2);
  if (found.length === 0) return null;
  const low = scale(BigInt.asIntN(64, BigInt(found[0][1])), found[0][2] ?? '', found[0][2] ?? '');
  const within =
    (test: (scaled: number) => boolean): NumberRange =>
    (value, unit) => {
      const scaled = scale(value, unit, low.unit);
      return scaled.unit === low.unit && test(scaled.value);
    };
  const [first] = found[0];
  if (found.length === 1) {
    if (text === first) return within((value) => value === low.value);
    if (text === `${first}:`) return within((value) => value >= low.value);
    if (text === `:${first}`) return within((value) => value <= low.value);
    return null;
  }
  if (text !== `${first}:${found[1][0]}`) return null;
  const high = scale(BigInt.asIntN(64, BigInt(found[1][1])), found[1][2] ?? '', low.unit);
  if (high.unit !== low.unit) return null;
  return within((value) => value >= low.value && value <= high.value);
}

/**
 * The test of samples for an expression. Numbers: any number (of the key) in the range. Texts with a key: any of its
 * values matches any expression; without a key: every expression matches some `key:value`.
 *
 * @param units of the numeric keys.
 */
export function testSamples(
  profile: Profile,
  expression: LabelExpression,
  units: ReadonlyMap<string, string>,
): SampleTest {
  const { key, value } = expression;
  if ('range' in value) return anyNumber(profile, key, (number, unit) => value.range(number, unit), units);
  return key === null ? everyMatcher(profile, value.matchers) : anyText(profile, key, value.matchers);
}

function anyNumber(
  { samples, labels, strings }: Profile,
  key: string | null,
  range: NumberRange,
  units: ReadonlyMap<string, string>,
): SampleTest {
  return (sample) => {
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) {
      if (labels.text[row] !== NO_ROW) continue;
      const name = strings.get(labels.key[row]);
      if (key !== null && name !== key) continue;
      if (range(labels.number[row], units.get(name) ?? '')) return true;
    }
    return false;
  };
}

function anyText(
  { samples, labels, strings }: Profile,
  key: string,
  matchers: readonly TextMatcher[],
): SampleTest {
  return (sample) => {
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) {
      if (labels.text[row] === NO_ROW || strings.get(labels.key[row]) !== key) continue;
      const text = strings.get(labels.text[row]);
      if (matchers.some((matcher) => matcher.test(text))) return true;
    }
    return false;
  };
}

function everyMatcher({ samples, labels, strings }: Profile, matchers: readonly TextMatcher[]): SampleTest {
  return (sample) =>
    matchers.every((matcher) => {
      for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++)
        if (
          labels.text[row] !== NO_ROW &&
          matcher.test(`${strings.get(labels.key[row])}:${strings.get(labels.text[row])}`)
        )
          return true;
      return false;
    });
}
