import { describe, expect, it } from 'vitest';
import { decodeProfile, decodeTables } from '../pprof/decode-profile.ts';
import { drawProfile } from '../testing/drawn-profile.ts';
import { readFixture } from '../testing/fixture-profiles.ts';
import type { Profile } from '../pprof/tables.ts';
import { MAX_HEAP_SNAPSHOTS, ProfileHistory } from './profile-history.ts';
import { reduceGoroutineDump, reduceGoroutines, reduceHeap } from './reduce.ts';
import { recoverSampleCount, samplingProbability } from './sampling.ts';
import type { GoroutineSnapshot, HeapSnapshot, StackReader } from './snapshot.ts';
import { OTHER_STACKS, StackInterner } from './stack-interner.ts';

function drawHeap(samples: string): Profile {
  return drawProfile(`
    types alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes
    period space/bytes 524288
    ${samples}
  `);
}

function renderHeap(snapshot: HeapSnapshot, stacks: StackReader): string[] {
  return Array.from({ length: snapshot.length }, (_, row) => {
    const path = stacks
      .frames(snapshot.stack[row])
      .map((frame) => frame.function)
      .join(' < ');
    return `${path}, ${snapshot.objectBytes[row]} B: ${snapshot.inuseObjects[row]} ${snapshot.inuseBytes[row]} of ${snapshot.allocObjects[row]} ${snapshot.allocBytes[row]}`;
  });
}

function renderCounts(snapshot: GoroutineSnapshot, stacks: StackReader): string[] {
  return Array.from(
    { length: snapshot.length },
    (_, row) =>
      `${snapshot.count[row]} ${stacks
        .frames(snapshot.stack[row])
        .map((frame) => frame.function)
        .join(' < ')}`,
  );
}

describe('reduceHeap', () => {
  it('makes one row of each stack and object size, inlined lines as frames of their own', () => {
    const stacks = new StackInterner();
    const profile = drawHeap(`
      main > a >> tiny = 4 256 2 128 bytes:64
      main > a >> tiny = 2 2048 1 1024 bytes:1024
      main > a >> tiny = 1 64 1 64 bytes:64 tenant="t1"
      main > gone = 7 700 0 0 bytes:100
      main > never = 0 0 0 0 bytes:100
    `);
    expect(renderHeap(reduceHeap(profile, stacks, 5), stacks)).toEqual([
      'tiny < a < main, 64 B: 3 192 of 5 320',
      'tiny < a < main, 1024 B: 1 1024 of 2 2048',
      'gone < main, 100 B: 0 0 of 7 700',
    ]);
  });

  it('derives the object size where no label gives it', () => {
    const stacks = new StackInterner();
    const profile = drawHeap(`
      a = 9 900 4 256
      b = 4 1200 0 0
    `);
    expect(reduceHeap(profile, stacks, 0).objectBytes).toEqual(Float64Array.of(64, 300));
  });

  it('finds sample types in any order and takes in-use for allocated where only that is known', () => {
    const stacks = new StackInterner();
    const turned = drawProfile(`
      types inuse_space/bytes alloc_objects/count inuse_objects/count alloc_space/bytes
      a = 128 4 2 256 bytes:64
    `);
    const two = drawProfile(`
      types objects/count space/bytes
      a = 2 128 bytes:64
    `);
    expect(renderHeap(reduceHeap(turned, stacks, 0), stacks)).toEqual(['a, 64 B: 2 128 of 4 256']);
    expect(renderHeap(reduceHeap(two, stacks, 0), stacks)).toEqual(['a, 64 B: 2 128 of 2 128']);
    expect(reduceHeap(two, stacks, 0).periodBytes).toBe(1);
  });

  it('gives two functions of one name in different files two stacks, and equal ones one', () => {
    const stacks = new StackInterner();
    const profile = drawHeap(`
      f@a.go:1 = 1 1 1 1 bytes:1
      f@b.go:1 = 1 1 1 1 bytes:1
      f@a.go:1 = 1 2 1 2 bytes:2
    `);
    expect([...reduceHeap(profile, stacks, 0).stack]).toEqual([0, 1, 0]);
  });

  it('refuses a profile without in-use values', () => {
    const cpu = drawProfile('types samples/count cpu/nanoseconds\nf = 1 2');
    expect(() => reduceHeap(cpu, new StackInterner(), 0)).toThrow(/inuse_objects/);
  });

  it('lets the number of recorded objects be recovered from a real profile', () => {
    const profile = decodeTables(readFixture('heap.pb.gz'));
    const snapshot = reduceHeap(profile, new StackInterner(), 0);
    expect(snapshot.periodBytes).toBe(65_536);
    for (let row = 0; row < snapshot.length; row++) {
      const p = samplingProbability(snapshot.objectBytes[row], snapshot.periodBytes);
      // Whole but for rounding of the estimate to objects.
      const samples = snapshot.inuseObjects[row] * p;
      expect(Math.abs(samples - recoverSampleCount(snapshot.inuseObjects[row], p))).toBeLessThanOrEqual(p);
    }
  });
});

