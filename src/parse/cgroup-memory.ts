// The memory controller's own files, version 1 and 2: what a group holds, what happened to it, what its processes waited for.
import { KIB, type Bytes, type Seconds } from '../base/units.ts';

/** What a group's memory consists of; null = the kernel does not say. Of a whole subtree where the file tells it. */
export interface CgroupMemory {
  /** Anonymous memory: heaps, stacks. In version 1 `rss`, which is the same. */
  readonly anonBytes: Bytes | null;
  /** Page cache, with tmpfs and shared memory in it. */
  readonly fileBytes: Bytes | null;
  /** The part of `fileBytes` that is tmpfs or shared memory: it has no file to go back to. */
  readonly shmemBytes: Bytes | null;
  /** Everything that the kernel holds for the group: `kernel`, else the sum of its parts. */
  readonly kernelBytes: Bytes | null;
  readonly pageTableBytes: Bytes | null;
  readonly slabBytes: Bytes | null;
  readonly socketBytes: Bytes | null;
  /** Page cache that nobody has used lately: what is left of usage without it is the "working set" of Kubernetes. */
  readonly inactiveFileBytes: Bytes | null;
}

/** Version 2 lists these in order of preference; version 1 has other names, and `total_` for the subtree. */
const STAT_NAMES = {
  anonBytes: ['anon', 'total_rss', 'rss'],
  fileBytes: ['file', 'total_cache', 'cache'],
  shmemBytes: ['total_shmem', 'shmem'],
  kernelBytes: ['kernel'],
  pageTableBytes: ['pagetables'],
  slabBytes: ['slab'],
  socketBytes: ['sock'],
  inactiveFileBytes: ['total_inactive_file', 'inactive_file'],
} as const;

/** Parts of `kernel` where that line is missing (before Linux 5.18). */
const KERNEL_PARTS = ['kernel_stack', 'pagetables', 'sec_pagetables', 'percpu', 'sock', 'vmalloc', 'slab'];

/**
 * Lines `anon 1234` (version 2), `total_rss 1234` (version 1) or `anon 12KB` (`cache:12KB` in the kernel log of version 1) of
 * memory.stat. Unknown lines are passed over, and so is what has no end: it may be cut short.
 */
export function parseMemoryStat(text: string): CgroupMemory {
  const values = new Map<string, Bytes>();
  for (const [, name, amount, unit] of text.matchAll(/(?:^|\s)([a-z_]+)[ :](\d+)(KB)?(?=\s)/g)) {
    if (name !== undefined && !values.has(name)) values.set(name, Number(amount) * (unit ? KIB : 1));
  }
  const first = (names: readonly string[]): Bytes | null => {
    for (const name of names) {
      const value = values.get(name);
      if (value !== undefined) return value;
    }
    return null;
  };
  const parts = KERNEL_PARTS.map((name) => values.get(name)).filter((value) => value !== undefined);
  const isVersion2 = values.has('anon');
  return {
    anonBytes: first(STAT_NAMES.anonBytes),
    fileBytes: first(STAT_NAMES.fileBytes),
    shmemBytes: first(STAT_NAMES.shmemBytes),
    kernelBytes: first(STAT_NAMES.kernelBytes) ?? (isVersion2 && parts.length > 0 ? sum(parts) : null),
    pageTableBytes: first(STAT_NAMES.pageTableBytes),
    slabBytes: first(STAT_NAMES.slabBytes),
    socketBytes: first(STAT_NAMES.socketBytes),
    inactiveFileBytes: first(STAT_NAMES.inactiveFileBytes),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** How often a group met its limits, since it was made; null = the file does not count it. */
export interface CgroupEvents {
  /** Times that processes were held up because `memory.high` was passed. */
  readonly high: number | null;
  /** Times that usage was about to pass `memory.max`. */
  readonly max: number | null;
  /** Times that the limit could not be kept by taking memory back. */
  readonly oom: number | null;
  /** Processes that were killed. */
  readonly oomKill: number | null;
  /** Times that a whole group was killed (`memory.oom.group`, Linux 5.17). */
  readonly oomGroupKill: number | null;
}

/** memory.events of version 2, or memory.oom_control of version 1, which has `oom_kill` (Linux 4.13) among others. */
export function parseMemoryEvents(text: string): CgroupEvents {
  const count = (name: string): number | null => {
    const match = new RegExp(`^${name} (\\d+)\n`, 'm').exec(text);
    return match ? Number(match[1]) : null;
  };
  return {
    high: count('high'),
    max: count('max'),
    oom: count('oom'),
    oomKill: count('oom_kill'),
    oomGroupKill: count('oom_group_kill'),
  };
}

/** Share of the last 10, 60 and 300 s in which work waited for memory (0 to 1), and the time since the beginning. */
export interface PressureLine {
  readonly share10: number;
  readonly share60: number;
  readonly share300: number;
  readonly totalSeconds: Seconds;
}

export interface Pressure {
  /** At least one task waited. */
  readonly some: PressureLine | null;
  /** All of them did: nothing went on. */
  readonly full: PressureLine | null;
}

/** memory.pressure of a group, or /proc/pressure/memory of the machine (Linux 4.20, where PSI is on). */
export function parsePressure(text: string): Pressure {
  return { some: pressureLine(text, 'some'), full: pressureLine(text, 'full') };
}

function pressureLine(text: string, kind: 'some' | 'full'): PressureLine | null {
  const pattern = new RegExp(`^${kind} avg10=([\\d.]+) avg60=([\\d.]+) avg300=([\\d.]+) total=(\\d+)\n`, 'm');
  const match = pattern.exec(text);
  if (!match) return null;
  const [share10, share60, share300] = match.slice(1, 4).map((percent) => Number(percent) / 100);
  const totalSeconds = Number(match[4]) / 1e6;
  if (share10 === undefined || share60 === undefined || share300 === undefined) return null;
  return [share10, share60, share300, totalSeconds].every(Number.isFinite)
    ? { share10, share60, share300, totalSeconds }
    : null;
}
