import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { assertNever } from '../base/assert.ts';
import { PlimsollError } from '../base/errors.ts';
import { SECOND_MILLIS, type Millis } from '../base/units.ts';
import { REAL_TIME, toRecordedMillis, type RawEvidence, type TimeMap } from '../model/raw-evidence.ts';
import { makeFolder } from './make-folder.ts';
import { formatManifest, MANIFEST_FILE, type RecordingManifest } from './manifest.ts';
import {
  EVENTS_FILE,
  GCTRACE_FILE,
  normaliseMemberPath,
  profileExtension,
  SOURCE_FOLDER,
} from './member-names.ts';

/** How far `endedAt` on disk may lag behind the newest evidence, in recorded time: what a kill costs. */
export const MANIFEST_LAG_MILLIS = 10 * SECOND_MILLIS;

/** Free names looked for when two items of one kind fall in the same millisecond. */
const MAX_NAME_TRIES = 1000;

/** What is not known at the start may be told later, see `update`. Times in recorded time. */
export type RecordingStart = Omit<RecordingManifest, 'endedAt'>;

/**
 * Writes a recording while it happens. Evidence goes to disk as it comes, so memory stays small and a recording that is
 * killed can be read up to MANIFEST_LAG_MILLIS before its end, and its evidence up to the very end.
 *
 * For a path that ends in .tar.gz or .tgz the directory is `<path>.partial` until `close` packs it.
 */
export class RecordingWriter {
  /** Where the evidence lies until `close`. */
  readonly directory: string;
  readonly #archive: string | null;
  readonly #timeMap: TimeMap;
  readonly #startedAt: Millis;
  #manifest: RecordingManifest;
  #writtenEndedAt: Millis;
  #log: FileHandle | null = null;
  #events: FileHandle | null = null;
  /** One write after the other: order in the log, and back-pressure for who awaits. */
  #tail: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(path: string, start: RecordingStart, timeMap: TimeMap) {
    const isArchive = /\.(?:tar\.gz|tgz)$/.test(path);
    this.directory = isArchive ? `${path}.partial` : path;
    this.#archive = isArchive ? path : null;
    this.#timeMap = timeMap;
    this.#startedAt = Math.round(start.startedAt);
    this.#manifest = { ...start, startedAt: this.#startedAt, endedAt: this.#startedAt };
    this.#writtenEndedAt = this.#startedAt;
  }

  /**
   * Creates the directory and its recording.json.
   *
   * @param timeMap from recorded time to the virtual time of the evidence that will be added.
   * @throws PlimsollError ARGUMENTS_INVALID when something is there already, RECORDING_INVALID when it cannot be written.
   */
  static async create(
    path: string,
    start: RecordingStart,
    timeMap: TimeMap = REAL_TIME,
  ): Promise<RecordingWriter> {
    const writer = new RecordingWriter(path.endsWith(sep) ? path.slice(0, -1) : path, start, timeMap);
    await checkFree(writer.#archive);
    await checkFree(writer.directory);
    await writing(writer.directory, async () => {
      await makeFolder(writer.directory);
      await writer.#writeManifest();
    });
    return writer;
  }

  /** Resolves when the evidence is on disk. Items of one kind in one millisecond get the next free one. */
  add(evidence: RawEvidence): Promise<void> {
    return this.#queue(async () => {
      const recordedMillis = Math.max(0, Math.round(toRecordedMillis(this.#timeMap, evidence.atMillis)));
      await this.#write(evidence, recordedMillis);
      if (recordedMillis > this.#manifest.endedAt)
        this.#manifest = { ...this.#manifest, endedAt: recordedMillis };
      if (this.#manifest.endedAt - this.#writtenEndedAt >= MANIFEST_LAG_MILLIS) await this.#writeManifest();
    });
  }

  /**
   * A Go source that the frames refer to. @param path import path and file (`example.com/orders/sub/hub.go`).
   * @throws PlimsollError ARGUMENTS_INVALID for a path that leaves the folder.
   */
  addSourceFile(path: string, bytes: Uint8Array): Promise<void> {
    return this.#queue(async () => {
      const safe = normaliseMemberPath(path);
      if (safe === null) {
        throw new PlimsollError('ARGUMENTS_INVALID', 'recording', 'a path below source/ expected', {
          value: path,
        });
      }
      const target = join(this.directory, SOURCE_FOLDER, safe);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, bytes);
    });
  }

  /** What became known on the way: Go version, module, memory limit. Written with the next recording.json. */
  update(facts: Partial<Omit<RecordingManifest, 'startedAt' | 'endedAt' | 'timeScale'>>): void {
    this.#manifest = { ...this.#manifest, ...facts };
  }

  /**
   * Writes the end, and packs when an archive was asked for.
   * @param endedAt recorded time; later evidence wins.
   * @returns the path of the finished recording.
   */
  async close(endedAt: Millis): Promise<string> {
    await this.#queue(async () => {
      this.#isClosed = true;
      await this.#log?.close();
      await this.#events?.close();
      this.#manifest = { ...this.#manifest, endedAt: Math.max(this.#manifest.endedAt, Math.round(endedAt)) };
      await this.#writeManifest();
      if (this.#archive !== null) {
        await packDirectory(this.directory, this.#archive);
        await rm(this.directory, { recursive: true });
      }
    });
    return this.#archive ?? this.directory;
  }

  #queue(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(async () => {
      if (this.#isClosed) throw new Error('invariant broken: the recording is closed');
      await writing(this.directory, work);
    });
    this.#tail = done.catch(() => {});
    return done;
  }

  async #write(evidence: RawEvidence, recordedMillis: Millis): Promise<void> {
    switch (evidence.kind) {
      case 'metrics':
        return this.#writeTimed('scrapes', recordedMillis, 'prom', evidence.bytes);
      case 'vars':
        return this.#writeTimed('vars', recordedMillis, 'json', evidence.bytes);
      case 'proc':
        return this.#writeTimed('proc', recordedMillis, 'json', evidence.bytes);
      case 'profile': {
        const extension = profileExtension(evidence.profile, evidence.form, evidence.pushed);
        return this.#writeTimed('profiles', recordedMillis, extension, evidence.bytes);
      }
      case 'log-line':
        this.#log ??= await open(join(this.directory, GCTRACE_FILE), 'a');
        return this.#log.appendFile(prefixLines(evidence.bytes, recordedMillis));
      case 'event':
        this.#events ??= await open(join(this.directory, EVENTS_FILE), 'a');
        return this.#events.appendFile(Buffer.concat([oneLine(evidence.bytes), LINE_FEED]));
      default:
        return assertNever(evidence, 'kind of evidence');
    }
  }

  async #writeTimed(
    folder: string,
    recordedMillis: Millis,
    extension: string,
    bytes: Uint8Array,
  ): Promise<void> {
    await mkdir(join(this.directory, folder), { recursive: true });
    for (let shift = 0; shift < MAX_NAME_TRIES; shift++) {
      try {
        const name = `${recordedMillis + shift}.${extension}`;
        await writeFile(join(this.directory, folder, name), bytes, { flag: 'wx' });
        return;
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error;
      }
    }
    throw new Error(`no free name after ${folder}/${recordedMillis}.${extension}`);
  }

  /** By way of a rename: a kill in the middle leaves the old one. */
  async #writeManifest(): Promise<void> {
    const target = join(this.directory, MANIFEST_FILE);
    await writeFile(`${target}.new`, formatManifest(this.#manifest));
    await rename(`${target}.new`, target);
    this.#writtenEndedAt = this.#manifest.endedAt;
  }
}

