// What several profiles may take together: each alone is bounded when it is decoded (table-budget.ts), but a report of two has
// both in memory, and makes a third of them.
import { PlimsollError } from '../base/errors.ts';
import { MIB, type Bytes } from '../base/units.ts';
import { listBuffers } from '../pipeline/decode-messages.ts';
import { MAX_TABLE_BYTES } from '../pprof/table-budget.ts';
import type { Profile } from '../pprof/tables.ts';

/** From here on profiles of one report are added up before the next one is read. */
export const MERGE_FROM_BYTES: Bytes = 64 * MIB;

/** Of what one profile may take: beside their sum, and what finds equal stacks in it, these stay below the same memory. */
const SHARE_TOGETHER = 5 / 9;

/** What -diff_base marks each sample of the base with: a label, and where it was. */
const MARK_BYTES: Bytes = 28;

/** Whoever lets a larger profile in wants its tables, too: 9 bytes of them for 4 of the profile, as by default. */
export function tableBytes(maxBytes: Bytes): Bytes {
  return Math.max(MAX_TABLE_BYTES, (maxBytes / 4) * 9);
}

/** What the tables of the next profile may take beside those that are there. */
export function tableBytesBeside(held: Bytes, maxBytes: Bytes): Bytes {
  const all = tableBytes(maxBytes);
  return held === 0 ? all : Math.max(0, all * SHARE_TOGETHER - held);
}

/**
 * @param bytes of the tables of all profiles that are added up.
 * @param marked samples that become those of -diff_base.
 * @throws PlimsollError PROFILE_TOO_LARGE when that takes more memory than there is for it.
 */
export function checkTogether(bytes: Bytes, maxBytes: Bytes, marked = 0): void {
  const most = tableBytes(maxBytes) * SHARE_TOGETHER;
  const needed = bytes + marked * MARK_BYTES;
  if (needed <= most) return;
  throw new PlimsollError(
    'PROFILE_TOO_LARGE',
    'profile',
    `the tables of all profiles together would take more than ${Math.floor(most / MIB)} MiB of memory`,
    { value: `${Math.ceil(needed / MIB)} MiB` },
  );
}

/** Memory of the tables, each piece once. */
export function heldBytes(profile: Profile): Bytes {
  let bytes = 0;
  for (const { byteLength } of listBuffers(profile)) bytes += byteLength;
  return bytes;
}
