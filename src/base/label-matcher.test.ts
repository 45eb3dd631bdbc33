import { describe, expect, it } from 'vitest';
import { matchesAll, parseMatcher } from './label-matcher.ts';

const matches = (text: string, labels: Record<string, string>) => {
  const matcher = parseMatcher(text);
  return matcher === null ? null : matchesAll([matcher], labels);
};

describe('a matcher', () => {
  it.each([
    ['service=orders', { service: 'orders' }, true],
    ['service="orders"', { service: 'orders' }, true],
    ['service = orders', { service: 'cart' }, false],
    ['team!=web', {}, true],
    ['team=', {}, true],
    ['team=~.+', {}, false],
    ['instance=~10[.]0[.].*', { instance: '10.0.3.4:80' }, true],
    ['instance=~0', { instance: '10' }, false],
    ['version!~"v1.*"', { version: 'v2' }, true],
    ['toString=', {}, true],
  ])('%s on %o is %s', (text, labels, is) => {
    expect(matches(text, labels as Record<string, string>)).toBe(is);
  });

  it.each(['', 'orders', '=x', 'a=~(', 'a="x', `a=${'x'.repeat(1001)}`])('%j is none', (text) => {
    expect(parseMatcher(text)).toBeNull();
  });
});
