// Values of the file to settings, and what only several values together can do wrong.
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, SECOND_MILLIS, type Millis } from '../base/units.ts';
import type { Access } from '../model/target.ts';
import type { Thresholds } from '../model/threshold.ts';
import type { ConfigValues } from './config-schema.ts';
import { checkAlerts } from './check-alerts.ts';
import { checkHeaders, findUrlProblem, hasAuthorization, hasUserInfo } from './check-http.ts';
import { makeAlerts } from './make-alerts.ts';
import type { Path } from './read-settings.ts';
import {
  EMPTY_TARGET,
  type CommonSetting,
  type DiscoverSetting,
  type KubernetesSourceSetting,
  type RelabelRule,
  type RetentionSettings,
  type ServiceSettings,
  type Settings,
  type SourceSetting,
  type TargetSetting,
} from './settings.ts';

export type TargetValues = NonNullable<ConfigValues['targets']>[number];
type TargetMap = Exclude<TargetValues, string>;
export type DiscoverValues = NonNullable<ConfigValues['discover']>[number];
type CommonValues = Pick<TargetMap, keyof DiscoverValues & keyof TargetMap>;
type ServiceValues = NonNullable<ConfigValues['services']>[string];

/**
 * `values` have no problem of their own. Every setting of the schema is read here, and nothing else: a test holds it.
 * @param referenced what references in them stand for.
 */
export function makeSettings(values: ConfigValues, referenced: ReadonlySet<string> = new Set()): Settings {
  const { storage, intervals, retention } = values;
  return {
    listen: values.listen,
    push: { accept: values.push.accept, token: values.push.token ?? null },
    dataDir: values.data,
    storage: storage.kind ?? (storage.url === undefined ? 'chdb' : 'clickhouse'),
    storageUrl: storage.url ?? null,
    timeScale: 1,
    gaugeIntervalMillis: intervals.gauges,
    profileIntervalMillis: intervals.profiles,
    diagnosticProfileIntervalMillis: intervals.diagnosticProfiles,
    retention: makeRetention(retention),
    goneAfterMillis: values.goneAfter,
    thresholds: {
      ...NO_THRESHOLDS,
      windowMillis: values.thresholds.window,
      ...makeThresholds(values.thresholds),
    },
    sourceDirs: values.source ?? [],
    services: new Map(
      Object.entries(values.services ?? {}).map(([name, service]) => [name, makeService(service)]),
    ),
    targets: (values.targets ?? []).map(makeTarget),
    alerts: makeAlerts(values.alerts, referenced),
    alertFolder: values.alerts.folder ?? null,
    discover: (values.discover ?? []).map(makeDiscover),
  };
}

function makeRetention(values: ConfigValues['retention']): RetentionSettings {
  return {
    gaugeDays: values.gauges / DAY_MILLIS,
    profileDays: values.profiles / DAY_MILLIS,
    incidentDays: values.incidents / DAY_MILLIS,
    eventDays: values.events / DAY_MILLIS,
    rawProfileMillis: values.rawProfiles,
    rawProfileBytes: values.rawProfileBytes,
  };
}

const NO_THRESHOLDS = { growthPercent: null, growthBytesPerHour: null, nativeBytes: null };

function makeThresholds(values: Partial<ConfigValues['thresholds']>): Partial<Thresholds> {
  const { growthPercent, growthBytesPerHour, nativeBytes, window } = values;
  return {
    ...(growthPercent === undefined ? {} : { growthPercent }),
    ...(growthBytesPerHour === undefined ? {} : { growthBytesPerHour }),
    ...(nativeBytes === undefined ? {} : { nativeBytes }),
    ...(window === undefined ? {} : { windowMillis: window }),
  };
}

function makeService({ intervals, thresholds }: ServiceValues): ServiceSettings {
  const { gauges, profiles, diagnosticProfiles } = intervals ?? {};
  return {
    ...(gauges === undefined ? {} : { gaugeIntervalMillis: gauges }),
    ...(profiles === undefined ? {} : { profileIntervalMillis: profiles }),
    ...(diagnosticProfiles === undefined ? {} : { diagnosticProfileIntervalMillis: diagnosticProfiles }),
    ...(thresholds === undefined ? {} : { thresholds: makeThresholds(thresholds) }),
  };
}

