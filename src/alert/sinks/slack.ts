// Slack: an incoming webhook, or a bot.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, https://docs.slack.dev/reference/block-kit/blocks,
// https://docs.slack.dev/reference/methods/chat.postMessage
import type { Notice } from '../../model/alert.ts';
import type { SinkVia } from '../../model/sink.ts';
import { judge, postJson, request } from '../post-json.ts';
import { failed, SENT, type SendResult, type Sink } from '../sink.ts';

type WebhookVia = Extract<SinkVia, { kind: 'slack' }>;
type BotVia = Extract<SinkVia, { kind: 'slackBot' }>;

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

export function makeSlackSink({ webhook }: WebhookVia): Sink {
  return {
    send: (notice, signal) =>
      postJson({ url: webhook, body: JSON.stringify(toSlackMessage(notice)), secrets: [webhook] }, signal),
  };
}

export function toSlackMessage(notice: Notice): Record<string, unknown> {
  const { message, kind, level } = notice;
  const mark = kind === 'resolved' ? ':white_check_mark:' : MARKS[level];
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

/** Errors of the Web API that may pass; all others are about token, channel or message. */
const MAY_PASS = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
];

export function makeSlackBotSink(via: BotVia): Sink {
  return { send: (notice, signal) => postAsBot(via, notice, signal) };
}

async function postAsBot(
  { token, api, channel }: BotVia,
  notice: Notice,
  signal: AbortSignal,
): Promise<SendResult> {
  const url = `${api}/chat.postMessage`;
  const body = JSON.stringify({ channel, ...toSlackMessage(notice) });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' };
  const answer = await request({ url, body, headers, secrets: [token] }, signal);
  const result = judge(answer, url);
  if (result.kind === 'failed' || answer.kind === 'failed') return result;
  try {
    // A refusal is a 200 there.
    const { ok, error } = JSON.parse(answer.text) as { readonly ok?: boolean; readonly error?: string };
    if (ok === true) return SENT;
    return failed(`Slack: ${error ?? 'no reason'}`, !MAY_PASS.includes(error ?? ''));
  } catch {
    return failed('Slack answered no JSON');
  }
}
