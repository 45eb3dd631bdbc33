// Alerts: what fires, what is silenced, who said what, and how delivery does.
import { Type } from 'typebox';
import { parseMatcher } from '../../base/label-matcher.ts';
import { parseDuration } from '../../base/quantities.ts';
import type { Millis } from '../../base/units.ts';
import { AlertSchema, FeedbackSchema, SilenceSchema } from '../../model/alert.ts';
import type { AlertView } from '../../pipeline/alert-view.ts';
import {
  AlertsMessageSchema,
  AuditMessageSchema,
  FeedbackBodySchema,
  RemarkBodySchema,
  RetryMessageSchema,
  SilenceBodySchema,
  SilencesMessageSchema,
  SinksMessageSchema,
  TestMessageSchema,
  type AlertsMessage,
  type AuditMessage,
  type SilenceBody,
  type SilencesMessage,
  type SinksMessage,
} from '../../protocol/alert-messages.ts';
import { PATHS } from '../../protocol/paths.ts';
import { refuse, type Refusal } from '../api-error.ts';
import { defineRoute, json, param, type Reply, type Route, type RouteContext } from '../route.ts';

const AUDIT_DEFAULT = 100;
const AUDIT_LIMIT = 1000;
/** Whoever says no name. */
const SOMEBODY = 'somebody';

const alertReply = { 200: { description: 'The alert.', schema: { name: 'Alert', type: AlertSchema } } };

export const ALERT_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'get',
    path: PATHS.alerts,
    summary:
      'One alert for each cause of each service, over all instances; how often people found them right.',
    replies: { 200: { description: 'Alerts.', schema: { name: 'Alerts', type: AlertsMessageSchema } } },
    handle: (context) =>
      withAlerts(context, (alerts) => {
        const { judged, leaks, precision } = alerts.precision();
        const message: AlertsMessage = {
          role: alerts.role(),
          alerts: [...alerts.alerts()],
          precision: { judged, leaks, precision: precision && { ...precision } },
          trouble: alerts.trouble(),
        };
        return json(message);
      }),
  }),
  defineRoute({
    method: 'post',
    path: PATHS.alertAck,
    summary: 'Somebody works on it, in all instances: no repetitions any more.',
    body: RemarkBodySchema,
    replies: alertReply,
    handle: (context, request) =>
      withAlerts(context, async (alerts) => {
        const fingerprint = param(request, 'fingerprint');
        const { by = SOMEBODY, why = '' } = request.body;
        const alert = await alerts.acknowledge(fingerprint, by, why);
        return alert === null ? noAlert(fingerprint) : json(alert);
      }),
  }),
  defineRoute({
    method: 'post',
    path: PATHS.alertResolve,
    summary: 'It is over in all instances, says a person; evidence may say otherwise later.',
    body: RemarkBodySchema,
    replies: alertReply,
    handle: (context, request) =>
      withAlerts(context, async (alerts) => {
        const fingerprint = param(request, 'fingerprint');
        const { by = SOMEBODY, why = 'resolved by hand' } = request.body;
        const alert = await alerts.resolve(fingerprint, by, why);
        return alert === null ? noAlert(fingerprint) : json(alert);
      }),
  }),
  defineRoute({
    method: 'post',
    path: PATHS.alertFeedback,
    summary: 'What it turned out to be. "not-a-leak" keeps it quiet until somebody says otherwise.',
    body: FeedbackBodySchema,
    replies: {
      200: { description: 'As it is kept.', schema: { name: 'Feedback', type: FeedbackSchema } },
    },
    handle: (context, request) =>
      withAlerts(context, async (alerts) => {
        const fingerprint = param(request, 'fingerprint');
        const { by = SOMEBODY, verdict, why } = request.body;
        const feedback = await alerts.judge({ fingerprint, verdict, why, by });
        return feedback === null ? noAlert(fingerprint) : json(feedback);
      }),
  }),
  defineRoute({
    method: 'get',
    path: PATHS.silences,
    summary: 'Silences that are active, to come, or ended lately.',
    replies: {
      200: { description: 'Silences.', schema: { name: 'Silences', type: SilencesMessageSchema } },
    },
    handle: (context) =>
      withAlerts(context, (alerts) => {
        const message: SilencesMessage = { silences: [...alerts.silences()] };
        return json(message);
      }),
  }),
  defineRoute({
    method: 'post',
    path: PATHS.silences,
    summary: 'What matches is not told until it ends (`for` or `endsAt`); a mute has no end.',
    body: SilenceBodySchema,
    replies: {
      201: { description: 'The silence.', schema: { name: 'Silence', type: SilenceSchema } },
    },
    handle: (context, { body }) =>
      withAlerts(context, async (alerts) => {
        const times = readTimes(body, context.view.now());
        if (times.kind === 'refused') return times;
        const wrong = body.matchers.find((text) => parseMatcher(text) === null);
        if (wrong !== undefined)
          return refuse('BODY_INVALID', 'body matchers has one that is none (name=value, !=, =~, !~)', {
            field: 'matchers',
            value: wrong,
          });
        const { matchers, why, by = SOMEBODY } = body;
        const { startsAt, endsAt } = times;
        return json(await alerts.addSilence({ matchers, startsAt, endsAt, by, why }), 201);
      }),
  }),
  defineRoute({
    method: 'delete',
    path: PATHS.silence,
    summary: 'Ends a silence or a mute now.',
    query: Type.Object(
      { by: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) },
      { additionalProperties: false },
    ),
    replies: { 200: { description: 'The silence.', schema: { name: 'Silence', type: SilenceSchema } } },
    handle: (context, request) =>
      withAlerts(context, async (alerts) => {
        const id = param(request, 'id');
        const silence = await alerts.expireSilence(id, request.query.by ?? SOMEBODY);
        if (silence === null)
          return refuse('SILENCE_NOT_FOUND', 'no such silence is kept', { field: 'id', value: id });
        return json(silence);
      }),
  }),
  defineRoute({
    method: 'get',
    path: PATHS.audit,
    summary: 'Who acknowledged, silenced, muted, judged, tested what, and why; newest first.',
    query: Type.Object(
      {
        limit: Type.Optional(
          Type.Integer({ minimum: 1, maximum: AUDIT_LIMIT, description: `default: ${AUDIT_DEFAULT}` }),
        ),
      },
      { additionalProperties: false },
    ),
    replies: { 200: { description: 'Entries.', schema: { name: 'Audit', type: AuditMessageSchema } } },
    handle: (context, { query }) =>
      withAlerts(context, (alerts) => {
        const message: AuditMessage = { entries: [...alerts.audit(query.limit ?? AUDIT_DEFAULT)] };
        return json(message);
      }),
  }),
  defineRoute({
    method: 'get',
    path: PATHS.sinks,
    summary: 'Where alerts go, how that does, and what was given up.',
    replies: { 200: { description: 'Sinks.', schema: { name: 'Sinks', type: SinksMessageSchema } } },
    handle: (context) =>
      withAlerts(context, (alerts) => {
        const message: SinksMessage = {
          sinks: alerts.sinks().map((sink) => ({ ...sink, levels: [...sink.levels] })),
          deadLetters: [...alerts.deadLetters()],
          trouble: alerts.trouble(),
        };
        return json(message);
      }),
  }),
  defineRoute({
    method: 'post',
    path: PATHS.sinkTest,
    summary: 'Sends a test message at once and says whether it was accepted.',
    body: RemarkBodySchema,
    replies: { 200: { description: 'The result.', schema: { name: 'SinkTest', type: TestMessageSchema } } },
    handle: (context, request) =>
      withAlerts(context, async (alerts) => {
        const name = param(request, 'name');
        const result = await alerts.test(name, request.body.by ?? SOMEBODY);
        if (result === null)
          return refuse('SINK_NOT_FOUND', 'no sink has this name', { field: 'name', value: name });
        return json(result);
      }),
  }),
  defineRoute({
    method: 'post',
    path: PATHS.deadLetterRetry,
    summary: 'Tries what was given up again.',
    body: RemarkBodySchema,
    replies: {
      200: { description: 'It waits again.', schema: { name: 'Retry', type: RetryMessageSchema } },
    },
    handle: (context, request) =>
      withAlerts(context, async (alerts) => {
        const id = param(request, 'id');
        const revival = await alerts.revive(id, request.body.by ?? SOMEBODY);
        if (revival === 'waits') return json({ isWaiting: true });
        const about = { field: 'id', value: id };
        if (revival === 'unknown')
          return refuse('DEAD_LETTER_NOT_FOUND', 'no such message was given up', about);
        return refuse('DEAD_LETTER_OUTDATED', OUTDATED[revival], about);
      }),
  }),
];

