// Plain thresholds that people set: crossed or not. They say nothing of leaks: no verdict, no culprit, no forecast.
import { sha256Hex } from '../base/sha256.ts';
import { formatBytes, formatBytesPerHour, formatDuration, type Millis } from '../base/units.ts';
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
 * @param firing alerts of thresholds that fire.
 */
export function findCrossings(
  measured: readonly MeasuredTarget[],
  firing: readonly Alert[],
  atMillis: Millis,
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
  const over = firing
    .filter(({ fingerprint }) => !crossed.has(fingerprint))
    .flatMap((alert) => end(alert, measured, atMillis));
  return [...open.map(({ incident }) => incident), ...over];
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

function draw({ target }: MeasuredTarget, name: ThresholdName, summary: string, atMillis: Millis): Incident {
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
function end(alert: Alert, measured: readonly MeasuredTarget[], atMillis: Millis): readonly Incident[] {
  const name = thresholdOf(alert);
  if (name === null) return [];
  const own = measured.filter(({ target }) => target.service === alert.service);
  const why = whyOver(name, own);
  const [instance = ''] = alert.instances;
  const incident = draw(
    { target: { service: alert.service, instance }, thresholds: NONE, measures: null },
    name,
    alert.summary,
    atMillis,
  );
  return [
    {
      ...incident,
      state: 'resolved',
      resolvedAt: atMillis,
      history: [{ at: atMillis, what: 'resolved', why }],
    },
  ];
}

const NONE: Thresholds = {
  growthPercent: null,
  growthBytesPerHour: null,
  nativeBytes: null,
  windowMillis: 0,
};

function whyOver(name: ThresholdName, own: readonly MeasuredTarget[]): string {
  if (own.length === 0) return 'not set or not measured any more';
  if (own.every(({ thresholds }) => thresholds[name] === null)) return 'the threshold is not set any more';
  const isMeasured = own.some(({ measures }) => valueOf(name, measures) !== null);
  return isMeasured ? 'below the threshold' : 'not measured any more';
}
