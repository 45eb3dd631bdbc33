// What both implementations must do alike, so that a test of one speaks for the other.
import { createHash } from 'node:crypto';
import { GAUGE_NAMES, type GaugeName } from '../base/gauges.ts';
import { PlimsollError } from '../base/errors.ts';
import type { Millis } from '../base/units.ts';
import type { TargetKey, TargetName } from '../model/target.ts';
import type { GaugeRows, ProfileRecord } from './store.ts';

/** DateTime64 and DateTime hold this range; 2106 is enough for a demo at 60x, too. */
const MAX_MILLIS = 0xffff_ffff * 1000;

/** The inverse of targetKey: a service name holds no slash, an instance may. */
export function splitTargetKey(key: TargetKey): TargetName {
  const slash = key.indexOf('/');
  if (slash < 0) throw new PlimsollError('STORE_FAILED', 'store', 'is no target key', { value: key });
  return { service: key.slice(0, slash), instance: key.slice(slash + 1) };
}

/** @throws PlimsollError STORE_FAILED for a time that no table can hold (a hostile or broken clock). */
export function checkMillis(millis: Millis, field: string): void {
  if (millis >= 0 && millis <= MAX_MILLIS) return;
  throw new PlimsollError('STORE_FAILED', 'store', 'is outside of 1970 to 2106', {
    field,
    value: String(millis),
  });
}

/** @throws PlimsollError STORE_FAILED when times do not strictly increase or a column has another length. */
export function checkGaugeRows(target: TargetKey, rows: GaugeRows): void {
  for (let row = 0; row < rows.timeMillis.length; row++) {
    checkMillis(rows.timeMillis[row] ?? NaN, 'timeMillis');
    if (row > 0 && !((rows.timeMillis[row] ?? 0) > (rows.timeMillis[row - 1] ?? 0))) {
      throw new PlimsollError('STORE_FAILED', 'store', 'times must strictly increase', {
        where: target,
        value: String(rows.timeMillis[row]),
      });
    }
  }
  for (const [name, column] of rows.columns) {
    if (column.length === rows.timeMillis.length) continue;
    const fact = `${column.length} cells for ${rows.timeMillis.length} times`;
    throw new PlimsollError('STORE_FAILED', 'store', fact, { where: target, field: name });
  }
}

/**
 * Which rows stay when `count` are thinned to `maxRows`: every n-th, counted from the newest, which always stays.
 *
 *     count 7, maxRows 3  ->  step 3, rows 0 3 6
 */
export function thinningStep(count: number, maxRows: number): number {
  return Math.max(1, Math.ceil(count / Math.max(1, maxRows)));
}

/** Row-major cells [time, gauge 0, gauge 1 ...] to columns; a gauge that is nowhere known gets no column. */
export function gaugeRowsFromCells(cells: Float64Array): GaugeRows {
  const width = GAUGE_NAMES.length + 1;
  const length = cells.length / width;
  const timeMillis = new Float64Array(length);
  for (let row = 0; row < length; row++) timeMillis[row] = cells[row * width] ?? NaN;
  const columns = new Map<GaugeName, Float64Array>();
  GAUGE_NAMES.forEach((name, at) => {
    const column = new Float64Array(length);
    let isKnown = false;
    for (let row = 0; row < length; row++) {
      const value = cells[row * width + at + 1] ?? NaN;
      column[row] = value;
      if (!Number.isNaN(value)) isKnown = true;
    }
    if (isKnown) columns.set(name, column);
  });
  return { timeMillis, columns };
}

/** ProfileRecord.id: the same profile gets the same name wherever and whenever it is saved. */
export function profileId(record: Omit<ProfileRecord, 'id'>, bytes: Uint8Array): string {
  const head = [record.target, record.kind, record.form, String(record.takenAtMillis)].join('\0');
  return createHash('sha256').update(head).update('\0').update(bytes).digest('hex');
}

/** A stack's number: 64 bits of its text's hash. Among a million stacks two collide once in 37 million times. */
export function stackNumber(text: string): string {
  return createHash('sha256').update(text).digest().readBigUInt64LE(0).toString();
}

/** Halves of UTF-16 pairs (a name cut in the middle) cannot be stored as UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
