// What the kernel says about a process of this machine: /proc/PID and its memory cgroup.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlimsollError } from '../base/errors.ts';
import type { Millis } from '../base/units.ts';
import type { ProcFiles } from '../parse/gauges-from-proc.ts';

/** No file that is read here is larger; a stray FIFO or device must not be read for ever. */
const MAX_CGROUP_DEPTH = 32;

/**
 * smaps_rollup walks the page tables of the target under a lock: at most this share of the time is spent on it, so a process
 * of 100 GB is asked rarely and a small one every time.
 */
const SMAPS_TIME_SHARE = 0.002;

export interface ProcOptions {
  /** Where the file system begins; tests put a folder with fixtures here. */
  readonly fsRoot?: string;
}

/** Which process a number stands for: numbers are used again, start times are not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTicks: number;
  /** The command's name, at most 15 characters. */
  readonly command: string;
}

/** @returns null when there is no such process (or no /proc). */
export async function readProcessIdentity(
  pid: number,
  options: ProcOptions = {},
): Promise<ProcessIdentity | null> {
  const stat = await readText(join(options.fsRoot ?? '/', 'proc', String(pid), 'stat'));
  if (stat === null) return null;
  // `pid (command) state ppid ...`: the command may hold spaces and parentheses.
  const end = stat.lastIndexOf(')');
  const startTicks = Number(stat.slice(end + 2).split(' ')[19]);
  if (end === -1 || !Number.isFinite(startTicks)) return null;
  return { pid, startTicks, command: stat.slice(stat.indexOf('(') + 1, end) };
}

/** Arguments of a process as /debug/pprof/cmdline prints them too: joined by NUL. Null when they cannot be read. */
export async function readCommandLine(pid: number, options: ProcOptions = {}): Promise<string | null> {
  const text = await readText(join(options.fsRoot ?? '/', 'proc', String(pid), 'cmdline'));
  return text === null || text === '' ? null : text.replace(/\0$/, '');
}

/** Reads one process again and again, and notices when its number belongs to another one. */
export interface ProcReader {
  readonly pid: number;
  /**
   * The JSON of `proc/<unix_ms>.json`. Files that may not be read are left out.
   * @throws PlimsollError TARGET_REFUSED when the process is gone, or its number is another process's now.
   */
  read(): Promise<Uint8Array>;
}

export function createProcReader(pid: number, options: ProcOptions = {}): ProcReader {
  const folder = join(options.fsRoot ?? '/', 'proc', String(pid));
  let known: ProcessIdentity | null = null;
  let nextSmapsAt: Millis = -Infinity;

  async function checkIdentity(): Promise<void> {
    const now = await readProcessIdentity(pid, options);
    if (now === null) throw gone(pid, 'there is no such process');
    known ??= now;
    if (known.startTicks !== now.startTicks) {
      throw gone(pid, `the number belongs to another process now (${now.command})`);
    }
  }

  async function readSmaps(): Promise<string | null> {
    const start = performance.now();
    if (start < nextSmapsAt) return null;
    const text = await readText(join(folder, 'smaps_rollup'));
    const end = performance.now();
    nextSmapsAt = end + (end - start) / SMAPS_TIME_SHARE;
    return text;
  }

  return {
    pid,
    async read() {
      await checkIdentity();
      const [status, smaps, fds, threads, cgroup] = await Promise.all([
        readText(join(folder, 'status')),
        readSmaps(),
        countEntries(join(folder, 'fd')),
        countEntries(join(folder, 'task')),
        readCgroup(pid, options),
      ]);
      // The process may have ended in between and its number be taken: then nothing of the above is certain.
      await checkIdentity();
      const files: ProcFiles = {
        ...(status === null ? {} : { status }),
        ...(smaps === null ? {} : { smaps_rollup: smaps }),
        ...(fds === null ? {} : { fds }),
        ...(threads === null ? {} : { threads }),
        ...(cgroup === null ? {} : { cgroup }),
      };
      return new TextEncoder().encode(JSON.stringify(files));
    },
  };
}

type CgroupFiles = NonNullable<ProcFiles['cgroup']>;

/**
 * The memory controller's files of the process's cgroup, v2 or v1. `memory.max` is the smallest limit on the way up to the
 * root: a pod's or a slice's limit kills its members too.
 */
