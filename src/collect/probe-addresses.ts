// From what a user types to the addresses where evidence may be served.
import { PlimsollError } from '../base/errors.ts';
import { splitCredentials } from './http-get.ts';
import { shownUrl } from './readable-failure.ts';

/** Candidates of one endpoint, likeliest first. */
export interface ProbeAddresses {
  readonly metrics: readonly string[];
  readonly vars: readonly string[];
  /** Bases, ending in `/debug/pprof` (or in what the user named). */
  readonly pprof: readonly string[];
  /** `host:port` as a name for the instance. */
  readonly instance: string;
}

/** What may be said explicitly; it wins, and nothing else is tried for that endpoint. */
export interface ExplicitAddresses {
  readonly metricsUrl?: string | null;
  readonly varsUrl?: string | null;
  readonly pprofUrl?: string | null;
}

const PPROF_PATH = /^(.*\/debug\/pprof)(?:\/.*)?$/;
const VARS_PATH = /^(.*)\/debug\/vars\/?$/;
const METRICS_PATH = /^(.*)\/metrics\/?$/;

/**
 * `host:8080`, `:6060`, `6060`, `http://host/app`, `http://host:8080/metrics`, `http://host:6060/debug/pprof/heap`.
 * Without a scheme it is http; a query (a token) stays with every address.
 *
 * @throws PlimsollError ARGUMENTS_INVALID when it is no address.
 */
export function listProbeAddresses(typed: string, explicit: ExplicitAddresses = {}): ProbeAddresses {
  const url = parseTypedUrl(typed);
  const path = url.pathname;
  const pprofBase = PPROF_PATH.exec(path)?.[1];
  const prefix =
    pprofBase?.slice(0, -'/debug/pprof'.length) ??
    VARS_PATH.exec(path)?.[1] ??
    METRICS_PATH.exec(path)?.[1] ??
    path.replace(/\/+$/, '');
  const isBare = pprofBase === undefined && !VARS_PATH.test(path) && !METRICS_PATH.test(path);
  // A path of its own may be a prefix before all of them, or the scrape itself (`/internal/stats`).
  const metrics = [
    ...(METRICS_PATH.test(path) ? [path] : []),
    `${prefix}/metrics`,
    '/metrics',
    ...(isBare && prefix !== '' ? [path] : []),
  ];
  return {
    metrics: given(explicit.metricsUrl) ?? addresses(url, metrics),
    vars: given(explicit.varsUrl) ?? addresses(url, [`${prefix}/debug/vars`, '/debug/vars']),
    pprof: pprofGiven(explicit.pprofUrl) ?? addresses(url, [`${prefix}/debug/pprof`, '/debug/pprof']),
    instance: url.host.includes(':') ? url.host : `${url.host}:${url.protocol === 'https:' ? 443 : 80}`,
  };
}

function parseTypedUrl(typed: string): URL {
  const text = typed.trim();
  if (text === '' || /\s/.test(text)) {
    throw new PlimsollError(
      'ARGUMENTS_INVALID',
      'arguments',
      'an address such as http://host:6060 expected',
      {
        value: shownUrl(typed),
      },
    );
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return checkHost(text, typed);
  if (/^:?\d+$/.test(text)) return checkHost(`http://localhost:${text.replace(':', '')}`, typed);
  if (/^:\d+\//.test(text)) return checkHost(`http://localhost${text}`, typed);
  return checkHost(`http://${text}`, typed);
}

function checkHost(url: string, typed: string): URL {
  try {
    // Credentials stay in the URL here; they are taken out when a request is made.
    splitCredentials(url);
    return new URL(url);
  } catch (error) {
    throw new PlimsollError(
      'ARGUMENTS_INVALID',
      'arguments',
      'an address such as http://host:6060 expected',
      { value: shownUrl(typed) },
      error,
    );
  }
}

function addresses(url: URL, paths: readonly string[]): string[] {
  return [...new Set(paths)].map((path) => {
    const address = new URL(url);
    address.pathname = path;
    address.hash = '';
    return address.href;
  });
}

function given(explicit: string | null | undefined): string[] | null {
  return explicit === null || explicit === undefined ? null : [parseTypedUrl(explicit).href];
}

/** `--pprof` may be a whole base, any profile below it, or only another host and port. */
function pprofGiven(explicit: string | null | undefined): string[] | null {
  if (explicit === null || explicit === undefined) return null;
  const url = parseTypedUrl(explicit);
  const base = PPROF_PATH.exec(url.pathname)?.[1];
  const path = url.pathname.replace(/\/+$/, '');
  return addresses(
    url,
    base === undefined ? [...(path === '' ? [] : [path]), `${path}/debug/pprof`] : [base],
  );
}
