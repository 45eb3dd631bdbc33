// Durations and sizes as people write them: Go and Prometheus durations, Kubernetes and IEC sizes.
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, SECOND_MILLIS, type Bytes, type Millis } from './units.ts';

const DURATION_UNITS: Readonly<Record<string, Millis>> = {
  ms: 1,
  s: SECOND_MILLIS,
  m: MINUTE_MILLIS,
  min: MINUTE_MILLIS,
  h: HOUR_MILLIS,
  d: DAY_MILLIS,
  w: 7 * DAY_MILLIS,
};

/** `15s`, `5m`, `1h30m`, `7d`, `250ms` -> milliseconds; null when it is none. Zero and above only. */
export function parseDuration(text: string): Millis | null {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|min|[smhdw]))+$/.test(trimmed)) return null;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|min|[smhdw])/g)) {
    total += Number(amount) * (DURATION_UNITS[unit ?? ''] ?? Number.NaN);
  }
  return Number.isFinite(total) ? total : null;
}

const SIZE_UNITS: Readonly<Record<string, Bytes>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  ki: 2 ** 10,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mi: 2 ** 20,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gi: 2 ** 30,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  ti: 2 ** 40,
  tib: 2 ** 40,
};

/** `512MiB`, `1Gi`, `500M`, `1048576` -> bytes; null when it is none. */
export function parseSize(text: string): Bytes | null {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
  const unit = SIZE_UNITS[(match?.[2] ?? '').toLowerCase()];
  if (!match || unit === undefined) return null;
  return Math.round(Number(match[1]) * unit);
}
