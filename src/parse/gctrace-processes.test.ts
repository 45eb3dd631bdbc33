import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { GcTraceReader } from './gctrace-reader.ts';
import { GcTraceProcesses, MAX_PROCESSES } from './gctrace-processes.ts';

/** Lines drawn as `number@seconds live`, with text before the line where it is given: `web | 3@1.5 7`. */
function follow(drawn: string, timeOf: (line: number) => number | null = () => null) {
  const processes = new GcTraceProcesses();
  const reader = new GcTraceReader({
    cycle: (traced) => processes.add(traced),
    scavenger: () => undefined,
    other: () => undefined,
  });
  drawn
    .split('\n')
    .filter((line) => line.trim() !== '')
    .forEach((line, at) => {
      const [, before, number, seconds, live] = /^\s*(.*?)(\d+)@([\d.]+) (\d+)$/.exec(line) ?? [];
      reader.push(
        `${before}gc ${number} @${seconds}s 0%: 0.1+1.3+0.1 ms clock, 0.3+0/0.2/0+0.1 ms cpu, 9->9->${live} MB, 20 MB goal, 2 P`,
        timeOf(at),
      );
    });
  const { lives, besides } = processes.pickTarget();
  const target = lives.map(({ cycles }) =>
    Array.from(cycles.column('liveBytes'), (live) => live / MIB).join(' '),
  );
  return { target, besides, repeated: processes.repeated, lives };
}

describe('GcTraceProcesses', () => {
  it('takes one process as one life, also where lines are missing', () => {
    expect(follow('1@0.1 3\n2@0.2 4\n9@5 5').target).toEqual(['3 4 5']);
  });

  it('counts a collection that is told twice once', () => {
    const told = follow('1@0.1 3\n1@0.1 3\n2@0.2 4\n2@0.205 4\n3@0.3 5');
    expect(told).toMatchObject({ target: ['3 4 5'], repeated: 2, besides: 0 });
  });

  it('begins a new life where the numbers begin anew', () => {
    expect(follow('7@70 3\n8@80 4\n1@0.1 5\n2@0.2 6')).toMatchObject({ target: ['3 4', '5 6'], besides: 0 });
  });

  it('tells processes apart that write into one log at the same time', () => {
    const told = follow('100@70 3\n1@0.1 90\n101@71 4\n2@0.2 91\n102@72 5\n103@73 6');
    expect(told).toMatchObject({ target: ['3 4 5 6'], besides: 1 });
  });

  it('tells processes apart by what stands before their lines', () => {
    const told = follow('web-1 | 1@1 3\nweb-2 | 1@1 90\nweb-2 | 2@2 91\nweb-1 | 2@2 4\nweb-1 | 3@3 5');
    expect(told).toMatchObject({ target: ['3 4 5'], besides: 1 });
  });

  it('does not believe a quoted line that does not follow', () => {
    const told = follow('1@1 3\n2@2 4\nuser said 9@3 900\n3@3 5\nuser said 4@2 900');
    expect(told.target).toEqual(['3 4 5']);
  });

  it('takes a gap in the numbers for a restart where the clock says so', () => {
    const gap = '5@3 3\n6@4 4\n100@600 5\n101@601 6';
    expect(follow(gap, (line) => line * 1000).target).toEqual(['3 4', '5 6']);
    expect(follow(gap).target).toEqual(['3 4 5 6']);
  });

  it('dates the start of the process', () => {
    expect(follow('5@30 3', () => 1_790_000_030_001.5).lives[0]?.startMillis).toBe(1_790_000_000_000);
    expect(follow('5@30 3').lives[0]?.startMillis).toBeNull();
  });

  it('forgets the smallest of very many processes', () => {
    const many = Array.from({ length: 3 * MAX_PROCESSES }, (_, i) => `c${i}: 1@1 7`).join('\n');
    const told = follow(`1@1 3\n2@2 4\n${many}\n3@3 5`);
    expect(told.target).toEqual(['3 4 5']);
    expect(told.besides).toBe(3 * MAX_PROCESSES);
  });
});
