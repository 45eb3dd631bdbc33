// Profiles from files, standard input and URLs, as `go tool pprof` finds them.
import { openSync, readFileSync, readSync, closeSync, existsSync } from 'node:fs';
import { PlimsollError, describeError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import type { DecodedProfile } from '../pprof/decode-profile.ts';
import { decodeAsPprof } from '../pprof/legacy/decode-as-pprof.ts';
import { isLegacyCpu } from '../pprof/legacy/legacy-cpu.ts';
import type { Profile } from '../pprof/tables.ts';
import { decodeUsualGzip } from '../pipeline/decode-usual-gzip.ts';
import { kernelFor } from '../pipeline/kernel-file.ts';
import { combineProfiles } from '../profile/combine.ts';
import { withMainMapping } from '../profile/main-mapping.ts';
import { decodeProfileOrCrash } from './crash-source.ts';
import { decompressProfile } from './decompress-profile.ts';
import type { FetchSettings } from './profile-flags.ts';
import {
  MERGE_FROM_BYTES,
  checkTogether,
  heldBytes,
  tableBytes,
  tableBytesBeside,
} from './profile-memory.ts';
import { tooLarge } from './too-large.ts';

/** So many profiles are in memory at once at most; pprof's own number, and merging is done in the same portions. */
const MAX_IN_MEMORY = 128;
/** Go's defaults: a minute, and longer for profiles that last. */
const DEFAULT_TIMEOUT_SECONDS = 60;
/** What net/http/pprof serves where no path is given. */
const DEFAULT_PATH = '/debug/pprof/profile';

export interface SourceOptions {
  readonly fetch: FetchSettings;
  /** Replaces the file of the first mapping; '' = not given. */
  readonly executable: string;
  /** For the first mapping where it has none. */
  readonly buildId: string;
  readonly warn: (line: string) => void;
}

/**
 * Reads sources and makes one profile of them. One that cannot be read among several is a warning.
 *
 * @param what `source` or `base`, for messages.
 * @param beside another profile that stays in memory.
 * @throws PlimsollError that names the file, when none can be read or they do not go together.
 */
export async function readProfiles(
  sources: readonly string[],
  what: 'source' | 'base',
  options: SourceOptions,
  beside?: Profile,
): Promise<Profile> {
  const { maxBytes } = options.fetch;
  const besideBytes = beside === undefined ? 0 : heldBytes(beside);
  let merged: Profile | null = null;
  let read = 0;
  for (let from = 0; from < sources.length; from += MAX_IN_MEMORY) {
    let profiles: Profile[] = merged === null ? [] : [merged];
    let bytes = merged === null ? 0 : heldBytes(merged);
    const add = (): void => {
      if (profiles.length > 1) checkTogether(besideBytes + bytes, maxBytes);
      merged = combine(profiles, sources);
      profiles = [merged];
      bytes = heldBytes(merged);
    };
    for (const source of sources.slice(from, from + MAX_IN_MEMORY)) {
      const held = besideBytes + bytes;
      try {
        const decoded = await readAsPprof(source, options, tableBytesBeside(held, maxBytes));
        const profile = withMainMapping(tablesOf(decoded), options);
        profiles.push(profile);
        bytes += heldBytes(profile);
        read++;
      } catch (error) {
        if (sources.length === 1 || isOutOfMemory(error, held)) throw named(error, source);
        options.warn(describeError(named(error, source)));
      }
      if (profiles.length > 1 && bytes > MERGE_FROM_BYTES) add();
    }
    if (profiles.length > 0) add();
  }
  if (merged === null)
    throw new PlimsollError(
      'PROFILE_INVALID',
      'profile',
      `none of the ${sources.length} ${what} profiles can be read`,
      {
        where: sources.join(', '),
      },
    );
  if (read < sources.length) options.warn(`Fetched ${read} ${what} profiles out of ${sources.length}`);
  return merged;
}

function combine(profiles: readonly Profile[], sources: readonly string[]): Profile {
  try {
    return combineProfiles(profiles);
  } catch (error) {
    throw named(error, sources.join(', '));
  }
}

/** Alone it might be read: leaving it out would give numbers of a part. */
function isOutOfMemory(error: unknown, held: Bytes): boolean {
  return held > 0 && error instanceof PlimsollError && error.code === 'PROFILE_TOO_LARGE';
}

function tablesOf(decoded: DecodedProfile): Profile {
  if (decoded.form !== 'goroutine-dump') return decoded.profile;
  throw new PlimsollError(
    'PROFILE_UNFIT',
    'pprof',
    'a goroutine dump (debug=2) has no values to report; see the goroutines report',
  );
}

async function readAsPprof(
  source: string,
  options: Pick<SourceOptions, 'fetch' | 'warn'>,
  maxTableBytes: Bytes,
): Promise<DecodedProfile> {
  const { maxBytes } = options.fetch;
  const bytes = await readBytes(source, options);
  // A valid message is none of the older forms: pprof, too, tries them only when it is none.
  const usual = decodeUsualGzip(bytes, maxBytes, maxTableBytes);
  if (usual !== null) return { form: 'proto', profile: usual };
  const plain = await decompressProfile(bytes, maxBytes);
  return decodeAsPprof(plain, maxTableBytes, kernelFor(plain.length));
}

/**
 * One profile in any form, with the names that its comments may have, or a log with a crash.
 *
 * @throws PlimsollError, without the name of the source.
 */
export async function readSource(
  source: string,
  options: Pick<SourceOptions, 'fetch' | 'warn'>,
): Promise<DecodedProfile> {
  const { maxBytes } = options.fetch;
  const bytes = await readBytes(source, options);
  return decodeProfileOrCrash(await decompressProfile(bytes, maxBytes), options.warn, tableBytes(maxBytes));
}

async function readBytes(
  source: string,
  { fetch, warn }: Pick<SourceOptions, 'fetch' | 'warn'>,
): Promise<Uint8Array> {
  if (source === '-') return readStdin(fetch.maxBytes);
  if (!existsSync(source)) {
    const request = profileUrl(source, fetch);
    if (request !== null) return readUrl(request, { fetch, warn });
  }
  try {
    return readFileSync(source);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new PlimsollError('PROFILE_NOT_FOUND', 'profile', READ_FAILURES[code] ?? describeError(error));
  }
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'this is a folder',
  ERR_FS_FILE_TOO_LARGE: 'the file is larger than 2 GiB',
};

async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
  }
  return Buffer.concat(chunks);
}

