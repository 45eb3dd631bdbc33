import { PlimsollError } from '../base/errors.ts';
import type { GaugeName } from '../base/gauges.ts';
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
  /** Entries of /proc/PID/fd. */
  readonly fds?: number;
  readonly threads?: number;
  readonly cgroup?: {
    /** Bytes; memory.usage_in_bytes in cgroup v1. */
    readonly 'memory.current'?: number;
    /** Bytes, null when unlimited; memory.limit_in_bytes in v1. */
    readonly 'memory.max'?: number | null;
    readonly 'memory.stat'?: string;
    /** `oom_kill N` among others; memory.oom_control in v1 has the same line. */
    readonly 'memory.events'?: string;
  };
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
  readCgroup(builder, files['cgroup']);
  return builder.finish();
}

function readCgroup(builder: ReadingBuilder, cgroup: unknown): void {
  if (cgroup === undefined || cgroup === null) return;
  if (!isRecord(cgroup)) {
    builder.warn('cgroup is no object: left out');
    return;
  }
  builder.putUnknown('cgroupCurrentBytes', cgroup['memory.current'], 1, 'memory.current');
  const limit = cgroup['memory.max'];
  const isUnlimited = typeof limit === 'number' && limit >= UNLIMITED_BYTES;
  if (!isUnlimited) builder.putUnknown('memoryLimitBytes', limit, 1, 'memory.max');
  const kills = /^oom_kill (\d+)$/m.exec(textField(builder, cgroup, 'memory.events'));
  if (kills) builder.put('cgroupOomKillsTotal', Number(kills[1]), 'oom_kill of memory.events');
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
