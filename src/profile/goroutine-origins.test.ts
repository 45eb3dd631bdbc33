import { describe, expect, it } from 'vitest';
import { decodeGoroutineDump } from '../pprof/decode-goroutine-dump.ts';
import { drawDump } from '../testing/drawn-dump.ts';
import { MAX_ORIGIN_ROWS, reduceOrigins } from './goroutine-origins.ts';
import { StackInterner } from './stack-interner.ts';

function reduce(drawing: string, scale = 1) {
  const interner = new StackInterner();
  const origins = reduceOrigins(decodeGoroutineDump(drawDump(drawing)), interner, 1000, scale);
  const rows = Array.from({ length: origins.length }, (_, row) =>
    [
      origins.count[row],
      interner.frames(origins.stack[row])[0].function,
      origins.createdBy[row]?.function ?? 'nobody',
      origins.reason[row],
      origins.longestMinutes[row],
    ].join(' '),
  );
  return rows;
}

describe('reduceOrigins', () => {
  it('has a row for each stack and creator, most goroutines first, with the longest wait', () => {
    const drawing = `
      1 | running | main.main@/src/main.go:3
      2 | select, 4 minutes | lib.run@/lib/run.go:9 | orders/api.Open@/src/api.go:4
      3 | select, 9 minutes | lib.run@/lib/run.go:9 | orders/api.Open@/src/api.go:4
      4 | select | lib.run@/lib/run.go:9 | orders/job.Start@/src/job.go:7`;
    expect(reduce(drawing)).toEqual([
      '5 lib.run orders/api.Open select 9',
      '4 lib.run orders/job.Start select 0',
      '1 main.main nobody running 0',
    ]);
  });

  it('tells minutes of a process that runs faster in the time of the evidence', () => {
    expect(reduce('2 | select, 4 minutes | lib.run@/lib/run.go:9', 60)).toEqual([
      '2 lib.run nobody select 240',
    ]);
  });

  it('keeps no more rows than its bound, the largest ones', () => {
    const small = Array.from(
      { length: MAX_ORIGIN_ROWS + 10 },
      (_, i) => `1 | select | lib.f${i}@/lib/f.go:${i}`,
    );
    const rows = reduce([...small, '2 | select | lib.large@/lib/large.go:1'].join('\n'));
    expect(rows).toHaveLength(MAX_ORIGIN_ROWS);
    expect(rows[0]).toBe('2 lib.large nobody select 0');
  });
});
