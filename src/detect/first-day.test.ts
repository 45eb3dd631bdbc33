import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { GaugeHistory } from '../series/gauge-history.ts';
import { drawReadings } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';
import type { Assessment, Lane } from './assessment.ts';
import { waitForFirstDay } from './first-day.ts';

/** Requests have a rhythm of their own; each user keeps a connection, two goroutines and 12 kB. */
function draw(hours: number, users: (hour: number) => number): GaugeHistory {
  const history = new GaugeHistory();
  const quiet = `every 1m for ${hours}h seed 4
    load 3000 day 24h 900 noise 150
    floor 64M noise 1M
    goroutines 30 noise 2
    openFds 20 noise 1`;
  for (const { atMillis, reading } of drawReadings(quiet)) {
    const online = Math.round(users((atMillis - (history.timeMillis[0] ?? atMillis)) / HOUR_MILLIS));
    history.append(atMillis, {
      ...reading,
      goroutines: (reading.goroutines ?? 0) + 2 * online,
      openFds: (reading.openFds ?? 0) + online,
      nextGcBytes: (reading.nextGcBytes ?? 0) + 24_000 * online,
      rssBytes: (reading.nextGcBytes ?? 0) + 24_000 * online + 20 * MIB,
    });
  }
  return history;
}

function assessAt(table: GaugeHistory, hour: number): Assessment {
  const atMillis = table.timeMillis[0] + hour * HOUR_MILLIS;
  return assess({ table, atMillis, memoryLimitBytes: 1024 * MIB });
}

const laneOf = ({ lanes }: Assessment, name: Lane) => lanes.find(({ lane }) => lane === name);

const morning = (hour: number) => (hour < 7 || hour > 21 ? 0 : 3000 * Math.sin((Math.PI * (hour - 7)) / 14));
const leaking = (hour: number) => 6 * hour;

describe('the first day of connections that stay', () => {
  it('is a leak to every gauge in its morning, and waited for until it bends', () => {
    const table = draw(24, morning);
    const claimed: number[] = [];
    for (let hour = 7.5; hour < 20; hour += 0.5) {
      const assessment = assessAt(table, hour);
      for (const name of ['fd', 'goroutine'] as const) {
        if (laneOf(assessment, name)?.verdict !== 'leak') continue;
        claimed.push(hour);
        expect(waitForFirstDay(name, assessment)).toBeGreaterThan(0);
      }
    }
    expect(claimed.length).toBeGreaterThan(2);
  });

  it('lets a leak go on the day after', () => {
    const table = draw(26, leaking);
    expect(waitForFirstDay('fd', assessAt(table, 22))).toBe(2 * HOUR_MILLIS);
    const next = assessAt(table, 24);
    expect(laneOf(next, 'fd')?.verdict).toBe('leak');
    expect(waitForFirstDay('fd', next)).toBe(0);
  });

  it('is not waited for where the limit is hours away, none is known, or a restart is all that is new', () => {
    const assessment = assessAt(draw(8, leaking), 8);
    const reachedIn = (hours: number): Assessment => ({
      ...assessment,
      exhaustion: {
        resource: 'max-fds',
        at: assessment.atMillis + hours * HOUR_MILLIS,
        low: assessment.atMillis,
        high: null,
        confidence: 0.8,
        limit: 1024,
        asOf: assessment.atMillis,
      },
    });
    expect(waitForFirstDay('fd', reachedIn(5))).toBe(0);
    expect(waitForFirstDay('fd', reachedIn(7))).toBe(HOUR_MILLIS);
    expect(waitForFirstDay('fd', { ...assessment, exhaustion: null, memoryLimitBytes: null })).toBe(0);
    const restarted = {
      ...assessment,
      exhaustion: null,
      incarnationStartMillis: assessment.atMillis - 40 * MINUTE_MILLIS,
      firstEvidenceMillis: assessment.atMillis - 30 * HOUR_MILLIS,
    };
    expect(waitForFirstDay('fd', restarted)).toBe(0);
  });

  it('is none of heaps, threads and memory outside Go', () => {
    const assessment = assessAt(draw(8, leaking), 8);
    for (const name of ['heap', 'thread', 'native'] as const) {
      expect(waitForFirstDay(name, assessment)).toBe(0);
    }
  });
});
