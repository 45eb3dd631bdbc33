// Times and durations as Go prints them: time.Time.Format, time.Time.String, time.Duration.String.
import type { TimeZone } from './options.ts';

const NANOS = 1_000_000_000n;
const DAY_SECONDS = 86_400;

/** `2026-02-03 04:05:06 UTC`. */
export function formatTime(nanos: bigint, zoneAt: (unixSeconds: number) => TimeZone): string {
  const { civil, zone } = split(nanos, zoneAt);
  return `${civil} ${zone.name}`;
}

/** `2026-02-03 04:05:06.007 +0000 UTC`. */
export function formatTimeExact(nanos: bigint, zoneAt: (unixSeconds: number) => TimeZone): string {
  const { civil, zone, fraction } = split(nanos, zoneAt);
  const digits = fraction === 0 ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
  const minutes = Math.trunc(Math.abs(zone.offsetSeconds) / 60);
  const sign = zone.offsetSeconds < 0 ? '-' : '+';
  return `${civil}${digits} ${sign}${pad(Math.floor(minutes / 60))}${pad(minutes % 60)} ${zone.name}`;
}

function split(
  nanos: bigint,
  zoneAt: (unixSeconds: number) => TimeZone,
): { civil: string; zone: TimeZone; fraction: number } {
  const fraction = Number(((nanos % NANOS) + NANOS) % NANOS);
  const seconds = Number((nanos - BigInt(fraction)) / NANOS);
  const zone = zoneAt(seconds);
  const local = seconds + zone.offsetSeconds;
  const days = Math.floor(local / DAY_SECONDS);
  const inDay = local - days * DAY_SECONDS;
  const clock = `${pad(Math.floor(inDay / 3600))}:${pad(Math.floor(inDay / 60) % 60)}:${pad(inDay % 60)}`;
  return { civil: `${formatDate(days)} ${clock}`, zone, fraction };
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** Days since 1970-01-01 to a date of the Gregorian calendar; years of 400-year cycles begin in March. */
function formatDate(days: number): string {
  const shifted = days + 719_468;
  const cycle = Math.floor(shifted / 146_097);
  const dayOfCycle = shifted - cycle * 146_097;
  const yearOfCycle = Math.floor(
    (dayOfCycle -
      Math.floor(dayOfCycle / 1460) +
      Math.floor(dayOfCycle / 36_524) -
      Math.floor(dayOfCycle / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${pad(month)}-${pad(day)}`;
}

/** `1m1.5s`, `300ms`, `0s`. */
export function formatDuration(nanos: bigint): string {
  if (nanos === 0n) return '0s';
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  if (size < 1_000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`;
  if (size < NANOS) return `${sign}${decimal(size, 6)}ms`;
  const minutes = size / NANOS / 60n;
  const seconds = `${decimal(size - minutes * 60n * NANOS, 9)}s`;
  if (minutes === 0n) return `${sign}${seconds}`;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** A whole number of 10^-digits without trailing zeros. */
function decimal(value: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const fraction = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`;
}
