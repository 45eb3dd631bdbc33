// What crosses the boundary of the decoding worker: a few transferred buffers, never arrays of objects.
import type { ErrorCode, ErrorPlace, Stage } from '../base/errors.ts';
import { StringTable } from '../base/string-table.ts';
import type { Bytes } from '../base/units.ts';
import type { Profile } from '../pprof/tables.ts';

export interface DecodeRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly maxBytes: Bytes;
}

/** A Profile whose string table is its three columns: classes do not survive structured cloning. */
export type PackedProfile = Omit<Profile, 'strings'> & {
  readonly strings: { readonly bytes: Uint8Array; readonly start: Int32Array; readonly end: Int32Array };
};

export type DecodeReply =
  | {
      readonly id: number;
      readonly kind: 'ok';
      readonly form: string;
      readonly profile: PackedProfile;
      readonly memStatsOffset: number | null;
    }
  /** Goroutine dumps and everything that went wrong are settled by the caller in its own thread. */
  | { readonly id: number; readonly kind: 'not-a-table' }
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

export function packProfile(profile: Profile): PackedProfile {
  const { strings } = profile;
  return { ...profile, strings: { bytes: strings.bytes, start: strings.start, end: strings.end } };
}

export function unpackProfile(packed: PackedProfile): Profile {
  const { bytes, start, end } = packed.strings;
  return { ...packed, strings: new StringTable(bytes, start, end) };
}

/** Every buffer of a packed profile once, for the transfer list. */
export function listBuffers(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) listBuffers(part, found);
  }
  return found;
}
