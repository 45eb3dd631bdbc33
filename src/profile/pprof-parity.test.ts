// Our figures against those of the installed `go tool pprof`, on the same files.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTables } from '../pprof/decode-profile.ts';
import { encodeProfile } from '../pprof/encode-proto.ts';
import type { Profile } from '../pprof/tables.ts';
import { fixtureNames, fixturePath, readFixture } from '../testing/fixture-profiles.ts';
import { subtractProfile } from './merge.ts';
import { findSampleType, sampleTypeNames } from './sample-types.ts';
import { computeTop } from './top.ts';

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

/** `flat cum name` rows of `-top` with everything shown, in the smallest unit, as it prints them. */
function pprofTop(column: string, ...sources: string[]): string[] {
  const text = pprof(
    '-top',
    '-nodefraction=0',
    '-edgefraction=0',
    '-unit=B',
    `-sample_index=${column}`,
    ...sources,
  );
  const lines = text.split('\n');
  const header = lines.findIndex((line) => /^\s+flat\s+flat%/.test(line));
  return lines
    .slice(header + 1)
    .filter((line) => line !== '')
    .map((line) => {
      const [flat, , , cum, , ...name] = line.trim().split(/\s+/);
      return `${flat.replace(/B$/, '')} ${cum.replace(/B$/, '')} ${name.join(' ').replace(/ \((?:partial-)?inline\)$/, '')}`;
    });
}

function ourTop(profile: Profile, column: string): string[] {
  const top = computeTop(profile, findSampleType(profile, column));
  return top.name.map((name, row) => `${top.flat[row]} ${top.cum[row]} ${name}`);
}

const COUNTED = fixtureNames('.pb.gz').filter((name) => !name.startsWith('cpu'));

describe('parity with go tool pprof', () => {
  it.skipIf(missing).each(COUNTED)(
    `top of %s, every sample type${missing ? `: skipped, ${missing}` : ''}`,
    (name) => {
      const profile = decodeTables(readFixture(name));
      for (const column of sampleTypeNames(profile))
        expect(ourTop(profile, column)).toEqual(pprofTop(column, fixturePath(name)));
    },
  );

  it.skipIf(missing)(`top of a cpu profile, samples${missing ? `: skipped, ${missing}` : ''}`, () => {
    const profile = decodeTables(readFixture('cpu.pb.gz'));
    expect(ourTop(profile, 'samples')).toEqual(pprofTop('samples', fixturePath('cpu.pb.gz')));
  });

  it.skipIf(missing)(`top of a difference with -base${missing ? `: skipped, ${missing}` : ''}`, () => {
    const difference = subtractProfile(
      decodeTables(readFixture('heap.pb.gz')),
      decodeTables(readFixture('heap.before.pb.gz')),
    );
    const base = `-base=${fixturePath('heap.before.pb.gz')}`;
    expect(ourTop(difference, 'inuse_space')).toEqual(
      pprofTop('inuse_space', base, fixturePath('heap.pb.gz')),
    );
  });

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
