import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { matchGcLine } from './gctrace-line.ts';

function read(line: string) {
  const found = matchGcLine(line, 0);
  if (found.kind !== 'whole') throw new Error(`${found.kind}: ${line}`);
  return { ...found.cycle, end: found.end };
}

describe('matchGcLine', () => {
  it('reads the five phases of Go 1.5: three of them stop the world', () => {
    const cycle = read(
      'gc 1 @0.314s 3%: 0.54+0.15+0.01+0.082+0.22 ms clock, 1.0+0.15+0+0.5/2/0.027+0.45 ms cpu, 4->5->3 MB, 4 MB goal, 2 P',
    );
    expect(cycle).toMatchObject({
      number: 1,
      atSeconds: 0.314,
      cpuPercent: 3,
      longestStopMillis: 0.54,
      assistMillis: 0.5,
      beforeBytes: 4 * MIB,
      afterBytes: 5 * MIB,
      liveBytes: 3 * MIB,
      goalBytes: 4 * MIB,
      stackBytes: NaN,
      processors: 2,
      isForced: false,
    });
    expect(cycle.stopMillis).toBeCloseTo(0.77, 9);
    expect(cycle.clockMillis).toBeCloseTo(1.002, 9);
    expect(cycle.cpuMillis).toBeCloseTo(1.0 + 0.15 + 0.5 + 2 + 0.45, 9);
  });

  it('counts all phases of a forced collection of Go 1.5 as a stop', () => {
    const cycle = read(
      'gc 2 @0.519s 0%: 0.14+1+2+3+0.14 ms clock, 0.28+0+0+0/0/0.027+0.28 ms cpu, 6->6->6 MB, 6 MB goal, 2 P (forced)',
    );
    expect(cycle.isForced).toBe(true);
    expect(cycle.stopMillis).toBeCloseTo(6.28, 9);
  });

  it('reads the three phases of Go 1.7 to 1.17', () => {
    const cycle = read(
      'gc 10 @1.424s 0%: 0.020+0.27+0.003 ms clock, 0.040+0.022/0.072/0.10+0.007 ms cpu, 6->6->3 MB, 7 MB goal, 2 P',
    );
    expect(cycle.stopMillis).toBeCloseTo(0.023, 9);
    expect(cycle.cpuMillis).toBeCloseTo(0.04 + 0.022 + 0.072 + 0.007, 9);
  });

  it('reads stacks and globals of Go 1.18 on, and the note of Go 1.26', () => {
    const cycle = read(
      'gc 2 @0.105s 0% (checking for goroutine leaks): 0.15+1.3+0.002 ms clock, 0.31+0/0.21/0+0.004 ms cpu, 2->2->1 MB, 4 MB goal, 7 MB stacks, 1 MB globals, 2 P (forced)',
    );
    expect(cycle).toMatchObject({ stackBytes: 7 * MIB, globalsBytes: MIB, isForced: true });
  });

  it('reads fields that a later version may add', () => {
    const cycle = read(
      'gc 2 @0.105s 0%: 0.15+1.3+0.002 ms clock, 0.31+0/0.21/0+0.004 ms cpu, 2->2->1 MB, 4 MB goal, 7 MB stacks, 1 MB globals, 9 MB arenas, 2 P',
    );
    expect(cycle.processors).toBe(2);
  });

  it('says that there is no goal where GOGC is off', () => {
    const cycle = read(
      'gc 2 @0.105s 0%: 0.15+1.3+0.002 ms clock, 0.31+0/0.21/0+0.004 ms cpu, 2->2->1 MB, 17592186044415 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)',
    );
    expect(cycle.goalBytes).toBe(Infinity);
  });

  it('stops behind the line and leaves what follows', () => {
    const line =
      'gc 1 @0.3s 0%: 0.02+0.04+0.03 ms clock, 0.04+0.01/0/0.03+0.07 ms cpu, 4->4->3 MB, 5 MB goal, 2 P';
    expect(read(`${line}2026/01/01 hello`).end).toBe(line.length);
    expect(read(`${line} hello`).end).toBe(line.length);
  });

  it('says where a line is cut, and where the digits before that begin', () => {
    const line =
      'gc 1 @0.3s 0%: 0.02+0.04+0.03 ms clock, 0.04+0.01/0/0.03+0.07 ms cpu, 4->4->3 MB, 72026/11/21 kept';
    expect(matchGcLine(line, 0)).toEqual({
      kind: 'cut',
      cutAt: line.indexOf('/11'),
      numberAt: line.indexOf('72026'),
    });
    expect(matchGcLine('gc 1 @0.3s 0%: hello', 0)).toEqual({ kind: 'cut', cutAt: 15, numberAt: -1 });
  });

  it('refuses what is no collection', () => {
    for (const line of [
      '',
      'gc',
      'gc 1',
      'gc1(1): 5+6+7 us, 0 -> 0 MB, 20 (21-1) objects',
      'gc 0 @0.3s 0%: 0.02+0.04+0.03 ms clock, 0.04+0.01/0/0.03+0.07 ms cpu, 4->4->3 MB, 5 MB goal, 2 P',
      'gc 1 @0.3s 0%: 0.02+0.04+0.03 ms clock, 0.04+0.01/0/0.03+0.07 ms cpu, 4->4->99999999999 MB, 5 MB goal, 2 P',
    ]) {
      expect(matchGcLine(line, 0).kind, line).toBe('none');
    }
  });
});
