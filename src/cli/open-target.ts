// From what a user types to a target that can be watched.
import { PlimsollError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { withGcTrace } from '../collect/gctrace-file.ts';
import { createHttpTarget, type HttpTargetOptions } from '../collect/http-target.ts';
import { listProbeAddresses } from '../collect/probe-addresses.ts';
import { checkProcessOptions, findProcessAgain, probeProcess } from '../collect/probe-process.ts';
import { parseProcessAddress } from '../collect/process-address.ts';
import { readProcessIdentity } from '../collect/proc.ts';
import { instanceOf, probeTarget, type ProbeOptions, type ProbeResult } from '../collect/probe.ts';
import { shownUrl } from '../collect/readable-failure.ts';
import type { RequestName, TargetSource } from '../collect/source.ts';
import { EMPTY_TARGET, type TargetSetting } from '../config/settings.ts';
import type { Target } from '../model/target.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { Watch } from '../pipeline/watch.ts';
import type { WatchedTarget } from '../pipeline/watched-target.ts';
import { accessOf, type AccessOptions } from './access-options.ts';
import { headerArguments, labelArguments } from './arguments.ts';

/** The options of main.ts that say how to reach a target. */
export interface TargetOptions extends AccessOptions {
  readonly service?: string;
  readonly metrics?: string;
  readonly vars?: string;
  readonly pprof?: string;
  readonly header: readonly string[];
  readonly match: readonly string[];
  readonly pprofHeader: readonly string[];
  readonly memoryLimit?: Bytes;
  readonly module?: string;
  readonly pid?: number;
  readonly gctrace?: string;
}

export function targetSetting(url: string, options: TargetOptions): TargetSetting {
  const pprofHeaders = headerArguments(options.pprofHeader);
  if (options.service?.includes('/')) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'a service name has no slash', {
      field: '--service',
      value: options.service,
    });
  }
  return {
    ...EMPTY_TARGET,
    url,
    service: options.service ?? null,
    metrics: options.metrics ?? null,
    vars: options.vars ?? null,
    pprof: options.pprof ?? null,
    headers: headerArguments(options.header),
    pprofHeaders: Object.keys(pprofHeaders).length ? pprofHeaders : null,
    memoryLimitBytes: options.memoryLimit ?? null,
    module: options.module ?? null,
    pid: options.pid ?? null,
    gctrace: options.gctrace ?? null,
    access: accessOf(options),
    match: labelArguments(options.match),
  };
}

/**
 * Before anything is opened: is each address one?
 * @throws PlimsollError ARGUMENTS_INVALID
 */
export function checkAddresses(setting: TargetSetting): void {
  const { url, metrics, vars, pprof, match } = setting;
  const address = parseProcessAddress(url);
  if (address) checkProcessOptions({ match }, address);
  else listProbeAddresses(url, { metricsUrl: metrics, varsUrl: vars, pprofUrl: pprof });
}

/** What Prometheus would call `__address__`, or the process as it is written. @throws PlimsollError ARGUMENTS_INVALID for what is no address. */
export function addressOf({ url }: Pick<TargetSetting, 'url'>): string {
  return parseProcessAddress(url) === null ? listProbeAddresses(url).instance : url;
}

/**
 * Targets are told apart by service and address; paths do not count. Each that is named as one before it, by index.
 * @throws PlimsollError ARGUMENTS_INVALID for what is no address.
 */
export function listNamesakes(settings: readonly TargetSetting[]): { index: number; other: number }[] {
  const known = new Map<string, number>();
  const namesakes: { index: number; other: number }[] = [];
  settings.forEach((setting, index) => {
    const { service, instance, match } = setting;
    const host = addressOf(setting);
    const key = `${service ?? match['job'] ?? host} ${instance ?? instanceOf(match) ?? host}`;
    const other = known.get(key);
    if (other === undefined) known.set(key, index);
    else namesakes.push({ index, other });
  });
  return namesakes;
}

/** @throws PlimsollError ARGUMENTS_INVALID for two that cannot be told apart. */
export function checkNamesDiffer(settings: readonly TargetSetting[]): void {
  const [first] = listNamesakes(settings);
  if (first === undefined) return;
  const urls = [first.other, first.index].map((index) => shownUrl(settings[index]?.url ?? ''));
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'two targets have one name and address', {
    field: 'service (give each its own, in plimsoll.yaml)',
    value: urls.join(' and '),
  });
}

/** @throws PlimsollError ARGUMENTS_INVALID where /proc is there and the process is not. */
export async function checkPid({ pid }: Pick<TargetOptions, 'pid'>): Promise<void> {
  if (pid === undefined || process.platform !== 'linux') return;
  if ((await readProcessIdentity(pid)) !== null) return;
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'no such process on this machine', {
    field: '--pid',
    value: String(pid),
  });
}

export function probeSetting(setting: TargetSetting, signal?: AbortSignal): Promise<ProbeResult> {
  const options: ProbeOptions = {
    service: setting.service,
    instance: setting.instance,
    metricsUrl: setting.metrics,
    varsUrl: setting.vars,
    pprofUrl: setting.pprof,
    headers: setting.headers,
    pprofHeaders: setting.pprofHeaders,
    access: setting.access,
    labels: setting.labels,
    module: setting.module,
    memoryLimitBytes: setting.memoryLimitBytes,
    pid: setting.pid,
    ...(Object.keys(setting.match).length > 0 ? { match: setting.match } : {}),
    ...(signal ? { signal } : {}),
  };
  const address = parseProcessAddress(setting.url);
  if (address === null) return probeTarget(setting.url, options);
  checkProcessOptions(options, address);
  return probeProcess(address, options);
}

