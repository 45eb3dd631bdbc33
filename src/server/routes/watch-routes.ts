// What people and pipelines tell the watch: marks, diagnostic mode; and the raw profiles that it keeps.
import { Type } from 'typebox';
import { parseDuration } from '../../base/quantities.ts';
import { DAY_MILLIS, MINUTE_MILLIS, SECOND_MILLIS, type Millis } from '../../base/units.ts';
import type { WatchView } from '../../pipeline/watch-view.ts';
import {
  DiagnoseBodySchema,
  DiagnoseMessageSchema,
  EventBodySchema,
  EventMessageSchema,
  ProfilesMessageSchema,
  type DiagnoseMessage,
  type EventMessage,
  type ProfileItem,
  type ProfilesMessage,
} from '../../protocol/messages.ts';
import { fillPath, PATHS } from '../../protocol/paths.ts';
import { refuse } from '../api-error.ts';
import { pickTarget } from '../pick-target.ts';
import { defineRoute, json, param, type Route } from '../route.ts';

const DIAGNOSE_DEFAULT: Millis = 15 * MINUTE_MILLIS;
/** Denser evidence costs the target; it must end by itself on the same day. */
const DIAGNOSE_LONGEST: Millis = DAY_MILLIS;

const diagnoseReply = {
  200: { description: 'Until when.', schema: { name: 'Diagnose', type: DiagnoseMessageSchema } },
};

export const WATCH_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'post',
    path: PATHS.events,
    summary: 'A mark in time: a deploy, a change of load or configuration.',
    body: EventBodySchema,
    replies: {
      201: { description: 'The mark as kept.', schema: { name: 'Event', type: EventMessageSchema } },
    },
    handle: async ({ view }, { body }) => {
      const instance = body.instance ?? null;
      const picked = pickTarget(view.targets(), body.service, instance ?? undefined);
      if (picked.kind === 'refused') return picked;
      const mark = { at: body.at ?? view.now(), kind: body.kind, text: body.text ?? '' };
      await view.addMark(body.service, instance, mark);
      const message: EventMessage = { service: body.service, instance, mark };
      return json(message, 201);
    },
  }),
  defineRoute({
    method: 'post',
    path: PATHS.diagnose,
    summary: 'Diagnostic mode: denser evidence from this service, ends by itself (`for`, default 15m).',
    body: DiagnoseBodySchema,
    replies: diagnoseReply,
    handle: ({ view }, request) => {
      const span = request.body.for === undefined ? DIAGNOSE_DEFAULT : parseDuration(request.body.for);
      if (span === null || span < SECOND_MILLIS || span > DIAGNOSE_LONGEST) {
        return refuse('BODY_INVALID', 'body for must be a duration from 1s to 1d', {
          field: 'for',
          value: request.body.for ?? '',
        });
      }
      return setDiagnose(view, param(request, 'service'), view.now() + span);
    },
  }),
  defineRoute({
    method: 'delete',
    path: PATHS.diagnose,
    summary: 'Ends diagnostic mode now.',
    replies: diagnoseReply,
    handle: ({ view }, request) => setDiagnose(view, param(request, 'service'), null),
  }),
  defineRoute({
    method: 'get',
    path: PATHS.profiles,
    summary: 'Raw profiles that are kept as evidence, newest first.',
    query: Type.Object(
      { instance: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) },
      { additionalProperties: false },
    ),
    replies: { 200: { description: 'Profiles.', schema: { name: 'Profiles', type: ProfilesMessageSchema } } },
    handle: async ({ view }, request) => {
      const service = param(request, 'service');
      const picked = pickTarget(view.targets(), service, request.query.instance);
      if (picked.kind === 'refused') return picked;
      const profiles = await listProfiles(
        view,
        service,
        picked.instances.map((t) => t.instance),
      );
      const message: ProfilesMessage = { profiles };
      return json(message);
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.profile,
    summary: 'One raw profile as the process served it; go tool pprof opens it.',
    replies: { 200: { description: 'The file.', contentType: 'application/octet-stream' } },
    handle: async ({ view }, request) => {
      const service = param(request, 'service');
      const id = param(request, 'id');
      const picked = pickTarget(view.targets(), service, undefined);
      if (picked.kind === 'refused') return picked;
      const profiles = await listProfiles(
        view,
        service,
        picked.instances.map((t) => t.instance),
      );
      const isOfService = profiles.some((profile) => profile.id === id);
      const found = isOfService ? await view.profileBytes(id) : null;
      if (!found)
        return refuse('PROFILE_NOT_FOUND', `${service} has no such profile`, { field: 'id', value: id });
      return { kind: 'file', bytes: found.bytes, fileName: found.fileName };
    },
  }),
];

function setDiagnose(view: WatchView, service: string, untilMillis: Millis | null) {
  if (!view.diagnose(service, untilMillis)) {
    return refuse('SERVICE_NOT_FOUND', 'no such service is watched', { field: 'service', value: service });
  }
  const message: DiagnoseMessage = { service, until: untilMillis };
  return json(message);
}

async function listProfiles(
  view: WatchView,
  service: string,
  instances: readonly string[],
): Promise<ProfileItem[]> {
  const items: ProfileItem[] = [];
  for (const instance of instances) {
    for (const { id, kind, takenAt, sizeBytes } of await view.profiles(service, instance)) {
      items.push({ id, instance, kind, takenAt, sizeBytes, href: fillPath(PATHS.profile, { service, id }) });
    }
  }
  return items.sort((a, b) => b.takenAt - a.takenAt);
}