interface UrlRequest {
  readonly url: string;
  /** `https+insecure://`: whatever certificate the server shows is taken. */
  readonly isUnverified: boolean;
  readonly timeoutSeconds: number;
}

/**
 * A source that is no file as a URL: `host:port/path` gets http, an empty path the CPU profile, -seconds its parameter.
 * Null when it is none. Source: cmd/pprof adjustURL.
 */
export function profileUrl(
  source: string,
  { seconds, timeoutSeconds }: Pick<FetchSettings, 'seconds' | 'timeoutSeconds'>,
): UrlRequest | null {
  const insecure = /^https\+insecure(?=:\/\/)/i;
  const hasScheme = insecure.test(source) || /^https?:\/\//i.test(source);
  // Without a scheme, something must look like a host: a missing file is a missing file.
  if (!hasScheme && !/^[^/\s]+:\d+(?:\/|$)/.test(source)) return null;
  const text = hasScheme ? source.replace(insecure, 'https') : `http://${source}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.pathname === '/' || url.pathname === '') url.pathname = DEFAULT_PATH;
  if (seconds > 0) url.searchParams.set('seconds', String(seconds));
  const asked = url.searchParams.get('seconds') ?? '';
  const lasting = seconds > 0 ? seconds : /^\d{1,9}$/.test(asked) ? Number(asked) : 0;
  const byDefault = lasting > 0 ? lasting * 1.5 : DEFAULT_TIMEOUT_SECONDS;
  return {
    url: url.href,
    isUnverified: insecure.test(source),
    timeoutSeconds: timeoutSeconds > 0 ? timeoutSeconds : byDefault,
  };
}

/** What the server may take beyond the duration. */
const GRACE_SECONDS = 5;

async function readUrl(
  { url, isUnverified, timeoutSeconds }: UrlRequest,
  { fetch, warn }: Pick<SourceOptions, 'fetch' | 'warn'>,
): Promise<Uint8Array> {
  const { createHttpClient } = await import('../collect/http-get.ts');
  const { shownUrl } = await import('../collect/readable-failure.ts');
  warn(`Fetching profile over HTTP from ${shownUrl(url)}`);
  if (fetch.seconds > 0) warn(`Please wait... (${fetch.seconds}s)`);
  const client = createHttpClient();
  try {
    const timeoutMillis = (timeoutSeconds + GRACE_SECONDS) * 1000;
    const { maxBytes, access } = fetch;
    const options = { timeoutMillis, maxBytes, isUnverified, ...(access === null ? {} : { access }) };
    return (await client.get(url, options)).bytes;
  } finally {
    client.close();
  }
}

/** The same error with the name of the file in it. */
export function named(error: unknown, source: string): unknown {
  if (!(error instanceof PlimsollError) || error.place.where !== undefined) return error;
  return new PlimsollError(
    error.code,
    error.stage,
    error.fact,
    { ...error.place, where: source },
    error.cause,
  );
}

/** ELF, Mach-O (both byte orders, 32 and 64 bits, universal) and PE. */
const EXECUTABLES = ['7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe', '4d5a'];

/**
 * Whether a file is a program: the first of several operands may be the binary of the profiles. Go's reader of Windows
 * objects takes most binary CPU profiles for one, so in front of others they are the binary for pprof, and here.
 */
export function isExecutable(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(WINDOWS_HEAD_BYTES);
      const length = readSync(file, head, 0, head.length, 0);
      if (length === head.length && isLegacyCpu(head)) return passesForWindowsObject(head);
      return EXECUTABLES.some((magic) => head.toString('hex').startsWith(magic));
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/** Go reads no less of them. */
const WINDOWS_HEAD_BYTES = 96;
const SYMBOL_BYTES = 18;

/**
 * Zeroes at the start are an object for any machine; what follows must be no optional header, and an empty table of names
 * behind the symbols. Source: debug/pe NewFile, readStringTable.
 */
function passesForWindowsObject(head: Buffer): boolean {
  const symbols = head.readUInt32LE(8);
  const names = symbols + SYMBOL_BYTES * head.readUInt32LE(12);
  if (head.readUInt16LE(16) !== 0) return false;
  return symbols === 0 || (names + 4 <= head.length && head.readUInt32LE(names) <= 4);
}
