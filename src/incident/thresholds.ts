// Plain thresholds that people set: crossed or not. They say nothing of leaks: no verdict, no culprit, no forecast.
import { sha256Hex } from '../base/sha256.ts';
import { formatBytes, formatBytesPerHour, formatDuration, HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { Alert } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import type { MeasuredTarget, PlainMeasures, Thresholds } from '../model/threshold.ts';
import { computeIncidentId } from './advance-incidents.ts';

export const THRESHOLD_NAMES = ['growthPercent', 'growthBytesPerHour', 'nativeBytes'] as const;
export type ThresholdName = (typeof THRESHOLD_NAMES)[number];

/** What fires goes on until the value is clearly below: one that wavers around the threshold would tell each time. */
const RELEASE_SHARE = 0.9;

/** Names the alert of a threshold of a service, over all instances. */
export function thresholdFingerprint(service: string, name: ThresholdName): string {
  return sha256Hex(['threshold', service, name].join('\n')).slice(0, 16);
}

/** The threshold that an alert is about; null for a leak. */
export function thresholdOf({ kind, service, fingerprint }: Alert): ThresholdName | null {
  if (kind !== 'threshold') return null;
  return THRESHOLD_NAMES.find((name) => thresholdFingerprint(service, name) === fingerprint) ?? null;
}

/**
 * Crossings in the shape that alerts are made of: open where a value is above, resolved where one was. They are no incidents of a leak,
 * and never among them. The one that is furthest above comes first.
 *
 * One that is not measured any more goes on for a window: after a restart, of the process or of the watcher, values take a while.
 *
 * @param firing alerts of thresholds that fire.
 * @param lastMeasured when each of them was last measured, or looked at first, by fingerprint; kept up here, no larger than `firing`.
 */
export function findCrossings(
  measured: readonly MeasuredTarget[],
  firing: readonly Alert[],
  atMillis: Millis,
  lastMeasured: Map<string, Millis>,
): readonly Incident[] {
  const firingBy = new Map(firing.map((alert) => [alert.fingerprint, alert]));
  const open: { readonly share: number; readonly incident: Incident }[] = [];
  for (const each of measured) {
    for (const name of THRESHOLD_NAMES) {
      const [limit, value] = [each.thresholds[name], valueOf(name, each.measures)];
      if (limit === null || value === null) continue;
      const fingerprint = thresholdFingerprint(each.target.service, name);
      const isFiring = firingBy.get(fingerprint)?.instances.includes(each.target.instance) === true;
      if (value <= limit * (isFiring ? RELEASE_SHARE : 1)) continue;
      const incident = draw(each, name, describe(name, value, each.thresholds), atMillis);
      open.push({ share: value / limit, incident });
    }
  }
  open.sort((a, b) => b.share - a.share);
  const crossed = new Set(open.map(({ incident }) => incident.fingerprint));
  for (const fingerprint of lastMeasured.keys())
    if (!firingBy.has(fingerprint)) lastMeasured.delete(fingerprint);
  const rest = firing.flatMap((alert) => {
    const { fingerprint, service } = alert;
    const name = thresholdOf(alert);
    const own = measured.filter(({ target }) => target.service === service);
    const isCrossed = crossed.has(fingerprint);
    const unmeasured = name === null || isCrossed ? [] : findUnmeasured(name, alert, own);
    const since = unmeasured.length === 0 ? atMillis : (lastMeasured.get(fingerprint) ?? atMillis);
    lastMeasured.set(fingerprint, since);
    if (name === null || isCrossed) return [];
    const window = own[0]?.thresholds.windowMillis ?? UNKNOWN_WINDOW;
    if (unmeasured.length > 0 && atMillis - since < window)
      return unmeasured.map((instance) => drawAgain(alert, name, instance, atMillis));
    return end(alert, name, own, atMillis);
  });
  return [...open.map(({ incident }) => incident), ...rest];
}

/** Instances that crossed it and have no value now; none where nobody has the threshold any more. */
function findUnmeasured(
  name: ThresholdName,
  { instances }: Alert,
  own: readonly MeasuredTarget[],
): readonly string[] {
  if (own.length > 0 && own.every(({ thresholds }) => thresholds[name] === null)) return [];
  const valued = own.filter(({ measures }) => valueOf(name, measures) !== null);
  return instances.filter((instance) => !valued.some(({ target }) => target.instance === instance));
}

/** Of a service of which no target is known, as after a start. */
const UNKNOWN_WINDOW: Millis = HOUR_MILLIS;

/** As it was told last. */
function drawAgain(
  { service, summary }: Alert,
  name: ThresholdName,
  instance: string,
  atMillis: Millis,
): Incident {
  return draw({ target: { service, instance } }, name, summary, atMillis);
}

function valueOf(name: ThresholdName, measures: PlainMeasures | null): number | null {
  if (measures === null) return null;
  if (name === 'nativeBytes') return measures.nativeBytes;
  return measures.growth && measures.growth[name === 'growthPercent' ? 'percent' : 'bytesPerHour'];
}

function describe(name: ThresholdName, value: number, thresholds: Thresholds): string {
  const { windowMillis } = thresholds;
  const limit = thresholds[name] ?? 0;
  const within = formatDuration(windowMillis);
  switch (name) {
    case 'growthPercent':
      return `The live heap has grown by ${value.toFixed(0)} % in ${within}: more than ${limit} %.`;
    case 'growthBytesPerHour':
      return `The live heap has grown by ${formatBytesPerHour(value)} over ${within}: more than ${formatBytesPerHour(limit)}.`;
    case 'nativeBytes':
      return `Outside the Go runtime are ${formatBytes(value)}: more than ${formatBytes(limit)}.`;
  }
}

function draw(
  { target }: Pick<MeasuredTarget, 'target'>,
  name: ThresholdName,
  summary: string,
  atMillis: Millis,
): Incident {
  const fingerprint = thresholdFingerprint(target.service, name);
  return {
    id: computeIncidentId(target, fingerprint),
    fingerprint,
    service: target.service,
    instance: target.instance,
    state: 'open',
    openedAt: atMillis,
    resolvedAt: null,
    mutedUntil: null,
    lastSeenAt: atMillis,
    history: [],
    finding: {
      verdict: 'undetermined',
      class: name === 'nativeBytes' ? 'native' : 'heap',
      fingerprint,
      detectedAt: null,
      growth: null,
      timeToExhaustion: null,
      culprits: [],
      pattern: null,
      evidence: [],
      ruledOut: [],
      fix: null,
      summary,
    },
  };
}

/** Of an alert that no target crosses any more. */
function end(
  alert: Alert,
  name: ThresholdName,
  own: readonly MeasuredTarget[],
  atMillis: Millis,
): readonly Incident[] {
  const why = whyOver(name, own);
  const [instance = ''] = alert.instances;
  const incident = drawAgain(alert, name, instance, atMillis);
  return [
    {
      ...incident,
      state: 'resolved',
      resolvedAt: atMillis,
      history: [{ at: atMillis, what: 'resolved', why }],
    },
  ];
}

function whyOver(name: ThresholdName, own: readonly MeasuredTarget[]): string {
  if (own.length === 0) return 'not set or not measured any more';
  if (own.every(({ thresholds }) => thresholds[name] === null)) return 'the threshold is not set any more';
  const isMeasured = own.some(({ measures }) => valueOf(name, measures) !== null);
  return isMeasured ? 'below the threshold' : 'not measured any more';
}
