// Kills, container statuses and what a watch saw, put together: one answer a service. Start here for OOM forensics.
import type { Bytes, Millis } from '../base/units.ts';
import type { Growth } from '../model/finding.ts';
import type { ContainerHistory } from '../parse/container-status.ts';
import type { OomKill, OomVictim } from '../parse/oom-log.ts';
import { nameCgroup, type CgroupName } from './cgroup-name.ts';
import { findSawtooth, type OomLife, type OomSawtooth } from './oom-lives.ts';
import { describeParts, heldBytes, rssOf, type MemoryPart } from './oom-parts.ts';
import { judgeRole, type RoleAnswer } from './oom-role.ts';
import { whyNoAlert, type SilenceAnswer, type WatchRecord } from './why-no-alert.ts';

/** One kill as it is told. Everything that no source said is null. */
export interface KillAnswer {
  readonly atMillis: Millis | null;
  readonly bootSeconds: number | null;
  /** `systemd`: the kernel's own report was not in the log. */
  readonly toldBy: OomKill['toldBy'];
  readonly scope: OomKill['scope'];
  readonly victim: OomVictim | null;
  readonly invokedBy: string | null;
  readonly limitBytes: Bytes | null;
  readonly usedBytes: Bytes | null;
  /** How often the limit was met so far. */
  readonly limitHits: number | null;
  readonly swapLimitBytes: Bytes | null;
  readonly limitCgroup: string | null;
  readonly parts: readonly MemoryPart[];
  /** The largest others of the table. */
  readonly beside: readonly { readonly pid: number; readonly name: string; readonly rssBytes: Bytes }[];
  readonly killedWithIt: readonly OomVictim[];
  /** The request was for so many contiguous pages that fragmentation may be the reason. */
  readonly isLargeRequest: boolean;
}

/** All kills of one service on one machine: the same name in the same pod, container, unit, or on the machine. */
export interface ServiceAnswer {
  readonly name: string;
  readonly place: string;
  /** The machine, as its log gives it; null where it does not. */
  readonly host: string | null;
  readonly role: RoleAnswer;
  readonly every: OomSawtooth['every'];
  /** Growth per life, mean over the lives. */
  readonly growth: Growth | null;
  readonly lives: readonly OomLife[];
  /** Of `lives`; see OomSawtooth. */
  readonly clock: OomSawtooth['clock'];
  /** Newest first. */
  readonly kills: readonly KillAnswer[];
  readonly container: ContainerHistory | null;
  readonly silence: SilenceAnswer | null;
}

export interface OomEvidence {
  readonly kills: readonly OomKill[];
  readonly containers: readonly ContainerHistory[];
  /** What a watch knows of a service, asked for the newest kill. */
  readonly watched: { readonly name: string; readonly record: WatchRecord } | null;
}

/** Others of the table that are shown. */
const MAX_BESIDE = 3;
/** From this order on an allocation may fail with memory free (costly orders of the kernel). */
const LARGE_ORDER = 4;

/** One answer for each service that was killed, the one with the newest kill first. */
export function answerOom({ kills, containers, watched }: OomEvidence): ServiceAnswer[] {
  const services = new Map<string, KilledService>();
  const hosts = [...new Set(kills.flatMap(({ host }) => (host === null ? [] : [host])))];
  // Without a name (dmesg) it is the one machine that the others are of, where there is but one.
  const only = hosts.length === 1 ? (hosts[0] ?? null) : null;
  for (const kill of kills) {
    const path = kill.victimCgroup ?? kill.limitCgroup;
    const group = path === null ? null : nameCgroup(path);
    const host = kill.host ?? only;
    // The same unit on two machines are two processes, and their kills no two lives of one.
    const key = JSON.stringify([nameOf(kill, group), group?.lasting ?? null, host]);
    const container = group === null ? null : findContainer(containers, group);
    const service = services.get(key) ?? { kills: [], container, group, host };
    service.container ??= container;
    service.kills.push(kill);
    services.set(key, service);
  }
  const answers = [...services.values()].map((service) => answerService(service, watched));
  const told = new Set([...services.values()].map(({ container }) => container));
  for (const container of containers) {
    const isKilled = container.lives.some(({ reason }) => reason === 'OOMKilled');
    if (isKilled && !told.has(container)) {
      answers.push(answerService({ kills: [], container, group: null, host: null }, watched));
    }
  }
  return answers.sort((a, b) => newest(b) - newest(a));
}

/** Of the process; of a kill that only systemd tells of, the unit without what kind it is. */
function nameOf({ victim, invokedBy, toldBy }: OomKill, group: CgroupName | null): string | null {
  const unit =
    toldBy === 'systemd' ? (group?.lasting.replace(/\.(?:service|scope|slice)$/, '') ?? null) : null;
  return victim?.name ?? invokedBy ?? unit;
}

function newest(answer: ServiceAnswer): number {
  return newestKillMillis(answer) ?? -Infinity;
}

