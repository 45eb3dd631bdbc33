// Our figures against those of the installed `go tool pprof`, on the same files.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTables } from '../pprof/decode-profile.ts';
import { encodeProfile } from '../pprof/encode-proto.ts';
import { fixturePath, readFixture } from '../testing/fixture-profiles.ts';

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
});
