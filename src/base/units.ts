// Amounts and times are plain aliases: arithmetic on them is the point. Scalars that leave a module carry the
// unit in their name as well (takenAtMillis, perHour).

export type Bytes = number;
export type BytesPerHour = number;
/** Milliseconds since the Unix epoch, UTC, or a span of them. Virtual time unless the name says otherwise. */
export type Millis = number;
export type Seconds = number;
/** A fraction of one, 0 to 1. */
export type Share = number;

export const SECOND_MILLIS = 1000;
export const MINUTE_MILLIS = 60 * SECOND_MILLIS;
export const HOUR_MILLIS = 60 * MINUTE_MILLIS;
export const DAY_MILLIS = 24 * HOUR_MILLIS;

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `31457280` -> `30 MiB`: three significant digits or whole numbers, binary units, sign kept. */
export function formatBytes(bytes: Bytes): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const sign = bytes < 0 ? '-' : '';
  return `${sign}${formatThreeDigits(value)} ${BYTE_UNITS[unit]}`;
}

/** `31457280` -> `30 MiB/h`. */
export function formatBytesPerHour(rate: BytesPerHour): string {
  return `${formatBytes(rate)}/h`;
}

/** Three significant digits without an exponent: 0.123, 1.23, 12.3, 123, 1230. */
export function formatThreeDigits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return String(Number(value.toFixed(Math.min(digits, 20))));
}

/** `5400000` -> `1 h 30 min`: the two largest units, rounded to the smaller of them. */
export function formatDuration(span: Millis): string {
  const sign = span < 0 ? '-' : '';
  let seconds = Math.round(Math.abs(span) / SECOND_MILLIS);
  if (seconds < 60) return `${sign}${seconds} s`;
  if (seconds < 3600) {
    const rest = seconds % 60;
    return `${sign}${Math.floor(seconds / 60)} min${rest ? ` ${rest} s` : ''}`;
  }
  seconds = Math.round(seconds / 60) * 60;
  if (seconds < 86_400) {
    const rest = Math.round((seconds % 3600) / 60);
    return `${sign}${Math.floor(seconds / 3600)} h${rest ? ` ${rest} min` : ''}`;
  }
  seconds = Math.round(seconds / 3600) * 3600;
  const rest = Math.round((seconds % 86_400) / 3600);
  return `${sign}${Math.floor(seconds / 86_400)} d${rest ? ` ${rest} h` : ''}`;
}
