// Names inside a recording <-> what they hold. Anything else is an unknown file, which is ignored.
import type { Millis } from '../base/units.ts';
import { PROFILE_KINDS, type ProfileKind } from '../model/raw-evidence.ts';
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
const TIMED = /^(scrapes|vars|proc|native|profiles)\/(\d{1,16})\.([a-z0-9.]+)$/;
const PROFILE_FORM = /^([a-z]+)\.(pb\.gz|txt)$/;

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
  return { kind: 'profile', recordedMillis, profile, form: match[2] === 'txt' ? 'text' : 'proto' };
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
