// A log where a profile was expected: the goroutines of the crash that stands in it.
import { PlimsollError } from '../base/errors.ts';
import { ByteLines } from '../parse/byte-lines.ts';
import { CrashLogReader, type Crash } from '../parse/crash-log.ts';
import { decodeGoroutineDump } from '../pprof/decode-goroutine-dump.ts';
import { decodeProfile, type DecodedProfile } from '../pprof/decode-profile.ts';
import type { GoroutineDump } from '../pprof/goroutine-dump.ts';

/** Read so much at once: a log of gigabytes need not become lines all at once. */
const CHUNK = 1 << 20;

/**
 * A profile in any form, or the newest crash of a log.
 *
 * @throws PlimsollError PROFILE_* as decodeProfile, when there is no crash either.
 */
export function decodeProfileOrCrash(
  bytes: Uint8Array,
  warn: (text: string) => void,
  maxTableBytes?: number,
): DecodedProfile {
  let decoded: DecodedProfile | null = null;
  let failure: unknown = null;
  try {
    decoded = decodeProfile(bytes, maxTableBytes);
  } catch (error) {
    if (!(error instanceof PlimsollError) || error.code !== 'PROFILE_INVALID') throw error;
    failure = error;
  }
  if (decoded !== null && (decoded.form !== 'goroutine-dump' || startsWithGoroutine(bytes))) return decoded;
  const crashes = readCrashes(bytes);
  const newest = crashes.at(-1);
  if (newest === undefined) {
    if (decoded !== null) return decoded;
    throw failure;
  }
  if (crashes.length > 1) warn(`${crashes.length} crashes are in the log; this is the newest`);
  return { form: 'goroutine-dump', dump: dumpOf(newest) };
}

/** Goroutines of a crash; one whose dump was too long to keep counts as cut. */
export function dumpOf(crash: Crash): GoroutineDump {
  const dump = decodeGoroutineDump(new TextEncoder().encode(crash.dump));
  return crash.isWhole ? dump : { ...dump, isTruncated: true };
}

function startsWithGoroutine(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(0, 10)) === 'goroutine ';
}

function readCrashes(bytes: Uint8Array): readonly Crash[] {
  const lines = new ByteLines();
  const reader = new CrashLogReader();
  for (let at = 0; at < bytes.length; at += CHUNK) {
    for (const line of lines.push(bytes.subarray(at, at + CHUNK))) reader.line(line);
  }
  for (const line of lines.end()) reader.line(line);
  return reader.finish();
}
