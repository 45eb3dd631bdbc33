import { describe, expect, it } from 'vitest';
import { decodeProto } from '../pprof/decode-proto.ts';
import { encodeProfile } from '../pprof/encode-proto.ts';
import { ProfileBuilder } from '../pprof/profile-builder.ts';
import type { Profile } from '../pprof/tables.ts';
import { drawProfile, renderSamples } from '../testing/drawn-profile.ts';
import { fixtureNames, readFixture } from '../testing/fixture-profiles.ts';
import { checkProfile } from './check-profile.ts';
import { filterSamples, focusSamples, ignoreSamples } from './filter.ts';
import { mergeProfiles, subtractProfile } from './merge.ts';
import { defaultSampleType, findSampleType } from './sample-types.ts';

function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}

describe('mergeProfiles', () => {
  it('adds samples of equal stack and labels, whatever the order of the labels', () => {
    const a = drawProfile(`
      types n/count
      main > a = 1 x="1" y="2"
      main > b = 5
    `);
    const b = drawProfile(`
      types n/count
      main > a = 10 y="2" x="1"
      main > a = 100 x="2"
      main > b = -5
    `);
    expect(renderSamples(mergeProfiles([a, b]))).toBe(
      lines(`
        main > a = 11 x="1" y="2"
        main > a = 100 x="2"
      `),
    );
  });

  it('keeps the sample types that all have, in the order of the first', () => {
    const a = drawProfile(`
      types alloc/bytes inuse/bytes
      f = 1 2
    `);
    const b = drawProfile(`
      types inuse/bytes other/count alloc/bytes
      f = 20 7 10
    `);
    expect(renderSamples(mergeProfiles([a, b]))).toBe('f = 11 22');
  });

  it('refuses profiles without a common type, or with one in different units', () => {
    const draw = (types: string): Profile =>
      drawProfile(`
        types ${types}
        f = 1
      `);
    expect(() => mergeProfiles([draw('cpu/nanoseconds'), draw('heap/bytes')])).toThrow(/in common/);
    expect(() => mergeProfiles([draw('t/nanoseconds'), draw('t/seconds')])).toThrow(/in nanoseconds here/);
  });

  it('knows code again that was loaded elsewhere', () => {
    const loadedAt = (start: number): Profile => {
      const builder = new ProfileBuilder();
      builder.addSampleType(builder.string('n'), builder.string('count'));
      const [file, buildId] = [builder.string('/bin/app'), builder.string('')];
      const mapping = builder.addMapping({ start, limit: start + 8192, offset: 0, file, buildId, flags: 0 });
      const location = builder.internLocation({ mapping, address: start + 16, lines: [], isFolded: false });
      builder.addSample(builder.internStack([location]), [1], []);
      return builder.finish();
    };
    const merged = mergeProfiles([loadedAt(0x1000), loadedAt(0x7000)]);
    expect(renderSamples(merged)).toBe('0x1010 = 2');
  });

  it('takes a mapping of all addresses for one of none, as pprof does, whose page count overflows', () => {
    const held = (limit: bigint): Profile => {
      const builder = new ProfileBuilder();
      builder.addSampleType(builder.string('n'), builder.string('count'));
      const none = builder.string('');
      const mapping = builder.addMapping({
        start: 0,
        limit,
        offset: 0,
        file: none,
        buildId: none,
        flags: 0,
      });
      const location = builder.internLocation({ mapping, address: 16, lines: [], isFolded: false });
      builder.addSample(builder.internStack([location]), [1], []);
      return builder.finish();
    };
    const merged = mergeProfiles([held(0n), held(2n ** 64n - 1n), held(2n ** 63n)]);
    expect([...merged.mappings.limit]).toEqual([0n, 2n ** 63n]);
    expect(renderSamples(merged)).toBe('0x10 = 2\n0x10 = 1');
  });
});

describe('subtractProfile', () => {
  it('leaves what changed, with its sign', () => {
    const before = drawProfile(`
      types n/count
      same = 3
      shrunk = 9007199254740993
      gone = 2
    `);
    const after = drawProfile(`
      types n/count
      shrunk = 1
      same = 3
      new = 4
    `);
    expect(renderSamples(subtractProfile(after, before))).toBe(
      lines(`
        shrunk = -9007199254740992
        new = 4
        gone = -2
      `),
    );
  });

  it.each(fixtureNames('.pb.gz'))('leaves nothing of %s minus itself', (name) => {
    const profile = decodeProto(readFixture(name));
    const difference = subtractProfile(profile, profile);
    checkProfile(difference);
    expect(difference.samples.length).toBe(0);
  });
});

describe('filters', () => {
  const profile = drawProfile(`
    types n/count
    main > a >> inner = 1 k="1"
    main > b = 2 k="2" l="3"
    main = 3
  `);

  it('focus keeps stacks with a match, inlined frames too; ignore keeps the others', () => {
    expect(renderSamples(focusSamples(profile, (name) => name === 'inner'))).toBe(
      'main > a >> inner = 1 k="1"',
    );
    expect(renderSamples(ignoreSamples(profile, (name) => name === 'inner'))).toBe(
      'main > b = 2 k="2" l="3"\nmain = 3',
    );
  });

  it('leaves tables that hold their invariants and survive encoding', () => {
    const filtered = filterSamples(profile, (sample) => sample !== 0);
    checkProfile(filtered);
    expect(renderSamples(decodeProto(encodeProfile(filtered)))).toBe(renderSamples(filtered));
  });
});

describe('sample types', () => {
  it('are found by name in any order, `inuse_space` also as `space`', () => {
    const four = drawProfile('types inuse_space/bytes alloc_space/bytes\nf = 1 2');
    const two = drawProfile('types objects/count space/bytes\nf = 1 2');
    expect([findSampleType(four, 'inuse_space'), findSampleType(two, 'inuse_space')]).toEqual([0, 1]);
    expect(() => findSampleType(two, 'cpu')).toThrow(/there is no sample type cpu/);
  });

  it('default to the last one', () => {
    expect(defaultSampleType(drawProfile('types objects/count space/bytes\nf = 1 2'))).toBe(1);
  });
});