const OUTDATED = {
  overtaken: 'a later message about this leak was sent to the same sink, or waits',
  outdated: 'the message says what is not so any more: the leak is over, or is back',
} as const;

function withAlerts(
  { alerts }: RouteContext,
  answer: (alerts: AlertView) => Reply | Promise<Reply>,
): Reply | Promise<Reply> {
  const view = alerts();
  return view === null ? refuse('SHUTTING_DOWN', 'alerts are not open yet') : answer(view);
}

function noAlert(fingerprint: string): Refusal {
  return refuse('ALERT_NOT_FOUND', 'no such alert fires', { field: 'fingerprint', value: fingerprint });
}

function readTimes(
  body: SilenceBody,
  now: Millis,
): { kind: 'ok'; startsAt: Millis; endsAt: Millis | null } | Refusal {
  const startsAt = body.startsAt ?? now;
  const ways = [body.for !== undefined, body.endsAt !== undefined, body.isMute === true];
  if (ways.filter(Boolean).length !== 1)
    return refuse('BODY_INVALID', 'body takes one of for, endsAt and isMute', { field: 'for', value: '' });
  if (body.isMute === true) return { kind: 'ok', startsAt, endsAt: null };
  const span = body.for === undefined ? null : parseDuration(body.for);
  const endsAt = span === null ? body.endsAt : startsAt + span;
  if (endsAt === undefined || endsAt <= startsAt || endsAt <= now)
    return refuse('BODY_INVALID', 'body must end later than it begins, and later than now', {
      field: body.for === undefined ? 'endsAt' : 'for',
      value: String(body.for ?? body.endsAt),
    });
  return { kind: 'ok', startsAt, endsAt };
}
