// What a machine's memory is (/proc/meminfo), and what one process holds of it (/proc/PID/status).
import { KIB, type Bytes, type Millis } from '../base/units.ts';

export interface HostMemory {
  readonly totalBytes: Bytes;
  /** What could be given out without swapping; before Linux 3.14 free memory and page cache. */
  readonly availableBytes: Bytes;
  readonly freeBytes: Bytes;
  /** Heaps and stacks of processes. */
  readonly anonBytes: Bytes;
  /** Files; the kernel gives it back when it must. */
  readonly cacheBytes: Bytes;
  /** tmpfs and shared memory: has no file to go back to. */
  readonly sharedBytes: Bytes;
  /** Of the kernel itself, without what it can give back. */
  readonly kernelBytes: Bytes;
  readonly swapUsedBytes: Bytes;
}

const KERNEL_LINES = ['SUnreclaim', 'KernelStack', 'PageTables', 'SecPageTables', 'Percpu', 'VmallocUsed'];
/** Lines of /proc/meminfo that are read. */
export const MEMINFO_LINES: readonly string[] = [
  ...['MemTotal', 'MemFree', 'MemAvailable', 'AnonPages', 'Cached', 'Buffers', 'SReclaimable', 'Shmem'],
  ...['SwapTotal', 'SwapFree'],
  ...KERNEL_LINES,
];

/** Null where it is none: cut before its first lines, or of another system. */
export function parseMeminfo(text: string): HostMemory | null {
  const kib = readKib(text);
  return memoryOf((name) => {
    const amount = kib.get(name);
    return amount === undefined ? undefined : amount * KIB;
  });
}

/**
 * @param bytesOf a line of /proc/meminfo, by its name there.
 * @returns null without MemTotal and MemFree.
 */
export function memoryOf(bytesOf: (name: string) => Bytes | undefined): HostMemory | null {
  const of = (name: string) => bytesOf(name) ?? 0;
  const total = bytesOf('MemTotal');
  const free = bytesOf('MemFree');
  if (total === undefined || free === undefined) return null;
  const cache = Math.max(0, of('Cached') + of('Buffers') + of('SReclaimable') - of('Shmem'));
  return {
    totalBytes: total,
    availableBytes: bytesOf('MemAvailable') ?? free + cache,
    freeBytes: free,
    anonBytes: of('AnonPages'),
    cacheBytes: cache,
    sharedBytes: of('Shmem'),
    kernelBytes: KERNEL_LINES.reduce((sum, name) => sum + of(name), 0),
    swapUsedBytes: Math.max(0, of('SwapTotal') - of('SwapFree')),
  };
}

/** `null` for a thread of the kernel, which has no memory of its own, and for a process that has ended. */
export interface ProcessMemory {
  readonly name: string;
  readonly rssBytes: Bytes;
  /** Its own and swapped-out memory: shared memory and files count for no process, or they would count for many. */
  readonly heldBytes: Bytes;
}

export interface HostProcess extends ProcessMemory {
  /** Where no processes are known by their numbers: processes of one name, a container, a target of Prometheus. */
  readonly kind?: 'group' | 'container' | 'target';
  /** Of another kind than a process: any number of its own. */
  readonly pid: number;
  /** Ticks since the machine was started: a number that is used again belongs to another process. */
  readonly startTicks: number;
}

/** A machine at one time. */
export interface HostReading {
  readonly atMillis: Millis;
  readonly memory: HostMemory;
  readonly processes: readonly HostProcess[];
}

export function parseProcessMemory(status: string): ProcessMemory | null {
  const kib = readKib(status);
  const rss = kib.get('VmRSS');
  if (rss === undefined) return null;
  const name = /^Name:[ \t]*(.*)$/m.exec(status)?.[1] ?? '';
  // Before Linux 4.5 the parts of it are not told.
  const own = kib.get('RssAnon') ?? rss;
  return { name, rssBytes: rss * KIB, heldBytes: (own + (kib.get('VmSwap') ?? 0)) * KIB };
}

/** Field 22 of /proc/PID/stat, clock ticks since the machine was started; the name may hold spaces and brackets. Null = cut. */
export function parseStartTicks(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[19] ?? NaN);
  return Number.isSafeInteger(ticks) && ticks >= 0 ? ticks : null;
}

/** Lines `Name:   123 kB`. */
function readKib(text: string): ReadonlyMap<string, number> {
  const kib = new Map<string, number>();
  for (const [, name = '', amount] of text.matchAll(/^([A-Za-z]+):[ \t]+(\d{1,15}) kB$/gm)) {
    if (!kib.has(name)) kib.set(name, Number(amount));
  }
  return kib;
}
