// One sink of each kind that the configuration can name.
import type { Notice } from '../model/alert.ts';
import type { SinkSetting, SinkVia } from '../model/sink.ts';
import { fillTemplate } from './template.ts';
import type { Sink } from './sink.ts';
import type { SinkMemory } from './sink-memory.ts';
import { makeCommandSink, makeFileSink, makeStdoutSink } from './sinks/line-sinks.ts';
import { makeAlertmanagerSink } from './sinks/alertmanager.ts';
import { makeEmailSink } from './sinks/email.ts';
import { makeIssueSink } from './sinks/issue.ts';
import { makePagerDutySink } from './sinks/pagerduty.ts';
import { makeSlackBotSink } from './sinks/slack-bot.ts';
import { makeSlackSink } from './sinks/slack.ts';
import { makeTeamsSink } from './sinks/teams.ts';
import { makeWebhookSink } from './sinks/webhook.ts';

export interface SinkWorld {
  /** Standard output. */
  readonly write: (text: string) => void;
  /** Real time. */
  readonly now: () => number;
}

/** Of a template, as of our own: the shortest that a vendor takes is 255 (GitLab). */
const MAX_TITLE = 200;

/** The sink as configured, its template filled in before each send. */
export function makeSink({ via, title, text }: SinkSetting, world: SinkWorld, memory: SinkMemory): Sink {
  const sink = makePlainSink(via, world, memory);
  if (title === null && text === null) return sink;
  return {
    ...sink,
    send: (notice, signal, recipient) => sink.send(withTemplate(notice, title, text), signal, recipient),
  };
}

function withTemplate(notice: Notice, title: string | null, text: string | null): Notice {
  const { message } = notice;
  const filled =
    text === null
      ? message
      : { ...message, summary: fillTemplate(text, notice), facts: [], evidence: [], advice: null };
  return {
    ...notice,
    message: {
      ...filled,
      title: title === null ? message.title : fillTemplate(title, notice).slice(0, MAX_TITLE),
    },
  };
}

function makePlainSink(via: SinkVia, { write, now }: SinkWorld, memory: SinkMemory): Sink {
  switch (via.kind) {
    case 'stdout':
      return makeStdoutSink(write);
    case 'file':
      return makeFileSink(via.path);
    case 'command':
      return makeCommandSink(via);
    case 'webhook':
      return makeWebhookSink(via, now);
    case 'alertmanager':
      return makeAlertmanagerSink(via, now, memory);
    case 'slack':
      return makeSlackSink(via);
    case 'slackBot':
      return makeSlackBotSink(via);
    case 'teams':
      return makeTeamsSink(via);
    case 'pagerduty':
      return makePagerDutySink(via);
    case 'email':
      return makeEmailSink(via);
    case 'github':
    case 'gitlab':
      return makeIssueSink(via);
  }
}
