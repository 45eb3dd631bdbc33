// Go services of this machine that can be watched as they are: those that serve metrics or profiles.
import type { Endpoint } from '../model/target.ts';
import { listPids } from './find-process.ts';
import { probeProcess } from './probe-process.ts';
import { probeTarget, type ProbeOptions, type ProbeResult } from './probe.ts';
import { readProgram } from './program.ts';

export interface LocalService {
  readonly service: string;
  /** Origin of what answers, gauges first: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Base of net/http/pprof where its origin is another one. */
  readonly pprof: string | null;
  /** What it gives: `metrics`, `expvar`, `pprof`. */
  readonly gives: readonly string[];
}

/** Go programs of one machine that are asked; each costs a few requests. */
const MAX_PROGRAMS = 100;
/** Asked at once. */
const AT_ONCE = 8;
/** Without /proc it is not known who listens where: ports that Go services use by custom. */
const USUAL_PORTS = [6060, 6061, 8080, 8081, 9090, 2112];

/**
 * Only Go programs are asked, on the ports where they listen; where there is no /proc, the usual ports of the loopback.
 * Services of other users are found only by a user who may see them.
 */
export async function findLocalServices(options: ProbeOptions = {}): Promise<LocalService[]> {
  const pids = await listPids(options.proc);
  const probes =
    pids === null
      ? await inTurns(USUAL_PORTS, (port) =>
          probeTarget(`http://127.0.0.1:${port}`, { ...options, pid: false }),
        )
      : await inTurns(await listGoPrograms(pids, options), (pid) =>
          probeProcess({ kind: 'pid', pid }, options),
        );
  const services = new Map<string, LocalService>();
  for (const probe of probes) {
    const service = describe(probe);
    // A forwarder and what it forwards to may answer at one address.
    if (service !== null && !services.has(service.url)) services.set(service.url, service);
  }
  return [...services.values()].sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0));
}

async function listGoPrograms(pids: readonly number[], options: ProbeOptions): Promise<number[]> {
  const found: number[] = [];
  for (const pid of pids) {
    if (found.length >= MAX_PROGRAMS) break;
    if ((await readProgram(pid, options.proc)).kind === 'go') found.push(pid);
  }
  return found;
}

/** Results in the order of `items`; what cannot be asked is left out. */
async function inTurns<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const settled = await Promise.allSettled(items.slice(at, at + AT_ONCE).map(ask));
    for (const each of settled) if (each.status === 'fulfilled') results.push(each.value);
  }
  return results;
}

function describe({ target, gaugeSource, profileKinds }: ProbeResult): LocalService | null {
  const serves = profileKinds.length > 0;
  // Metrics of a page that tells nothing of the Go runtime would be watched in vain, unless there are profiles.
  if (gaugeSource === null && !serves) return null;
  const gauges = gaugeSource === 'metrics' ? target.metrics : gaugeSource === 'vars' ? target.vars : null;
  const first = gauges ?? target.pprof;
  if (first === null) return null;
  const url = originOf(first);
  const isElsewhere = target.pprof !== null && originOf(target.pprof) !== url;
  const gives = [
    target.metrics === null ? null : 'metrics',
    target.vars === null ? null : 'expvar',
    target.pprof === null ? null : 'pprof',
  ].filter((name) => name !== null);
  const pprof = isElsewhere ? (target.pprof?.url ?? null) : null;
  return { service: target.service, url, pprof, gives };
}

function originOf({ url }: Endpoint): string {
  return new URL(url).origin;
}