async function readCgroup(pid: number, options: ProcOptions): Promise<CgroupFiles | null> {
  const place = await findCgroup(pid, options);
  if (place === null) return null;
  const names = place.version === 2 ? V2_FILES : V1_FILES;
  const [current, max, stat, events] = await Promise.all([
    readText(join(place.folder, names.current)),
    readSmallestLimit(place, names.max),
    readText(join(place.folder, 'memory.stat')),
    readText(join(place.folder, names.events)),
  ]);
  const currentBytes = current === null ? NaN : Number(current.trim());
  const files: CgroupFiles = {
    ...(Number.isFinite(currentBytes) ? { 'memory.current': currentBytes } : {}),
    ...(max === undefined ? {} : { 'memory.max': max }),
    ...(stat === null ? {} : { 'memory.stat': stat }),
    ...(events === null ? {} : { 'memory.events': events }),
  };
  return Object.keys(files).length === 0 ? null : files;
}

const V2_FILES = { current: 'memory.current', max: 'memory.max', events: 'memory.events' };
const V1_FILES = {
  current: 'memory.usage_in_bytes',
  max: 'memory.limit_in_bytes',
  events: 'memory.oom_control',
};

/** v1 has no word for "no limit" but a number next to 2^63. */
const V1_UNLIMITED = 2 ** 62;

interface CgroupPlace {
  readonly version: 1 | 2;
  readonly folder: string;
  /** Folders from the mount point's down to `folder`. */
  readonly depth: number;
}

async function findCgroup(pid: number, options: ProcOptions): Promise<CgroupPlace | null> {
  const root = options.fsRoot ?? '/';
  const [groups, mounts] = await Promise.all([
    readText(join(root, 'proc', String(pid), 'cgroup')),
    // Paths in cgroup files are as *this* process sees them, and so must the mounts be.
    readText(join(root, 'proc', 'self', 'mountinfo')),
  ]);
  if (groups === null || mounts === null) return null;
  const lines = groups.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  const v1 = lines.find((match) => match?.[1]?.split(',').includes('memory'));
  const v2 = lines.find((match) => match?.[1] === '');
  const version = v1 ? 1 : 2;
  const path = (v1 ?? v2)?.[2];
  if (path === undefined || path.startsWith('/..')) return null;
  for (const mount of mounts.split('\n')) {
    const below = pathBelowMount(mount, version, path);
    if (below === null) continue;
    const depth = below.path.split('/').filter((part) => part !== '').length;
    return { version, folder: join(root, below.mountPoint, below.path), depth };
  }
  return null;
}

/** One line of mountinfo: `31 23 0:28 /root /mount/point options - type source superoptions`. */
function pathBelowMount(
  line: string,
  version: 1 | 2,
  path: string,
): { mountPoint: string; path: string } | null {
  const [left, right] = line.split(' - ');
  const [, , , mountRoot, mountPoint] = (left ?? '').split(' ');
  const [type, , superOptions] = (right ?? '').split(' ');
  const isWanted =
    version === 2 ? type === 'cgroup2' : type === 'cgroup' && superOptions?.split(',').includes('memory');
  if (!isWanted || mountRoot === undefined || mountPoint === undefined) return null;
  if (mountRoot === '/') return { mountPoint, path };
  if (path === mountRoot || path.startsWith(`${mountRoot}/`)) {
    return { mountPoint, path: path.slice(mountRoot.length) };
  }
  return null;
}

/** @returns null for "no limit", undefined when no level says anything. */
async function readSmallestLimit(place: CgroupPlace, file: string): Promise<number | null | undefined> {
  let smallest: number | null | undefined;
  let folder = place.folder;
  for (let level = Math.min(place.depth, MAX_CGROUP_DEPTH); level >= 0; level--) {
    const text = (await readText(join(folder, file)))?.trim();
    if (text !== undefined) {
      const bytes = /^\d+$/.test(text) ? Number(text) : Infinity;
      const limit = bytes >= V1_UNLIMITED ? null : bytes;
      if (smallest === undefined) smallest = limit;
      else if (limit !== null && (smallest === null || limit < smallest)) smallest = limit;
    }
    folder = join(folder, '..');
  }
  return smallest;
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Gone, not permitted or not there on this kernel: each field is optional.
    return null;
  }
}

async function countEntries(path: string): Promise<number | null> {
  try {
    return (await readdir(path)).length;
  } catch {
    return null;
  }
}

function gone(pid: number, fact: string): PlimsollError {
  return new PlimsollError('TARGET_REFUSED', 'collect', fact, { where: `process ${pid}` });
}
