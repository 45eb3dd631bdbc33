import { PlimsollError } from '../base/errors.ts';
import type { GaugeName } from '../base/gauges.ts';
import { parseMemoryEvents, parseMemoryStat, parsePressure } from './cgroup-memory.ts';
import { decodeText, ReadingBuilder, type GaugeExtract } from './gauge-extract.ts';

/**
 * The files of a local process as a recording keeps them (`proc/<unix_ms>.json`). Each field is optional: the reader
 * may lack the right, the kernel the file. Texts are the files as they are.
 */
export interface ProcFiles {
  /** /proc/PID/status. */
  readonly status?: string;
  /** /proc/PID/smaps_rollup. */
  readonly smaps_rollup?: string;
  /** Resident bytes of the anonymous mappings that Go has named, by name (Go 1.25, where the kernel keeps names). */
  readonly go_mappings?: Readonly<Record<string, number>>;
  /** Entries of /proc/PID/fd. */
  readonly fds?: number;
  /** The same by what they link to. Missing in most readings of a process with very many: each link costs a call. */
  readonly fd_kinds?: FdKinds;
  readonly threads?: number;
  /** When the process started, or was seen to run another program (exec keeps the number), Unix milliseconds. */
  readonly started?: number;
  /** Time on a CPU so far: fields 14 and 15 of /proc/PID/stat. */
  readonly cpu_seconds?: number;
  /** What /proc/PID/exe says about itself; `goVersion` null = it is no Go program. Missing = it could not be read. */
  readonly program?: ProgramInfo;
  readonly cgroup?: {
    /** Bytes; memory.usage_in_bytes in cgroup v1. */
    readonly 'memory.current'?: number;
    /** Bytes, null when unlimited; memory.limit_in_bytes in v1. */
    readonly 'memory.max'?: number | null;
    readonly 'memory.stat'?: string;
    /** `oom_kill N` among others; memory.oom_control in v1 has the same line. */
    readonly 'memory.events'?: string;
    /** Bytes, null when there is none; version 2 alone has it. */
    readonly 'memory.high'?: number | null;
    /** Version 1: how often usage met the limit. */
    readonly 'memory.failcnt'?: number;
    /** Version 2, where PSI is on. */
    readonly 'memory.pressure'?: string;
    /** Path below the mount of the controller. */
    readonly path?: string;
  };
  /** Files of /proc/PID that are there and may not be read by the user who looks. */
  readonly denied?: readonly string[];
}

/** Open descriptors by what they are; `anon` = epoll, timers, events; `other` = devices, memory files and the rest. */
export interface FdKinds {
  readonly socket: number;
  readonly file: number;
  readonly pipe: number;
  readonly anon: number;
  readonly other: number;
}

export interface ProgramInfo {
  readonly goVersion: string | null;
  /** Import path of the main module. */
  readonly module?: string;
  /** Missing where the build does not say (`(devel)`). */
  readonly moduleVersion?: string;
}

const KIB = 1024;

/** Lines `VmRSS:     13984 kB` of /proc/PID/status. */
const STATUS_KIB = [
  kibLine('VmRSS', 'rssBytes'),
  kibLine('RssAnon', 'rssAnonBytes'),
  kibLine('RssFile', 'rssFileBytes'),
  kibLine('RssShmem', 'rssShmemBytes'),
  kibLine('VmSwap', 'swapBytes'),
  kibLine('VmSize', 'virtualBytes'),
];
const SMAPS_KIB = [kibLine('LazyFree', 'lazyFreeBytes'), kibLine('AnonHugePages', 'anonHugePageBytes')];

interface KibLine {
  readonly name: string;
  readonly gauge: GaugeName;
  readonly pattern: RegExp;
}

