import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../../base/errors.ts';
import { checkProfile } from '../../profile/check-profile.ts';
import { LEGACY_PROFILES } from '../../testing/legacy-profiles.ts';
import { mutate } from '../../testing/mutate.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import type { Profile } from '../tables.ts';
import { decodeAsPprof } from './decode-as-pprof.ts';
import { parseInt64 } from './go-numbers.ts';
import { mapAddresses, massageMap, parseMemoryMap } from './memory-map.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function decode(bytes: Uint8Array): Profile {
  const decoded = decodeAsPprof(bytes);
  if (decoded.form === 'goroutine-dump') throw new Error('a dump');
  checkProfile(decoded.profile);
  return decoded.profile;
}

function refusal(text: string): string {
  try {
    decode(encode(text));
  } catch (error) {
    if (error instanceof PlimsollError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe.each([...LEGACY_PROFILES])('%s', (_, bytes) => {
  it('is read', () => {
    expect(decode(bytes).samples.length).toBeGreaterThan(0);
  });

  it('is read or refused when cut at any byte, never worse', () => {
    for (let length = 0; length < bytes.length; length++) {
      try {
        decode(bytes.subarray(0, length));
      } catch (error) {
        expect(error, `cut at ${length}`).toBeInstanceOf(PlimsollError);
      }
    }
  });

  it('is read or refused whatever is changed in it', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 400; round++) {
      try {
        decode(mutate(bytes, random));
      } catch (error) {
        expect(error).toBeInstanceOf(PlimsollError);
      }
    }
  });
});

describe('old texts', () => {
  it.each([
    ['heap profile: 1: 1 [1: 1] @ heap/2\n5 @\n', /line 2, .*this is no heap record/],
    [
      'heap profile: 2: 2 [2: 2] @ heap/2\n1: 1 [1: 1] @ 0x1\n#\t0x0\tmain.f+0x1\ta.go:1\n',
      /sum up to 1 of 2: the text ends early/,
    ],
    ['heap profile: 1: 1 [1: 1] @ heap/2\n0: 7 [1: 1] @ 0x1\n', /7 bytes in use in no object/],
    ['heap profile: 1: 1 [1: 1] @ heap/2\n1: 1 [1: 1] @ 0x12345678901234567\n', /more than 64 bits/],
    ['heap profile: 1: 1 [1: 1] @ heap_v2/2\n1: 1 [1: 1] @ 0x1', /ends in the middle of a line/],
    ['goroutine profile: total 2\n1 @ 0x1\n#\t0x0\tmain.f+0x1\ta.go:1\n', /sum up to 1 of 2/],
    ['goroutine profile: total 1\n08 @ 0x1\n', /none of 64 bits/],
    ['goroutine profile: total 1 \n1 @ 0x1\n', /no "NAME profile: total N" header/],
    ['--- contention:\nformat = c++\n1 1 @ 0x1\n', /line 2, .*no attribute of a contention profile/],
    ['--- heapz 1 ---\nformat = c++\n1 1 @ 0x1\n', /line 2, .*this format is not known/],
    ['--- threadz 1 ---\n--- Thread 1 (name: a/1) stack: ---\n0x1\n', /a thread or the memory map is due/],
    ['--- mutex:\ncycles/second=1\nx y @ 0x1\n', /no contention record/],
    ['--- heapz 1 ---\nresolution=bytes\n 1 0 @ 0x1\n', /in no object/],
    ['--- heapz 1 ---\nformat = java\n 1 1 @ 0x1\n', /no line before says what the values are/],
    [`heap profile: 1: 1 [1: 1] @ heap/2\n${'1'.repeat(70_000)}\n`, /a line of 70000 bytes/],
    ['just a text\n', /none that a profile endpoint writes/],
  ])('%j is refused', (text, expected) => {
    expect(refusal(text)).toMatch(expected);
  });

  it('of Go may count a byte more than there is, where all that was allocated is in use', () => {
    const drawn = (allocated: number): string =>
      `heap profile: 1: 8 [1: ${allocated}] @ heap/2\n1: 8 [1: 8] @ 0x1\n#\t0x0\tmain.f+0x1\ta.go:1\n`;
    expect(refusal(drawn(9))).toBe('accepted');
    expect(refusal(drawn(10))).toMatch(/ends early/);
  });

  it('are whole where what follows the records is there, or where Go did not write them', () => {
    const record = '1: 8 [1: 8] @ 0x401\n#\t0x400\tmain.f+0x1\ta.go:1\n';
    const head = 'heap profile: 9: 99 [9: 99] @ heap/1048576\n';
    expect(refusal(`${head}${record}`)).toMatch(/ends early/);
    expect(refusal(`${head}${record}\n# runtime.MemStats\n`)).toBe('accepted');
    expect(refusal(`${head}${record}--- Memory map: ---\n`)).toBe('accepted');
    // Old Go wrote no symbols, and tools that trim profiles leave the header as it was; pprof's own test data have one.
    expect(refusal(`${head}1: 8 [1: 8] @ 0x401\n`)).toBe('accepted');
  });

  it('are not slowed down by lines made to be', () => {
    const lines = ['1'.repeat(60_000), ' '.repeat(60_000), 'a'.repeat(60_000), '1: 1 ['.repeat(9000)];
    for (const line of lines)
      for (const head of ['heap profile: 1: 1 [1: 1] @ heap_v2/2', '--- mutex:', '--- heapz 1 ---'])
        refusal(`${head}\n${line}\n--- Memory map: ---\n${line}\n`);
  });
});

describe('a binary CPU profile', () => {
  it('without its end marker is refused, where pprof takes what is there', () => {
    const whole = LEGACY_PROFILES.get('CPU, 64 bits, big-endian') ?? new Uint8Array();
    expect(() => decode(whole.subarray(0, whole.length - 24))).toThrow(/without their end marker/);
  });
});

describe('a memory map', () => {
  const read = (text: string) => {
    const lines = text.trim().split('\n');
    return parseMemoryMap(() => lines.shift() ?? null);
  };

  it('has the executable entries of either form, with names put in', () => {
    const entries = read(`
      $bin=/srv/a
      build=/srv/b
      00400000-0040b000 r-xp 00001000 fd:01 41038 /bin/cat
      00500000-00501000 rw-p 00000000 fd:01 41038 /bin/cat
      0x600000-0x700000: $build (@FF00) abc123
      I0101 10:00:00 1 x.cc:7] 800000-900000 r-xp 0 fd:01 3 /lib/c.so
      nonsense`);
    const hex = entries.map((e) => [e.start, e.limit, e.offset].map((n) => n.toString(16)).join(' '));
    expect(hex).toEqual(['400000 40b000 1000', '600000 700000 ff00', '800000 900000 0']);
    expect(entries.map(({ file, buildId }) => file + buildId)).toEqual([
      '/bin/cat',
      '/srv/babc123',
      '/lib/c.so',
    ]);
  });

  it('joins what was one mapping, and puts the program before libraries', () => {
    const joined = massageMap(
      read(`
      100000-200000 r-xp 00000000 fd:01 1 /lib/c.so.6
      400000-500000 r-xp 00000000 fd:01 2 /srv/a
      500000-600000 r-xp 00100000 fd:01 2 /srv/a`),
    );
    expect(joined.map(({ file, limit }) => `${file} ${limit.toString(16)}`)).toEqual([
      '/srv/a 600000',
      '/lib/c.so.6 200000',
    ]);
  });

  it('holds addresses outside of it in an entry of their own, and takes back offsets', () => {
    const map = read(
      '500000-600000 r-xp 00001000 fd:01 2 /srv/a\n700000-800000 r-xp 00001000 fd:01 3 /srv/b',
    );
    const { entries, entryOf } = mapAddresses(map, [0x500001n, 0x6ff001n, 0x1n, 0n]);
    expect([...entryOf]).toEqual([0, 1, 2, -1]);
    expect(entries[1].start).toBe(0x6ff000n);
    expect(entries[2]).toMatchObject({ start: 0n, file: '' });
  });

  it('gives the first of entries that overlap', () => {
    const map = read('500000-600000 r-xp 0 fd:01 2 /srv/a\n400000-800000 r-xp 0 fd:01 3 /srv/b');
    expect([...mapAddresses(map, [0x500001n, 0x400001n]).entryOf]).toEqual([0, 1]);
  });
});

describe('parseInt64', () => {
  it.each([
    ['017', 0, 15],
    ['0x1F', 0, 31],
    ['08', 0, null],
    ['08', 10, 8],
    ['-3', 10, -3],
    ['9223372036854775807', 10, 2n ** 63n - 1n],
    ['9223372036854775808', 10, null],
    ['-9223372036854775808', 10, -(2n ** 63n)],
    ['', 0, null],
  ] as const)('%s in base %i is %s', (text, base, expected) => {
    expect(parseInt64(text, base)).toBe(expected);
  });
});
