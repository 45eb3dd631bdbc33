import { lstat, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PlimsollError } from '../base/errors.ts';
import { formatBytes, type Millis } from '../base/units.ts';
import { toVirtualMillis, type RawEvidence, type TimeMap } from '../model/raw-evidence.ts';
import { EvidenceIndex, type RecordingEvent } from './evidence-index.ts';
import { MANIFEST_FILE, parseManifest, type RecordingManifest } from './manifest.ts';
import { classifyMember, EVENTS_FILE, GCTRACE_FILE, SOURCE_FOLDER, TIMED_FOLDERS } from './member-names.ts';
import { ARCHIVE_LIMITS, readArchive } from './read-archive.ts';

/** One recording, opened. Nothing in it is decoded; the pipeline does that as it does live. */
export interface Recording {
  /** As it was given. */
  readonly path: string;
  readonly manifest: RecordingManifest;
  /** Recorded time -> virtual time; times inside the evidence's bytes need it. */
  readonly timeMap: TimeMap;
  /** Virtual time of startedAt and endedAt. Evidence up to a day outside (a clock that was off) is still there. */
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  /**
   * All evidence by virtual time; in one instant metrics, vars, proc, profile, log line, event. Can be walked more than
   * once. A directory is read file by file, so memory stays small.
   */
  evidence(): AsyncIterable<RawEvidence>;
  readonly evidenceCount: number;
  /** By virtual time; also part of `evidence()`. */
  readonly events: readonly RecordingEvent[];
  /** Paths below `source/`: import path and file. Sorted. */
  readonly sourceFiles: readonly string[];
  /** The bytes of one of `sourceFiles`, null for any other path. */
  sourceFile(path: string): Promise<Uint8Array | null>;
  /** `native/*.folded`: counted only. */
  readonly nativeFileCount: number;
  /** What was left out and why, for people. */
  readonly warnings: readonly string[];
}

/** Files of one recording, wherever they lie. Names are sorted, so that equal times come in the same order everywhere. */
interface MemberSource {
  readonly names: readonly string[];
  readonly warnings: readonly string[];
  read(name: string): Promise<Uint8Array>;
  /** At most the first ARCHIVE_LIMITS.memberBytes: for the log, which may grow for weeks. */
  readHead(name: string): Promise<Uint8Array>;
}

/** Source trees deeper or larger than this are no module's sources. */
const MAX_SOURCE_DEPTH = 32;
const MAX_FILES = ARCHIVE_LIMITS.members;

/**
 * Opens a recording: a directory, or the same directory as .tar.gz.
 *
 * @throws PlimsollError RECORDING_NOT_FOUND when there is none, RECORDING_TOO_NEW for a later version, RECORDING_INVALID with
 *   the place for everything else that is wrong with it. `evidence()` throws RECORDING_INVALID when a file vanishes or cannot
 *   be read.
 */
export async function openRecording(path: string): Promise<Recording> {
  const isDirectory = await checkExists(path);
  const source = isDirectory ? await listDirectory(path) : await listArchive(path);
  const where = isDirectory ? join(path, MANIFEST_FILE) : `${path}, ${MANIFEST_FILE}`;
  const manifest = parseManifest(new TextDecoder().decode(await source.read(MANIFEST_FILE)), where);
  const timeMap: TimeMap = { originMillis: manifest.startedAt, scale: manifest.timeScale };
  const index = new EvidenceIndex(timeMap);
  const sourceFiles: string[] = [];
  let nativeFileCount = 0;

  for (const name of source.names) {
    const member = classifyMember(name);
    if (member === null) continue;
    switch (member.kind) {
      case 'manifest':
        break;
      case 'gctrace':
        index.addLog(await source.readHead(name));
        break;
      case 'events':
        index.addEvents(await source.read(name));
        break;
      case 'native':
        nativeFileCount++;
        break;
      case 'source':
        sourceFiles.push(member.path);
        break;
      default:
        index.addTimedMember(name, member, () => source.read(name));
    }
  }
  const toMillis = toVirtualMillis(timeMap, manifest.endedAt);
  index.leaveOutStrays(manifest.startedAt, toMillis);
  sourceFiles.sort();
  const known = new Set(sourceFiles);
  return {
    path,
    manifest,
    timeMap,
    fromMillis: manifest.startedAt,
    toMillis,
    evidence: () => index.inOrder(),
    evidenceCount: index.length,
    events: index.events,
    sourceFiles,
    sourceFile: async (file) => (known.has(file) ? source.read(SOURCE_FOLDER + file) : null),
    nativeFileCount,
    warnings: [...source.warnings, ...index.warnings],
  };
}

