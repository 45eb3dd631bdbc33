// Names inside a recording <-> what they hold. Anything else is an unknown file, which is ignored.
import type { Millis } from '../base/units.ts';
import { PROFILE_KINDS, type ProfileKind, type PushedProfile } from '../model/raw-evidence.ts';
import { MANIFEST_FILE } from './manifest.ts';

export const GCTRACE_FILE = 'gctrace.log';
export const EVENTS_FILE = 'events.jsonl';
export const SOURCE_FOLDER = 'source/';

/** What a member is; times are recorded time. */
export type MemberKind =
  | { readonly kind: 'manifest' | 'gctrace' | 'events' }
  | { readonly kind: 'metrics' | 'vars' | 'proc'; readonly recordedMillis: Millis }
  /** `native/*.folded`: counted, not yet read. */
  | { readonly kind: 'native' }
  | {
      readonly kind: 'profile';
      readonly recordedMillis: Millis;
      readonly profile: ProfileKind;
      readonly form: 'proto' | 'text';
      /** Of one that was sent to us. */
      readonly pushed?: PushedProfile;
    }
  | { readonly kind: 'source'; readonly path: string };

/** Folders below the root that hold one file per time. `source/` is a tree. */
export const TIMED_FOLDERS = ['scrapes', 'vars', 'profiles', 'proc', 'native'] as const;

const FIXED: ReadonlyMap<string, MemberKind> = new Map<string, MemberKind>([
  [MANIFEST_FILE, { kind: 'manifest' }],
  [GCTRACE_FILE, { kind: 'gctrace' }],
  [EVENTS_FILE, { kind: 'events' }],
]);

/** `<unix_ms>`: no more digits than a time can have. */
const TIMED = /^(scrapes|vars|proc|native|profiles)\/(\d{1,16})\.([a-z0-9._]+)$/;
const PROFILE_FORM = /^([a-z]+)(?:\.push_(start|last)_(\d{0,16})_(\d{0,16})_(kept|told))?\.(pb\.gz|txt)$/;

/** @param path relative to the recording's root, with slashes, already normalised. */
export function classifyMember(path: string): MemberKind | null {
  const fixed = FIXED.get(path);
  if (fixed) return fixed;
  if (path.startsWith(SOURCE_FOLDER)) {
    return path.length > SOURCE_FOLDER.length
      ? { kind: 'source', path: path.slice(SOURCE_FOLDER.length) }
      : null;
  }
  const match = TIMED.exec(path);
  if (!match) return null;
  const recordedMillis = Number(match[2]);
  const extension = match[3] ?? '';
  switch (match[1]) {
    case 'scrapes':
      return extension === 'prom' ? { kind: 'metrics', recordedMillis } : null;
    case 'vars':
      return extension === 'json' ? { kind: 'vars', recordedMillis } : null;
    case 'proc':
      return extension === 'json' ? { kind: 'proc', recordedMillis } : null;
    case 'native':
      return extension === 'folded' ? { kind: 'native' } : null;
    default:
      return classifyProfile(extension, recordedMillis);
  }
}

function classifyProfile(extension: string, recordedMillis: Millis): MemberKind | null {
  const match = PROFILE_FORM.exec(extension);
  const profile = PROFILE_KINDS.find((kind) => kind === match?.[1]);
  if (!match || profile === undefined) return null;
  const [, , since, from = '', until = '', kept, form] = match;
  const pushed: PushedProfile | null =
    since === undefined
      ? null
      : {
          allocations: since === 'last' ? 'since-last' : 'since-start',
          fromMillis: from === '' ? null : Number(from),
          untilMillis: until === '' ? null : Number(until),
          isKept: kept === 'kept',
        };
  return {
    kind: 'profile',
    recordedMillis,
    profile,
    form: form === 'txt' ? 'text' : 'proto',
    ...(pushed === null ? {} : { pushed }),
  };
}

/** What stands in the name of a profile behind its time; `classifyMember` reads it. */
export function profileExtension(
  profile: ProfileKind,
  form: 'proto' | 'text',
  pushed: PushedProfile | undefined,
): string {
  const time = (millis: Millis | null) => (millis === null ? '' : String(Math.round(millis)));
  const how =
    pushed === undefined
      ? ''
      : `.push_${pushed.allocations === 'since-last' ? 'last' : 'start'}_${time(pushed.fromMillis)}` +
        `_${time(pushed.untilMillis)}_${pushed.isKept ? 'kept' : 'told'}`;
  return `${profile}${how}.${form === 'proto' ? 'pb.gz' : 'txt'}`;
}

/**
 * The path of an archive member without `./` and empty parts; null for what must not be followed: absolute paths, `..`,
 * backslashes and NUL.
 */
export function normaliseMemberPath(name: string): string | null {
  if (name.startsWith('/') || name.includes('\\') || name.includes('\0')) return null;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? null : parts.join('/');
}
