import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import { decodeUtf8, encodeUtf8 } from '../base/utf8.ts';

/** No Go source that a person wrote is larger; what is larger is not read. */
export const MAX_SOURCE_BYTES = 2 * 1024 * 1024;

/** Reads a Go source that a recording carries; null when it has none of that name. */
export type CarriedSource = (path: string) => Promise<Uint8Array | null>;

export interface SourcePlaces {
  /** Folders to look in: module roots, given with --source. */
  readonly folders: readonly string[];
  /** The `source/` of a recording. */
  readonly carried: CarriedSource | null;
}

export interface SourceName {
  /** Relative to the module root, or as spelled. */
  readonly file: string | null;
  /** As the profile spells it. */
  readonly profileFile: string | null;
  /** Import path of the package, when known. */
  readonly importPath: string | null;
}

/**
 * Text of the Go source that a frame names, from the first place that has it: the recording, the folders given,
 * the path as spelled (a binary built on this machine without -trimpath).
 *
 * The name comes from a profile and is hostile: only `.go` files are read, nothing above a given folder, and no
 * more than MAX_SOURCE_BYTES.
 * @returns null when no place has it.
 */
export async function findSource(name: SourceName, places: SourcePlaces): Promise<string | null> {
  const base = baseName(name.profileFile ?? name.file ?? '');
  if (!base.endsWith('.go')) return null;
  if (places.carried && name.importPath !== null) {
    const bytes = await places.carried(`${name.importPath}/${base}`);
    if (bytes && bytes.length <= MAX_SOURCE_BYTES) return new TextDecoder().decode(bytes);
  }
  for (const folder of places.folders) {
    for (const relative of relativeCandidates(name)) {
      const text = await readGoFile(join(folder, relative));
      if (text !== null) return text;
    }
  }
  return name.profileFile !== null && isAbsolute(name.profileFile)
    ? readGoFile(normalize(name.profileFile))
    : null;
}

/** The file itself and every shorter tail of its path: a folder given may be any level above it. */
function relativeCandidates(name: SourceName): string[] {
  const candidates: string[] = [];
  for (const path of [name.file, name.profileFile]) {
    if (path === null) continue;
    const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) continue;
    for (let from = 0; from < parts.length; from++) candidates.push(parts.slice(from).join('/'));
  }
  return [...new Set(candidates)];
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** A named pipe nobody writes to would otherwise hold the reader for ever. */
const WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;

/** Amalgamated C libraries behind cgo have sources of many MiB; what is larger is no source. */
export const MAX_LISTED_SOURCE_BYTES = 32 * 1024 * 1024;

/**
 * Text of a source of any language that a profile names, to be listed. The name is hostile: devices, pipes and
 * folders are not read, nor more than a file says it holds (files of /proc are endless and say 0). What is no UTF-8
 * survives, in the name and in the text.
 * @returns null when it cannot be read.
 */
export function readListedSource(path: string): string | null {
  let file;
  try {
    file = openSync(Buffer.from(encodeUtf8(path)), WITHOUT_WAITING);
  } catch {
    return null; // Not here: the next place may have it.
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > MAX_LISTED_SOURCE_BYTES) return null;
    const bytes = Buffer.alloc(stat.size);
    let length = 0;
    while (length < bytes.length) {
      const got = readSync(file, bytes, length, bytes.length - length, length);
      if (got === 0) break;
      length += got;
    }
    return decodeUtf8(bytes, 0, length);
  } catch {
    return null; // A folder, or gone meanwhile.
  } finally {
    closeSync(file);
  }
}

async function readGoFile(path: string): Promise<string | null> {
  if (!path.endsWith('.go')) return null;
  let file;
  try {
    file = await open(path, WITHOUT_WAITING);
  } catch {
    return null; // Not here: the next place may have it.
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > MAX_SOURCE_BYTES) return null;
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
