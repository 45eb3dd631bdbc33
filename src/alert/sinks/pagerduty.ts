// PagerDuty, Events API v2 (https://developer.pagerduty.com/docs/send-alert-event). One alert there for one of ours: `dedup_key` is the
// fingerprint, so that a message that comes twice changes nothing, and the end closes what the beginning opened. An end without a beginning
// is dropped there.
import type { Notice } from '../../model/alert.ts';
import type { SinkVia } from '../../model/sink.ts';
import { postJson } from '../post-json.ts';
import { toldName } from '../told-name.ts';
import type { Sink } from '../sink.ts';

type PagerDutyVia = Extract<SinkVia, { kind: 'pagerduty' }>;

const MAX_SUMMARY = 1024;

export function makePagerDutySink({ routingKey, url }: PagerDutyVia): Sink {
  return {
    isCall: true,
    send: (notice, signal) =>
      postJson(
        { url, body: JSON.stringify(toPagerDutyEvent(notice, routingKey)), secrets: [routingKey] },
        signal,
      ),
  };
}

export function toPagerDutyEvent(notice: Notice, routingKey: string): Record<string, unknown> {
  const { message, kind, level, labels } = notice;
  const event = {
    routing_key: routingKey,
    event_action: kind === 'resolved' ? 'resolve' : 'trigger',
    dedup_key: `plimsoll/${toldName(notice.fingerprint ?? kind, notice.shard)}`,
  };
  if (kind === 'resolved') return event;
  const [page] = message.links;
  return {
    ...event,
    client: 'Plimsoll',
    ...(page ? { client_url: page.url } : {}),
    payload: {
      summary: `${message.title}. ${message.summary}`.slice(0, MAX_SUMMARY),
      source: notice.service ?? 'plimsoll',
      severity: level,
      timestamp: new Date(notice.openedAt ?? notice.createdAt).toISOString(),
      ...(notice.service === null ? {} : { component: notice.service }),
      ...(labels['class'] === undefined ? {} : { class: `memory leak: ${labels['class']}` }),
      custom_details: {
        ...Object.fromEntries(message.facts.map(({ name, value }) => [name, value])),
        ...(message.evidence.length > 0 ? { Evidence: message.evidence.join('\n') } : {}),
        ...(message.advice === null ? {} : { 'What to do': message.advice }),
      },
    },
    links: message.links.map(({ name, url }) => ({ href: url, text: name })),
  };
}
