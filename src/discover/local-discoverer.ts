// Every Go process of this machine that serves pprof, found by itself: what runs, where it listens, what answers there.
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { listPids } from '../collect/find-process.ts';
import { probeProcess } from '../collect/probe-process.ts';
import { readProcessIdentity } from '../collect/proc.ts';
import type { ProbeResult } from '../collect/probe.ts';
import { readProgram } from '../collect/program.ts';
import type { ProcOptions } from '../collect/system-file.ts';
import type { Endpoint } from '../model/target.ts';
import type { Discoverer, DiscoverySink } from './discoverer.ts';
import type { Labels } from './labels.ts';

/** Go programs that are asked; each costs a few requests. */
const MAX_PROGRAMS = 1000;
/** Asked at once. */
const AT_ONCE = 8;
/** A program that serves nothing yet is asked again after one look, then two, four ...: it may still be starting. */
const LONGEST_WAIT_LOOKS = 32;
/** A program of this machine answers at once, or is no place for questions. */
const PROBE_TIMEOUT_MILLIS: Millis = MINUTE_MILLIS / 30;

export interface LocalDiscovererOptions {
  /** Real time between two looks. */
  readonly everyMillis: Millis;
  readonly proc?: ProcOptions;
}

interface Known {
  /** What a process number alone does not tell: numbers are used again. */
  readonly identity: string;
  /** Null for what is no Go program; it is not looked at again. */
  labels: Labels | null;
  isGo: boolean;
  /** Looks to wait until it is asked again, and how many that were the last time. */
  wait: number;
  lastWait: number;
}

export class LocalDiscoverer implements Discoverer {
  readonly #options: LocalDiscovererOptions;
  readonly #known = new Map<number, Known>();

  constructor(options: LocalDiscovererOptions) {
    this.#options = options;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    let told: string | null = null;
    while (!signal.aborted) {
      const pids = await listPids(this.#options.proc);
      if (signal.aborted) return;
      if (pids === null) sink.failed('there is no /proc on this system');
      else {
        await this.#look(pids, signal);
        if (signal.aborted) return;
        const targets = [...this.#known.values()].flatMap(({ labels }) => (labels === null ? [] : [labels]));
        const text = JSON.stringify(targets);
        if (text !== told) sink.found([{ source: 'local', targets, labels: {} }]);
        told = text;
      }
      await sleep(this.#options.everyMillis, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #look(pids: readonly number[], signal: AbortSignal): Promise<void> {
    const isThere = new Set(pids);
    for (const pid of this.#known.keys()) if (!isThere.has(pid)) this.#known.delete(pid);
    const due: number[] = [];
    for (const pid of pids) {
      if (signal.aborted) return;
      const known = await this.#identify(pid);
      if (known === null || !known.isGo || known.labels !== null) continue;
      if (known.wait-- <= 0 && due.length < MAX_PROGRAMS) due.push(pid);
    }
    for (let at = 0; at < due.length && !signal.aborted; at += AT_ONCE)
      await Promise.all(due.slice(at, at + AT_ONCE).map((pid) => this.#ask(pid, signal)));
  }

  /** Null for what has ended meanwhile. */
  async #identify(pid: number): Promise<Known | null> {
    const { proc } = this.#options;
    const before = this.#known.get(pid);
    const identity = await readProcessIdentity(pid, proc);
    if (identity === null) {
      this.#known.delete(pid);
      return null;
    }
    const text = `${identity.startTicks} ${identity.image}`;
    if (before !== undefined && before.identity === text) return before;
    const isGo = (await readProgram(pid, proc)).kind === 'go';
    const known: Known = { identity: text, labels: null, isGo, wait: 0, lastWait: 0 };
    this.#known.set(pid, known);
    return known;
  }

  async #ask(pid: number, signal: AbortSignal): Promise<void> {
    const { proc } = this.#options;
    const known = this.#known.get(pid);
    if (known === undefined) return;
    const probe = await probeProcess(
      { kind: 'pid', pid },
      { signal, timeoutMillis: PROBE_TIMEOUT_MILLIS, ...(proc ? { proc } : {}) },
    ).catch(() => null);
    known.labels = probe && labelsOf(pid, probe);
    if (known.labels !== null) return;
    known.lastWait = Math.min(LONGEST_WAIT_LOOKS, Math.max(1, known.lastWait * 2));
    known.wait = known.lastWait - 1;
  }
}

/** Null for what serves no pprof, or only through somebody else. */
function labelsOf(pid: number, { target, profileKinds, goVersion }: ProbeResult): Labels | null {
  const { pprof } = target;
  if (pprof === null || profileKinds.length === 0) return null;
  const address = hostOf(target.metrics ?? target.vars ?? pprof);
  return {
    __address__: address,
    __pprof_address__: hostOf(pprof),
    __service__: target.service,
    __meta_process_pid: String(pid),
    __meta_process_service: target.service,
    __meta_process_module: target.module ?? '',
    __meta_process_go_version: goVersion ?? '',
  };
}

function hostOf({ url }: Endpoint): string {
  return new URL(url).host;
}
