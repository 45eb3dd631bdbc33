// What the kernel says about a process of this machine: /proc/PID and its memory cgroup.
import { readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { PlimsollError } from '../base/errors.ts';
import type { Millis, Seconds } from '../base/units.ts';
import type { FdKinds, ProcFiles, ProgramInfo } from '../parse/gauges-from-proc.ts';
import { hasGoMappings, parseNamedMappings } from '../parse/named-mappings.ts';
import { readCgroup } from './cgroup.ts';
import { describeProgram, readProgram } from './program.ts';
import { isDenied, readSystemText, type ProcOptions } from './system-file.ts';

/**
 * smaps_rollup walks the page tables of the target under a lock, and each descriptor's link is a call: at most this share of
 * the time is spent on each, so a process of 100 GB or 100,000 sockets is asked rarely and a small one every time.
 */
const COSTLY_TIME_SHARE = 0.002;

/** USER_HZ, the unit of times in /proc, is 100 on every architecture that Go and Node run on. */
const TICKS_PER_SECOND = 100;

/** Which process a number stands for: numbers are used again, start times are not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTicks: number;
  /** The command's name, at most 15 characters. */
  readonly command: string;
  /**
   * Where code and stack begin (fields 26 and 28), which an exec draws anew while number and start time stay; '' where this
   * user is not shown them.
   */
  readonly image: string;
  /** Of all its threads, in user and kernel mode: fields 14 and 15. */
  readonly cpuSeconds: Seconds;
}

/** @returns null when there is no such process (or no /proc). */
export async function readProcessIdentity(
  pid: number,
  options: ProcOptions = {},
): Promise<ProcessIdentity | null> {
  const stat = await readSystemText(join(options.fsRoot ?? '/', 'proc', String(pid), 'stat'));
  if (stat === null) return null;
  // `pid (command) state ppid ...`: the command may hold spaces and parentheses.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  const startTicks = Number(fields[19]);
  if (end === -1 || !Number.isFinite(startTicks)) return null;
  const [code = '0', , stack = '0'] = fields.slice(23, 26);
  const image = code === '0' || stack === '0' ? '' : `${code} ${stack}`;
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  return { pid, startTicks, command: stat.slice(stat.indexOf('(') + 1, end), image, cpuSeconds };
}

/** Arguments of a process as /debug/pprof/cmdline prints them too: joined by NUL. Null when they cannot be read. */
export async function readCommandLine(pid: number, options: ProcOptions = {}): Promise<string | null> {
  const text = await readSystemText(join(options.fsRoot ?? '/', 'proc', String(pid), 'cmdline'));
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
  const denied = new Set<string>();
  const own: ProcOptions = { ...options, onDenied: (path) => denied.add(relative(folder, path)) };
  let startTicks: number | null = null;
  let constant: { readonly started: Millis | null; readonly program: ProgramInfo | null } | null = null;
  let image: string | null = null;
  const smaps = rarely(() => readMappings(folder, own));

  async function checkIdentity(): Promise<ProcessIdentity> {
    const now = await readProcessIdentity(pid, options);
    if (now === null) throw gone(pid, await whyGone(options));
    startTicks ??= now.startTicks;
    if (startTicks !== now.startTicks) {
      throw gone(pid, `the number belongs to another process now (${now.command})`);
    }
    return now;
  }

  const kinds = rarely((fds: readonly string[]) => countKinds(join(folder, 'fd'), fds));

  /** An exec keeps the number and the start time; what runs since is another program, as old as the exec at most. */
  async function readConstant(identity: ProcessIdentity) {
    const isReplaced = image !== null && image !== identity.image;
    if (constant !== null && !isReplaced) return constant;
    image = identity.image;
    const program = describeProgram(await readProgram(pid, own));
    const started = isReplaced ? Date.now() : await readStartMillis(identity, options);
    return (constant = { started, program });
  }

  return {
    pid,
    async read() {
      denied.clear();
      const identity = await checkIdentity();
      const { started, program } = await readConstant(identity);
      const [status, mappings, fds, tasks, cgroup] = await Promise.all([
        readSystemText(join(folder, 'status'), own),
        smaps(undefined),
        listEntries(join(folder, 'fd'), own),
        listEntries(join(folder, 'task'), own),
        readCgroup(pid, own),
      ]);
      const fdKinds = fds === null ? null : await kinds(fds);
      // The process may have ended in between and its number be taken: then nothing of the above is certain.
      await checkIdentity();
      const files: ProcFiles = {
        ...(status === null ? {} : { status }),
        ...mappings,
        ...(fds === null ? {} : { fds: fds.length }),
        ...(fdKinds === null ? {} : { fd_kinds: fdKinds }),
        ...(tasks === null ? {} : { threads: tasks.length }),
        ...(started === null ? {} : { started }),
        ...(Number.isFinite(identity.cpuSeconds) ? { cpu_seconds: identity.cpuSeconds } : {}),
        ...(program === null ? {} : { program }),
        ...(cgroup === null ? {} : { cgroup }),
        ...(denied.size === 0 ? {} : { denied: [...denied].sort() }),
      };
      return new TextEncoder().encode(JSON.stringify(files));
    },
  };
}

