// What the kernel writes when it kills for memory, from Linux 2.6 to 7: who asked, which limit, what was held, every task, who was killed.
import { KIB, type Bytes, type Millis, type Seconds } from '../base/units.ts';
import { parseMemoryStat, type CgroupMemory } from './cgroup-memory.ts';
import type { KernelLine } from './kernel-log.ts';

/** One process of the table that the kernel prints. Sizes are in pages there: see `pageBytes`. */
export interface OomTask {
  readonly pid: number;
  readonly name: string;
  readonly rssPages: number;
  readonly swapPages: number;
  readonly totalVmPages: number;
  readonly pageTableBytes: Bytes | null;
  readonly oomScoreAdj: number | null;
}

export interface OomVictim {
  readonly pid: number;
  readonly name: string;
  readonly uid: number | null;
  /** Sizes: null before Linux 2.6.33, which does not print them. */
  readonly totalVmBytes: Bytes | null;
  readonly anonBytes: Bytes | null;
  readonly fileBytes: Bytes | null;
  /** Before Linux 4.5 part of `fileBytes`. */
  readonly shmemBytes: Bytes | null;
  readonly pageTableBytes: Bytes | null;
  readonly oomScoreAdj: number | null;
}

/** `usage 524288kB, limit 524288kB, failcnt 1234`; `limitBytes` null = none. */
export interface OomCounter {
  readonly usageBytes: Bytes;
  readonly limitBytes: Bytes | null;
  readonly failures: number;
}

/** Memory of the whole machine, where the machine ran out; in pages, as it is printed. */
export interface OomMachine {
  readonly ramPages: number | null;
  readonly freePages: number | null;
  readonly anonPages: number | null;
  readonly filePages: number | null;
  readonly shmemPages: number | null;
  readonly slabPages: number | null;
  readonly pageTablePages: number | null;
  readonly swapTotalBytes: Bytes | null;
  readonly swapFreeBytes: Bytes | null;
}

/** One time that the kernel killed, or was about to when the log ends. Everything that was not in the log is null. */
export interface OomKill {
  readonly atMillis: Millis | null;
  readonly bootSeconds: Seconds | null;
  /** The machine, as its log gives it. */
  readonly host: string | null;
  /** `systemd`: no line of the kernel was in the log, only what systemd says of the unit. */
  readonly toldBy: 'kernel' | 'systemd';
  /** `cgroup`: a limit of a group; `machine`: all of the memory. */
  readonly scope: 'cgroup' | 'machine' | null;
  /** Null where the log ends before it says who. */
  readonly victim: OomVictim | null;
  /** Whose request for memory failed: often, but not always, who grows. */
  readonly invokedBy: string | null;
  /** 2^order contiguous pages were asked for; above 3 it may be fragmentation and no lack. */
  readonly order: number | null;
  /** The group whose limit was met. */
  readonly limitCgroup: string | null;
  /** The group of the victim: the same one or one below. */
  readonly victimCgroup: string | null;
  readonly memory: OomCounter | null;
  readonly swap: OomCounter | null;
  readonly kernel: OomCounter | null;
  readonly stat: CgroupMemory | null;
  readonly machine: OomMachine | null;
  readonly tasks: readonly OomTask[];
  /** Rows of the table that were left out: see MAX_TASKS. */
  readonly tasksLeftOut: number;
  /** Of the machine of the log: the kill line in kB over the task's pages; 4096 where that cannot be told. */
  readonly pageBytes: Bytes;
  /** Others that were killed with it: `memory.oom.group`, or processes that share its memory. */
  readonly others: readonly OomVictim[];
}

/** Processes kept of one table, in its order; a machine with more has other problems, and 100,000 rows of each kill would not fit. */
export const MAX_TASKS = 5000;
/** Kills kept of one log: the newest. A ring buffer holds fewer. */
export const MAX_KILLS = 2000;
const MAX_OTHERS = 100;
const MAX_STAT_LINES = 200;
const DEFAULT_PAGE: Bytes = 4096;
/** "No limit" is a number next to 2^63 bytes. */
const UNLIMITED_KIB = 2 ** 52;

