import { describe, expect, it } from 'vitest';
import type { Finding, Verdict } from '../model/finding.ts';
import type { Report } from '../model/report.ts';
import {
  formatScreening,
  rankScreened,
  screenedVerdict,
  summarizeScreening,
  type ScreenedRow,
} from './screening.ts';

const HOUR = 3_600_000;
const MIB = 1024 * 1024;
const TO = 100 * HOUR;

function screened(
  instance: string,
  verdict: Verdict,
  more: Partial<Report> = {},
  isRunning = true,
): ScreenedRow {
  const report = {
    ...{ schema: 'plimsoll-report/1', target: { service: 'orders', instance }, from: 0, to: TO, verdict },
    ...{
      summary: '',
      findings: [],
      smallestDetectable: verdict === 'no-growth' ? MIB : null,
      exhaustion: null,
    },
    ...{ alarms: [], missingEvidence: [], ledger: { rssBytes: 200 * MIB } },
    ...more,
  } as Report;
  return { report, series: { label: 'live heap', values: [1, 2, 3, 4] }, isRunning };
}

function leaking(
  instance: string,
  megabytes: number,
  limitHours: number | null = null,
  isRunning = true,
): ScreenedRow {
  const finding = {
    ...{ verdict: 'leak', class: 'heap', fingerprint: 'f' },
    growth: { unit: 'bytes', perHour: megabytes * MIB, low: 0, high: 2 * megabytes * MIB, confidence: 0.95 },
    timeToExhaustion: limitHours === null ? null : { resource: 'memory-limit', at: TO + limitHours * HOUR },
  } as Finding;
  return screened(instance, 'leak', { findings: [finding] }, isRunning);
}

describe('rankScreened', () => {
  it('puts leaks first, of those the one with least time, then the fastest; what is gone behind what runs', () => {
    const rows = [
      screened('quiet', 'no-growth'),
      leaking('slow', 1),
      screened('young', 'undetermined'),
      leaking('fast', 9),
      leaking('soon', 2, 5),
      leaking('late', 2, 50),
      leaking('gone', 99, 1, false),
    ];
    expect(rankScreened(rows).map(({ report }) => report.target.instance)).toEqual([
      ...['soon', 'late', 'fast', 'slow', 'gone', 'young', 'quiet'],
    ]);
  });
});

describe('screenedVerdict', () => {
  it('is the gravest of those that run; of all where none does', () => {
    const gone = leaking('gone', 5, null, false);
    expect(screenedVerdict([screened('a', 'no-growth'), gone])).toBe('no-growth');
    expect(screenedVerdict([gone])).toBe('leak');
    expect(screenedVerdict([screened('a', 'no-growth'), screened('b', 'undetermined')])).toBe('undetermined');
  });
});

describe('formatScreening', () => {
  const grows = (kind: Finding['class'], unit: string, perHour: number) => {
    const growth = { unit, perHour, low: perHour / 2, high: 2 * perHour, confidence: 0.95 };
    const isBytes = unit === 'bytes';
    return {
      ...{ verdict: 'undetermined', class: kind, timeToExhaustion: null },
      ...(isBytes ? { growth, counts: null } : { growth: null, counts: growth }),
    } as Finding;
  };
  const both = [grows('heap', 'bytes', 8 * MIB), grows('fd', 'fds', 600)];

  it('begins with what takes the limit that comes first, and leaves out nothing that grows beside it', () => {
    const exhaustion = { resource: 'max-fds', at: TO + 2 * HOUR } as Report['exhaustion'];
    const text = formatScreening([screened('a', 'undetermined', { findings: both, exhaustion })]);
    expect(text).toMatch(
      /fd 600 fds\/h \(300 to 1200\), and heap 8 MiB\/h \(.*\), the limit of open files in 2 h, 200 MiB/,
    );
    const without = formatScreening([screened('a', 'undetermined', { findings: both })]);
    expect(without).toMatch(/heap 8 MiB\/h \(.*\), and fd 600 fds\/h/);
  });

  it('says of a limit that is used up that it is reached', () => {
    const exhaustion = { resource: 'max-fds', at: TO } as Report['exhaustion'];
    const text = formatScreening([screened('a', 'undetermined', { findings: both, exhaustion })]);
    expect(text).toContain(', the limit of open files is reached, ');
  });

  it('has a line for each target with what a person needs', () => {
    const killed = screened('killed', 'no-growth', {
      ...{ restarts: 3, memoryLimitBytes: 512 * MIB },
      kills: [
        { at: 1, reason: 'OOMKilled' },
        { at: 2, reason: 'OOMKilled' },
        { at: 3, reason: null },
      ],
    });
    const rows = rankScreened([leaking('soon', 2, 5), killed, leaking('old', 2, null, false)]);
    expect(formatScreening(rows))
      .toBe(`3 targets: 2 with a leak, 1 without growth. 1 of them had ended before.

leak              orders soon    ▁▃▆█              heap 2 MiB/h (0 B to 4 MiB), the memory limit in 5 h, 200 MiB
leak              orders old     ▁▃▆█              heap 2 MiB/h (0 B to 4 MiB), 200 MiB, gone
no-growth         orders killed                    200 MiB of 512 MiB, restarted 3 times (2 OOMKilled)

Excluded where nothing grows: leaks above 1 MiB/h in half of them, above 1 MiB/h in all.
`);
  });

  it('leaves out quiet ones where there are hundreds, and shows no more than can be read', () => {
    const quiet = Array.from({ length: 300 }, (_, i) => screened(`q${i}`, 'no-growth'));
    const text = formatScreening(rankScreened([...quiet, leaking('soon', 2, 5)]), {
      notes: ['odd \u001b[2J'],
    });
    expect(text).toContain('orders soon');
    expect(text).not.toContain('orders q1');
    expect(text).toContain('and 300 more; --json has all');
    expect(text).toContain('note: odd ·[2J');
    const leaks = formatScreening(Array.from({ length: 300 }, (_, i) => leaking(`l${i}`, 1)));
    expect(leaks.split('\n').filter((line) => line.startsWith('leak ')).length).toBe(40);
  });

  it('counts what it says', () => {
    expect(summarizeScreening([leaking('a', 1)])).toBe('1 target: 1 with a leak.');
  });
});
