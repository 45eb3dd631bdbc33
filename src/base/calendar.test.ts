import { describe, expect, it } from 'vitest';
import { daysSince1970, formatUtcMinute, instantOf, monthNumber, parseIsoTime, yearOf } from './calendar.ts';

describe('calendar', () => {
  it('agrees with Date on every day of four centuries', () => {
    for (let days = -150_000; days < 150_000; days += 17) {
      const date = new Date(days * 86_400_000);
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
      expect(daysSince1970(year, month, day)).toBe(days);
      expect(yearOf(date.getTime())).toBe(year);
      const minute = new Date(days * 86_400_000 + ((days * 7919) % 86_400_000));
      if (year >= 1970) {
        expect(formatUtcMinute(minute.getTime())).toBe(minute.toISOString().slice(0, 16).replace('T', ' '));
      }
    }
  });

  it('knows the first and last instant of a year', () => {
    expect(yearOf(Date.UTC(2024, 0, 1))).toBe(2024);
    expect(yearOf(Date.UTC(2024, 0, 1) - 1)).toBe(2023);
  });

  it('takes the zone off', () => {
    const at = instantOf({ year: 2024, month: 11, day: 21 }, { hour: 1, minute: 30, second: 5.25 }, 120);
    expect(at).toBe(Date.UTC(2024, 10, 20, 23, 30, 5, 250));
  });

  it('knows English months alone', () => {
    expect([monthNumber('Jan'), monthNumber('Dec'), monthNumber('Mai')]).toEqual([1, 12, 0]);
  });

  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T01:30:00.123456789+01:30', '2026-01-01T00:00:00.123Z'],
    ['2026/01/01 00:00:00', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00-0500', '2026-01-01T05:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(parseIsoTime(text) ?? NaN).toISOString()).toBe(expected);
  });

  it('reads no half of a time', () => {
    for (let end = 0; end < 19; end++) expect(parseIsoTime('2026-01-01T00:00:00'.slice(0, end))).toBeNull();
    expect(parseIsoTime('2026-01-01T02:00:00', 120)).toBe(Date.UTC(2026, 0, 1));
  });
});