interface Draft {
  atMillis: Millis | null;
  bootSeconds: Seconds | null;
  host: string | null;
  scope: OomKill['scope'];
  victim: OomVictim | null;
  invokedBy: string | null;
  order: number | null;
  limitCgroup: string | null;
  victimCgroup: string | null;
  memory: OomCounter | null;
  swap: OomCounter | null;
  kernel: OomCounter | null;
  stat: string[];
  machine: Record<keyof OomMachine, number | null> | null;
  tasks: OomTask[];
  tasksLeftOut: number;
  others: OomVictim[];
  isWholeGroup: boolean;
  toldBy: OomKill['toldBy'];
  /** The log says that somebody is killed; parts of a report alone, without its beginning, need the line of the kill. */
  isAnnounced: boolean;
  /** Kernels before 2.6.36: the line of the kill has a name and may have no sizes. */
  isOld: boolean;
  /** What systemd has said of it so far. */
  readonly unitTold: Set<UnitNote>;
}

/** A process of a unit was killed; later: the unit failed for that. */
type UnitNote = 'killed' | 'failed';
/** systemd's note on a kill follows it at once; that on the end of the unit when all of it has stopped. */
const NOTE_WITHIN: Readonly<Record<UnitNote, Millis>> = { killed: 60_000, failed: 300_000 };
/** Kills of several units in one burst: how far back the one that a note belongs to is looked for. */
const NOTE_REACH = 32;

/** Feeds on lines of the kernel log in their order; lines of anything else in between are passed over. */
export class OomLogReader {
  readonly #kills: Draft[] = [];
  /** Older ones, beyond MAX_KILLS. */
  leftOut = 0;
  #draft: Draft | null = null;
  #columns: readonly string[] | null = null;
  #isStat = false;

