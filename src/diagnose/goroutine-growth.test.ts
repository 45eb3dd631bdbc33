import { describe, expect, it } from 'vitest';
import { drawSnapshots } from '../testing/drawn-snapshots.ts';
import { clusterGroups, findGrowingGroups, foldGroups, keepRatio } from './goroutine-growth.ts';
import { readWaitReason } from '../profile/wait-reason.ts';
import { createPathReader } from './stack-path.ts';

const PARKED = 'runtime.chanrecv > runtime.gopark';

function growing(drawing: string, isLaneLeak = false) {
  const drawn = drawSnapshots(`goroutines\n${drawing}`);
  const table = foldGroups(drawn.goroutines, createPathReader(drawn.stacks, null));
  return findGrowingGroups(table, 0, isLaneLeak);
}

describe('readWaitReason', () => {
  const reasonOf = (path: string) => {
    const drawn = drawSnapshots(`goroutines\n${path} | 1`);
    return readWaitReason(drawn.stacks.frames(drawn.goroutines[0].stack[0]));
  };

  it.each([
    ['main.f > runtime.chansend1 > runtime.chansend > runtime.gopark', 'chan send'],
    ['main.f > runtime.chanrecv2 > runtime.chanrecv > runtime.gopark', 'chan receive'],
    ['main.f > runtime.selectgo > runtime.gopark', 'select'],
    ['main.f > runtime.block > runtime.gopark', 'select (no cases)'],
    [
      'main.f > net.(*conn).Read > internal/poll.(*FD).Read > internal/poll.runtime_pollWait > runtime.netpollblock > runtime.gopark',
      'IO wait',
    ],
    ['main.f > time.Sleep > runtime.gopark', 'sleep'],
    [
      'main.f > sync.(*Mutex).Lock > internal/sync.(*Mutex).lockSlow > internal/sync.runtime_SemacquireMutex > runtime.semacquire1 > runtime.goparkunlock > runtime.gopark',
      'sync.Mutex.Lock',
    ],
    [
      'main.f > sync.(*WaitGroup).Wait > sync.runtime_SemacquireWaitGroup > runtime.semacquire1 > runtime.gopark',
      'sync.WaitGroup.Wait',
    ],
    [
      'main.f > sync.(*Cond).Wait > sync.runtime_notifyListWait > runtime.goparkunlock > runtime.gopark',
      'sync.Cond.Wait',
    ],
    ['main.f > lib._Cfunc_wait > runtime.cgocall', 'cgo call'],
    ['main.f > syscall.Read > syscall.read > syscall.Syscall', 'syscall'],
    ['main.f > main.compute', 'running'],
  ])('reads %s as %s', (path, reason) => {
    expect(reasonOf(path)).toBe(reason);
  });
});

describe('findGrowingGroups', () => {
  it('finds goroutines that come and never go', () => {
    const [first] = growing(`orders/hub.(*Hub).run > ${PARKED} | 1 11 21 31 41`);
    expect(first.group.waitsIn.function).toBe('orders/hub.(*Hub).run');
    expect(first.grown).toBe(40);
    expect(first.z).toBeCloseTo(Math.sqrt(40), 9);
  });

  it('finds no growth in a pool that fills and stays, nor in one that breathes', () => {
    expect(growing(`orders/pool.work > ${PARKED} | 0 20 40 40 40 40 40`)).toEqual([]);
    expect(growing(`orders/pool.work > ${PARKED} | 0 40 5 45 10 40 15`)).toEqual([]);
  });

  it('lets a group stand that stopped with the load where stage 1 calls the whole count a leak', () => {
    expect(growing(`orders/pool.work > ${PARKED} | 0 20 40 40 40 40 40`, true)).toHaveLength(1);
  });

  it("says the goroutine's own function where everything below is Go's plumbing", () => {
    const [first] = growing(
      'net/http.(*persistConn).readLoop > net.(*conn).Read > internal/poll.runtime_pollWait > runtime.netpollblock > runtime.gopark | 0 20 40 60',
    );
    expect(first.group.waitsIn.function).toBe('net/http.(*persistConn).readLoop');
    expect(first.group.reason).toBe('IO wait');
  });

  it('counts stacks that differ only below the wait as one group', () => {
    const [first, second] = growing(`
      orders/hub.run:7 > runtime.chanrecv1 > runtime.gopark | 0 20 40 60
      orders/hub.run:7 > runtime.chanrecv2 > runtime.gopark | 0 10 20 30
    `);
    expect(first.grown).toBe(90);
    expect(second).toBeUndefined();
  });
});

describe('clusterGroups', () => {
  it('joins reader and writer of one package, and groups of constant ratio', () => {
    const all = growing(`
      acme/conn.read > ${PARKED}  | 0 20 40 60 80
      acme/conn.write > ${PARKED} | 0 30 40 50 80
      acme/wait.on > ${PARKED}    | 0 40 80 120 160
    `);
    expect(clusterGroups(all, 0).map((cluster) => cluster.length)).toEqual([3]);
  });

  it('keeps apart groups of two packages that grow at different times', () => {
    const all = growing(`
      acme/conn.read > ${PARKED} | 0 60 120 140 160
      acme/wait.on > ${PARKED}   | 0 0 20 60 140
    `);
    expect(clusterGroups(all, 0).map((cluster) => cluster.length)).toEqual([1, 1]);
  });
});

describe('keepRatio', () => {
  it('needs two times at which both have grown', () => {
    expect(keepRatio([0, 20, 40, 60], [0, 40, 80, 120])).toBe(true);
    expect(keepRatio([0, 40, 80], [0, 40, 80])).toBe(false);
    expect(keepRatio([0, 20, 40, 60], [0, 15, 60, 120])).toBe(false);
  });
});
