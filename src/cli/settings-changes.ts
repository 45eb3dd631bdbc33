// What a configuration that was loaded again changes beside its targets: names alone, so that no value of a secret is told.
import type { Settings } from '../config/settings.ts';

/** Lists and maps, what their entries are called, and which of them there are. */
const NAMED: readonly {
  readonly of: string;
  readonly list: (settings: Settings) => ReadonlyMap<string, unknown>;
}[] = [
  { of: 'sinks', list: ({ alerts }) => new Map(alerts.sinks.map((sink) => [sink.name, sink])) },
  { of: 'services', list: ({ services }) => services },
];

/** Settings that are one thing each, by their name in the file. What takes a start is told apart. */
const WHOLE: Readonly<Record<string, (settings: Settings) => unknown>> = {
  'alerts.page': ({ alerts }) => alerts.pageUrl,
  'alerts.repeat': ({ alerts }) => alerts.repeatMillis,
  'alerts.criticalWithin': ({ alerts }) => alerts.criticalWithinMillis,
  'alerts.digest': ({ alerts }) => alerts.digestMillis,
  'alerts.heartbeat': ({ alerts }) => alerts.heartbeatMillis,
  'alerts.routes': ({ alerts }) => alerts.routes,
  'alerts.maintenance': ({ alerts }) => alerts.maintenance,
  'intervals.gauges': ({ gaugeIntervalMillis }) => gaugeIntervalMillis,
  'intervals.profiles': ({ profileIntervalMillis }) => profileIntervalMillis,
  'intervals.diagnosticProfiles': ({ diagnosticProfileIntervalMillis }) => diagnosticProfileIntervalMillis,
  thresholds: ({ thresholds }) => thresholds,
  goneAfter: ({ goneAfterMillis }) => goneAfterMillis,
  discover: ({ discover }) => discover,
};

/** `sinks: pager added, mail removed, team changed`, `alerts.routes changed`; empty where all is as it was. */
export function describeChanges(before: Settings, after: Settings): string[] {
  const named = NAMED.flatMap(({ of, list }) => {
    const changes = compareNamed(list(before), list(after));
    return changes.length === 0 ? [] : [`${of}: ${changes.join(', ')}`];
  });
  const whole = Object.keys(WHOLE).filter((name) => !isSame(WHOLE[name]?.(before), WHOLE[name]?.(after)));
  return [...named, ...(whole.length === 0 ? [] : [`${whole.join(', ')} changed`])];
}

function compareNamed(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    if (!before.has(name)) return [`${name} added`];
    if (!after.has(name)) return [`${name} removed`];
    return isSame(before.get(name), after.get(name)) ? [] : [`${name} changed`];
  });
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