async function checkExists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new PlimsollError('RECORDING_NOT_FOUND', 'recording', 'cannot be opened', { where: path }, error);
  }
}

async function listArchive(path: string): Promise<MemberSource> {
  const { members, warnings } = await readArchive(path);
  return {
    names: [...members.keys()].sort(),
    warnings,
    read: async (name) => members.get(name) ?? new Uint8Array(0),
    readHead: async (name) => members.get(name) ?? new Uint8Array(0),
  };
}

/** Lists the known folders only, without following links; bytes are read when asked for. */
async function listDirectory(root: string): Promise<MemberSource> {
  const names: string[] = [];
  const warnings: string[] = [];
  for (const file of [MANIFEST_FILE, GCTRACE_FILE, EVENTS_FILE]) {
    const isFile = await lstat(join(root, file)).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile) names.push(file);
  }
  if (!names.includes(MANIFEST_FILE)) {
    throw new PlimsollError('RECORDING_NOT_FOUND', 'recording', `no ${MANIFEST_FILE} in the directory`, {
      where: root,
    });
  }
  for (const folder of TIMED_FOLDERS) {
    for (const entry of await listFolder(join(root, folder))) {
      if (entry.isFile()) names.push(`${folder}/${entry.name}`);
    }
  }
  await listTree(root, SOURCE_FOLDER.slice(0, -1), 0, names);
  if (names.length > MAX_FILES) {
    throw new PlimsollError('RECORDING_INVALID', 'recording', `more than ${MAX_FILES} files`, {
      where: root,
    });
  }
  return {
    names: names.sort(),
    warnings,
    read: (name) => readMember(root, name),
    readHead: async (name) => {
      const head = await readFileHead(join(root, name));
      if (head.isCut) {
        warnings.push(`${name}: only the first ${formatBytes(ARCHIVE_LIMITS.memberBytes)} are read`);
      }
      return head.bytes;
    },
  };
}

async function listTree(root: string, folder: string, depth: number, names: string[]): Promise<void> {
  if (depth > MAX_SOURCE_DEPTH || names.length > MAX_FILES) return;
  for (const entry of await listFolder(join(root, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isFile()) names.push(path);
    else if (entry.isDirectory()) await listTree(root, path, depth + 1, names);
  }
}

/** A folder that is missing is empty, and so is a link. */
async function listFolder(path: string) {
  try {
    const isRealFolder = (await lstat(path)).isDirectory();
    if (!isRealFolder) return [];
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new PlimsollError(
      'RECORDING_INVALID',
      'recording',
      'the folder cannot be read',
      { where: path },
      error,
    );
  }
}

/** A whole file, or its first part up to the last complete line. */
async function readFileHead(where: string): Promise<{ bytes: Uint8Array; isCut: boolean }> {
  const limit = ARCHIVE_LIMITS.memberBytes;
  try {
    const file = await open(where, 'r');
    try {
      const { size } = await file.stat();
      const bytes = new Uint8Array(Math.min(size, limit));
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      const isCut = size > limit;
      return { bytes: bytes.subarray(0, isCut ? bytes.lastIndexOf(10) + 1 : length), isCut };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new PlimsollError('RECORDING_INVALID', 'recording', 'the file cannot be read', { where }, error);
  }
}

async function readMember(root: string, name: string): Promise<Uint8Array> {
  const where = join(root, name);
  try {
    const { size } = await lstat(where);
    if (size > ARCHIVE_LIMITS.memberBytes) {
      throw new PlimsollError(
        'RECORDING_INVALID',
        'recording',
        `larger than ${formatBytes(ARCHIVE_LIMITS.memberBytes)}`,
        { where },
      );
    }
    const buffer = await readFile(where);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (error) {
    if (error instanceof PlimsollError) throw error;
    throw new PlimsollError('RECORDING_INVALID', 'recording', 'the file cannot be read', { where }, error);
  }
}
