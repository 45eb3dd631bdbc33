import { describe, expect, it } from 'vitest';
import { decodeTables } from '../pprof/decode-profile.ts';
import type { Profile } from '../pprof/tables.ts';
import { drawProfile, renderSamples } from '../testing/drawn-profile.ts';
import { fixtureNames, readFixture } from '../testing/fixture-profiles.ts';
import { checkProfile } from './check-profile.ts';
import { createMerger, mergeProfiles } from './merge.ts';
import { SequenceInterner } from './sequence-interner.ts';

function mergeOneByOne(profiles: readonly Profile[]): Profile {
  const merger = createMerger();
  for (const profile of profiles) merger.add(profile);
  return merger.finish();
}

describe('createMerger', () => {
  it('gives what merging all at once gives', () => {
    const heaps = fixtureNames('.pb.gz')
      .filter((name) => /^(heap|allocs)/.test(name))
      .map((name) => decodeTables(readFixture(name)));
    expect(heaps.length).toBeGreaterThan(1);
    const merged = mergeOneByOne(heaps);
    checkProfile(merged);
    expect(renderSamples(merged)).toBe(renderSamples(mergeProfiles(heaps)));
  });

  it('keeps only the sample types that all profiles have had, and drops samples that are zero in those', () => {
    const merged = mergeOneByOne([
      drawProfile(`
        types a/count b/bytes
        main.f = 1 10
        main.onlyA = 5 0
      `),
      drawProfile(`
        types b/bytes c/count
        main.f = 32 1
        main.g = 2 0
      `),
    ]);
    expect(renderSamples(merged)).toBe('main.f = 42\nmain.g = 2');
  });

  it('adds beyond 2^53 without losing a digit, and wraps as int64 does', () => {
    const half = drawProfile(`
      types n/count
      main.f = 9007199254740991
      main.g = 9223372036854775807
    `);
    const merged = mergeOneByOne([half, half, half]);
    expect(renderSamples(merged)).toBe('main.f = 27021597764222973\nmain.g = 9223372036854775805');
  });

  it('stays as it was when a profile does not go with the others', () => {
    const merger = createMerger();
    const heap = drawProfile(`
      types space/bytes
      main.f = 1
    `);
    merger.add(heap);
    const other = drawProfile(`
      types space/kilobytes
      main.f = 1
    `);
    expect(() => merger.add(other)).toThrow('space is in bytes here and in kilobytes there');
    expect(() => merger.add(drawProfile('types cpu/nanoseconds'))).toThrow('no sample type in common');
    merger.add(heap);
    expect(renderSamples(merger.finish())).toBe('main.f = 2');
  });

  it('holds no more after a hundred times the same profile than after one', () => {
    const profile = decodeTables(readFixture('heap.pb.gz'));
    const many = mergeOneByOne(Array.from({ length: 100 }, () => profile));
    const one = mergeOneByOne([profile]);
    expect([many.samples.length, many.stacks.location.length, many.strings.bytes.length]).toEqual([
      one.samples.length,
      one.stacks.location.length,
      one.strings.bytes.length,
    ]);
  });

  it('tells labels apart by text, number and unit, whatever their order', () => {
    const merged = mergeOneByOne([
      drawProfile(`
        types n/count
        f = 1 a="x" b="y"
        f = 2 b="y" a="x"
        f = 4 a:7bytes
        f = 8 a:7
        f = 16 a="x" a="y"
        f = 32 a="y" a="x"
      `),
    ]);
    expect(renderSamples(merged)).toBe(
      ['f = 3 a="x" b="y"', 'f = 4 a:7bytes', 'f = 8 a:7', 'f = 16 a="x" a="y"', 'f = 32 a="y" a="x"'].join(
        '\n',
      ),
    );
  });
});

describe('SequenceInterner', () => {
  it('gives equal sequences one row, however many there are', () => {
    const interner = new SequenceInterner();
    const add = (i: number): number => {
      for (let cell = 0; cell < i % 5; cell++) interner.push(i);
      interner.push(i);
      return interner.intern();
    };
    const first = Array.from({ length: 5000 }, (_, i) => add(i));
    const second = Array.from({ length: 5000 }, (_, i) => add(i));
    expect(second).toEqual(first);
    expect(new Set(first).size).toBe(5000);
    expect(interner.count).toBe(5000);
  });
});
