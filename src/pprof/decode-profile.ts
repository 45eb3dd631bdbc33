// The entry of the room: which form is it, then decode. The form is told from the content, never from a file name or a
// Content-Type: proxies and people get those wrong.
import { PlimsollError } from '../base/errors.ts';
import { decodeCountText } from './decode-count-text.ts';
import { decodeFolded, looksFolded } from './decode-folded.ts';
import { decodeGoroutineDump } from './decode-goroutine-dump.ts';
import { decodeHeapText } from './decode-heap-text.ts';
import { decodeProto } from './decode-proto.ts';
import type { GoroutineDump } from './goroutine-dump.ts';
import type { ProtoKernel } from './proto-kernel.ts';
import type { Profile } from './tables.ts';

export type DecodedProfile =
  | { readonly form: 'proto'; readonly profile: Profile }
  /** `memStatsOffset`: byte at which the MemStats trailer of `heap?debug=1` begins. */
  | { readonly form: 'heap-text'; readonly profile: Profile; readonly memStatsOffset: number | null }
  /** `goroutine?debug=1`, `threadcreate?debug=1` and the like. */
  | { readonly form: 'count-text'; readonly profile: Profile }
  /** Older forms, see legacy/decode-as-pprof.ts. */
  | { readonly form: 'legacy'; readonly profile: Profile }
  | { readonly form: 'folded'; readonly profile: Profile }
  | { readonly form: 'goroutine-dump'; readonly dump: GoroutineDump };

/** What the first bytes say. The refused forms have their own names so that the error can say what it is. */
type Form = Exclude<DecodedProfile['form'], 'legacy'> | RefusedForm;
type RefusedForm = 'empty' | 'gzip' | 'html' | 'json' | 'contention-text' | 'java-text' | 'other-text';

/** How much of the input is looked at to tell its form. */
const SNIFFED_BYTES = 1024;
/** A stack of C++ templates is one line of many kilobytes. */
const FOLDED_SNIFFED_BYTES = 256 * 1024;

/**
 * Decodes a profile in any form that we read.
 *
 * @param bytes decompressed, complete.
 * @param maxTableBytes bound of what is allocated for the tables, see MAX_TABLE_BYTES.
 * @param kernel for profile.proto, see decodeProto.
 * @throws PlimsollError PROFILE_INVALID when it is damaged or something else; the message says what it is.
 *   PROFILE_TOO_LARGE when its tables would be larger than they may.
 */
export function decodeProfile(
  bytes: Uint8Array,
  maxTableBytes?: number,
  kernel: ProtoKernel | null = null,
): DecodedProfile {
  if (looksProto(bytes)) return { form: 'proto', profile: decodeProto(bytes, maxTableBytes, kernel) };
  const start = startOf(bytes);
  const form = sniffForm(bytes, start);
  switch (form) {
    case 'proto':
      return { form, profile: decodeProto(bytes, maxTableBytes, kernel) };
    case 'heap-text':
      return { form, ...decodeHeapText(bytes) };
    case 'count-text':
      return { form, profile: decodeCountText(bytes) };
    case 'folded':
      return { form, profile: decodeFolded(bytes) };
    case 'goroutine-dump':
      return { form, dump: decodeGoroutineDump(bytes) };
    default:
      throw refusal(form, start);
  }
}

/**
 * Nearly all are proto, and begin with a field of a few bytes: its length is a control character, as no text has one there.
 * Others are looked at in full.
 */
export function looksProto(bytes: Uint8Array): boolean {
  return bytes.length > 1 && isControl(bytes[1]);
}

/** Decodes a profile and refuses a goroutine dump, which has no values. */
export function decodeTables(bytes: Uint8Array): Profile {
  const decoded = decodeProfile(bytes);
  if (decoded.form !== 'goroutine-dump') return decoded.profile;
  throw new PlimsollError('PROFILE_INVALID', 'pprof', 'a goroutine dump (debug=2) where a profile is needed');
}

function startOf(bytes: Uint8Array, length = SNIFFED_BYTES): string {
  return new TextDecoder('utf-8', { ignoreBOM: false }).decode(bytes.subarray(0, length));
}

function sniffForm(bytes: Uint8Array, start: string): Form {
  if (bytes.length === 0) return 'empty';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (/^heap profile: /.test(start)) return 'heap-text';
  if (/^\S+ profile: total \d/.test(start)) return 'count-text';
  if (/^goroutine \d+ [^\n]*\[/.test(start)) return 'goroutine-dump';
  if (/^--- ?(?:contention|mutex)/.test(start)) return 'contention-text';
  if (/^--- heapz? \d/.test(start)) return 'java-text';
  if (!isText(bytes)) return 'proto';
  if (/^goroutine \d+ [^\n]*\[/m.test(start)) return 'goroutine-dump';
  // A frame may be `[unknown]` or `<a>`.
  if (looksFolded(startOf(bytes, FOLDED_SNIFFED_BYTES))) return 'folded';
  const text = start.trimStart();
  if (text.startsWith('<')) return 'html';
  return text.startsWith('{') || text.startsWith('[') ? 'json' : 'other-text';
}

/** Whether this is a text that may be a profile; a goroutine dump is none in this sense. */
export function isTextProfile(bytes: Uint8Array): boolean {
  return bytes.length > 0 && isText(bytes) && !/^goroutine \d+ [^\n]*\[/m.test(startOf(bytes));
}

/** Control characters but tab, line feed and carriage return occur in every proto message and in no text. */
function isText(bytes: Uint8Array): boolean {
  const end = Math.min(bytes.length, SNIFFED_BYTES);
  for (let at = 0; at < end; at++) if (isControl(bytes[at])) return false;
  return true;
}

function isControl(byte: number): boolean {
  return byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}

const REFUSALS: Readonly<Record<RefusedForm, string>> = {
  empty: 'there is not a single byte',
  gzip: 'this is gzip data, it has to be decompressed first',
  html: 'this is an HTML page, not a profile',
  json: 'this is JSON, not a profile',
  'contention-text': 'the text form of block and mutex profiles is not read; take the form without debug=1',
  'java-text': 'Java heap texts are not read',
  'other-text': 'this is a text, but none that a profile endpoint writes (an error message?)',
};

function refusal(form: RefusedForm, start: string): PlimsollError {
  const firstLine = start.trimStart().split('\n', 1)[0].trimEnd();
  const value = form === 'empty' || form === 'gzip' ? {} : { value: firstLine };
  return new PlimsollError('PROFILE_INVALID', 'pprof', REFUSALS[form], { offset: 0, ...value });
}
