// What a desk has to tell now: each cause is asked for its life, digests and signs of life for their time. Decides nothing about where
// it goes, and changes nothing.
import { RESEND_MILLIS } from '../alert/sinks/alertmanager.ts';
import { toldName } from '../alert/told-name.ts';
import type { AlertState } from '../alert/alert-state.ts';
import type { Millis } from '../base/units.ts';
import { advanceAlert, findLastEnd, handOver, leadOf } from '../incident/advance-alert.ts';
import { computePrecision } from '../incident/precision.ts';
import { findCrossings } from '../incident/thresholds.ts';
import { isKindQuiet, whyQuiet } from '../incident/why-quiet.ts';
import type { Alert, Notice } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import { readCurve } from './alert-curve.ts';
import type { AlertDeskParts, AlertSettings } from './alert-desk-parts.ts';
import { groupByCause, labelsOf, sharedLabels, writeAlertNotice } from './alert-notice.ts';
import type { SourceState } from '../report/alert-message.ts';
import { writeDigest, writeHeartbeat } from './info-notices.ts';

export interface DueInput {
  readonly parts: Pick<AlertDeskParts, 'watch' | 'world' | 'shard' | 'known' | 'measured' | 'ownerOf'>;
  readonly settings: AlertSettings;
  readonly state: AlertState;
  /** Of thresholds that fire, see findCrossings. */
  readonly lastMeasured: Map<string, Millis>;
  /** Whether what the sources say of a leak is worth waiting for. */
  readonly isAwaited: (fingerprint: string, service: string) => boolean;
}

export interface Due {
  /** All of them, as they stand once the notices are told. */
  readonly alerts: readonly Alert[];
  readonly notices: readonly Notice[];
  /** For sinks alone that are routed to by the labels of now and were not by those before: the owner was not known, or was another. */
  readonly rerouted: readonly { readonly notice: Notice; readonly before: Notice['labels'] }[];
  /** Whether there is anything to write down. */
  readonly isChanged: boolean;
}

/** Asks every cause what is due. */
export async function findDue(input: DueInput): Promise<Due> {
  const { watch } = input.parts;
  const now = watch.now();
  const alerts = new Map(input.state.alerts.map((alert) => [alert.fingerprint, alert]));
  const notices: Notice[] = [];
  const rerouted: Due['rerouted'][number][] = [];
  let isChanged = false;
  const thresholds = groupByCause(findThresholds(input, now));
  const unseen = findUnseen(watch);
  for (const [fingerprint, incidents] of [...groupByCause(watch.incidents()), ...thresholds]) {
    // What is over here goes on where it cannot be seen, or may.
    if (unseen.has(fingerprint)) continue;
    const known = alerts.get(fingerprint) ?? null;
    const step = await advanceCause(
      input,
      known,
      incidents,
      thresholds.has(fingerprint) ? 'threshold' : 'leak',
    );
    if (step === null) continue;
    isChanged ||= !isSame(step.alert, known);
    alerts.set(fingerprint, step.alert);
    if (step.notice && step.isForNewSinks) {
      rerouted.push({ notice: step.notice, before: { ...known?.labels, severity: step.alert.level } });
    } else if (step.notice) notices.push(step.notice);
  }
  for (const alert of alerts.values()) {
    if (alert.state !== 'firing' || unseen.get(alert.fingerprint) !== 'elsewhere') continue;
    alerts.set(alert.fingerprint, handOver(alert, now));
    isChanged = true;
  }
  return { alerts: [...alerts.values()], notices, rerouted, isChanged };
}

/** Causes of which nothing is open here, but may be elsewhere. */
function findUnseen(watch: AlertDeskParts['watch']): ReturnType<AlertDeskParts['watch']['unseenCauses']> {
  const open = watch.incidents().filter(({ state }) => state !== 'resolved');
  const seen = new Set(open.map(({ fingerprint }) => fingerprint));
  return new Map([...watch.unseenCauses()].filter(([fingerprint]) => !seen.has(fingerprint)));
}

function findThresholds({ parts, state, lastMeasured }: DueInput, now: Millis): readonly Incident[] {
  const firing = state.alerts.filter((alert) => alert.kind === 'threshold' && alert.state === 'firing');
  return findCrossings(parts.measured?.() ?? [], firing, now, lastMeasured);
}

interface CauseStep {
  readonly alert: Alert;
  readonly notice: Notice | null;
  /** It was told before, to others. */
  readonly isForNewSinks: boolean;
}

/** Told, and routed by other labels since. */
function isLabelledAnew({ state, quiet, toldLevel, labels }: Alert, known: Alert | null): boolean {
  if (known?.state !== 'firing' || state !== 'firing' || quiet !== null || toldLevel === null) return false;
  const names = new Set([...Object.keys(labels), ...Object.keys(known.labels)]);
  return [...names].some((name) => labels[name] !== known.labels[name]);
}

