import { describe, expect, it } from 'vitest';
import { parseIngestName, parseIngestTime } from './ingest-name.ts';

describe('the name of a push', () => {
  it.each([
    ['orders', 'orders', []],
    ['orders{}', 'orders', []],
    [
      'orders.api{__session_id__=8f2c,pod=orders-1,process.runtime.version=go1.26.8}',
      'orders.api',
      [
        ['__session_id__', '8f2c'],
        ['pod', 'orders-1'],
        ['process.runtime.version', 'go1.26.8'],
      ],
    ],
    [
      'a{path=/x=y, quoted="z"}',
      'a',
      [
        ['path', '/x=y'],
        ['quoted', 'z'],
      ],
    ],
  ])('%s', (text, app, labels) => {
    expect(parseIngestName(text)).toEqual({ app, labels: new Map(labels as [string, string][]) });
  });

  it.each([[''], ['{a=b}'], ['a{b=c'], ['a{b}'], ['a{=c}'], ['a'.repeat(9000)]])(
    'is refused: %.20s',
    (text) => {
      expect(() => parseIngestName(text)).toThrow(/name/);
    },
  );
});

describe('times of a push', () => {
  it.each([
    ['1700000000', 1_700_000_000_000],
    ['1700000000123', 1_700_000_000_123],
    ['1700000000123000', 1_700_000_000_123],
    ['1700000000123999999', 1_700_000_000_123],
    ['now-1h', null],
    ['17', null],
    [undefined, null],
  ])('%s', (text, millis) => {
    expect(parseIngestTime(text)).toBe(millis);
  });
});