/** A process with more mappings than some ten thousand is not asked for each of them. */
const MAX_MAPS_CHARS = 1024 * 1024;

/** All mappings where Go has named its own, which tells its pages from those of C; their sum otherwise. */
async function readMappings(
  folder: string,
  options: ProcOptions,
): Promise<Pick<ProcFiles, 'smaps_rollup' | 'go_mappings'>> {
  const maps = await readSystemText(join(folder, 'maps'));
  if (maps !== null && maps.length <= MAX_MAPS_CHARS && hasGoMappings(maps)) {
    const named = parseNamedMappings((await readSystemText(join(folder, 'smaps'), options)) ?? '');
    if (named !== null) return { smaps_rollup: named.rollup, go_mappings: Object.fromEntries(named.go) };
  }
  const rollup = await readSystemText(join(folder, 'smaps_rollup'), options);
  return rollup === null ? {} : { smaps_rollup: rollup };
}

/** Does the work unless its last time took so long that its share of the time is used up; null then. */
function rarely<In, Out>(work: (input: In) => Promise<Out>): (input: In) => Promise<Out | null> {
  let nextAt = -Infinity;
  return async (input) => {
    const start = performance.now();
    if (start < nextAt) return null;
    const result = await work(input);
    const end = performance.now();
    nextAt = end + (end - start) / COSTLY_TIME_SHARE;
    return result;
  };
}

/** Boot time and start time in ticks, as every exporter reckons it. Null without /proc/stat. */
export async function readStartMillis(
  identity: ProcessIdentity,
  options: ProcOptions,
): Promise<Millis | null> {
  const stat = await readSystemText(join(options.fsRoot ?? '/', 'proc', 'stat'));
  const boot = /^btime (\d+)$/m.exec(stat ?? '');
  return boot ? (Number(boot[1]) + identity.startTicks / TICKS_PER_SECOND) * 1000 : null;
}

async function whyGone(options: ProcOptions): Promise<string> {
  const all = await listEntries(join(options.fsRoot ?? '/', 'proc'), {});
  return all === null
    ? 'there is no /proc on this system'
    : 'there is no such process (it has ended, or belongs to another user and /proc hides it)';
}

/** Null when the folder is gone or closed to this user. */
async function listEntries(path: string, options: ProcOptions): Promise<string[] | null> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isDenied(error)) options.onDenied?.(path);
    return null;
  }
}

/** Descriptors by what they link to; one that is closed meanwhile is in none. */
async function countKinds(folder: string, fds: readonly string[]): Promise<FdKinds> {
  const kinds = { socket: 0, file: 0, pipe: 0, anon: 0, other: 0 };
  for (const fd of fds) {
    const link = await readlink(join(folder, fd)).catch(() => null);
    if (link !== null) kinds[kindOfLink(link)]++;
  }
  return kinds;
}

export function kindOfLink(link: string): keyof FdKinds {
  if (link.startsWith('socket:')) return 'socket';
  if (link.startsWith('pipe:')) return 'pipe';
  if (link.startsWith('anon_inode:')) return 'anon';
  // Memory files and devices have paths, too, but nobody forgets to close a file there.
  return link.startsWith('/') && !link.startsWith('/dev/') && !link.startsWith('/memfd:') ? 'file' : 'other';
}

function gone(pid: number, fact: string): PlimsollError {
  return new PlimsollError('TARGET_REFUSED', 'collect', fact, { where: `process ${pid}` });
}
