// The memory cgroup of a process, version 1 or 2: where it is and what its files say.
import { join } from 'node:path';
import type { ProcFiles } from '../parse/gauges-from-proc.ts';
import { readSystemText, type ProcOptions } from './system-file.ts';

/** Deeper nesting than any container runtime makes: a bound all the same. */
const MAX_CGROUP_DEPTH = 32;

export type CgroupFiles = NonNullable<ProcFiles['cgroup']>;

/**
 * The memory controller's files of the process's cgroup. `memory.max` and `memory.high` are the smallest on the way up to
 * the root: a pod's or a slice's limit counts for its members too. Costs a dozen reads of made-up files, 0.3 ms.
 */
export async function readCgroup(pid: number, options: ProcOptions = {}): Promise<CgroupFiles | null> {
  const place = await findCgroup(pid, options);
  return place === null ? null : readCgroupFolder(place, options);
}

export async function readCgroupFolder(
  place: CgroupPlace,
  options: ProcOptions = {},
): Promise<CgroupFiles | null> {
  const names = place.version === 2 ? V2_FILES : V1_FILES;
  const read = (file: string) => readSystemText(join(place.folder, file), options);
  const [current, max, high, stat, events, failcnt, pressure] = await Promise.all([
    read(names.current),
    readSmallestLimit(place, names.max),
    place.version === 2 ? readSmallestLimit(place, 'memory.high') : undefined,
    read('memory.stat'),
    read(names.events),
    place.version === 1 ? read('memory.failcnt') : null,
    place.version === 2 ? read('memory.pressure') : null,
  ]);
  const currentBytes = wholeNumber(current);
  const failures = wholeNumber(failcnt);
  const files: CgroupFiles = {
    ...(currentBytes === null ? {} : { 'memory.current': currentBytes }),
    ...(max === undefined ? {} : { 'memory.max': max }),
    ...(high === undefined ? {} : { 'memory.high': high }),
    ...(stat === null ? {} : { 'memory.stat': stat }),
    ...(events === null ? {} : { 'memory.events': events }),
    ...(failures === null ? {} : { 'memory.failcnt': failures }),
    ...(pressure === null ? {} : { 'memory.pressure': pressure }),
  };
  return Object.keys(files).length === 0 ? null : { ...files, path: place.path };
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text.trim()) ? Number(text.trim()) : null;
}

const V2_FILES = { current: 'memory.current', max: 'memory.max', events: 'memory.events' };
const V1_FILES = {
  current: 'memory.usage_in_bytes',
  max: 'memory.limit_in_bytes',
  events: 'memory.oom_control',
};

/** v1 has no word for "no limit" but a number next to 2^63. */
const V1_UNLIMITED = 2 ** 62;

export interface CgroupPlace {
  readonly version: 1 | 2;
  /** As /proc/PID/cgroup tells it. */
  readonly path: string;
  readonly folder: string;
  /** Folders from the mount point's down to `folder`. */
  readonly depth: number;
}

/** Null where the process is in no group that can be seen from here. */
export async function findCgroup(pid: number, options: ProcOptions = {}): Promise<CgroupPlace | null> {
  const root = options.fsRoot ?? '/';
  const [groups, mounts] = await Promise.all([
    readSystemText(join(root, 'proc', String(pid), 'cgroup')),
    // Paths in cgroup files are as *this* process sees them, and so must the mounts be.
    readSystemText(join(root, 'proc', 'self', 'mountinfo')),
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
    return { version, path, folder: join(root, below.mountPoint, below.path), depth };
  }
  return null;
}

/**
 * A group by its path, as the kernel log or /proc/PID/cgroup names it, or by its folder.
 *
 * @returns null where there is none with a memory controller.
 */
export async function findCgroupByPath(path: string, options: ProcOptions = {}): Promise<CgroupPlace | null> {
  const root = options.fsRoot ?? '/';
  const folders = [
    path,
    join(root, 'sys/fs/cgroup/memory', path),
    join(root, 'sys/fs/cgroup', path),
    join(root, 'sys/fs/cgroup/unified', path),
  ];
  for (const folder of folders) {
    for (const version of [2, 1] as const) {
      const { current } = version === 2 ? V2_FILES : V1_FILES;
      if ((await readSystemText(join(folder, current), options)) === null) continue;
      const depth = path.split('/').filter((part) => part !== '').length;
      return { version, path, folder, depth: folder === path ? 0 : depth };
    }
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
    const text = (await readSystemText(join(folder, file)))?.trim();
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
