import { describe, expect, it } from 'vitest';
import { MIB, MINUTE_MILLIS, SECOND_MILLIS } from '../base/units.ts';
import { TraceLines } from './trace-lines.ts';

const gc = (number: number, seconds: number, live: number) =>
  `gc ${number} @${seconds}s 0%: 1+2+3 ms clock, 1+0/2/0+3 ms cpu, 99->98->${live} MB, 120 MB goal, 2 P`;

describe('TraceLines', () => {
  it('says nothing of lines that are no trace', () => {
    expect(new TraceLines().take('2026/01/01 12:00:00 listening', 0)).toBeNull();
  });

  it('keeps to the service where a child of it collects more often', () => {
    const lines = new TraceLines();
    const live: (number | undefined)[] = [];
    for (let minute = 0; minute < 10; minute++) {
      live.push(lines.take(gc(minute + 1, minute * 60, 3), minute * MINUTE_MILLIS)?.traceLiveBytes);
      for (let i = 1; i < 20; i++) {
        const childs = lines.take(gc(i, i / 10, 90), minute * MINUTE_MILLIS + i * SECOND_MILLIS);
        expect(childs).toBeNull();
      }
    }
    expect(live).toEqual(Array.from({ length: 10 }, () => 3.5 * MIB));
  });

  it('follows a service that was started again once the old one is silent', () => {
    const lines = new TraceLines();
    lines.take(gc(50, 900, 40), 0);
    const readings = [1, 2, 3, 4, 5, 6, 7, 8].map(
      (minute) => lines.take(gc(minute, minute * 60, minute), minute * MINUTE_MILLIS)?.traceLiveBytes,
    );
    expect(readings).toEqual([
      ...Array.from({ length: 5 }, () => undefined),
      6.5 * MIB,
      7.5 * MIB,
      8.5 * MIB,
    ]);
  });
});
