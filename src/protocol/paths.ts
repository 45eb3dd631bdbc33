// Every path that the server answers, as OpenAPI templates; the route table, the page and the tests share them.

export const PATHS = {
  health: '/healthz',
  ready: '/readyz',
  metrics: '/metrics',
  openapi: '/api/v1/openapi.json',
  fleet: '/api/v1/fleet',
  targets: '/api/v1/targets',
  findings: '/api/v1/findings',
  finding: '/api/v1/findings/{fingerprint}',
  report: '/api/v1/reports/{service}',
  series: '/api/v1/series/{service}',
  incidents: '/api/v1/incidents',
  incidentAck: '/api/v1/incidents/{id}/ack',
  incidentMute: '/api/v1/incidents/{id}/mute',
  incidentResolve: '/api/v1/incidents/{id}/resolve',
  alerts: '/api/v1/alerts',
  alertAck: '/api/v1/alerts/{fingerprint}/ack',
  alertResolve: '/api/v1/alerts/{fingerprint}/resolve',
  alertFeedback: '/api/v1/alerts/{fingerprint}/feedback',
  silences: '/api/v1/silences',
  silence: '/api/v1/silences/{id}',
  audit: '/api/v1/audit',
  sinks: '/api/v1/sinks',
  sinkTest: '/api/v1/sinks/{name}/test',
  deadLetterRetry: '/api/v1/dead-letters/{id}/retry',
  events: '/api/v1/events',
  diagnose: '/api/v1/diagnose/{service}',
  source: '/api/v1/source/{fingerprint}',
  profiles: '/api/v1/profiles/{service}',
  profile: '/api/v1/profiles/{service}/{id}',
  config: '/api/v1/config',
  live: '/api/v1/live',
} as const;
export type PathTemplate = (typeof PATHS)[keyof typeof PATHS];

/** Pages of the single-page application; anything else is not found. */
export const PAGE_PATHS = {
  fleet: '/',
  service: '/s/{service}',
  finding: '/f/{fingerprint}',
  targets: '/targets',
} as const;
export type PagePath = (typeof PAGE_PATHS)[keyof typeof PAGE_PATHS];

/**
 * `fillPath('/s/{service}', { service: 'a b' }, { range: '1h' })` -> `/s/a%20b?range=1h`.
 * Query entries that are undefined or null are left out. Throws when a parameter of the template is missing.
 */
export function fillPath(
  template: PathTemplate | PagePath,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | number | null | undefined>> = {},
): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`path ${template} needs ${name}`);
    return encodeURIComponent(value);
  });
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length ? `${path}?${pairs.join('&')}` : path;
}

/** The parameters of `path` when `template` matches it, decoded; null when it does not match. */
export function matchPath(template: PathTemplate | PagePath, path: string): Record<string, string> | null {
  const wanted = template.split('/');
  const found = path.split('/');
  if (wanted.length !== found.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = found[index] ?? '';
    if (!part.startsWith('{')) {
      if (part !== value) return null;
      continue;
    }
    const decoded = decodeOrNull(value);
    if (decoded === null || decoded === '') return null;
    params[part.slice(1, -1)] = decoded;
  }
  return params;
}

function decodeOrNull(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