export function makeTarget(target: TargetValues): TargetSetting {
  if (typeof target === 'string') return { ...EMPTY_TARGET, url: target };
  const { metrics, pprof } = target;
  return {
    ...makeCommon(target),
    service: target.service ?? null,
    instance: null,
    url: target.url ?? metrics ?? pprof ?? '',
    metrics: metrics ?? null,
    vars: target.vars ?? null,
    pprof: pprof ?? null,
    pid: target.pid ?? null,
    gctrace: target.gctrace ?? null,
    labels: target.labels ?? {},
    match: target.match ?? {},
  };
}

function makeCommon(values: CommonValues): CommonSetting {
  return {
    headers: values.headers ?? {},
    pprofHeaders: values.pprofHeaders ?? null,
    access: makeAccess(values),
    memoryLimitBytes: values.memoryLimit ?? null,
    module: values.module ?? null,
  };
}

export function makeDiscover(values: DiscoverValues): DiscoverSetting {
  const { job, files, http, dns, docker, kubernetes, local } = values;
  const sources: SourceSetting[] = [];
  if (files !== undefined && files.length > 0) sources.push({ kind: 'file', paths: files });
  if (http)
    sources.push({ kind: 'http', url: http.url, headers: http.headers ?? {}, everyMillis: http.every });
  if (dns) {
    const { names, type, port = null, server = null, every } = dns;
    sources.push({ kind: 'dns', names, type, port, server, everyMillis: every });
  }
  if (docker) sources.push({ kind: 'docker', host: docker.host, everyMillis: docker.every });
  if (kubernetes) sources.push(makeKubernetes(kubernetes, (values.relabel ?? []).length > 0));
  if (local) sources.push({ kind: 'local', everyMillis: local.every });
  return {
    job: job ?? null,
    sources,
    relabel: (values.relabel ?? []).map(makeRelabel),
    common: makeCommon(values),
  };
}

/** @param hasRules they choose among everything there is, as in Prometheus. */
function makeKubernetes(
  values: NonNullable<DiscoverValues['kubernetes']>,
  hasRules: boolean,
): KubernetesSourceSetting {
  const { namespaces = [], labels = null, fields = null, kubeconfig = null, context = null } = values;
  const pods = values.pods ?? (hasRules ? 'all' : 'annotated');
  return { kind: 'kubernetes', kubeconfig, context, namespaces, labels, fields, pods };
}

export function makeRelabel(rule: NonNullable<DiscoverValues['relabel']>[number]): RelabelRule {
  const { separator, regex, modulus, replacement, action } = rule;
  const { source_labels: sourceLabels, target_label: targetLabel } = rule;
  return {
    ...(sourceLabels === undefined ? {} : { sourceLabels }),
    ...(separator === undefined ? {} : { separator }),
    ...(regex === undefined ? {} : { regex }),
    ...(modulus === undefined ? {} : { modulus }),
    ...(targetLabel === undefined ? {} : { targetLabel }),
    ...(replacement === undefined ? {} : { replacement }),
    ...(action === undefined ? {} : { action }),
  };
}

function makeAccess({ tls, bearer, bearerFile, basic }: CommonValues): Access | null {
  const secretOf = (secret: string | undefined, file: string | undefined) =>
    secret !== undefined ? { secret } : { file: file ?? '' };
  const byPassword: Access['auth'] = basic
    ? { kind: 'basic', user: basic.user, ...secretOf(basic.password, basic.passwordFile) }
    : null;
  const isBearer = bearer !== undefined || bearerFile !== undefined;
  const auth: Access['auth'] = isBearer ? { kind: 'bearer', ...secretOf(bearer, bearerFile) } : byPassword;
  if (!tls && auth === null) return null;
  const files = tls && {
    ca: tls.ca ?? null,
    cert: tls.cert ?? null,
    key: tls.key ?? null,
    serverName: tls.serverName ?? null,
  };
  return { tls: files ?? null, auth };
}

/** @param unless a problem at or below one of these is told already: this one only follows from it. By default `path`. */
export type AddProblem = (path: Path, fact: string, fix: string, unless?: readonly Path[]) => void;

