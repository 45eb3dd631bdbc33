// The outputs that pprof lacks say the same as `traces`: the same stacks, the same weights, the same totals.
import { describe, expect, it } from 'vitest';
import { buildFlameTree } from '../../flamegraph/flame-tree.ts';
import { renderFlameSvg } from '../../flamegraph/render-svg.ts';
import { decodeProfile } from '../../pprof/decode-profile.ts';
import { encodeProfile } from '../../pprof/encode-proto.ts';
import type { Profile } from '../../pprof/tables.ts';
import { fixtureNames, readFixture } from '../../testing/fixture-profiles.ts';
import { combineProfiles } from '../combine.ts';
import { GoroutineGrouper } from '../goroutine-groups.ts';
import { computeGrowthDiff } from '../growth-diff.ts';
import { findSampleTypeOrNone } from '../sample-types.ts';
import { simplifyNames } from '../simplify-names.ts';
import { renderFolded } from './folded.ts';
import type { Granularity } from './options.ts';
import { prepareReport, type PreparedReport } from './prepare.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import { renderSpeedscope } from './speedscope.ts';
import { renderTraces } from './traces.ts';

const HOST = {
  zoneAt: () => ({ name: 'UTC', offsetSeconds: 0 }),
  readSource: () => null,
  readLibrarySource: () => null,
  workingFolder: () => '/',
  warn: () => undefined,
};

function prepare(profile: Profile, granularity: Granularity): PreparedReport {
  const unit = profile.strings.get(profile.sampleTypes.unit[profile.sampleTypes.length - 1]);
  return prepareReport(profile, {
    report: 'traces',
    shape: { defaultNodeCount: 0, isUntrimmed: true },
    // The unit of the profile: then `traces` prints whole numbers.
    settings: { ...DEFAULT_SETTINGS, granularity, unit, sampleIndex: String(profile.sampleTypes.length - 1) },
    symbol: null,
    isDifference: false,
    host: HOST,
    compile: () => {
      throw new Error('no expression is used');
    },
  });
}

type Weights = ReadonlyMap<string, bigint>;

function addUp(stacks: Iterable<readonly [string, bigint]>): Weights {
  const sums = new Map<string, bigint>();
  for (const [stack, weight] of stacks) sums.set(stack, (sums.get(stack) ?? 0n) + weight);
  return new Map([...sums].filter(([, weight]) => weight !== 0n).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Stacks of `traces`, root first, joined by `;`. */
function readTraces(text: string): Weights {
  const blocks = text.split(/^-+\+-+\n/m).slice(1);
  return addUp(
    blocks.flatMap((block): [string, bigint][] => {
      const rows = block.split('\n').filter((line) => /^ *\S+ {3}\S|^ {13}\S/.test(line));
      const first = rows.findIndex((line) => /^ *-?\d[^ :]* {3}\S/.test(line));
      if (first < 0) return [];
      const value = /^ *(-?\d+)/.exec(rows[first])?.[1] ?? '';
      const names = rows.slice(first).map((line) => line.replace(/^ *\S+ {3}(?=\S)|^ {13}/, ''));
      const clean = names.map((name, i) =>
        (i === 0 ? rows[first].replace(/^ *\S+ {3}/, '') : name.trim()).replace(/ \(inline\)$/, ''),
      );
      return [[clean.reverse().join(';'), BigInt(value)]];
    }),
  );
}

function readFolded(text: string): Weights {
  return addUp(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), BigInt(line.slice(at + 1))];
      }),
  );
}

interface Speedscope {
  readonly shared: { readonly frames: readonly { readonly name: string }[] };
  readonly activeProfileIndex: number;
  readonly profiles: readonly {
    readonly samples: readonly (readonly number[])[];
    readonly weights: readonly number[];
    readonly endValue: number;
  }[];
}

function readSpeedscope(text: string): { weights: Weights; endValue: bigint } {
  const file = JSON.parse(text) as Speedscope;
  const { samples, weights, endValue } = file.profiles[file.activeProfileIndex];
  const name = (frame: number): string => file.shared.frames[frame].name;
  return {
    weights: addUp(samples.map((stack, row) => [stack.map(name).join(';'), BigInt(weights[row])])),
    endValue: BigInt(endValue),
  };
}

/** Paths with a value of their own, from the SVG alone: depth and order of frames give the path. */
function readFlame(svg: string): Weights {
  const frame = /data-v="(-?\d+)" data-d="(\d+)"><title>([\s\S]*?)\n[^\n]*<\/title>/g;
  const text = (xml: string): string =>
    xml.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => {
      const characters: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
      return characters[name];
    });
  const path: string[] = [];
  const self = new Map<string, bigint>();
  for (const [, value, depth, name] of svg.matchAll(frame)) {
    const level = Number(depth);
    if (level === 0) continue;
    path.length = level - 1;
    path.push(text(name));
    self.set(path.join(';'), (self.get(path.join(';')) ?? 0n) + BigInt(value));
    const above = path.slice(0, -1).join(';');
    if (above !== '') self.set(above, (self.get(above) ?? 0n) - BigInt(value));
  }
  return addUp(self);
}

const sum = (weights: Weights): bigint => [...weights.values()].reduce((all, weight) => all + weight, 0n);

