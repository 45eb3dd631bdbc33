// Which evidence can a process of this machine give? What /proc says, and what it serves where it listens.
import { PlimsollError } from '../base/errors.ts';
import type { Target } from '../model/target.ts';
import { gaugesFromProc } from '../parse/gauges-from-proc.ts';
import { findProcess, listListening } from './find-process.ts';
import type { FoundPid } from './find-pid.ts';
import { createProcReader } from './proc.ts';
import { formatProcessAddress, type ProcessAddress } from './process-address.ts';
import {
  checkServiceName,
  probeTarget,
  suggestName,
  type ProbeAttempt,
  type ProbeOptions,
  type ProbeResult,
} from './probe.ts';
import { readProgram } from './program.ts';

/**
 * Looks at the process's files, and, where it is a Go program, asks each port that it listens on for metrics and pprof:
 * programs of other kinds are not sent requests that they do not expect. No such process, or not just one, is an answer
 * too: it may be started later.
 */
export async function probeProcess(
  address: ProcessAddress,
  options: ProbeOptions = {},
): Promise<ProbeResult> {
  const where = formatProcessAddress(address);
  const found = await findProcess(address, options.proc);
  if (found.pid === null) return notThere(where, found, options);
  const { pid, command } = found;
  const [extract, program] = await Promise.all([
    createProcReader(pid, options.proc)
      .read()
      .then((bytes) => gaugesFromProc(bytes)),
    readProgram(pid, options.proc),
  ]);
  const attempts: ProbeAttempt[] = [
    { request: 'pid', where, kind: 'ok', found: `process ${pid} (${command})` },
  ];
  const isOther = program.kind === 'other';
  const served = isOther ? [] : await probePorts(found, options, attempts);
  if (isOther) attempts.push({ request: 'pprof', where, kind: 'lacking', why: 'it is no Go program' });
  const gauges = pickGauges(served);
  const profiles = served.find(({ profileKinds }) => profileKinds.length > 0) ?? null;
  const first = gauges ?? profiles;
  const module = extract.module ?? gauges?.module ?? null;
  const target: Target = {
    service: checkServiceName(
      options.service ?? first?.target.service ?? suggestName(module, command) ?? where,
    ),
    instance: options.instance ?? first?.target.instance ?? where,
    metrics: gauges?.target.metrics ?? null,
    vars: gauges?.target.vars ?? null,
    pprof: profiles?.target.pprof ?? null,
    pid,
    module: options.module ?? module?.path ?? null,
    memoryLimitBytes: options.memoryLimitBytes ?? null,
    labels: options.labels ?? {},
  };
  return {
    target,
    isAnswering: true,
    attempts,
    profileKinds: profiles?.profileKinds ?? [],
    hasGoroutineLeakProfile: profiles?.hasGoroutineLeakProfile ?? false,
    gaugeSource: gauges?.gaugeSource ?? null,
    reading: { ...extract.reading, ...gauges?.reading },
    goVersion: extract.goVersion ?? gauges?.goVersion ?? null,
    module,
    requestsFamily: gauges?.requestsFamily ?? null,
    pid: found,
  };
}

function notThere(
  where: string,
  found: Extract<FoundPid, { pid: null }>,
  options: ProbeOptions,
): ProbeResult {
  const error = new PlimsollError(
    found.isUnclear === true ? 'PROCESS_UNCLEAR' : 'TARGET_REFUSED',
    'collect',
    found.reason,
    {
      where,
    },
  );
  return {
    target: {
      service: checkServiceName(options.service ?? where),
      instance: options.instance ?? where,
      metrics: null,
      vars: null,
      pprof: null,
      pid: null,
      module: options.module ?? null,
      memoryLimitBytes: options.memoryLimitBytes ?? null,
      labels: options.labels ?? {},
    },
    isAnswering: false,
    attempts: [{ request: 'pid', where, kind: 'failed', error }],
    profileKinds: [],
    hasGoroutineLeakProfile: false,
    gaugeSource: null,
    reading: {},
    goVersion: null,
    module: null,
    requestsFamily: null,
    pid: found,
  };
}

/** What the process serves itself: a proxy's ports answer for others. */
async function probePorts(
  owner: Extract<FoundPid, { pid: number }>,
  options: ProbeOptions,
  attempts: ProbeAttempt[],
): Promise<ProbeResult[]> {
  const where = `pid:${owner.pid}`;
  const { hosts, reason } = await listListening(owner.pid, options.proc);
  if (reason !== null) attempts.push({ request: 'pprof', where, kind: 'lacking', why: reason });
  const probes = await Promise.all(hosts.map((host) => probeTarget(host, { ...options, pid: null, owner })));
  const served: ProbeResult[] = [];
  for (const probe of probes) {
    if (probe.isAnswering && probe.pid.pid !== owner.pid) {
      const why = 'another process answers through it; give that process, or its URL';
      attempts.push({ request: 'pprof', where: probe.target.instance, kind: 'lacking', why });
      continue;
    }
    attempts.push(...probe.attempts.filter(({ request }) => request !== 'pid'));
    if (probe.isAnswering) served.push(probe);
  }
  return served;
}

/** Metrics say most, then expvar, then the trailer of a profile. */
function pickGauges(served: readonly ProbeResult[]): ProbeResult | null {
  for (const source of ['metrics', 'vars', 'memstats'] as const) {
    const probe = served.find(({ gaugeSource }) => gaugeSource === source);
    if (probe) return probe;
  }
  return served.find(({ target }) => target.metrics !== null) ?? null;
}

/** For a process that is started again under another number. One that was given by its number is gone for good. */
export function findProcessAgain(address: ProcessAddress): (() => Promise<FoundPid>) | null {
  return address.kind === 'pid' ? null : () => findProcess(address);
}

/** @throws PlimsollError ARGUMENTS_INVALID where options say how to reach a URL, which such a target has not. */
export function checkProcessOptions(options: ProbeOptions, address: ProcessAddress): void {
  if (options.match === undefined || Object.keys(options.match).length === 0) return;
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs the URL of a metrics page', {
    field: '--match',
    value: formatProcessAddress(address),
  });
}
