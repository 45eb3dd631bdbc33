import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { checkProfile } from '../profile/check-profile.ts';
import { renderSamples } from '../testing/drawn-profile.ts';
import { fixtureNames, readFixture } from '../testing/fixture-profiles.ts';
import { mutate } from '../testing/mutate.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { decodeProfile, decodeTables } from './decode-profile.ts';
import { parseQuotedPairs } from './quoted-text.ts';

/** Text drawn with two spaces of indentation and `|` where a tab is. */
function text(drawing: string): Uint8Array {
  const lines = drawing
    .split('\n')
    .slice(1)
    .map((line) => line.trim().replaceAll('|', '\t'));
  return new TextEncoder().encode(lines.join('\n'));
}

function samplesOf(drawing: string): string {
  const profile = decodeTables(text(drawing));
  checkProfile(profile);
  return renderSamples(profile);
}

describe('heap text', () => {
  const HEAP = `
    heap profile: 3: 1572864 [5: 2621440] @ heap/1048576
    2: 1048576 [4: 2097152] @ 0x401 0x501
    #|0x400|main.fill+0x6f||/src/a/main.go:24
    #|0x500|main.main+0x1||/src/a/main.go:9

    1: 524288 [1: 524288] @ 0x601
    #|0x600|gopkg.in/natefinch/lumberjack%2ev2.(*Logger).Write+0x1|x.go:7

    # runtime.MemStats
    # Alloc = 13380976
    `;

  it('scales values up, because the text form holds what was recorded, not what is estimated', () => {
    // Objects of one period (half the number in the header): 1 / (1 - e^-1) = 1.58 for each recorded one.
    expect(samplesOf(HEAP)).toBe(
      [
        'main.main@/src/a/main.go:9 > main.fill@/src/a/main.go:24 = 6 3317645 3 1658822 bytes:524288',
        'gopkg.in/natefinch/lumberjack%2ev2.(*Logger).Write@x.go:7 = 1 829411 1 829411 bytes:524288',
      ].join('\n'),
    );
  });

  it('halves the rate of `heap/` only, and leaves `heapprofile` unscaled', () => {
    const drawn = (header: string): string => `
      heap profile: 1: 64 [1: 64] @ ${header}
      1: 64 [1: 64] @ 0x401
      `;
    expect(samplesOf(drawn('heap/1024'))).toBe('0x400 = 8 544 bytes:64');
    expect(samplesOf(drawn('heap_v2/1024'))).toBe('0x400 = 16 1056 bytes:64');
    expect(samplesOf(drawn('heapz_v2/1024'))).toBe('0x400 = 16 1056 bytes:64');
    expect(samplesOf(drawn('heapprofile'))).toBe('0x400 = 1 64 bytes:64');
    expect(samplesOf(drawn('heap/2'))).toBe('0x400 = 1 64 bytes:64');
  });

  it('says where the MemStats trailer begins', () => {
    const bytes = text(HEAP);
    const decoded = decodeProfile(bytes);
    const offset = decoded.form === 'heap-text' ? decoded.memStatsOffset : null;
    expect(
      new TextDecoder().decode(bytes.subarray(offset ?? 0)).startsWith('# runtime.MemStats\n# Alloc'),
    ).toBe(true);
  });

  it('is whole where the header has the byte more that Go adds when all that was allocated is in use', () => {
    const fresh = `
      heap profile: 2: 1048576 [2: 1048577] @ heap/1048576
      2: 1048576 [2: 1048576] @ 0x401 0x501
      `;
    expect(samplesOf(fresh)).toBe('0x500 > 0x400 = 3 1658822 3 1658822 bytes:524288');
    expect(() => samplesOf(fresh.replace('1048577', '1048578'))).toThrow(/the text ends early/);
  });

  it('is refused when records are missing that its header counts', () => {
    const cut = `
      heap profile: 3: 1572864 [5: 2621440] @ heap/1048576
      2: 1048576 [4: 2097152] @ 0x401 0x501
      `;
    expect(() => samplesOf(cut)).toThrow(/records sum up to 2 of 3: the text ends early/);
  });

  it('is refused when it is cut within its header, whose rate would be another', () => {
    const whole = 'heap profile: 5: 1234567 [5: 1234567] @ heap_v2/524288\n';
    for (let end = whole.indexOf('@ heap_v2') + 9; end < whole.length; end++) {
      const cut = new TextEncoder().encode(whole.slice(0, end));
      expect(() => decodeProfile(cut)).toThrow(/heap\.header.*in the middle of its header/);
    }
  });

  it.each([
    ['no object', '0: 64 [1: 64] @ 0x1'],
    ['this is no heap record', '1: 64 [1: 64] 0x1'],
    ['a number beyond 2^53', '99999999999999999: 64 [1: 64] @ 0x1'],
    ['more than 64 bits', '1: 64 [1: 64] @ 0x11111111111111111'],
  ])('refuses a record with %s', (fact, record) => {
    const drawing = `
      heap profile: 0: 0 [0: 0] @ heap/1048576
      ${record}
      `;
    expect(() => samplesOf(drawing)).toThrow(fact);
    expect(() => samplesOf(drawing)).toThrow(/line 2/);
  });
});