  line(line: KernelLine): void {
    const { text } = line;
    if (this.#begin(line) || this.#killed(line) || this.#ofUnit(line)) return;
    // The newest lines are kept of a ring buffer or a cut file: a report may have lost its beginning.
    const isNew = this.#draft === null || this.#draft.victim !== null;
    if (isNew && isInsideReport(text)) {
      this.#close();
      this.#draft = newDraft(line);
    }
    if (this.#draft === null) return;
    placeDraft(this.#draft, line);
    if (this.#isStat && this.#takeStat(text)) return;
    this.#describe(text, this.#draft);
  }

  /** All kills so far, oldest first, one that the log does not finish as the last. */
  finish(): readonly OomKill[] {
    this.#close();
    return this.#kills.map(finishDraft);
  }

  #begin(line: KernelLine): boolean {
    const announced = /\b(Memory cgroup out|Out) of memory: [Kk]ill process \d+ \((.*)$/.exec(line.text);
    if (announced) {
      // Before Linux 5.0, and where a search has left nothing but this line and the next.
      if (this.#draft?.victim) this.#close();
      this.#draft ??= newDraft(line);
      this.#draft.isAnnounced = true;
      this.#draft.isOld = / or a child\s*$/.test(announced[2] ?? '');
      this.#draft.scope ??= announced[1] === 'Out' ? 'machine' : 'cgroup';
      return true;
    }
    const match = /^(.*?) invoked oom-killer: .*?\border=(-?\d{1,4})\b/.exec(line.text);
    if (!match) return false;
    this.#close();
    this.#draft = newDraft(line);
    this.#draft.isAnnounced = true;
    this.#draft.invokedBy = (match[1] ?? '').trim();
    this.#draft.order = Number(match[2]);
    return true;
  }

  #killed(line: KernelLine): boolean {
    const victim = parseVictim(line.text) ?? parseOldVictim(line.text, this.#draft?.isOld === true);
    if (victim === null) return false;
    if (this.#draft?.victim) {
      const { others, isWholeGroup, victim: first } = this.#draft;
      if (isWholeGroup) {
        if (others.length < MAX_OTHERS && first.pid !== victim.pid) others.push(victim);
        return true;
      }
      // Dumps are rate-limited: a kill without one is a kill all the same.
      this.#close();
    }
    const own = (this.#draft ??= newDraft(line));
    placeDraft(own, line);
    own.victim = victim;
    if (/\bMemory cgroup out of memory\b/.test(line.text)) own.scope = 'cgroup';
    else if (/\bOut of memory\b/.test(line.text)) own.scope ??= 'machine';
    return true;
  }

  #close(): void {
    const draft = this.#draft;
    this.#draft = this.#columns = null;
    this.#isStat = false;
    if (draft === null || (draft.victim === null && !draft.isAnnounced)) return;
    this.#keep(draft);
  }

  #keep(draft: Draft): void {
    this.#kills.push(draft);
    if (this.#kills.length <= MAX_KILLS) return;
    this.#kills.shift();
    this.leftOut++;
  }

  /** What systemd says of a unit whose process was killed: more of a kill that the kernel told, or all that is told. */
  #ofUnit(line: KernelLine): boolean {
    const found =
      /\bsystemd\[\d{1,10}\]: (\S{1,256}\.(?:service|scope|slice)): (A process of this unit has been killed by the OOM killer|Failed with result 'oom-kill')\.\s*$/.exec(
        line.text,
      );
    if (!found) return false;
    const unit = found[1] ?? '';
    const note: UnitNote = found[2]?.startsWith('A ') ? 'killed' : 'failed';
    const recent = [...this.#kills.slice(-NOTE_REACH), ...(this.#draft?.victim ? [this.#draft] : [])];
    const own = recent.findLast((kill) => isOfUnit(kill, unit, note, line));
    const kill = own ?? { ...newDraft(line), toldBy: 'systemd', isAnnounced: true };
    kill.victimCgroup ??= `/${unit}`;
    kill.unitTold.add(note);
    if (own === undefined) {
      this.#close();
      this.#keep(kill);
    }
    return true;
  }

  /** `anon 524288000` and so on, a line each (Linux 5.3 and later), until the table; other parts of the kernel may write in between. */
  #takeStat(text: string): boolean {
    if (!/^[a-z_0-9]{2,40} \d{1,20}$/.test(text.trim())) return false;
    const stat = this.#draft?.stat ?? [];
    if (stat.length < MAX_STAT_LINES) stat.push(text.trim());
    return true;
  }

  #describe(text: string, draft: Draft): void {
    const stats = /\bMemory cgroup stats(?: for (\S+?))?:(.*)$/.exec(text);
    if (stats) {
      this.#isStat = true;
      // One line of `name:12KB` before Linux 5.3; then of the group itself and of each below it: the first is the whole.
      if (stats[2]?.trim() && draft.stat.length === 0) draft.stat.push(stats[2].trim());
      draft.limitCgroup ??= stats[1] ?? null;
      return;
    }
    if (this.#takeTable(text, draft)) return;
    if (/\bTasks in \S+ are going to be killed due to memory\.oom\.group set/.test(text))
      draft.isWholeGroup = true;
    takeCounters(text, draft);
    takeConstraint(text, draft);
    takeMachine(text, draft);
  }

  #takeTable(text: string, draft: Draft): boolean {
    const header = /\[ *pid *\] +(uid +tgid +total_vm +rss .*\bname)\s*$/.exec(text);
    if (header) {
      this.#columns = (header[1] ?? '').split(/ +/);
      this.#isStat = false;
      return true;
    }
    if (this.#columns === null) return false;
    const task = parseTask(text, this.#columns);
    if (task === null) return false;
    if (draft.tasks.length < MAX_TASKS) draft.tasks.push(task);
    else draft.tasksLeftOut++;
    return true;
  }
}

/** Lines that only a report of a kill has, or of memory that ran out; see `isAnnounced`. */
function isInsideReport(text: string): boolean {
  return (
    /(?:^|\s)memory: usage \d+kB, limit \d+kB, failcnt \d+\s*$/.test(text) ||
    /\[ *pid *\] +uid +tgid +total_vm +rss /.test(text) ||
    /\boom-kill:constraint=CONSTRAINT_|\bMemory cgroup stats(?: for \S+)?:|\bkilled as a result of limit of \//.test(
      text,
    ) ||
    /^Mem-Info:\s*$/.test(text)
  );
}

/** A kill of which systemd has not said this yet, shortly before, of this unit or of a group that the kernel did not name. */
function isOfUnit(
  kill: Draft,
  unit: string,
  note: UnitNote,
  { atMillis, bootSeconds, host }: KernelLine,
): boolean {
  if (host !== null && kill.host !== null && host !== kill.host) return false;
  if (kill.unitTold.has(note) || (note === 'killed' && kill.unitTold.has('failed'))) return false;
  const path = kill.victimCgroup;
  if (path !== null && !`${path}/`.includes(`/${unit}/`)) return false;
  const apart =
    atMillis !== null && kill.atMillis !== null
      ? atMillis - kill.atMillis
      : bootSeconds !== null && kill.bootSeconds !== null
        ? (bootSeconds - kill.bootSeconds) * 1000
        : 0;
  return Math.abs(apart) <= NOTE_WITHIN[note];
}

/** A report whose first line has lost its beginning has its time from the next one, up to that of the kill. */
function placeDraft(draft: Draft, { atMillis, bootSeconds, host }: KernelLine): void {
  if (draft.victim !== null) return;
  draft.atMillis ??= atMillis;
  draft.bootSeconds ??= bootSeconds;
  draft.host ??= host;
}

function newDraft({ atMillis, bootSeconds, host }: KernelLine): Draft {
  return {
    atMillis,
    bootSeconds,
    host,
    scope: null,
    victim: null,
    invokedBy: null,
    order: null,
    limitCgroup: null,
    victimCgroup: null,
    memory: null,
    swap: null,
    kernel: null,
    stat: [],
    machine: null,
    tasks: [],
    tasksLeftOut: 0,
    others: [],
    isWholeGroup: false,
    toldBy: 'kernel',
    isAnnounced: false,
    isOld: false,
    unitTold: new Set(),
  };
}

function finishDraft(draft: Draft): OomKill {
  const { stat, isWholeGroup: _group, isAnnounced: _told, isOld: _old, unitTold: _unit, ...rest } = draft;
  const scope =
    draft.scope ??
    (draft.memory !== null || draft.limitCgroup !== null ? 'cgroup' : draft.machine && 'machine');
  return {
    ...rest,
    scope,
    // A machine that ran out says nothing of one group's usage; its own numbers stand in `machine`.
    machine: scope === 'cgroup' ? null : draft.machine,
    stat: stat.length === 0 ? null : parseMemoryStat(`${stat.join('\n')}\n`),
    pageBytes: findPageSize(draft),
  };
}

/** Pages of 4, 16 or 64 KiB: which of them fits the line of the kill. */
function findPageSize({ victim, tasks }: Draft): Bytes {
  const task = victim && tasks.find(({ pid }) => pid === victim.pid);
  if (!task || task.totalVmPages === 0) return DEFAULT_PAGE;
  const ratio = (victim.totalVmBytes ?? 0) / task.totalVmPages;
  for (const size of [DEFAULT_PAGE, 16 * KIB, 64 * KIB]) if (Math.abs(ratio / size - 1) < 0.3) return size;
  return DEFAULT_PAGE;
}

/**
 * `Killed process 1234 (orders) total-vm:720000kB, anon-rss:524000kB, file-rss:8000kB` and, as versions added them,
 * `vsz` for `total-vm` (2.6.33 to 2.6.35), `, UID 1000,` (distributions), `shmem-rss` (4.5), `UID:0` (5.3), `pgtables:1172kB oom_score_adj:0` (5.4).
 */
export function parseVictim(text: string): OomVictim | null {
  const head =
    /\bKilled process (\d{1,10})(?:, UID (\d{1,10}),?)? \((.*)\)(?:, UID (\d{1,10}))?,? (total-vm|vsz):/.exec(
      text,
    );
  if (!head) return null;
  // A name may hold what looks like a field: fields are looked for behind it.
  const sizeName = head[5] ?? '';
  const fields = text.slice(head.index + head[0].length - `${sizeName}:`.length);
  const kib = (name: string): Bytes | null => {
    const match = new RegExp(`\\b${name}:(\\d{1,15})kB`).exec(fields);
    return match ? Number(match[1]) * KIB : null;
  };
  const totalVmBytes = kib(sizeName);
  const anonBytes = kib('anon-rss');
  const fileBytes = kib('file-rss');
  // Cut short: sizes that are not there must not count as nothing.
  if (totalVmBytes === null || anonBytes === null || fileBytes === null) return null;
  const uid = head[2] ?? head[4] ?? /\bUID:(\d{1,10})(?= )/.exec(fields)?.[1];
  const score = /\boom_score_adj:(-?\d{1,4})$/.exec(fields.trimEnd());
  return {
    pid: Number(head[1]),
    name: head[3] ?? '',
    uid: uid === undefined ? null : Number(uid),
    totalVmBytes,
    anonBytes,
    fileBytes,
    shmemBytes: kib('shmem-rss'),
    pageTableBytes: kib('pgtables'),
    oomScoreAdj: score ? Number(score[1]) : null,
  };
}

/**
 * `Killed process 3592 (httpd).` or, behind `kill process 3592 (httpd) score 77 or a child`, without the point: Linux before
 * 2.6.33, which prints no sizes. Of newer kernels such a line was cut short.
 */
function parseOldVictim(text: string, isOld: boolean): OomVictim | null {
  const found = /\bKilled process (\d{1,10})(?:, UID (\d{1,10}),)? \((.{1,64})\)(\.?)\s*$/.exec(text);
  if (!found || (found[4] !== '.' && !isOld)) return null;
  return {
    pid: Number(found[1]),
    name: found[3] ?? '',
    uid: found[2] === undefined ? null : Number(found[2]),
    totalVmBytes: null,
    anonBytes: null,
    fileBytes: null,
    shmemBytes: null,
    pageTableBytes: null,
    oomScoreAdj: null,
  };
}

/** Columns differ between versions; the header names them, and the name, which may hold spaces, is the last. */
function parseTask(text: string, columns: readonly string[]): OomTask | null {
  const match = /\[ *(\d{1,10})\] +(.*)$/.exec(text);
  if (!match) return null;
  const cells = (match[2] ?? '').split(/ +/);
  if (cells.length < columns.length) return null;
  const cell = (name: string): number | null => {
    const at = columns.indexOf(name);
    const value = at < 0 ? NaN : Number(cells[at]);
    return Number.isFinite(value) ? value : null;
  };
  const totalVmPages = cell('total_vm');
  const rssPages = cell('rss');
  if (totalVmPages === null || rssPages === null) return null;
  return {
    pid: Number(match[1]),
    name: cells
      .slice(columns.length - 1)
      .join(' ')
      .trimEnd(),
    rssPages,
    swapPages: cell('swapents') ?? 0,
    totalVmPages,
    pageTableBytes: cell('pgtables_bytes'),
    oomScoreAdj: cell('oom_score_adj'),
  };
}

function takeCounters(text: string, draft: Draft): void {
  const match =
    /(?:^|\s)(memory|swap|kmem|memory\+swap): usage (\d{1,19})kB, limit (\d{1,19})kB, failcnt (\d{1,19})\s*$/.exec(
      text,
    );
  if (!match) return;
  const limit = Number(match[3]);
  const counter: OomCounter = {
    usageBytes: Number(match[2]) * KIB,
    limitBytes: limit >= UNLIMITED_KIB ? null : limit * KIB,
    failures: Number(match[4]),
  };
  if (match[1] === 'memory') draft.memory ??= counter;
  else if (match[1] === 'kmem') draft.kernel ??= counter;
  // Version 1 counts memory and swap together; alone it says nothing of swap.
  else if (match[1] === 'swap') draft.swap ??= counter;
}

function takeConstraint(text: string, draft: Draft): void {
  const constraint = /\boom-kill:constraint=CONSTRAINT_(\w+),/.exec(text);
  if (constraint) {
    draft.scope = constraint[1] === 'MEMCG' ? 'cgroup' : 'machine';
    draft.limitCgroup =
      /,oom_memcg=([^,]+),/.exec(text)?.[1] ?? (draft.scope === 'machine' ? null : draft.limitCgroup);
    draft.victimCgroup = /,task_memcg=([^,]+),/.exec(text)?.[1] ?? null;
    return;
  }
  // Before Linux 5.0; a group that is the whole hierarchy is `/`.
  const task = /\bTask in (\S+) killed as a result of limit of (\S+)/.exec(text);
  if (!task) return;
  draft.scope = 'cgroup';
  draft.victimCgroup = task[1] ?? null;
  draft.limitCgroup = task[2] ?? null;
}

/** `active_anon:1234 inactive_anon:56 ...` of Mem-Info, in pages, and the lines at its end. */
function takeMachine(text: string, draft: Draft): void {
  const numbers: [keyof OomMachine, RegExp][] = [
    ['freePages', /(?:^|\s)free:(\d{1,15}) free_pcp:/],
    ['shmemPages', /(?:^|\s)mapped:\d+ shmem:(\d{1,15}) /],
    ['pageTablePages', /(?:^|\s)mapped:\d+ shmem:\d+ pagetables:(\d{1,15})(?= )/],
    ['ramPages', /(?:^|\s)(\d{1,15}) pages RAM\s*$/],
  ];
  for (const [name, pattern] of numbers) put(draft, name, pattern.exec(text)?.[1]);
  const pairs: [keyof OomMachine, RegExp][] = [
    ['anonPages', /(?:^|\s)active_anon:(\d{1,15}) inactive_anon:(\d{1,15}) isolated_anon:/],
    ['filePages', /(?:^|\s)active_file:(\d{1,15}) inactive_file:(\d{1,15}) isolated_file:/],
    ['slabPages', /(?:^|\s)slab_reclaimable:(\d{1,15}) slab_unreclaimable:(\d{1,15})(?=\s|$)/],
  ];
  for (const [name, pattern] of pairs) {
    const match = pattern.exec(text);
    if (match) put(draft, name, String(Number(match[1]) + Number(match[2])));
  }
  const swap = /(?:^|\s)(Free|Total) swap +(?:= |: +)(\d{1,15})kB\s*$/.exec(text);
  if (swap)
    put(draft, swap[1] === 'Free' ? 'swapFreeBytes' : 'swapTotalBytes', String(Number(swap[2]) * KIB));
}

function put(draft: Draft, name: keyof OomMachine, digits: string | undefined): void {
  if (digits === undefined) return;
  draft.machine ??= {
    ramPages: null,
    freePages: null,
    anonPages: null,
    filePages: null,
    shmemPages: null,
    slabPages: null,
    pageTablePages: null,
    swapTotalBytes: null,
    swapFreeBytes: null,
  };
  draft.machine[name] ??= Number(digits);
}