const decode = (name: string): Profile | null => {
  const decoded = decodeProfile(readFixture(name));
  return decoded.form === 'goroutine-dump' ? null : decoded.profile;
};

const NAMES = [...fixtureNames('.pb.gz'), ...fixtureNames('.txt')];

describe.each(NAMES.filter((name) => decode(name) !== null))('stacks of %s', (name) => {
  it.each(['functions', 'lines', 'addresses'] as const)(
    'are the same in every output, by %s',
    (granularity) => {
      const profile = decode(name);
      if (profile === null) throw new Error('filtered above');
      const prepared = prepare(combineProfiles([profile]), granularity);
      const traces = readTraces([...renderTraces(prepared.profile, prepared.options)].join(''));
      // Threads of the runtime's own have no frames.
      expect(traces.size > 0).toBe(profile.stacks.location.length > 0);
      expect(readFolded([...renderFolded(prepared.profile, prepared.options)].join(''))).toEqual(traces);
      const speedscope = readSpeedscope([...renderSpeedscope(prepared.profile, prepared.options)].join(''));
      expect(speedscope.weights).toEqual(traces);
      expect(speedscope.endValue).toBe(sum(traces));
      const tree = buildFlameTree(prepared.profile, prepared.options.valueColumn);
      const svg = [...renderFlameSvg(tree, { title: '', notes: [], formatValue: String })].join('');
      expect(readFlame(svg)).toEqual(traces);
      expect(BigInt(tree.total[0])).toBe(sum(traces));
    },
  );
});

describe('folded stacks', () => {
  it('keep names that look like C++ when they are read and simplified as all others', () => {
    const text = 'main;std::vector<int>::push_back(int);<a> 12\nmain;foo(bar) 3\n';
    const decoded = decodeProfile(new TextEncoder().encode(text));
    if (decoded.form !== 'folded') throw new Error(`taken for ${decoded.form}`);
    const read = simplifyNames(combineProfiles([decoded.profile]), 'default', false);
    expect([...renderFolded(read, prepare(read, 'functions').options)].join('')).toBe(text);
  });

  it.each([
    'main;put 5\nidle 7\n',
    'error 404\nerror 0\n',
    'a b 5\na b 0\na b 0\n',
    '[unknown];a 9007199254740993\n',
  ])('%j are the same when they are read and written again', (text) => {
    const decoded = decodeProfile(new TextEncoder().encode(text));
    if (decoded.form !== 'folded') throw new Error(`taken for ${decoded.form}`);
    const prepared = prepare(decoded.profile, 'functions');
    expect([...renderFolded(prepared.profile, prepared.options)].join('')).toBe(text);
  });

  it('of any fixture are read as they are written', () => {
    for (const name of NAMES) {
      const profile = decode(name);
      if (profile === null || profile.stacks.location.length === 0) continue;
      const prepared = prepare(combineProfiles([profile]), 'functions');
      const text = [...renderFolded(prepared.profile, prepared.options)].join('');
      const again = decodeProfile(new TextEncoder().encode(text));
      if (again.form !== 'folded') throw new Error(`${name} taken for ${again.form}`);
      const rewritten = prepare(again.profile, 'functions');
      expect([...renderFolded(rewritten.profile, rewritten.options)].join('')).toBe(text);
    }
  });
});

describe('groups of goroutines', () => {
  it.each(NAMES.filter((name) => name.includes('goroutine')))('of %s add up to all of them', (name) => {
    const grouper = new GoroutineGrouper();
    const decoded = decodeProfile(readFixture(name));
    let all = 0;
    if (decoded.form === 'goroutine-dump') {
      grouper.addDump(decoded.dump);
      all = decoded.dump.goroutines.length;
    } else {
      const column = decoded.profile.sampleTypes.length - 1;
      grouper.addProfile(decoded.profile, column);
      for (const value of decoded.profile.samples.values[column]) all += Number(value);
    }
    const groups = grouper.finish();
    expect(groups.reduce((total, { count }) => total + count, 0)).toBe(all);
    expect(all).toBeGreaterThan(0);
  });
});

describe('a merge', () => {
  it.each(fixtureNames('.pb.gz'))('of %s with itself holds everything twice', (name) => {
    const profile = decode(name);
    if (profile === null) throw new Error('protobuf');
    const merged = combineProfiles([profile, profile]);
    const again = decodeProfile(encodeProfile(merged));
    if (again.form !== 'proto') throw new Error('not protobuf');
    for (let column = 0; column < profile.sampleTypes.length; column++) {
      const total = (one: Profile): bigint =>
        [...one.samples.values[column]].reduce<bigint>((all, value) => all + BigInt(value), 0n);
      expect(total(again.profile)).toBe(2n * total(profile));
    }
  });
});

describe('a diff', () => {
  const heaps = fixtureNames('.pb.gz').filter((name) => {
    const profile = decode(name);
    return profile !== null && findSampleTypeOrNone(profile, 'inuse_space') >= 0;
  });

  it.each(heaps)('of %s with itself has not grown', (name) => {
    const profile = decode(name);
    if (profile === null) throw new Error('protobuf');
    const diff = computeGrowthDiff(profile, profile, 'inuse_space', 'flat');
    expect(diff.rows).toEqual([]);
    expect(diff.total.growth).toBe(0);
  });
});
