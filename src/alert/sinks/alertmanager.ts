// Prometheus Alertmanager, API v2 (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, postableAlerts).
//
// An alert is its set of labels there, and is over when nobody repeats it: what fires is sent again by delivery (RESEND_MILLIS), so
// that it also comes back after a restart of Alertmanager. Labels are those that hardly change while instances come and go; where one
// does (an owner), the alert under the old labels is ended.
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { MINUTE_MILLIS, type Millis } from '../../base/units.ts';
import type { Notice } from '../../model/alert.ts';
import type { SinkVia } from '../../model/sink.ts';
import { postJson } from '../post-json.ts';
import { SENT, type Sink } from '../sink.ts';
import type { SinkMemory } from '../sink-memory.ts';

type AlertmanagerVia = Extract<SinkVia, { kind: 'alertmanager' }>;

/** What fires is sent again this often, as Prometheus does (1 min there; we have less to lose). */
export const RESEND_MILLIS: Millis = 4 * MINUTE_MILLIS;
/** Prometheus: four times the pause between two sends. */
const HOLD_MILLIS: Millis = 4 * RESEND_MILLIS;

/** Sets of labels of one alert that may fire at once, where none was accepted for sure. */
const MAX_SETS = 10;

const PostableAlertSchema = Type.Object({
  labels: Type.Record(Type.String(), Type.String()),
  annotations: Type.Record(Type.String(), Type.String()),
  startsAt: Type.String(),
  endsAt: Type.String(),
  generatorURL: Type.Optional(Type.String()),
});
type PostableAlert = Static<typeof PostableAlertSchema>;
const FiringSchema = Type.Array(PostableAlertSchema);

/** Not `shard`, which may be a label of the targets. */
export const SHARD_LABEL = 'plimsoll_shard';
const STABLE_LABELS = ['service', 'class', 'fingerprint', 'kind', 'owner'];

/**
 * @param memory keeps under which labels each alert fires there: its owner, the labels that its instances share and the settings of
 *   the sink change while it is open.
 */
export function makeAlertmanagerSink(via: AlertmanagerVia, now: () => Millis, memory: SinkMemory): Sink {
  const recall = (id: string): readonly PostableAlert[] => {
    const value = memory.recall(id);
    return Value.Check(FiringSchema, value) ? value : [];
  };
  /** Only when it is another set: a write each for what is said again every four minutes would be for nothing. */
  const keep = async (id: string, sets: readonly PostableAlert[]) => {
    if (keysOf(recall(id)) !== keysOf(sets)) await memory.keep(id, sets.length > 0 ? sets : null);
  };
  return {
    async send(notice, signal) {
      // Plimsoll's own news are no alerts; whoever watches the watcher asks for heartbeats.
      if (notice.kind === 'digest') return SENT;
      const id = notice.fingerprint === null ? null : `${notice.labels['kind']}/${notice.fingerprint}`;
      const told = toPostableAlerts(notice, via.labels, now());
      const before = id === null ? [] : recall(id);
      const stale = endOthers(before, told, now());
      const left = told.filter(({ endsAt }) => Date.parse(endsAt) > now());
      // What is not accepted may have been taken all the same: both sets are ended with the next.
      const known = new Set(before.map(({ labels }) => keyOf(labels)));
      const both = [...before, ...left.filter(({ labels }) => !known.has(keyOf(labels)))];
      if (id !== null) await keep(id, both.slice(-MAX_SETS));
      const url = `${via.url}/api/v2/alerts`;
      const body = JSON.stringify([...stale, ...told]);
      const result = await postJson(
        { url, body, headers: via.headers, secrets: Object.values(via.headers) },
        signal,
      );
      if (id !== null && result.kind === 'sent') await keep(id, left);
      return result;
    },
  };
}

/** The same alert under labels that it has no more: over now. */
function endOthers(
  before: readonly PostableAlert[],
  told: readonly PostableAlert[],
  nowMillis: Millis,
): PostableAlert[] {
  const known = new Set(told.map(({ labels }) => keyOf(labels)));
  return before.flatMap((alert) => {
    const key = keyOf(alert.labels);
    if (known.has(key)) return [];
    known.add(key);
    return [{ ...alert, endsAt: new Date(nowMillis).toISOString() }];
  });
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function keysOf(alerts: readonly PostableAlert[]): string {
  return alerts
    .map(({ labels }) => keyOf(labels))
    .toSorted()
    .join('\n');
}

/** One alert; after an escalation two: severity is one of its labels, so that the warning has to end. */
export function toPostableAlerts(
  notice: Notice,
  labels: readonly string[],
  nowMillis: Millis,
): PostableAlert[] {
  const alert = (severity: string, isOver: boolean): PostableAlert => ({
    labels: labelsOf(notice, labels, severity),
    annotations: annotationsOf(notice),
    startsAt: new Date(notice.openedAt ?? notice.createdAt).toISOString(),
    endsAt: new Date(isOver ? nowMillis : nowMillis + HOLD_MILLIS).toISOString(),
    ...(notice.message.links[0] ? { generatorURL: notice.message.links[0].url } : {}),
  });
  if (notice.kind === 'resolved') return [alert(notice.level, true)];
  if (notice.kind === 'escalated') return [alert('warning', true), alert(notice.level, false)];
  return [alert(notice.level, false)];
}

const ALERT_NAMES: Readonly<Partial<Record<Notice['kind'], string>>> = {
  heartbeat: 'PlimsollHeartbeat',
  test: 'PlimsollTest',
};

function labelsOf(
  { kind, labels, shard }: Notice,
  more: readonly string[],
  severity: string,
): Record<string, string> {
  const wanted = [...STABLE_LABELS, ...more].flatMap((name) => {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
    // An empty label is none there; names are those of Prometheus.
    return value === undefined || value === '' ? [] : [[name.replace(/[^a-zA-Z0-9_]/g, '_'), value] as const];
  });
  const what = labels['kind'] === 'threshold' ? 'MemoryThreshold' : 'MemoryLeak';
  const alertname = ALERT_NAMES[kind] ?? what;
  // One that ends in one part of the fleet goes on in the others.
  const part = shard === undefined ? {} : { [SHARD_LABEL]: shard };
  return { ...Object.fromEntries(wanted), ...part, alertname, severity };
}

function annotationsOf({ message }: Notice): Record<string, string> {
  const facts = message.facts.map(({ name, value }) => [
    name.toLowerCase().replace(/[^a-z0-9]+/g, '_'),
    value,
  ]);
  const { title, summary, advice, evidence } = message;
  const all: [string, string][] = [
    ...(facts as [string, string][]),
    ['title', title],
    ['summary', summary],
    ['description', summary],
    ['evidence', evidence.join('\n')],
    ['advice', advice ?? ''],
  ];
  return Object.fromEntries(all.filter(([, value]) => value !== ''));
}
