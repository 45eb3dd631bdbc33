// What the memory consisted of when the limit was met. Parts add up to the usage; what the kernel does not tell is shown as that.
import type { Bytes } from '../base/units.ts';
import type { OomKill, OomTask, OomVictim } from '../parse/oom-log.ts';

export interface MemoryPart {
  readonly name: string;
  readonly bytes: Bytes;
}

export interface OomParts {
  /** Of the group, or of the whole machine. */
  readonly usedBytes: Bytes | null;
  readonly limitBytes: Bytes | null;
  /** Largest first; they add up to `usedBytes` where that is known. */
  readonly parts: readonly MemoryPart[];
  /** Memory that belongs to no process: tmpfs, page cache, kernel. Null where it cannot be told. */
  readonly outsideBytes: Bytes | null;
}

export const NOT_TOLD = 'not told';

export function describeParts(kill: OomKill): OomParts {
  return kill.scope === 'machine' ? machineParts(kill) : groupParts(kill);
}

function groupParts(kill: OomKill): OomParts {
  const { memory, stat } = kill;
  const usedBytes = memory?.usageBytes ?? null;
  const limitBytes = memory?.limitBytes ?? null;
  // Before Linux 5.3 the first line is of the group alone and not of those below: nothing, where they hold it all.
  const isTold = stat !== null && (stat.anonBytes ?? 0) + (stat.fileBytes ?? 0) > 0;
  if (!isTold) {
    const held = sum(kill.tasks.map((task) => rssOf(kill, task)));
    // What is shared counts for each, so it may be more than there is.
    const parts =
      usedBytes === null ? [] : split(usedBytes, [{ name: 'processes', bytes: Math.min(held, usedBytes) }]);
    return { usedBytes, limitBytes, parts, outsideBytes: null };
  }
  const shmem = stat.shmemBytes ?? 0;
  const kernel = kill.kernel?.usageBytes ?? stat.kernelBytes ?? 0;
  const known: MemoryPart[] = [
    { name: 'anonymous', bytes: stat.anonBytes ?? 0 },
    { name: 'page cache', bytes: Math.max(0, (stat.fileBytes ?? 0) - shmem) },
    { name: 'tmpfs and shared memory', bytes: shmem },
    { name: 'kernel', bytes: kernel },
  ];
  const parts = usedBytes === null ? sorted(known) : split(usedBytes, known);
  const outsideBytes = (usedBytes ?? sum(known.map(({ bytes }) => bytes))) - (stat.anonBytes ?? 0);
  return { usedBytes, limitBytes, parts, outsideBytes };
}

function machineParts({ machine, pageBytes }: OomKill): OomParts {
  if (machine === null || machine.ramPages === null) {
    return { usedBytes: null, limitBytes: null, parts: [], outsideBytes: null };
  }
  const bytes = (pages: number | null) => (pages ?? 0) * pageBytes;
  const limitBytes = bytes(machine.ramPages);
  const usedBytes = limitBytes - bytes(machine.freePages);
  // What is shared lies on the lists of anonymous pages, too.
  const anonBytes =
    machine.anonPages === null ? null : Math.max(0, bytes(machine.anonPages) - bytes(machine.shmemPages));
  const known: MemoryPart[] = [
    { name: 'anonymous', bytes: anonBytes ?? 0 },
    { name: 'page cache', bytes: bytes(machine.filePages) },
    { name: 'tmpfs and shared memory', bytes: bytes(machine.shmemPages) },
    { name: 'kernel objects', bytes: bytes(machine.slabPages) },
    { name: 'page tables', bytes: bytes(machine.pageTablePages) },
  ];
  return {
    usedBytes,
    limitBytes,
    parts: split(usedBytes, known),
    outsideBytes: anonBytes === null ? null : usedBytes - anonBytes,
  };
}

/** With what is left as a part of its own; parts that count some memory twice leave nothing. */
function split(usedBytes: Bytes, known: readonly MemoryPart[]): MemoryPart[] {
  const rest = usedBytes - sum(known.map(({ bytes }) => bytes));
  return sorted(rest > 0 ? [...known, { name: NOT_TOLD, bytes: rest }] : known);
}

function sorted(parts: readonly MemoryPart[]): MemoryPart[] {
  return parts.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Resident memory of a task in the table. */
export function rssOf({ pageBytes }: Pick<OomKill, 'pageBytes'>, task: OomTask): Bytes {
  return task.rssPages * pageBytes;
}

/**
 * What the victim held of the limit: pages of files are often charged to whoever read them first, so in a group it is no more
 * than the group used.
 */
export function heldBytes({ victim, scope, memory, tasks, pageBytes }: OomKill): Bytes | null {
  const held = victim && sizeOf(victim, tasks, pageBytes);
  if (held === null) return null;
  return scope === 'cgroup' && memory !== null ? Math.min(held, memory.usageBytes) : held;
}

/** As the line of the kill says; as the table does where that has no sizes. */
function sizeOf(victim: OomVictim, tasks: readonly OomTask[], pageBytes: Bytes): Bytes | null {
  const { anonBytes, fileBytes, shmemBytes } = victim;
  if (anonBytes !== null && fileBytes !== null) return anonBytes + fileBytes + (shmemBytes ?? 0);
  const task = tasks.find(({ pid }) => pid === victim.pid);
  return task === undefined ? null : rssOf({ pageBytes }, task);
}