describe('count text', () => {
  it('keeps labels, with whatever is in their quotes', () => {
    const drawing = `
      goroutine profile: total 3
      2 @ 0x401 0x501
      # labels: {"odd \\"key\\"":"t\\u00e4glich", "tenant":"t0"}
      #|0x400|main.wait+0x33|main.go:41

      1 @ 0x401
      #|0x400|main.wait+0x33|main.go:41
      `;
    expect(samplesOf(drawing)).toBe(
      ['main.wait@main.go:41 = 2 odd "key"="täglich" tenant="t0"', 'main.wait@main.go:41 = 1'].join('\n'),
    );
  });

  it.each([
    ['5 @', '- = 5'],
    ['5 @ 0x0 0x0', '- = 5'],
    ['5 @ 0x401', '0x400 = 5'],
  ])('reads `%s` of threadcreate', (record, expected) => {
    const drawing = `
      threadcreate profile: total 5
      ${record}
      #|0x0
      `;
    expect(samplesOf(drawing)).toBe(record.includes('401') ? '0x400 = 5' : expected);
  });

  it('is refused when records are missing that its header counts', () => {
    const cut = `
      goroutine profile: total 3
      2 @ 0x401 0x501
      `;
    expect(() => samplesOf(cut)).toThrow(/records sum up to 2 of 3: the text ends early/);
  });
});

describe('parseQuotedPairs', () => {
  it('reads quoted and bare keys and stops at what it cannot read', () => {
    expect(parseQuotedPairs('pattern: "GET /x", "a b":"c\\nd", e: f, "g":"h"')).toEqual([
      ['pattern', 'GET /x'],
      ['a b', 'c\nd'],
    ]);
  });

  it('takes time in proportion to a hostile line', () => {
    expect(parseQuotedPairs('"a\\'.repeat(500_000))).toEqual([]);
  });
});

/** Cuts up to here are tried one by one, those behind in steps: all record kinds occur before. */
const EVERY_BYTE = 5000;

describe.each(fixtureNames('.txt'))('%s', (name) => {
  const bytes = readFixture(name);
  const attempt = (input: Uint8Array): 'refused' | 'decoded' => {
    try {
      const decoded = decodeProfile(input);
      if (decoded.form !== 'goroutine-dump') checkProfile(decoded.profile);
      return 'decoded';
    } catch (error) {
      if (error instanceof PlimsollError && error.code === 'PROFILE_INVALID') return 'refused';
      throw error;
    }
  };

  it('decodes', () => {
    expect(attempt(bytes)).toBe('decoded');
  });

  it('is decoded or refused when cut at any byte, never worse', () => {
    // The MemStats trailer is most of a heap text and not looked at; every byte up to its beginning.
    const trailer = new TextDecoder().decode(bytes).indexOf('# runtime.MemStats');
    const end = Math.min(bytes.length, EVERY_BYTE, trailer === -1 ? Infinity : trailer + 100);
    for (let length = 0; length < end; length++) attempt(bytes.subarray(0, length));
    for (let length = end; length < bytes.length; length += 97) attempt(bytes.subarray(0, length));
  });

  it('never does anything but decode or refuse, whatever is changed in it', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 500; round++) attempt(mutate(bytes, random));
  });
});

describe('decodeProfile', () => {
  it.each([
    ['there is not a single byte', ''],
    ['this is an HTML page', '\n<!doctype html><html><body>Sign in</body></html>'],
    ['this is JSON', '{"error": "no such profile"}'],
    ['none that a profile endpoint writes', 'Unknown profile\n'],
    ['none that a profile endpoint writes', 'heap_v2/524288\n  t*: 28106: 56637512 [0: 0]\n@ 0x1 0x2\n'], // jemalloc
    ['found "404 page not found"', '404 page not found\n'],
    ['text form of block and mutex profiles', '--- contention:\ncycles/second=1\n'],
    ['Java heap texts', '--- heapz 1 ---\n'],
  ])('says of something else that %s', (fact, content) => {
    expect(() => decodeProfile(new TextEncoder().encode(content))).toThrow(fact);
  });

  it('says that gzip data has to be decompressed', () => {
    expect(() => decodeProfile(Uint8Array.of(0x1f, 0x8b, 8, 0))).toThrow(/gzip/);
  });

  it('says where a profile is needed that a goroutine dump is none', () => {
    expect(() => decodeTables(readFixture('goroutine.debug2.txt'))).toThrow(/goroutine dump/);
  });
});

describe('text and proto form of one process', () => {
  it('estimate the same in-use heap', () => {
    const proto = decodeTables(readFixture('heap.pb.gz'));
    const fromText = decodeTables(readFixture('heap.debug1.txt'));
    const sum = (column: ArrayLike<number | bigint>): number =>
      Array.from(column).reduce<number>((total, value) => total + Number(value), 0);
    for (const column of [2, 3]) {
      const [a, b] = [sum(proto.samples.values[column]), sum(fromText.samples.values[column])];
      // Both truncate or round every row.
      expect(Math.abs(a - b)).toBeLessThan(fromText.samples.length);
    }
  });
});
