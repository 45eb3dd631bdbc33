// Our figures against those of the installed `go tool pprof`, on the same files.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTables } from '../pprof/decode-profile.ts';
import { encodeProfile } from '../pprof/encode-proto.ts';
import { drawProfile } from '../testing/drawn-profile.ts';
import { fixturePath, readFixture } from '../testing/fixture-profiles.ts';
import { simplifyNames } from './simplify-names.ts';

const missing = goMissing();

function goMissing(): string | false {
  try {
    execFileSync('go', ['tool', '-n', 'pprof'], { stdio: 'pipe' });
    return false;
  } catch {
    return 'no go (https://go.dev/dl)';
  }
}

function pprof(...flags: string[]): string {
  return execFileSync('go', ['tool', 'pprof', '-symbolize=none', ...flags], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('parity with go tool pprof', () => {
  it.skipIf(missing)(
    `values of the heap text, unsampled alike${missing ? `: skipped, ${missing}` : ''}`,
    () => {
      const raw = pprof('-raw', fixturePath('heap.debug1.txt')).split('\n');
      const theirs = raw.flatMap(
        (line) => /^\s*((?:-?\d+\s+)+-?\d+):/.exec(line)?.[1].trim().split(/\s+/).join(' ') ?? [],
      );
      const { samples } = decodeTables(readFixture('heap.debug1.txt'));
      const ours = Array.from({ length: samples.length }, (_, row) =>
        samples.values.map((values) => values[row]).join(' '),
      );
      expect(ours).toEqual(theirs);
    },
  );

  it.skipIf(missing)(`what we encode is read as what it was${missing ? `: skipped, ${missing}` : ''}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-'));
    try {
      const file = join(folder, 'heap.pb');
      writeFileSync(file, encodeProfile(decodeTables(readFixture('heap.pb.gz'))));
      expect(pprof('-raw', file)).toBe(pprof('-raw', fixturePath('heap.pb.gz')));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(missing).each([
    ['default', ''],
    ['templates', 'demangle=templates'],
    ['full', 'demangle=full'],
    ['none', 'demangle=none'],
  ] as const)('mangled names are shown as theirs: %s', (style, mode) => {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-'));
    try {
      const file = join(folder, 'mangled.pb');
      const profile = drawProfile(MANGLED);
      writeFileSync(file, encodeProfile(profile));
      const theirs = pprof('-raw', `-symbolize=fastlocal:${mode}`, file);
      writeFileSync(file, encodeProfile(simplifyNames(profile, style, style !== 'default')));
      expect(pprof('-raw', file)).toBe(theirs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const MANGLED = `
  types cpu/nanoseconds
  main > _ZN3foo3barEv > _ZN3foo3barEi > _ZNSt6vectorIiSaIiEE9push_backERKi = 10
  main > __ZN3foo3barEv > _ZZ4mainENKUlvE_clEv.isra.0 > _ZN4core3ptr13drop_in_place17h0123456789abcdefE = 20
  main > _RNvC6_123foo3bar > _RINvNtC3std3mem8align_ofdE > _ZN3foo = 30
  main > std::map<int,int>::find(int) > _start > _Z = 40
`;