export function newestKillMillis({ kills, lives }: ServiceAnswer): Millis | null {
  return kills[0]?.atMillis ?? lives.at(-1)?.toMillis ?? null;
}

/** The kernel keeps so much of a command's name. */
const COMMAND_LENGTH = 15;

/** Whether kills are those of a service as people name it: its process, its container, or its unit. */
export function isOfService(
  { name, place, container }: Pick<ServiceAnswer, 'name' | 'place' | 'container'>,
  service: string,
): boolean {
  const isCut = name.length === COMMAND_LENGTH && service.startsWith(name);
  return name === service || isCut || container?.container === service || place === `${service}.service`;
}

function findContainer(containers: readonly ContainerHistory[], group: CgroupName): ContainerHistory | null {
  const ofLife = containers.find(({ lives }) =>
    lives.some(({ containerId }) => containerId !== null && containerId === group.containerId),
  );
  if (ofLife !== undefined || group.podUid === null) return ofLife ?? null;
  // A pod of one container has no other that it could be.
  const ofPod = containers.filter(({ podUid }) => podUid === group.podUid);
  return ofPod.length === 1 ? (ofPod[0] ?? null) : null;
}

interface KilledService {
  readonly kills: OomKill[];
  container: ContainerHistory | null;
  readonly group: CgroupName | null;
  readonly host: string | null;
}

function answerService(service: KilledService, watched: OomEvidence['watched']): ServiceAnswer {
  const { container, group } = service;
  const kills = [...service.kills].sort((a, b) => orderOf(a) - orderOf(b));
  const last = kills.at(-1) ?? null;
  const sawtooth = findSawtooth(kills, container);
  const name = (last && nameOf(last, group)) ?? container?.container ?? 'unknown';
  const killedAt = last?.atMillis ?? sawtooth.lives.at(-1)?.toMillis ?? null;
  const limitBytes = last === null ? (container?.limitBytes ?? null) : describeParts(last).limitBytes;
  const place = placeOf(last, group, container);
  const isMine = watched !== null && isOfService({ name, place, container }, watched.name);
  const killed = { pid: last?.victim?.pid ?? null, heldBytes: last && heldBytes(last) };
  const silence =
    isMine && killedAt !== null ? whyNoAlert(killedAt, limitBytes, watched.record, killed) : null;
  const lengthsMillis = sawtooth.lives.map(({ fromMillis, toMillis }) => toMillis - fromMillis);
  // What the watch saw of another process says nothing about this one.
  const grows = silence?.growth && silence.disagreement === null ? describeGrowth(silence.growth) : null;
  return {
    name,
    place,
    host: service.host,
    role:
      last === null
        ? {
            role: 'unknown',
            why: 'the status tells that it was killed, and not what held the memory: give the kernel log of its node',
          }
        : judgeRole(last, kills.slice(0, -1), { lengthsMillis }, grows),
    every: sawtooth.every,
    growth: sawtooth.growth,
    lives: sawtooth.lives,
    clock: sawtooth.clock,
    kills: kills.map(answerKill).reverse(),
    container,
    silence,
  };
}

function describeGrowth(growth: NonNullable<SilenceAnswer['growth']>): { text: string; isGrowing: boolean } {
  const mib = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB/h`;
  return {
    text: `${mib(growth.perHour)} (${mib(growth.low)} to ${mib(growth.high)})`,
    isGrowing: growth.standsOut,
  };
}

function orderOf({ atMillis, bootSeconds }: OomKill): number {
  return atMillis ?? bootSeconds ?? 0;
}

function placeOf(kill: OomKill | null, group: CgroupName | null, container: ContainerHistory | null): string {
  if (container !== null) return `${container.namespace}/${container.pod}, container ${container.container}`;
  if (group !== null) return group.title;
  return kill?.scope === 'cgroup' ? 'a cgroup that the log does not name' : 'the machine';
}

function answerKill(kill: OomKill): KillAnswer {
  const { victim } = kill;
  const { usedBytes, limitBytes, parts } = describeParts(kill);
  const beside = kill.tasks
    .filter(({ pid }) => pid !== victim?.pid)
    .sort((a, b) => b.rssPages - a.rssPages)
    .slice(0, MAX_BESIDE)
    .map((task) => ({ pid: task.pid, name: task.name, rssBytes: rssOf(kill, task) }));
  return {
    atMillis: kill.atMillis,
    bootSeconds: kill.bootSeconds,
    toldBy: kill.toldBy,
    scope: kill.scope,
    victim,
    invokedBy: kill.invokedBy,
    limitBytes,
    usedBytes,
    limitHits: kill.memory?.failures ?? null,
    swapLimitBytes: kill.swap?.limitBytes ?? null,
    limitCgroup: kill.limitCgroup,
    parts,
    beside,
    killedWithIt: kill.others,
    isLargeRequest: (kill.order ?? 0) >= LARGE_ORDER,
  };
}
