// Slack: an incoming webhook, and the message that a bot posts too (slack-bot.ts).
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, https://docs.slack.dev/reference/block-kit/blocks
import type { Notice } from '../../model/alert.ts';
import type { Ending } from '../../model/incident.ts';
import type { SinkVia } from '../../model/sink.ts';
import { postJson } from '../post-json.ts';
import type { Sink } from '../sink.ts';

type WebhookVia = Extract<SinkVia, { kind: 'slack' }>;

// Limits of Block Kit.
const MAX_HEADER = 150;
const MAX_SECTION = 3000;
const MAX_FIELD = 2000;
const MAX_FIELDS = 10;

const MARKS: Readonly<Record<Notice['level'], string>> = {
  info: ':information_source:',
  warning: ':warning:',
  critical: ':rotating_light:',
};

/** A tick is for what is mended. */
const ENDED_MARKS: Readonly<Record<Ending, string>> = {
  evidence: ':white_check_mark:',
  person: ':white_check_mark:',
  gone: ':grey_question:',
  'goes-on': ':arrow_right_hook:',
};

export function makeSlackSink({ webhook }: WebhookVia): Sink {
  return {
    send: (notice, signal) =>
      postJson({ url: webhook, body: JSON.stringify(toSlackMessage(notice)), secrets: [webhook] }, signal),
  };
}

export function toSlackMessage(notice: Notice): Record<string, unknown> {
  const { message, kind, level } = notice;
  const mark = kind === 'resolved' ? ENDED_MARKS[notice.ending ?? 'evidence'] : MARKS[level];
  const blocks: unknown[] = [
    {
      type: 'header',
      text: { type: 'plain_text', text: cut(`${mark} ${message.title}`, MAX_HEADER), emoji: true },
    },
    section(message.summary),
  ];
  const fields = message.facts.slice(0, MAX_FIELDS).map(({ name, value }) => ({
    type: 'mrkdwn',
    text: cut(`*${escape(name)}*\n${escape(value)}`, MAX_FIELD),
  }));
  if (fields.length > 0) blocks.push({ type: 'section', fields });
  if (message.evidence.length > 0)
    blocks.push(sectionOf(`*Evidence*\n${message.evidence.map((each) => `• ${escape(each)}`).join('\n')}`));
  if (message.advice !== null) blocks.push(sectionOf(`*What to do*\n${escape(message.advice)}`));
  const links = message.links.map(({ name, url }) => `<${escape(url)}|${escape(name)}>`).join('  ');
  if (links !== '')
    blocks.push({ type: 'context', elements: [{ type: 'mrkdwn', text: cut(links, MAX_FIELD) }] });
  return {
    text: cut(escape(`${message.title}: ${message.summary}`), MAX_SECTION),
    blocks,
    unfurl_links: false,
  };
}

function section(text: string): unknown {
  return { type: 'section', text: { type: 'plain_text', text: cut(text, MAX_SECTION) } };
}

function sectionOf(mrkdwn: string): unknown {
  return { type: 'section', text: { type: 'mrkdwn', text: cut(mrkdwn, MAX_SECTION) } };
}

/** Nothing from outside becomes a link or calls people (`<!channel>`). */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