export interface OpenedTarget {
  readonly target: Target;
  readonly source: TargetSource;
  readonly probe: ProbeResult;
  /** Resolves when a target that did not answer at first does; never for others. */
  readonly foundLater: Promise<ProbeResult>;
}

/**
 * Finds out what a target offers. One that does not answer yet is probed again with each retry until it does, so that
 * a service may start after its watcher.
 */
export async function openTarget(
  setting: TargetSetting,
  clock: Clock,
  signal?: AbortSignal,
): Promise<OpenedTarget> {
  const probe = await probeSetting(setting, signal);
  let tellFound: (found: ProbeResult) => void = () => undefined;
  const foundLater = new Promise<ProbeResult>((resolve) => (tellFound = resolve));
  const asked = probe.isAnswering
    ? createHttpTarget(probe.target, clock, restartOptions(setting))
    : reprobingSource(setting, probe, clock, tellFound);
  const { gctrace } = setting;
  const source = gctrace === null ? asked : withGcTrace(asked, gctrace, clock);
  return { target: probe.target, source, probe, foundLater };
}

/** How a process that was restarted is found again: by what was typed, else by who listens at its URL. */
function restartOptions({ url }: TargetSetting): HttpTargetOptions {
  const address = parseProcessAddress(url);
  return address === null ? {} : { findPid: findProcessAgain(address) };
}

/** Hands a target to a watch, with what it offers as far as that is known. */
export async function addOpened(
  watch: Pick<Watch, 'addTarget'>,
  opened: OpenedTarget,
): Promise<WatchedTarget> {
  const { target, source, probe, foundLater } = opened;
  const watched = await watch.addTarget({
    target: { service: target.service, instance: target.instance },
    labels: target.labels,
    module: target.module,
    memoryLimitBytes: target.memoryLimitBytes,
    ...(target.match ? { match: target.match } : {}),
    source,
    offersGoroutineLeak: probe.hasGoroutineLeakProfile,
    announced: announceRequests(target, probe),
  });
  void foundLater.then((found) => {
    watched.offersGoroutineLeak = found.hasGoroutineLeakProfile;
    for (const { request, where, state } of announceRequests(found.target, found))
      watched.statuses.expect(request, where, state);
  });
  return watched;
}

/** Why a target counts as not answering: what its /metrics said comes first, it was asked for most. */
export function whyNoAnswer({ attempts }: ProbeResult, url: string): PlimsollError {
  const failed = attempts.filter((attempt) => attempt.kind === 'failed');
  const first = failed.find(({ request }) => request === 'metrics') ?? failed[0];
  return (
    first?.error ??
    new PlimsollError('TARGET_REFUSED', 'collect', 'nothing useful answers', { where: shownUrl(url) })
  );
}

function reprobingSource(
  setting: TargetSetting,
  first: ProbeResult,
  clock: Clock,
  tellFound: (found: ProbeResult) => void,
): TargetSource {
  let found: TargetSource | null = null;
  let asked: ProbeResult | null = first;
  return {
    async fetchGauges(signal) {
      if (found === null) {
        const startedAt = performance.now();
        // The first round has its answer already.
        const probe = asked ?? (await probeSetting(setting, signal));
        asked = null;
        if (!probe.isAnswering) {
          const tookMillis = performance.now() - startedAt;
          return [{ kind: 'failed', request: 'metrics', error: whyNoAnswer(probe, setting.url), tookMillis }];
        }
        // The name was told to the store and the page already: it stays.
        const { service, instance } = first.target;
        const target = { ...probe.target, service, instance };
        found = createHttpTarget(target, clock, restartOptions(setting));
        tellFound(probe);
      }
      return found.fetchGauges(signal);
    },
    async fetchProfile(kind, wish, signal) {
      if (found) return found.fetchProfile(kind, wish, signal);
      const error = new PlimsollError('TARGET_REFUSED', 'collect', 'the target has not answered yet', {
        where: shownUrl(setting.url),
      });
      return { kind: 'failed', request: `profile:${kind}`, error, tookMillis: 0 };
    },
  };
}

/** What will be asked and what the target does not offer, for the targets page. */
function announceRequests(
  target: Target,
  probe: ProbeResult,
): { request: RequestName; where: string; state: 'waiting' | 'off' }[] {
  const rows: { request: RequestName; where: string; state: 'waiting' | 'off' }[] = [];
  const add = (request: RequestName, where: string | null, missing: string) =>
    rows.push({ request, where: where ?? missing, state: where === null ? 'off' : 'waiting' });
  const url = (endpoint: { readonly url: string } | null) => (endpoint ? shownUrl(endpoint.url) : null);
  add('metrics', url(target.metrics), 'not offered');
  const isVarsAsked = probe.gaugeSource !== 'metrics';
  add(
    'vars',
    isVarsAsked ? url(target.vars) : null,
    isVarsAsked ? 'not offered' : 'not needed: /metrics says it all',
  );
  if (probe.gaugeSource === 'memstats') add('memstats', url(target.pprof), 'not offered');
  add('proc', target.pid === null ? null : `/proc/${target.pid}`, describeNoPid(probe));
  add('profile:heap', url(target.pprof), 'net/http/pprof is not reachable');
  add('profile:goroutine', url(target.pprof), 'net/http/pprof is not reachable');
  return rows;
}

function describeNoPid(probe: ProbeResult): string {
  return probe.pid.pid === null ? probe.pid.reason : 'not read';
}