function kibLine(name: string, gauge: GaugeName): KibLine {
  return { name, gauge, pattern: new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm') };
}

/** Those that matter are four. */
const MAX_DENIED_NAMES = 8;

const FD_GAUGES = {
  socket: 'socketFds',
  file: 'fileFds',
  pipe: 'pipeFds',
  anon: 'anonFds',
} as const satisfies Partial<Record<keyof FdKinds, GaugeName>>;

/** Anything from here on is "no limit" in cgroup v1, which prints the largest page-aligned signed number. */
const UNLIMITED_BYTES = 2 ** 62;

/**
 * Gauges of `proc/<unix_ms>.json`. A field of the wrong type is left out with a warning.
 *
 * @param where path, for errors.
 * @throws PlimsollError METRICS_INVALID when the body is no JSON object (cut short, too).
 */
export function gaugesFromProc(body: Uint8Array | string, where?: string): GaugeExtract {
  const files = parseFiles(typeof body === 'string' ? body : decodeText(body), where);
  const builder = new ReadingBuilder();
  const status = textField(builder, files, 'status');
  const smaps = textField(builder, files, 'smaps_rollup');
  for (const line of STATUS_KIB) putKib(builder, status, line);
  for (const line of SMAPS_KIB) putKib(builder, smaps, line);
  builder.putUnknown('openFds', files['fds'], 1, 'fds');
  builder.putUnknown('threads', files['threads'], 1, 'threads');
  const threads = /^Threads:\s*(\d+)$/m.exec(status);
  if (threads) builder.put('threads', Number(threads[1]), 'Threads of status');
  builder.putUnknown('processStartMillis', files['started'], 1, 'started');
  builder.putUnknown('cpuSecondsTotal', files['cpu_seconds'], 1, 'cpu_seconds');
  readFdKinds(builder, files['fd_kinds']);
  readGoMappings(builder, files['go_mappings']);
  readCgroup(builder, files['cgroup']);
  warnOfDenied(builder, files['denied']);
  return builder.finish(readProgram(builder, files['program']));
}

function warnOfDenied(builder: ReadingBuilder, denied: unknown): void {
  if (!Array.isArray(denied) || denied.length === 0) return;
  const names = denied.filter((name) => typeof name === 'string').slice(0, MAX_DENIED_NAMES);
  builder.warn(`this user may not read ${names.join(', ')} of the process: run as its user, or as root`);
}

function readFdKinds(builder: ReadingBuilder, kinds: unknown): void {
  if (!isGivenRecord(builder, kinds, 'fd_kinds')) return;
  for (const [kind, gauge] of Object.entries(FD_GAUGES)) builder.putUnknown(gauge, kinds[kind], 1, kind);
}

function readGoMappings(builder: ReadingBuilder, mappings: unknown): void {
  if (!isGivenRecord(builder, mappings, 'go_mappings')) return;
  const bytes = Object.values(mappings);
  if (bytes.length === 0) return;
  const isWhole = bytes.every((value) => typeof value === 'number' && value >= 0);
  if (isWhole)
    builder.put(
      'goTouchedBytes',
      (bytes as number[]).reduce((a, b) => a + b),
      'go_mappings',
    );
  else builder.warn('go_mappings are not all numbers: left out');
}

function readProgram(
  builder: ReadingBuilder,
  program: unknown,
): Partial<Pick<GaugeExtract, 'goVersion' | 'module'>> {
  if (!isGivenRecord(builder, program, 'program')) return {};
  const { goVersion, module, moduleVersion } = program;
  // The Go runtime of a program that is not Go holds nothing: all of its memory is native.
  if (goVersion === null) builder.put('goResidentBytes', 0, 'program');
  const path = typeof module === 'string' && module !== '' ? module : null;
  const version = typeof moduleVersion === 'string' ? moduleVersion : null;
  return {
    goVersion: typeof goVersion === 'string' ? goVersion : null,
    module: path === null ? null : { path, version },
  };
}

/** False for what is not there; for what is of another type, too, with a warning. */
function isGivenRecord(
  builder: ReadingBuilder,
  value: unknown,
  field: string,
): value is Record<string, unknown> {
  if (value === undefined || value === null) return false;
  if (isRecord(value)) return true;
  builder.warn(`${field} is no object: left out`);
  return false;
}

function readCgroup(builder: ReadingBuilder, cgroup: unknown): void {
  if (!isGivenRecord(builder, cgroup, 'cgroup')) return;
  builder.putUnknown('cgroupCurrentBytes', cgroup['memory.current'], 1, 'memory.current');
  putLimit(builder, 'memoryLimitBytes', cgroup, 'memory.max');
  putLimit(builder, 'cgroupHighBytes', cgroup, 'memory.high');
  const events = parseMemoryEvents(textField(builder, cgroup, 'memory.events'));
  const stat = parseMemoryStat(textField(builder, cgroup, 'memory.stat'));
  const { some } = parsePressure(textField(builder, cgroup, 'memory.pressure'));
  const known = (gauge: GaugeName, value: number | null, source: string) => {
    if (value !== null) builder.put(gauge, value, source);
  };
  known('cgroupOomKillsTotal', events.oomKill, 'oom_kill of memory.events');
  known('cgroupHighEventsTotal', events.high, 'high of memory.events');
  known('cgroupLimitHitsTotal', events.max, 'max of memory.events');
  builder.putUnknown('cgroupLimitHitsTotal', cgroup['memory.failcnt'], 1, 'memory.failcnt');
  known('cgroupAnonBytes', stat.anonBytes, 'anon of memory.stat');
  known('cgroupFileBytes', stat.fileBytes, 'file of memory.stat');
  known('cgroupKernelBytes', stat.kernelBytes, 'kernel of memory.stat');
  known('memoryStallSecondsTotal', some?.totalSeconds ?? null, 'some of memory.pressure');
}

function putLimit(
  builder: ReadingBuilder,
  gauge: GaugeName,
  cgroup: Record<string, unknown>,
  file: string,
): void {
  const limit = cgroup[file];
  const isUnlimited = typeof limit === 'number' && limit >= UNLIMITED_BYTES;
  if (!isUnlimited) builder.putUnknown(gauge, limit, 1, file);
}

function putKib(builder: ReadingBuilder, text: string, line: KibLine): void {
  const match = line.pattern.exec(text);
  if (match) builder.put(line.gauge, Number(match[1]) * KIB, line.name);
}

function textField(builder: ReadingBuilder, record: Record<string, unknown>, field: string): string {
  const value = record[field];
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  builder.warn(`${field} is no text but ${typeof value}: left out`);
  return '';
}

function parseFiles(text: string, where: string | undefined): Record<string, unknown> {
  const place = { ...(where === undefined ? {} : { where }), value: text.slice(0, 80) };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PlimsollError('METRICS_INVALID', 'parse', 'not the JSON of a proc reading', place, error);
  }
  if (!isRecord(value)) {
    throw new PlimsollError('METRICS_INVALID', 'parse', 'a proc reading is a JSON object', place);
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
