// Points in time: in the viewer's zone unless the address says ?tz=utc, with the zone named.
import { formatDuration } from '../../src/base/units.ts';
import { useNow } from './clock.ts';
import { usePlace } from './router.tsx';

export type Zone = 'local' | 'utc';

export function useZone(): Zone {
  return usePlace().query.get('tz') === 'utc' ? 'utc' : 'local';
}

export function timeZoneOf(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** `14:03`, or `Tue 22 Sep 14:03` when that is not the day of `now`. */
export function formatMoment(at: number, now: number, zone: Zone): string {
  const timeZone = timeZoneOf(zone);
  const day = (t: number) => new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(t);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(at);
  if (day(at) === day(now)) return clock;
  const date = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
  });
  return `${date.format(at).replace(',', '')} ${clock}`;
}

/** Ticks of a time axis: `14:05`, or with the day where the axis is long. */
export function formatTick(at: number, isLong: boolean, zone: Zone): string {
  const timeZone = timeZoneOf(zone);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(at);
  if (!isLong) return clock;
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'short' }).format(at);
  return clock === '00:00' ? day : `${day} ${clock}`;
}

/** With seconds, year and zone: for titles and tables. */
export function formatExact(at: number, zone: Zone): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: timeZoneOf(zone),
    dateStyle: 'medium',
    timeStyle: 'long',
  }).format(at);
}

/** `UTC`, `CET`, `GMT-3` as valid at that time. */
export function zoneName(at: number, zone: Zone): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: timeZoneOf(zone), timeZoneName: 'short' });
  return parts.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? timeZoneOf(zone);
}

export function Moment({ at, withZone = false }: { readonly at: number; readonly withZone?: boolean }) {
  const now = useNow();
  const zone = useZone();
  return (
    <time dateTime={new Date(at).toISOString()} title={formatExact(at, zone)}>
      {formatMoment(at, now, zone)}
      {withZone ? ` ${zoneName(at, zone)}` : ''}
    </time>
  );
}

/** `4 s ago`, `in 1 min 35 s`. */
export function Age({ at }: { readonly at: number }) {
  const now = useNow();
  const zone = useZone();
  const span = now - at;
  const text = span >= 0 ? `${formatDuration(span)} ago` : `in ${formatDuration(-span)}`;
  return (
    <time dateTime={new Date(at).toISOString()} title={formatExact(at, zone)}>
      {text}
    </time>
  );
}
