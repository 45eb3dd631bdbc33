// Calendar arithmetic for texts that carry dates: pure rooms have no Date.
import { DAY_MILLIS, MINUTE_MILLIS, type Millis } from './units.ts';

/** Days from 1970-01-01 in the Gregorian calendar; the year begins in March here, so that leap days come last. */
export function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 365 * marchYear + leapDays + dayOfYear - 719_468;
}

/** The year of an instant, UTC. */
export function yearOf(atMillis: Millis): number {
  const days = Math.floor(atMillis / DAY_MILLIS);
  const guess = 1970 + Math.floor(days / 365.2425);
  if (days < daysSince1970(guess, 1, 1)) return guess - 1;
  return days >= daysSince1970(guess + 1, 1, 1) ? guess + 1 : guess;
}

/** `2026-01-07 12:30`, UTC. */
export function formatUtcMinute(atMillis: Millis): string {
  const days = Math.floor(atMillis / DAY_MILLIS);
  const year = yearOf(atMillis);
  let month = 12;
  while (daysSince1970(year, month, 1) > days) month--;
  const day = days - daysSince1970(year, month, 1) + 1;
  const minutes = Math.floor((atMillis - days * DAY_MILLIS) / MINUTE_MILLIS);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Jan` -> 1; 0 for what is no English month. */
export function monthNumber(name: string): number {
  return MONTHS.indexOf(name) + 1;
}

/** @param eastMinutes of the zone in which the text was written. */
export function instantOf(
  date: { readonly year: number; readonly month: number; readonly day: number },
  time: { readonly hour: number; readonly minute: number; readonly second: number },
  eastMinutes: number,
): Millis {
  const days = daysSince1970(date.year, date.month, date.day);
  return (
    days * DAY_MILLIS + (time.hour * 60 + time.minute - eastMinutes) * MINUTE_MILLIS + time.second * 1000
  );
}

const ISO_TIME =
  /^(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|([+-])(\d\d):?(\d\d)))?$/;

/**
 * RFC 3339 with up to nine digits behind the second; `2026/01/01 00:00:00` of Go's log, too.
 *
 * @param eastMinutes zone of a text that names none.
 * @returns null for what is no such time.
 */
export function parseIsoTime(text: string, eastMinutes = 0): Millis | null {
  const found = ISO_TIME.exec(text);
  if (!found) return null;
  const [, year, month, day, hour, minute, second, fraction, zone, sign, zoneHours, zoneMinutes] = found;
  const zoned = Number(zoneHours ?? 0) * 60 + Number(zoneMinutes ?? 0);
  const east = zone === undefined ? eastMinutes : sign === '-' ? -zoned : zoned;
  // The fraction by itself: a sum with the seconds would round 0.123 to 0.12299999.
  const millis = Number(`0.${fraction ?? 0}`) * 1000;
  return (
    instantOf(
      { year: Number(year), month: Number(month), day: Number(day) },
      { hour: Number(hour), minute: Number(minute), second: Number(second) },
      east,
    ) + millis
  );
}