async function advanceCause(
  input: DueInput,
  known: Alert | null,
  incidents: readonly [Incident, ...Incident[]],
  about: 'leak' | 'threshold',
): Promise<CauseStep | null> {
  const { parts, settings, state } = input;
  const { watch, known: listKnown = () => [], ownerOf = () => null } = parts;
  const now = watch.now();
  const open = incidents.filter((incident) => incident.state !== 'resolved');
  const lead = leadOf(open.length > 0 ? open : incidents);
  // Most that was ever resolved is of no interest: no labels, no owner.
  if (open.length === 0 && known?.state !== 'firing') return null;
  // Its first message names the fix, where the sources do in a moment.
  const isNew = open.length > 0 && (known?.state !== 'firing' || known.toldLevel === null);
  if (
    isNew &&
    about === 'leak' &&
    lead.finding.fix === null &&
    input.isAwaited(lead.fingerprint, lead.service)
  )
    return null;
  const owner = open.length === 0 ? null : await ownerOf(lead);
  const each = open.map((incident) => labelsOf(incident, watch.labelsOf(incident) ?? {}, owner, about));
  const rules = { ...state, maintenance: settings.maintenance, known: listKnown() };
  const step = advanceAlert(known, {
    ...(about === 'threshold' ? { kind: about } : {}),
    incidents,
    labels: each.length > 0 ? sharedLabels(each) : (known?.labels ?? {}),
    whyQuiet: (severity) => {
      const labels = each.map((own) => ({ ...own, severity }));
      return labels.length > 0 ? whyQuiet(lead.finding, labels, rules, now) : null;
    },
    shard: parts.shard ?? null,
    atMillis: now,
    rules: settings,
  });
  if (step === null) return null;
  const { alert } = step;
  const isForNewSinks = step.notice === null && isLabelledAnew(alert, known);
  const kind = isForNewSinks ? 'opened' : step.notice;
  if (kind === null) return { alert, notice: null, isForNewSinks };
  const incident = kind === 'resolved' ? findLastEnd(incidents) : lead;
  return {
    alert,
    isForNewSinks,
    notice: writeAlertNotice({
      alert,
      kind,
      incident,
      curve: about === 'threshold' ? null : await readCurve(watch, incident),
      goesOnAs: kind === 'resolved' ? listOthers(watch.incidents(), incident) : [],
      pageUrl: settings.pageUrl,
      sources: sourcesOf(input, alert.service),
      atMillis: now,
      nowMillis: parts.world.now(),
      timeScale: watch.timeScale,
    }),
  };
}

/** Leaks that stand in the same process, by their code: what goes on under another name is one of them. */
function listOthers(all: readonly Incident[], { service, instance }: Incident): string[] {
  const open = all.filter(
    (other) => other.state !== 'resolved' && other.service === service && other.instance === instance,
  );
  return open.map(({ finding }) => finding.culprits[0]?.function ?? `its ${finding.class} leak`);
}

function sourcesOf({ parts: { watch }, settings }: DueInput, service: string): SourceState {
  if (watch.isAskingSources(service)) return 'asking';
  return settings.hasSources === true ? 'asked' : 'none';
}

/**
 * Alertmanager forgets what nobody repeats, and everything when it starts: all that fires and was told.
 *
 * @param resentAt real time of the last such round.
 * @returns null = not yet.
 */
export function findResends(input: DueInput, resentAt: Millis): readonly Notice[] | null {
  const { watch, world } = input.parts;
  const nowMillis = world.now();
  if (nowMillis - resentAt < RESEND_MILLIS) return null;
  const atMillis = watch.now();
  const byCause = groupByCause([...watch.incidents(), ...findThresholds(input, atMillis)]);
  return input.state.alerts.flatMap((alert) => {
    const open = (byCause.get(alert.fingerprint) ?? []).filter(({ state }) => state !== 'resolved');
    if (alert.toldLevel === null || alert.quiet !== null || open.length === 0) return [];
    const told = writeAlertNotice({
      alert,
      kind: 'repeated',
      incident: leadOf(open),
      curve: null,
      pageUrl: input.settings.pageUrl,
      sources: sourcesOf(input, alert.service),
      atMillis,
      nowMillis,
      timeScale: watch.timeScale,
    });
    return [{ ...told, key: `${toldName(alert.fingerprint, alert.shard)}-resend` }];
  });
}

/** Signs of life and digests that are due, and what is to be kept of them. */
export function findPeriodic({ parts, settings, state }: DueInput, alerts: readonly Alert[]) {
  const { maintenance } = settings;
  const { digestMillis, heartbeatMillis, pageUrl } = settings;
  const { digestAt, heartbeatAt, count, feedback } = state;
  const kept = { digestAt, heartbeatAt, count };
  const notices: Notice[] = [];
  const now = parts.watch.now();
  const shard = parts.shard ?? null;
  const mark = shard === null ? '' : `${shard}-`;
  const times = { pageUrl, shard, atMillis: now, nowMillis: parts.world.now() };
  if (heartbeatMillis !== null && (heartbeatAt === null || now - heartbeatAt >= heartbeatMillis)) {
    kept.heartbeatAt = now;
    notices.push(writeHeartbeat(alerts, { key: `heartbeat-${mark}${++kept.count}`, ...times }));
  }
  // The first one is due after its time: there is nothing to sum up before.
  if (digestMillis !== null && digestAt === null) kept.digestAt = now;
  if (digestMillis !== null && digestAt !== null && now - digestAt >= digestMillis) {
    kept.digestAt = now;
    const key = `digest-${mark}${++kept.count}`;
    notices.push(writeDigest(alerts, computePrecision(state.alerts, feedback), { key, ...times }));
  }
  const isChanged = kept.digestAt !== digestAt || kept.heartbeatAt !== heartbeatAt;
  const told = notices.filter(
    ({ labels }) => !isKindQuiet(labels, { silences: state.silences, maintenance }, now),
  );
  return { kept, notices: told, isChanged };
}

/** Whether there is nothing to write down: words that follow the evidence are not worth a write each. */
function isSame(alert: Alert, known: Alert | null): boolean {
  if (known === null) return false;
  const essence = (each: Alert) => JSON.stringify({ ...each, summary: '' });
  return essence(alert) === essence(known);
}