const LINE_FEED = Buffer.from('\n');

/** Each line with its time; a text with line feeds becomes several lines of one time. */
function prefixLines(bytes: Uint8Array, recordedMillis: Millis): Buffer {
  const prefix = Buffer.from(`${recordedMillis} `);
  const parts: Uint8Array[] = [];
  let start = 0;
  do {
    const feed = bytes.indexOf(10, start);
    const end = feed === -1 ? bytes.length : feed;
    parts.push(prefix, bytes.subarray(start, end), LINE_FEED);
    start = end + 1;
  } while (start < bytes.length);
  return Buffer.concat(parts);
}

/** JSON that was written over several lines fits into one: a line feed in JSON text is only ever white space. */
function oneLine(bytes: Uint8Array): Uint8Array {
  return bytes.includes(10) ? bytes.map((byte) => (byte === 10 ? 32 : byte)) : bytes;
}

async function checkFree(path: string | null): Promise<void> {
  if (path === null) return;
  const found = await stat(path).catch(() => null);
  if (found === null) return;
  if (found.isDirectory() && (await readdir(path)).length === 0) return;
  throw new PlimsollError('ARGUMENTS_INVALID', 'recording', 'something is there already; give another path', {
    where: path,
  });
}

async function writing(where: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PlimsollError) throw error;
    throw new PlimsollError('RECORDING_INVALID', 'recording', 'cannot be written', { where }, error);
  }
}

/** recording.json comes first, so that a reader knows at once what it has got. */
async function packDirectory(directory: string, archive: string): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createGzip(), createWriteStream(`${archive}.new`));
  // A failed write must not leave the loop below waiting for a reader that is gone.
  const failed = written.then(() => new Promise<never>(() => {}));
  const filling = (async () => {
    await packFile(tar, directory, MANIFEST_FILE);
    await packFolder(tar, directory, '');
    tar.finalize();
  })();
  await Promise.race([filling, failed]);
  await written;
  await rename(`${archive}.new`, archive);
}

async function packFolder(tar: Pack, root: string, folder: string): Promise<void> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) await packFolder(tar, root, name);
    else if (entry.isFile() && name !== MANIFEST_FILE) await packFile(tar, root, name);
  }
}

async function packFile(tar: Pack, root: string, name: string): Promise<void> {
  const { size, mtime } = await lstat(join(root, name));
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve());
    if (size === 0) {
      tar.entry({ name, mtime }, '', done);
      return;
    }
    const member = tar.entry({ name, size, mtime }, done);
    const file = createReadStream(join(root, name), { end: size - 1 });
    file.on('error', (error) => member.destroy(error));
    file.pipe(member);
  });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
