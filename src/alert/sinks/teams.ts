// Microsoft Teams through Workflows: a message with one adaptive card.
// https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook, https://adaptivecards.io/explorer/ (1.4: what Teams shows)
import type { Notice } from '../../model/alert.ts';
import type { Ending } from '../../model/incident.ts';
import type { SinkVia } from '../../model/sink.ts';
import { postJson } from '../post-json.ts';
import type { Sink } from '../sink.ts';

type TeamsVia = Extract<SinkVia, { kind: 'teams' }>;

const COLOURS: Readonly<Record<Notice['level'], string>> = {
  info: 'Accent',
  warning: 'Warning',
  critical: 'Attention',
};

/** Green is for what is mended. */
const ENDED_COLOURS: Readonly<Record<Ending, string>> = {
  evidence: 'Good',
  person: 'Good',
  gone: 'Accent',
  'goes-on': 'Warning',
};

/** Teams refuses messages above 28 KB. */
const MAX_BYTES = 28 * 1024;

export function makeTeamsSink({ webhook }: TeamsVia): Sink {
  return {
    send: (notice, signal) => postJson({ url: webhook, body: fit(notice), secrets: [webhook] }, signal),
  };
}

/** A template can say more than may be sent: texts are cut until they fit. */
function fit(notice: Notice): string {
  for (let longest = MAX_BYTES; ; longest = Math.floor(longest / 2)) {
    const body = JSON.stringify(toTeamsMessage(notice, longest));
    if (Buffer.byteLength(body) <= MAX_BYTES || longest < 1) return body;
  }
}

/** Text runs, not text blocks: those would make links and lists of what services are called. */
export function toTeamsMessage(notice: Notice, longest = MAX_BYTES): Record<string, unknown> {
  const { message, kind, level } = notice;
  const cut = (text: string) =>
    text.length > longest ? `${text.slice(0, Math.max(0, longest - 1))}…` : text;
  const line = (...inlines: readonly { readonly text: string; readonly [style: string]: string }[]) => ({
    type: 'RichTextBlock',
    inlines: inlines.map((inline) => ({ type: 'TextRun', ...inline, text: cut(inline.text) })),
  });
  const body: unknown[] = [
    line({
      text: message.title,
      size: 'Large',
      weight: 'Bolder',
      color: kind === 'resolved' ? ENDED_COLOURS[notice.ending ?? 'evidence'] : COLOURS[level],
    }),
    line({ text: message.summary }),
    ...message.facts.map(({ name, value }) => line({ text: `${name}: `, weight: 'Bolder' }, { text: value })),
    ...message.evidence.map((text) => line({ text: 'Evidence: ', weight: 'Bolder' }, { text })),
    ...(message.advice === null
      ? []
      : [line({ text: 'What to do: ', weight: 'Bolder' }, { text: message.advice })]),
  ];
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body,
          actions: message.links.map(({ name, url }) => ({ type: 'Action.OpenUrl', title: name, url })),
        },
      },
    ],
  };
}
