// What store-writer.ts writes and tests expect to find again.
import type { GaugeRows, ProfileRecord } from '../store/store.ts';

export const BATCH_ROWS = 200;

export function batchRows(): GaugeRows {
  return {
    timeMillis: Float64Array.from({ length: BATCH_ROWS }, (_, row) => 1_700_000_000_000 + row * 1000),
    columns: new Map([['rssBytes', Float64Array.from({ length: BATCH_ROWS }, (_, row) => row)]]),
  };
}

export function batchBytes(batch: number): Uint8Array {
  return Uint8Array.from({ length: 20_000 }, (_, at) => (at * 31 + batch) % 256);
}

export function profileRecord(target: string, bytes: Uint8Array): Omit<ProfileRecord, 'id'> {
  return {
    target,
    kind: 'heap',
    form: 'proto',
    takenAtMillis: 1_700_000_000_000,
    sizeBytes: bytes.length,
  };
}
