import { Type } from 'typebox';
import { INCIDENT_STATES, IncidentSchema, type Incident, type IncidentState } from '../../model/incident.ts';
import type { IncidentAction, WatchView } from '../../pipeline/watch-view.ts';
import { parseDuration } from '../../base/quantities.ts';
import {
  AckBodySchema,
  FindingMessageSchema,
  FindingsMessageSchema,
  IncidentsMessageSchema,
  MuteBodySchema,
  ResolveBodySchema,
  SourceMessageSchema,
  type FindingMessage,
  type FindingsMessage,
  type IncidentsMessage,
  type MuteBody,
  type SourceMessage,
} from '../../protocol/messages.ts';
import { PATHS } from '../../protocol/paths.ts';
import { refuse, type Refusal } from '../api-error.ts';
import { findFindingOrNull, findingKey, groupFindings, UNRESOLVED } from '../finding-list.ts';
import { takePage } from '../paging.ts';
import { defineRoute, json, param, watchInfo, type Reply, type Route, type RouteContext } from '../route.ts';

const PAGE_DEFAULT = 100;
const PAGE_LIMIT = 500;

const STATE_PATTERN = `^(all|unresolved|(${INCIDENT_STATES.join('|')})(,(${INCIDENT_STATES.join('|')}))*)$`;

const ListQuerySchema = Type.Object(
  {
    state: Type.Optional(
      Type.String({
        pattern: STATE_PATTERN,
        description: 'unresolved (default: open, acknowledged, muted), all, or states joined by commas',
      }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: PAGE_LIMIT, description: `default: ${PAGE_DEFAULT}` }),
    ),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 2000 })),
  },
  { additionalProperties: false },
);

const incidentReply = {
  200: { description: 'The incident.', schema: { name: 'Incident', type: IncidentSchema } },
};

export const FINDING_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'get',
    path: PATHS.findings,
    summary: 'Findings of incidents, gravest first; several instances of one fingerprint are one entry.',
    query: ListQuerySchema,
    replies: { 200: { description: 'Findings.', schema: { name: 'Findings', type: FindingsMessageSchema } } },
    handle: ({ view }, { query }) => {
      const findings = groupFindings(view.incidents(), statesOf(query.state ?? 'unresolved'));
      const page = takePage(findings, findingKey, {
        limit: query.limit ?? PAGE_DEFAULT,
        cursor: query.cursor,
      });
      if (!page) return refuseCursor(query.cursor);
      const message: FindingsMessage = { findings: [...page.items], nextCursor: page.nextCursor };
      return json(message);
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.finding,
    summary: 'One finding with its history, also when it is resolved.',
    replies: {
      200: { description: 'The finding.', schema: { name: 'FindingMessage', type: FindingMessageSchema } },
    },
    handle: (context, request) => {
      const finding = lookUp(context.view, param(request, 'fingerprint'));
      if (!finding) return refuse('FINDING_NOT_FOUND', 'no such finding is kept');
      const message: FindingMessage = { watch: watchInfo(context), finding };
      return json(message);
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.source,
    summary: 'Source around the first culprit of a finding; null when it is not on this machine.',
    replies: {
      200: { description: 'Lines of source.', schema: { name: 'Source', type: SourceMessageSchema } },
    },
    handle: async ({ view }, request) => {
      const finding = lookUp(view, param(request, 'fingerprint'));
      if (!finding) return refuse('FINDING_NOT_FOUND', 'no such finding is kept');
      const message: SourceMessage = { source: await view.source(finding.fingerprint) };
      return json(message);
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.incidents,
    summary: 'Incidents per instance, newest first.',
    query: ListQuerySchema,
    replies: {
      200: { description: 'Incidents.', schema: { name: 'Incidents', type: IncidentsMessageSchema } },
    },
    handle: ({ view }, { query }) => {
      const states = statesOf(query.state ?? 'all');
      const incidents = view.incidents().filter((incident) => states.includes(incident.state));
      const keyOf = (incident: Incident) => [-incident.openedAt, incident.id];
      const page = takePage(incidents, keyOf, { limit: query.limit ?? PAGE_DEFAULT, cursor: query.cursor });
      if (!page) return refuseCursor(query.cursor);
      const message: IncidentsMessage = { incidents: [...page.items], nextCursor: page.nextCursor };
      return json(message);
    },
  }),
  defineRoute({
    method: 'post',
    path: PATHS.incidentAck,
    summary: 'Somebody works on it.',
    body: AckBodySchema,
    replies: incidentReply,
    handle: (context, request) => act(context, param(request, 'id'), { kind: 'ack' }, request.body),
  }),
  defineRoute({
    method: 'post',
    path: PATHS.incidentMute,
    summary: 'No more alerts for a while (`for`), until a time (`until`), or until further notice.',
    body: MuteBodySchema,
    replies: incidentReply,
    handle: (context, request) => {
      const until = mutedUntil(request.body, context.view.now());
      if (until.kind === 'refused') return until;
      const action = { kind: 'mute', untilMillis: until.untilMillis } as const;
      return act(context, param(request, 'id'), action, request.body);
    },
  }),
  defineRoute({
    method: 'post',
    path: PATHS.incidentResolve,
    summary: 'It is over, says a person; it comes back as regressed when the evidence says otherwise.',
    body: ResolveBodySchema,
    replies: incidentReply,
    handle: (context, request) => {
      const { why = 'resolved by hand' } = request.body;
      return act(context, param(request, 'id'), { kind: 'resolve', why }, { ...request.body, why });
    },
  }),
];

async function act(
  { view, alerts }: RouteContext,
  id: string,
  action: IncidentAction,
  { by = 'somebody', why = '' }: { readonly by?: string; readonly why?: string },
): Promise<Reply> {
  const desk = alerts();
  const incident = await (desk === null ? view.act(id, action) : desk.act(id, action, by, why));
  if (!incident) return refuse('INCIDENT_NOT_FOUND', 'no such incident is kept', { field: 'id', value: id });
  return json(incident);
}

function lookUp(view: WatchView, fingerprint: string) {
  const services = [...new Set(view.targets().map((t) => t.service))];
  const reports = services.map((service) => view.report(service)).filter((report) => report !== null);
  return findFindingOrNull(fingerprint, view.incidents(), reports);
}

function mutedUntil(body: MuteBody, now: number): { kind: 'ok'; untilMillis: number | null } | Refusal {
  if (body.for !== undefined && body.until !== undefined) {
    return refuse('BODY_INVALID', 'body takes for or until, not both', {
      field: 'until',
      value: String(body.until),
    });
  }
  if (body.for !== undefined) {
    const span = parseDuration(body.for);
    if (span === null || span === 0) {
      return refuse('BODY_INVALID', 'body for must be a duration like 8h', { field: 'for', value: body.for });
    }
    return { kind: 'ok', untilMillis: now + span };
  }
  if (typeof body.until === 'number' && body.until <= now) {
    return refuse('BODY_INVALID', 'body until must lie ahead', { field: 'until', value: String(body.until) });
  }
  return { kind: 'ok', untilMillis: body.until ?? null };
}

function statesOf(text: string): readonly IncidentState[] {
  if (text === 'all') return INCIDENT_STATES;
  if (text === 'unresolved') return UNRESOLVED;
  const wanted = text.split(',');
  return INCIDENT_STATES.filter((state) => wanted.includes(state));
}

function refuseCursor(cursor: string | undefined): Refusal {
  return refuse('QUERY_INVALID', 'query cursor is none of ours', { field: 'cursor', value: cursor ?? '' });
}
