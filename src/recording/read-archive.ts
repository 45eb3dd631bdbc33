// A recording as .tar.gz (or .tar): members in any order, so the ones that are needed are kept in memory.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { PlimsollError } from '../base/errors.ts';
import { formatBytes, GIB, MIB } from '../base/units.ts';
import { MANIFEST_FILE } from './manifest.ts';
import { classifyMember, normaliseMemberPath } from './member-names.ts';

export interface ArchiveLimits {
  /** One member; equals the largest profile that collection takes. */
  readonly memberBytes: number;
  /** The whole archive, decompressed: a small file can hold terabytes of zeros. */
  readonly totalBytes: number;
  readonly members: number;
}

/** A week of gauges and profiles fits; a longer recording is read from a directory, piece by piece. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  memberBytes: 128 * MIB,
  totalBytes: GIB,
  members: 500_000,
};

export interface ArchiveMembers {
  /** Path below the recording's root -> bytes. Of two with one name the last counts. */
  readonly members: ReadonlyMap<string, Uint8Array>;
  readonly warnings: readonly string[];
}

/**
 * Members of interest, with the root (`.`, or one folder) taken off. Links, devices, absolute paths and paths with
 * `..` are never looked at.
 *
 * @throws PlimsollError RECORDING_INVALID when it is damaged (says where), too large, or no archive;
 *   RECORDING_NOT_FOUND when it holds no recording.json.
 */
export async function readArchive(
  path: string,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<ArchiveMembers> {
  const collector = new MemberCollector(path, limits);
  const form = await detectForm(path);
  const counter = createByteCounter(path, limits.totalBytes);
  const untar = extract();
  untar.on('entry', (header, stream, next) => {
    // streamx types no iterator of chunks, though it has one.
    collector.take(header, stream as unknown as AsyncIterable<Uint8Array>).then(
      () => next(),
      (error: unknown) => next(error instanceof Error ? error : new Error(String(error))),
    );
  });
  try {
    if (form === 'gzip') await pipeline(createReadStream(path), createGunzip(), counter, untar);
    else await pipeline(createReadStream(path), counter, untar);
  } catch (error) {
    if (error instanceof PlimsollError) throw error;
    const last = collector.lastMember === '' ? 'before the first member' : `after ${collector.lastMember}`;
    throw new PlimsollError(
      'RECORDING_INVALID',
      'recording',
      `the ${form === 'gzip' ? 'gzip or tar' : 'tar'} data is damaged or cut short ${last}`,
      { where: path, offset: counter.count },
      error,
    );
  }
  return collector.finish();
}

async function detectForm(path: string): Promise<'gzip' | 'tar'> {
  const head = Buffer.alloc(512);
  const file = await open(path, 'r');
  try {
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    if (bytesRead >= 2 && head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
    if (bytesRead === 512 && head.toString('latin1', 257, 262) === 'ustar') return 'tar';
  } finally {
    await file.close();
  }
  throw new PlimsollError('RECORDING_INVALID', 'recording', 'neither a directory nor a .tar.gz', {
    where: path,
    value: /^[ -~]{4}/.test(head.toString('latin1'))
      ? head.toString('latin1').replace(/[^ -~].*$/s, '')
      : `bytes ${head.toString('hex', 0, 8)}`,
  });
}

function createByteCounter(path: string, limit: number): Transform & { count: number } {
  const counter = Object.assign(
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        counter.count += chunk.length;
        done(counter.count > limit ? tooLarge(path, 'the archive', limit) : null, chunk);
      },
    }),
    { count: 0 },
  );
  return counter;
}

class MemberCollector {
  lastMember = '';
  readonly #path: string;
  readonly #limits: ArchiveLimits;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #warnings: string[] = [];
  #seen = 0;
  #ignored = 0;

  constructor(path: string, limits: ArchiveLimits) {
    this.#path = path;
    this.#limits = limits;
  }

  async take(header: Header, stream: AsyncIterable<Uint8Array>): Promise<void> {
    if (++this.#seen > this.#limits.members) {
      throw new PlimsollError('RECORDING_INVALID', 'recording', `more than ${this.#limits.members} members`, {
        where: this.#path,
      });
    }
    const name = normaliseMemberPath(header.name);
    const isFile = header.type === 'file' || header.type === 'contiguous-file';
    const isWanted = isFile && name !== null && couldBelong(name);
    if (!isWanted) {
      if (header.type !== 'directory' && (name === null || !isFile)) this.#ignored++;
      for await (const _ of stream);
    } else {
      const { size } = header;
      if (size > this.#limits.memberBytes) {
        throw tooLarge(`${this.#path}, ${name}`, 'this member', this.#limits.memberBytes);
      }
      this.#kept.set(name, await readAll(stream, size));
    }
    this.lastMember = header.name;
  }

  finish(): ArchiveMembers {
    if (this.#ignored > 0)
      this.#warnings.push(`${this.#ignored} links or unsafe paths in the archive are ignored`);
    const root = this.#findRoot();
    const members = new Map<string, Uint8Array>();
    for (const [name, bytes] of this.#kept) {
      if (name.startsWith(root)) members.set(name.slice(root.length), bytes);
    }
    return { members, warnings: this.#warnings };
  }

  /** '' or `folder/`. */
  #findRoot(): string {
    if (this.#kept.has(MANIFEST_FILE)) return '';
    const roots = [...this.#kept.keys()]
      .filter((name) => name.endsWith(`/${MANIFEST_FILE}`) && name.split('/').length === 2)
      .map((name) => name.slice(0, -MANIFEST_FILE.length));
    const [root] = roots;
    if (root === undefined) {
      throw new PlimsollError('RECORDING_NOT_FOUND', 'recording', `no ${MANIFEST_FILE} in the archive`, {
        where: this.#path,
      });
    }
    if (roots.length > 1) {
      throw new PlimsollError('RECORDING_INVALID', 'recording', 'more than one recording in the archive', {
        where: this.#path,
        value: roots.join(' '),
      });
    }
    return root;
  }
}

/** At the root or below one folder. */
function couldBelong(name: string): boolean {
  return classifyMember(name) !== null || classifyMember(name.slice(name.indexOf('/') + 1)) !== null;
}

async function readAll(stream: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  // A buffer of its own: slices of a pool could not be transferred to a worker.
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of stream) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(where: string, what: string, limit: number): PlimsollError {
  return new PlimsollError(
    'RECORDING_INVALID',
    'recording',
    `${what} holds more than ${formatBytes(limit)}; unpack it and give the directory if you trust it`,
    { where },
  );
}