describe('reduceGoroutines', () => {
  it('sums labels over and counts as the profile does', () => {
    const stacks = new StackInterner();
    const snapshot = reduceGoroutines(decodeTables(readFixture('goroutine.pb.gz')), stacks, 0);
    expect(renderCounts(snapshot, stacks)).toContain(
      '40 runtime.gopark < runtime.chanrecv < runtime.chanrecv1 < main.wait',
    );
  });

  it('reads threadcreate and goroutineleak alike, and refuses what counts neither', () => {
    const stacks = new StackInterner();
    expect(
      reduceGoroutines(decodeTables(readFixture('threadcreate.debug1.txt')), stacks, 0).count[0],
    ).toBeGreaterThan(0);
    const leaked = drawProfile('types goroutineleak/count\nmain > send = 3');
    expect(renderCounts(reduceGoroutines(leaked, stacks, 0), stacks)).toEqual(['3 send < main']);
    expect(() => reduceGoroutines(drawHeap('f = 1 1 1 1'), stacks, 0)).toThrow(/counts no goroutines/);
  });

  it('counts a dump as the text profile of the same moment', () => {
    const stacks = new StackInterner();
    const decoded = decodeProfile(readFixture('goroutine.debug2.txt'));
    if (decoded.form !== 'goroutine-dump') throw new Error('no dump');
    expect(renderCounts(reduceGoroutineDump(decoded.dump, stacks, 0), stacks)).toContain('40 main.wait');
  });
});

describe('StackInterner', () => {
  it('puts stacks beyond its bound into one row', () => {
    const stacks = new StackInterner(2);
    const rows = ['a', 'b', 'c', 'd', 'a'].map((name) =>
      stacks.intern([{ function: name, file: '', line: 1 }]),
    );
    expect(rows).toEqual([0, 1, 2, 2, 0]);
    expect(stacks.frames(rows[2])).toEqual([OTHER_STACKS]);
  });

  it('tells the row of the others from a stack that looks like it, and finds known ones when it is full', () => {
    const stacks = new StackInterner(2);
    const other = stacks.otherStacks();
    const rows = [[OTHER_STACKS], [], [{ function: 'a', file: '', line: 1 }], [], [OTHER_STACKS]].map(
      (frames) => stacks.intern(frames),
    );
    expect([other, ...rows]).toEqual([0, 1, 2, 0, 2, 1]);
    expect(stacks.frames(rows[0])).toEqual(stacks.frames(other));
  });

  it('keeps frames apart by lines beyond 32 bits', () => {
    const stacks = new StackInterner();
    const lines = [7, 2 ** 32 + 7, -1, 7];
    const rows = lines.map((line) => stacks.intern([{ function: 'f', file: 'f.go', line }]));
    expect(rows).toEqual([0, 1, 2, 0]);
    expect(rows.map((row) => stacks.frames(row)[0].line)).toEqual(lines);
  });

  it('keeps names exactly as they are spelled', () => {
    const stacks = new StackInterner();
    const name = 'gopkg.in/natefinch/lumberjack%2ev2.(*Logger).Write';
    expect(stacks.frames(stacks.intern([{ function: name, file: 'x.go', line: 7 }]))[0].function).toBe(name);
  });

  it('compacts into a new one and leaves the old one readable', () => {
    const stacks = new StackInterner();
    const rows = ['a', 'b', 'c'].map((name) => stacks.intern([{ function: name, file: '', line: 1 }]));
    const { interner, remap } = stacks.compact(Uint8Array.of(1, 0, 1));
    expect([...remap]).toEqual([0, -1, 1]);
    expect([interner.size, stacks.frames(rows[1])[0].function]).toEqual([2, 'b']);
  });
});

