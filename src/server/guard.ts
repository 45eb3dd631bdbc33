// Who may ask. Loopback has no passwords, so a page of another site that the viewer has open must neither read
// (DNS rebinding: its name suddenly resolves to 127.0.0.1) nor change anything (cross-origin POST).
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { refuse, shorten, type Refusal } from './api-error.ts';

export interface HostRule {
  /** As given to --listen. */
  readonly listenHost: string;
  /** More names under which this server is reached (a reverse proxy, a cluster name). */
  readonly allowedHosts: readonly string[];
}

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  header(name: string): string | undefined;
}

/** null = let it pass. */
export function checkRequest(rule: HostRule, head: RequestHead): Refusal | null {
  const host = head.header('host');
  if (host === undefined || !isHostAllowed(rule, host)) {
    return refuse(
      'HOST_REFUSED',
      `this server does not answer for host ${JSON.stringify(shorten(host ?? ''))}`,
      {
        field: 'Host',
        value: host ?? '',
      },
    );
  }
  const site = head.header('sec-fetch-site');
  const isForeign = site === 'cross-site' || site === 'same-site';
  const changes = head.method !== 'GET' && head.method !== 'HEAD';
  if (changes) {
    const origin = head.header('origin');
    if (origin !== undefined && !isSameOrigin(origin, host)) {
      return refuse('ORIGIN_REFUSED', 'this request comes from a page of another site', {
        field: 'Origin',
        value: origin,
      });
    }
    if (isForeign) return refuseSite(site);
    return null;
  }
  // Reads are closed by the same-origin policy; live streams would still take a place each.
  if (isForeign && head.path.startsWith('/api/') && head.header('sec-fetch-mode') !== 'navigate') {
    return refuseSite(site);
  }
  return null;
}

function refuseSite(site: string): Refusal {
  return refuse('ORIGIN_REFUSED', 'this request comes from a page of another site', {
    field: 'Sec-Fetch-Site',
    value: site,
  });
}

/** The scheme may differ behind a proxy that ends TLS; host and port may not. */
function isSameOrigin(origin: string, host: string): boolean {
  const match = /^https?:\/\/([^/]+)$/i.exec(origin);
  return match?.[1] !== undefined && match[1].toLowerCase() === host.toLowerCase();
}

function isHostAllowed(rule: HostRule, host: string): boolean {
  const name = hostNameOf(host);
  if (name === null) return false;
  if (isLoopbackName(name) || name === rule.listenHost.toLowerCase()) return true;
  if (rule.allowedHosts.some((allowed) => allowed.toLowerCase() === name)) return true;
  // Listening everywhere: rebinding needs a name of its own, so addresses and this machine's name are safe.
  return isWildcard(rule.listenHost) && (isIP(name) !== 0 || name === hostname().toLowerCase());
}

/** `Host` without port and brackets, lower case; null when it is malformed. */
function hostNameOf(host: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** `localhost`, `::1`, 127.0.0.0/8. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
