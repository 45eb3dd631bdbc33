// What crosses the boundary of the decoding worker: a few transferred buffers, never arrays of objects.
import type { ErrorCode, ErrorPlace, Stage } from '../base/errors.ts';
import { StringTable } from '../base/string-table.ts';
import type { Bytes } from '../base/units.ts';
import type { GoroutineDump } from '../pprof/goroutine-dump.ts';
import type { Profile } from '../pprof/tables.ts';

export interface DecodeRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly maxBytes: Bytes;
}

/** A table whose string table is its three columns: classes do not survive structured cloning. */
export type Packed<Table extends Profile | GoroutineDump> = Omit<Table, 'strings'> & {
  readonly strings: { readonly bytes: Uint8Array; readonly start: Int32Array; readonly end: Int32Array };
};

export type DecodeReply =
  | {
      readonly id: number;
      readonly kind: 'ok';
      readonly form: string;
      readonly profile: Packed<Profile>;
      readonly memStatsOffset: number | null;
    }
  | { readonly id: number; readonly kind: 'dump'; readonly dump: Packed<GoroutineDump> }
  | {
      readonly id: number;
      readonly kind: 'failed';
      readonly error: {
        readonly code: ErrorCode;
        readonly stage: Stage;
        readonly fact: string;
        readonly place: ErrorPlace;
      } | null;
      readonly message: string;
    };

export function packTable<Table extends Profile | GoroutineDump>(table: Table): Packed<Table> {
  const { strings } = table;
  return { ...table, strings: { bytes: strings.bytes, start: strings.start, end: strings.end } };
}

export function unpackTable<Table extends Profile | GoroutineDump>(
  packed: Packed<Table>,
): Omit<Table, 'strings'> & { readonly strings: StringTable } {
  const { bytes, start, end } = packed.strings;
  return { ...packed, strings: new StringTable(bytes, start, end) };
}

/** Every buffer of a table once, as for the transfer list of a packed one; not those without bytes, which tables may share. */
export function listBuffers(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && value.buffer.byteLength > 0) found.add(value.buffer);
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) listBuffers(part, found);
  }
  return found;
}
