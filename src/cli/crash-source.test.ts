import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeProfileOrCrash } from './crash-source.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'crash');
const CRASH = readFileSync(join(FIXTURES, 'go1.26.8-out-of-memory.log'), 'utf8');

/** Goroutines of what was decoded, and what was said. */
function decode(text: string): [number, string[]] {
  const warnings: string[] = [];
  const decoded = decodeProfileOrCrash(new TextEncoder().encode(text), (warning) => warnings.push(warning));
  if (decoded.form !== 'goroutine-dump') throw new Error(decoded.form);
  return [decoded.dump.goroutines.length, warnings];
}

describe('decodeProfileOrCrash', () => {
  it('finds the crash in a log that begins with something else', () => {
    const [count] = decode(CRASH);
    expect(count).toBe(13);
    expect(decode(`${'2026-01-01 served a request\n'.repeat(500)}${CRASH}`)).toEqual([count, []]);
  });

  it('takes the newest of several, and says so', () => {
    expect(decode(`${CRASH}restarted\n${CRASH}`)).toEqual([
      13,
      ['2 crashes are in the log; this is the newest'],
    ]);
  });

  it('reads a dump as it always did', () => {
    expect(decode(CRASH.slice(CRASH.indexOf('goroutine 1 ')))).toEqual([13, []]);
  });

  it('refuses a log without a crash as it refuses any text', () => {
    expect(() => decode('2026-01-01 served a request\n'.repeat(50))).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID' }),
    );
  });
});