/** What is wrong between values, added where it stands. Values that could not be read are undefined. */
export function checkTogether(values: ConfigValues, add: AddProblem): void {
  const { kind, url } = values.storage;
  if (kind === 'clickhouse' && url === undefined)
    add(
      ['storage', 'kind'],
      'clickhouse needs a url',
      'Add storage.url, http://clickhouse:8123/ for example.',
    );
  if (url !== undefined && kind !== undefined && kind !== 'clickhouse')
    add(['storage', 'url'], `${kind} has no url`, 'Remove it, or write kind: clickhouse.');
  const wrong = url === undefined ? null : findUrlProblem(url);
  if (wrong !== null) add(['storage', 'url'], wrong.fact, wrong.fix);
  checkFloors(values, add);
  checkThresholds(values, add);
  checkAlerts(values.alerts, add);
  values.targets?.forEach((target, i) => {
    if (typeof target === 'object') checkTarget(target, ['targets', i], add);
  });
  values.discover?.forEach((entry, i) => {
    const path = ['discover', i];
    if (makeDiscover(entry).sources.length === 0)
      add(path, 'names no place where targets are found', 'Add files: [targets/*.json].');
    checkSources(entry, path, add);
    checkAccess(entry, path, add);
    checkHeaders(entry.pprofHeaders, [...path, 'pprofHeaders'], add);
  });
}

/** A scrape takes tens of milliseconds: below this a target would be asked without a pause. Virtual time, as all of these. */
const LEAST_GAUGES: Millis = 100;
/** People and vendors get no more than one a second (Slack). */
const LEAST_MESSAGES: Millis = SECOND_MILLIS;

function checkFloors({ intervals, services, alerts }: ConfigValues, add: AddProblem): void {
  const check = (path: Path, millis: Millis | undefined, least: Millis, shown: string, why: string): void => {
    if (millis !== undefined && millis < least)
      add(path, `is less than ${shown}: ${why}`, `Write ${shown} or more.`);
  };
  const asked = 'a target would be asked without a pause';
  check(['intervals', 'gauges'], intervals.gauges, LEAST_GAUGES, '100ms', asked);
  for (const [name, service] of Object.entries(services ?? {}))
    check(['services', name, 'intervals', 'gauges'], service.intervals?.gauges, LEAST_GAUGES, '100ms', asked);
  for (const key of ['repeat', 'digest', 'heartbeat'] as const)
    check(['alerts', key], alerts[key], LEAST_MESSAGES, '1s', 'no receiver takes more');
}

/** Growth is that from the first sixth of the window to the last: each needs a value. */
const WINDOW_PARTS = 6;

function checkThresholds({ intervals, services, thresholds }: ConfigValues, add: AddProblem): void {
  const check = (path: Path, { growthPercent, growthBytesPerHour, window }: Growth, gauges: Millis): void => {
    const isAsked = growthPercent !== undefined || growthBytesPerHour !== undefined;
    // What could not be read is undefined, whatever the type says: it is less than nothing.
    if (!isAsked || window === undefined || !(window < WINDOW_PARTS * gauges)) return;
    const fix = `Write ${writeDuration(WINDOW_PARTS * gauges)} or more.`;
    add(path, 'is shorter than six scrapes are apart: growth cannot be told', fix);
  };
  check(['thresholds', 'window'], thresholds, intervals.gauges);
  for (const [name, service] of Object.entries(services ?? {})) {
    const path = ['services', name];
    const [own, gauges] = [service.thresholds ?? {}, service.intervals?.gauges];
    const isOwn = [...Object.values(own), gauges].some((each) => each !== undefined);
    const effective = {
      growthPercent: own.growthPercent ?? thresholds.growthPercent,
      growthBytesPerHour: own.growthBytesPerHour ?? thresholds.growthBytesPerHour,
      window: own.window ?? thresholds.window,
    };
    if (isOwn) check([...path, 'thresholds', 'window'], effective, gauges ?? intervals.gauges);
    if (name.includes('/')) add(path, 'a service name has no slash', 'Write a dash or a dot instead.');
  }
}