describe('ProfileHistory', () => {
  const HOUR = 3_600_000;
  const heapAt = (n: number): Profile => drawHeap(`main > leak = ${n} ${n * 64} ${n} ${n * 64} bytes:64`);

  it('keeps the first and the newest, thins the middle evenly and never exceeds its bound', () => {
    const history = new ProfileHistory();
    for (let n = 1; n <= 500; n++) history.addHeap(heapAt(n), n * HOUR);
    const hours = history.heap.map((snapshot) => snapshot.takenAtMillis / HOUR);
    expect(hours).toHaveLength(MAX_HEAP_SNAPSHOTS);
    expect([hours[0], hours.at(-1)]).toEqual([1, 500]);
    const gaps = hours.slice(1).map((hour, i) => hour - hours[i]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual((500 / (MAX_HEAP_SNAPSHOTS - 1)) * 2);
  });

  it('is the same after the same profiles', () => {
    const build = (): number[] => {
      const history = new ProfileHistory({ maxHeapSnapshots: 5 });
      for (let n = 1; n <= 40; n++) history.addHeap(heapAt(n), n * n * 1000);
      return history.heap.map((snapshot) => snapshot.takenAtMillis);
    };
    expect(build()).toEqual(build());
  });

  it('gives one stack one number over all its snapshots', () => {
    const history = new ProfileHistory();
    history.addHeap(decodeTables(readFixture('heap.before.pb.gz')), 1);
    history.addHeap(decodeTables(readFixture('heap.pb.gz')), 2);
    const [before, after] = history.heap;
    const shared = Array.from(before.stack).filter((stack) => after.stack.includes(stack));
    expect(shared).toHaveLength(before.length);
  });

  it('does not take a profile that is not newer than the newest', () => {
    const history = new ProfileHistory();
    history.addHeap(heapAt(1), 10);
    expect([history.addHeap(heapAt(2), 10), history.addHeap(heapAt(2), 9)]).toEqual([null, null]);
    expect(history.heap).toHaveLength(1);
  });

  it('does not mix goroutine profiles that show frames of the runtime with texts that hide them', () => {
    const history = new ProfileHistory();
    expect(history.addGoroutines(decodeTables(readFixture('goroutine.pb.gz')), 1)).not.toBeNull();
    expect(history.addGoroutines(decodeTables(readFixture('goroutine.debug1.txt')), 2)).toBeNull();
    expect(history.addGoroutines(decodeTables(readFixture('goroutine.pb.gz')), 3)).not.toBeNull();
    expect(history.goroutines).toHaveLength(2);
  });

  it('throws stacks away that no snapshot uses any more, without breaking what was handed out', () => {
    const history = new ProfileHistory({ maxHeapSnapshots: 2, maxStacks: 8 });
    const first = history.addHeap(drawHeap('first = 1 64 1 64 bytes:64'), 0);
    const firstStacks = history.stacks;
    for (let n = 1; n <= 100; n++) {
      history.addHeap(drawHeap(`site${n} = 1 64 1 64 bytes:64\nfirst = 1 64 1 64 bytes:64`), n);
      expect(history.stacks.size).toBeLessThanOrEqual(9);
      expect(history.heap.map((snapshot) => renderHeap(snapshot, history.stacks).length)).toEqual([1, 2]);
    }
    const newest = history.heap[1];
    expect(renderHeap(newest, history.stacks)).toEqual([
      'site100, 64 B: 1 64 of 1 64',
      'first, 64 B: 1 64 of 1 64',
    ]);
    expect(history.heap[0].stack[0]).toBe(newest.stack[1]);
    expect(first && renderHeap(first, firstStacks)).toEqual(['first, 64 B: 1 64 of 1 64']);
  });

  it('keeps totals when there are more stacks than it can hold', () => {
    const history = new ProfileHistory({ maxStacks: 4 });
    const samples = Array.from({ length: 10 }, (_, n) => `site${n} = 1 64 1 64 bytes:64`).join('\n');
    const snapshot = history.addHeap(drawHeap(samples), 0);
    expect(snapshot?.inuseBytes.reduce((sum, bytes) => sum + bytes)).toBe(640);
    expect(snapshot && renderHeap(snapshot, history.stacks).at(-1)).toBe(
      '(other stacks), 64 B: 6 384 of 6 384',
    );
  });

  it('forgets everything at a restart', () => {
    const history = new ProfileHistory();
    history.addHeap(heapAt(1), 10);
    history.restart();
    expect([history.heap.length, history.stacks.size]).toEqual([0, 0]);
    expect(history.addHeap(heapAt(1), 5)).not.toBeNull();
  });

  it('is unchanged by a profile of another kind', () => {
    const history = new ProfileHistory();
    expect(() => history.addHeap(drawProfile('types goroutine/count\nf = 1'), 1)).toThrow(/inuse_objects/);
    expect(history.heap).toHaveLength(0);
  });
});
