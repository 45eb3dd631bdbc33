// From labels, once the rules have been applied, to a target that can be opened.
import { parseSize } from '../base/quantities.ts';
import { EMPTY_TARGET, type CommonSetting, type TargetSetting } from '../config/settings.ts';
import type { ContainerHistory } from '../parse/container-status.ts';
import type { Labels } from './labels.ts';

const DEFAULT_SCHEME = 'http';
const DEFAULT_PATH = '/metrics';
const PARAM = '__param_';

/** What a target has before the first rule, unless it says so itself. */
export function withDefaults(labels: Labels, job: string | null): Labels {
  return {
    ...(job === null ? {} : { job }),
    __scheme__: DEFAULT_SCHEME,
    __metrics_path__: DEFAULT_PATH,
    ...labels,
  };
}

export interface DiscoveredTarget {
  /** `__address__` as it stands: what sharding looks at. */
  readonly address: string;
  readonly setting: TargetSetting;
  /** What its source knows of its container; no part of the setting: it changes while the target stays the same. */
  readonly container?: ContainerHistory;
}

/** The target, or why it is none, in a few words. */
export function targetOfLabels(labels: Labels, common: CommonSetting): DiscoveredTarget | string {
  const address = labels['__address__'] ?? '';
  const scheme = labels['__scheme__'] ?? '';
  const noAddress = labels['__no_address__'];
  if (address === '') return noAddress ?? 'has no __address__';
  if (scheme !== 'http' && scheme !== 'https') return `__scheme__ is neither http nor https`;
  if (!isHostPort(address) || !URL.canParse(`${scheme}://${address}`)) return '__address__ is no host:port';
  const url = `${scheme}://${address}`;
  const pprof = pprofOf(labels, scheme, address);
  if (pprof !== null && !URL.canParse(pprof))
    return '__pprof_address__, __pprof_port__ or __pprof_scheme__ gives no address';
  const metrics = metricsOf(labels, url);
  if (metrics !== null && !URL.canParse(metrics)) return '__metrics_path__ is no path';
  return {
    address,
    setting: {
      ...EMPTY_TARGET,
      ...common,
      memoryLimitBytes: common.memoryLimitBytes ?? (parseSize(labels['__memory_limit__'] ?? '') || null),
      url,
      metrics,
      pprof,
      service: serviceOf(labels),
      instance: given(labels['instance']),
      labels: visible(labels),
    },
  };
}

/** A path, a query or a user in it would be another request than the one that is meant. */
function isHostPort(text: string): boolean {
  return !/[\s/?#@\\]/.test(text);
}

/** Null where nothing but the usual is asked for: it is probed then, with the places of expvar and pprof. */
function metricsOf(labels: Labels, url: string): string | null {
  const path = labels['__metrics_path__'] ?? '';
  const params = Object.entries(labels)
    .filter(([name]) => name.startsWith(PARAM))
    .map(([name, value]): [string, string] => [name.slice(PARAM.length), value]);
  if (path === DEFAULT_PATH && params.length === 0) return null;
  const query = params.length === 0 ? '' : `?${new URLSearchParams(params).toString()}`;
  return `${url}${path.startsWith('/') ? path : `/${path}`}${query}`;
}

/** Null where nothing is said, empty where what is said is no address. */
function pprofOf(labels: Labels, scheme: string, address: string): string | null {
  const [theirs, port, path] = ['__pprof_address__', '__pprof_port__', '__pprof_path__'].map((name) =>
    given(labels[name]),
  );
  const own = given(labels['__pprof_scheme__']);
  if (!theirs && !port && !path && own === null) return null;
  const host = theirs ?? (port ? withPort(address, port) : address);
  if (!isHostPort(host) || (own !== null && own !== 'http' && own !== 'https')) return '';
  const prefix = path ? (path.startsWith('/') ? path : `/${path}`) : '';
  return `${own ?? scheme}://${host}${prefix}`;
}

/** `10.0.0.7:8080`, `[::1]:8080`, `orders` with another port. */
function withPort(address: string, port: string): string {
  return `${address.replace(/:\d*$/, '')}:${port}`;
}

/** A slash is what Plimsoll joins service and instance with; Prometheus Operator names jobs `namespace/name`. */
function serviceOf(labels: Labels): string | null {
  const name = given(labels['service']) ?? given(labels['job']) ?? given(labels['__service__']);
  return name === null ? null : name.replaceAll('/', '-');
}

function given(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value;
}

function visible(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('__')));
}