interface Growth {
  readonly growthPercent?: number | undefined;
  readonly growthBytesPerHour?: number | undefined;
  readonly window?: Millis | undefined;
}

/** As it stands in a file. */
function writeDuration(millis: Millis): string {
  if (millis % HOUR_MILLIS === 0) return `${millis / HOUR_MILLIS}h`;
  return millis % MINUTE_MILLIS === 0
    ? `${millis / MINUTE_MILLIS}m`
    : `${Math.ceil(millis / SECOND_MILLIS)}s`;
}

const LAST_PORT = 65_535;
const KEEP_ONE = 'Keep one of them.';

function checkTarget(target: TargetMap, path: Path, add: AddProblem): void {
  if (target.url === undefined && target.metrics === undefined && target.pprof === undefined)
    add(path, 'a target needs url, metrics or pprof', 'Add url: http://host:port.', [
      [...path, 'url'],
      [...path, 'metrics'],
      [...path, 'pprof'],
    ]);
  checkAccess(target, path, add);
  checkHeaders(target.pprofHeaders, [...path, 'pprofHeaders'], add);
  const { bearer, bearerFile, basic, headers, pprofHeaders } = target;
  const isToldElse =
    [bearer, bearerFile, basic].some((each) => each !== undefined) || hasAuthorization(headers);
  const addresses =
    pprofHeaders === undefined
      ? (['url', 'metrics', 'vars', 'pprof'] as const)
      : (['url', 'metrics', 'vars'] as const);
  for (const key of addresses)
    if (isToldElse && hasUserInfo(target[key]))
      add(
        [...path, key],
        'has a user in it, and bearer, basic or an Authorization header says who asks',
        'Keep one of them.',
      );
}

function checkSources({ http, dns }: DiscoverValues, path: Path, add: AddProblem): void {
  // Not read into the type: what is missing is undefined all the same.
  const url: string | undefined = http?.url;
  if (http && url === undefined) add([...path, 'http', 'url'], 'is missing', 'Name who lists the targets.');
  checkHeaders(http?.headers, [...path, 'http', 'headers'], add);
  if (!dns) return;
  if ((dns.port ?? 1) > LAST_PORT)
    add([...path, 'dns', 'port'], 'is no port', `Write one up to ${LAST_PORT}.`);
  const names: readonly string[] | undefined = dns.names;
  if (names === undefined || names.length === 0)
    add([...path, 'dns', 'names'], 'is missing', 'Write names: [_http._tcp.orders.example.com].');
  // Not one of them: told already.
  const type: string | undefined = dns.type;
  if (type !== undefined && type !== 'SRV' && dns.port === undefined)
    add(
      [...path, 'dns', 'port'],
      `${dns.type} records have no port`,
      'Add the port that the targets listen on.',
    );
  if (dns.type === 'SRV' && dns.port !== undefined)
    add([...path, 'dns', 'port'], 'SRV records have their own', 'Remove it, or write type: A.');
}

function checkAccess(
  { headers, bearer, bearerFile, basic, tls }: CommonValues,
  path: Path,
  add: AddProblem,
): void {
  checkHeaders(headers, [...path, 'headers'], add);
  const exclude = (key: string, other: string) =>
    add([...path, key], `${other} and ${key} exclude each other`, KEEP_ONE);
  if (bearer !== undefined && bearerFile !== undefined) exclude('bearerFile', 'bearer');
  if (basic) {
    if (bearer !== undefined || bearerFile !== undefined) exclude('basic', 'bearer');
    const { password, passwordFile } = basic;
    if (password !== undefined && passwordFile !== undefined)
      add([...path, 'basic', 'passwordFile'], 'password and passwordFile exclude each other', KEEP_ONE);
    // Not read into the type: what is missing is undefined all the same.
    const user: string | undefined = basic.user;
    if (user === undefined || (password === undefined && passwordFile === undefined))
      add(
        [...path, 'basic'],
        'needs user, and password or passwordFile',
        'Write both, in lines of their own.',
      );
  }
  if (tls && (tls.cert === undefined) !== (tls.key === undefined))
    add([...path, 'tls'], 'cert and key belong together', 'Name both files.');
}
