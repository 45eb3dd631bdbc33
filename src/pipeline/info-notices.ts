// Notices about no leak in particular: digest, sign of life, test.
import { formatDuration, type Millis } from '../base/units.ts';
import type { Alert, AlertMessage, Notice, NoticeKind } from '../model/alert.ts';
import { printable } from '../report/style.ts';
import type { AlertPrecision } from './alert-view.ts';

interface InfoInput {
  readonly key: string;
  readonly pageUrl: string;
  /** Part of the fleet that it is about; missing = all of it. */
  readonly shard?: string | null;
  /** Virtual. */
  readonly atMillis: Millis;
  /** Real. */
  readonly nowMillis: Millis;
}

/** Leaks that a digest lists one by one; the others are a number. */
const MAX_LISTED = 20;
const MAX_LINE = 300;

export function writeDigest(
  alerts: readonly Alert[],
  { judged, leaks, precision }: AlertPrecision,
  input: InfoInput,
): Notice {
  const all = alerts.filter(({ state }) => state === 'firing');
  const firing = all.filter(({ kind }) => kind !== 'threshold');
  const crossed = all.length - firing.length;
  const lines = firing
    .slice(0, MAX_LISTED)
    .map((alert) => printable(lineOf(alert, input.atMillis)).slice(0, MAX_LINE));
  const more = firing.length - lines.length;
  const facts = [
    { name: 'Open', value: String(firing.length) },
    { name: 'Critical', value: String(firing.filter(({ level }) => level === 'critical').length) },
    { name: 'Quiet', value: String(firing.filter(({ quiet }) => quiet !== null).length) },
    ...(crossed === 0 ? [] : [{ name: 'Thresholds crossed', value: String(crossed) }]),
    ...(precision === null
      ? []
      : [{ name: 'Judged', value: `${leaks} of ${judged} were leaks (${percent(precision.value)})` }]),
  ];
  return info('digest', input, {
    title: `Plimsoll: ${firing.length === 1 ? '1 open leak' : `${firing.length} open leaks`}`,
    summary:
      firing.length === 0
        ? 'Nothing leaks.'
        : [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
    facts,
  });
}

function lineOf({ level, service, summary, openedAt, quiet, ack }: Alert, atMillis: Millis): string {
  const state = quiet !== null ? ', quiet' : ack === null ? '' : `, acknowledged by ${ack.by}`;
  return `${level}: ${service}, for ${formatDuration(atMillis - openedAt)}${state}: ${summary}`;
}

export function writeHeartbeat(alerts: readonly Alert[], input: InfoInput): Notice {
  const firing = alerts.filter(({ state, kind }) => state === 'firing' && kind !== 'threshold').length;
  return info('heartbeat', input, {
    title: 'Plimsoll is watching',
    summary: `Alerts go out. Open leaks: ${firing}.`,
    facts: [],
  });
}

/** What `plimsoll alert test` sends: says that it is one. */
export function writeTestNotice(pageUrl: string, atMillis: Millis, nowMillis: Millis): Notice {
  return info(
    'test',
    { key: `test-${nowMillis}`, pageUrl, atMillis, nowMillis },
    {
      title: 'Test of Plimsoll',
      summary: 'This sink works: alerts about memory leaks come here. Nothing leaks because of it.',
      facts: [{ name: 'Level', value: 'info' }],
    },
  );
}

function info(
  kind: NoticeKind,
  { key, pageUrl, shard = null, atMillis, nowMillis }: InfoInput,
  message: Pick<AlertMessage, 'title' | 'summary' | 'facts'>,
): Notice {
  return {
    key,
    kind,
    level: 'info',
    fingerprint: null,
    ...(shard === null ? {} : { shard }),
    service: null,
    at: atMillis,
    openedAt: null,
    createdAt: nowMillis,
    labels: { kind, severity: 'info' },
    message: { ...message, evidence: [], advice: null, links: [{ name: 'Page', url: `${pageUrl}/` }] },
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
