import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { hasGoMappings, parseNamedMappings } from './named-mappings.ts';

function mapping(range: string, name: string, kib: Readonly<Record<string, number>>): string {
  const fields = { Size: 65536, Rss: 0, LazyFree: 0, AnonHugePages: 0, Swap: 0, ...kib };
  const lines = Object.entries(fields).map(([key, value]) => `${`${key}:`.padEnd(16)}${value} kB`);
  return `${range} rw-p 00000000 00:00 0 ${' '.repeat(24)}${name}\n${lines.join('\n')}\nVmFlags: rd wr mr mw me ac\n`;
}

/** Names as runtime/mem_linux.go and its callers give them in Go 1.26; the others are of glibc and of nobody. */
const SMAPS = [
  mapping('00400000-00402000', '/srv/orders', { Rss: 900 }),
  mapping('c000000000-c004000000', '[anon: Go: heap]', { Rss: 20480, AnonHugePages: 4096, LazyFree: 1024 }),
  mapping('c004000000-c008000000', '[anon: Go: heap]', { Rss: 4096, Swap: 2048 }),
  mapping('c008000000-c00c000000', '[anon: Go: heap reservation]', {}),
  mapping('7f0000000000-7f0000100000', '[anon: Go: page summary]', { Rss: 40 }),
  mapping('7f0000100000-7f0004000000', '[anon: glibc: malloc arena]', { Rss: 300000 }),
  mapping('7f0008000000-7f000c000000', '', { Rss: 512 }),
].join('');

describe('named mappings', () => {
  it('tell the pages of Go from those of C, with what was swapped and what was given back lazily', () => {
    const named = parseNamedMappings(SMAPS);
    expect(Object.fromEntries(named?.go ?? [])).toEqual({
      heap: (20 + 4 + 2 - 1) * MIB,
      'heap reservation': 0,
      'page summary': 40 * 1024,
    });
    expect(named?.rollup).toBe('Rss: 326028 kB\nAnonHugePages: 4096 kB\nLazyFree: 1024 kB\n');
  });

  it('are none where the kernel keeps no names, or another runtime gave them', () => {
    const bare = SMAPS.replaceAll('[anon: Go: ', '[anon: V8: ');
    expect([hasGoMappings(SMAPS), hasGoMappings(bare), parseNamedMappings(bare)]).toEqual([
      true,
      false,
      null,
    ]);
  });

  it('are none in a text that is cut inside of a line', () => {
    for (const at of [100, 1000, SMAPS.length - 1]) expect(parseNamedMappings(SMAPS.slice(0, at))).toBeNull();
  });

  it('stay few and quick whatever is in the text', () => {
    const many = Array.from({ length: 20_000 }, (_, i) =>
      mapping(`${i}-${i}`, `[anon: Go: ${i}]`, { Rss: 4 }),
    );
    expect(parseNamedMappings(many.join(''))?.go.size).toBe(64);
    expect(parseNamedMappings(`${'c0-'.repeat(500_000)}\n`)).toBeNull();
  });
});
