// From files, standard input and this machine to what is known about kills: kernel logs, crashes, container statuses.
import { readKernelBuffer } from '../collect/kernel-buffer.ts';
import { PlimsollError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { ByteLines } from '../parse/byte-lines.ts';
import {
  looksLikeKubernetes,
  parseContainerStatus,
  type ContainerHistory,
} from '../parse/container-status.ts';
import { CrashLogReader, type Crash } from '../parse/crash-log.ts';
import { KernelLogReader, type KernelLogContext } from '../parse/kernel-log.ts';
import { OomLogReader, type OomKill } from '../parse/oom-log.ts';
import { readLog } from './read-log.ts';
import { TextMeter } from './text-meter.ts';

export interface OomInputs {
  readonly kills: readonly OomKill[];
  readonly crashes: readonly Crash[];
  readonly containers: readonly ContainerHistory[];
  /** What was looked at, for the answer. */
  readonly sources: readonly OomSource[];
  /** Kills that this machine counted and its buffer has forgotten; null where it was not asked. */
  readonly forgottenKills: number | null;
}

export interface OomSource {
  readonly name: string;
  /** It had nothing in it, or blanks. */
  readonly isEmpty: boolean;
  readonly kills: number;
  readonly crashes: number;
  readonly containers: number;
  /** Older kills that were not kept: see MAX_KILLS. */
  readonly killsLeftOut: number;
  /** Why nothing was read behind a place of it (an archive that is cut short); null where all was. */
  readonly damage: string | null;
}

/** What one input told. */
type Told = Pick<OomInputs, 'kills' | 'crashes' | 'containers'> &
  Pick<OomSource, 'isEmpty' | 'killsLeftOut' | 'damage'>;

/** A list of all pods of a large cluster has 60 MB; its JSON is read whole. */
const MAX_STATUS: Bytes = 256 * 1024 * 1024;

/** Zone of logs without one: that of the reader. */
function contextNow(bootAtMillis: number | null): KernelLogContext {
  return { nowMillis: Date.now(), eastMinutes: -new Date().getTimezoneOffset(), bootAtMillis };
}

/**
 * @param signal reading ends early when it aborts, and what was read by then counts.
 * @param paths of logs and statuses, `-` for standard input; without one, this machine's kernel buffer is read.
 * @throws PlimsollError LOG_UNREADABLE, also for what is no text; STATUS_INVALID
 */
export async function gatherOomInputs(paths: readonly string[], signal: AbortSignal): Promise<OomInputs> {
  if (paths.length === 0) return readThisMachine();
  const all: Told[] = [];
  for (const path of paths) all.push(await readInput(path, signal));
  return {
    kills: all.flatMap(({ kills }) => kills),
    crashes: all.flatMap(({ crashes }) => crashes),
    containers: all.flatMap(({ containers }) => containers),
    sources: all.map((one, i) => describeSource(paths[i] ?? '', one)),
    forgottenKills: null,
  };
}

async function readThisMachine(): Promise<OomInputs> {
  const { bytes, bootAtMillis, oomKills } = await readKernelBuffer();
  const lines = new KernelLogReader(contextNow(bootAtMillis));
  const oom = new OomLogReader();
  for (const line of [...lines.push(bytes), ...lines.end()]) oom.line(line);
  const kills = oom.finish();
  const killed = kills
    .filter(({ victim }) => victim !== null)
    .reduce((sum, { others }) => sum + 1 + others.length, 0);
  return {
    kills,
    crashes: [],
    containers: [],
    sources: [
      {
        ...{ name: '/dev/kmsg', isEmpty: bytes.length === 0, damage: null },
        ...{ kills: kills.length, crashes: 0, containers: 0, killsLeftOut: oom.leftOut },
      },
    ],
    forgottenKills: oomKills === null ? null : Math.max(0, oomKills - killed),
  };
}

const NO_LOSS = { killsLeftOut: 0, damage: null };

async function readInput(path: string, signal: AbortSignal): Promise<Told> {
  const kernel = new KernelLogReader(contextNow(null));
  const oom = new OomLogReader();
  const lines = new ByteLines();
  const crashes = new CrashLogReader();
  const meter = new TextMeter();
  let status: Uint8Array[] | null = null;
  let isFirst = true;
  let size = 0;
  let damage: string | null = null;
  const onDamage = (fact: string) => (damage = fact);
  for await (const piece of readLog(path, signal, 'LOG_UNREADABLE', onDamage)) {
    if (isFirst && looksLikeKubernetes(new TextDecoder().decode(piece.subarray(0, 4096)))) status = [];
    isFirst = false;
    if (status !== null) {
      size += piece.length;
      if (size > MAX_STATUS)
        throw new PlimsollError('LOG_UNREADABLE', 'collect', `larger than ${MAX_STATUS} bytes`, {
          where: path,
        });
      status.push(piece);
      continue;
    }
    meter.take(piece);
    for (const line of kernel.push(piece)) oom.line(line);
    for (const line of lines.push(piece)) crashes.line(line);
  }
  if (status !== null) {
    const text = new TextDecoder().decode(Buffer.concat(status));
    return {
      kills: [],
      crashes: [],
      containers: parseContainerStatus(text, path),
      isEmpty: false,
      ...NO_LOSS,
    };
  }
  for (const line of kernel.end()) oom.line(line);
  for (const line of lines.end()) crashes.line(line);
  const told = {
    ...{ kills: oom.finish(), crashes: crashes.finish(), containers: [] },
    ...{ isEmpty: meter.isEmpty && damage === null, killsLeftOut: oom.leftOut, damage },
  };
  const why = told.kills.length + told.crashes.length > 0 ? null : meter.whyNoText();
  if (why !== null) throw new PlimsollError('LOG_UNREADABLE', 'parse', why, { where: path });
  return told;
}

function describeSource(path: string, one: Told): OomSource {
  return {
    name: path === '-' ? 'standard input' : path,
    isEmpty: one.isEmpty,
    kills: one.kills.length,
    crashes: one.crashes.length,
    containers: one.containers.length,
    killsLeftOut: one.killsLeftOut,
    damage: one.damage,
  };
}
