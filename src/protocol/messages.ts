// The API's messages as types and JSON Schemas at once (TypeBox). All times are virtual milliseconds since the
// Unix epoch. CONTRACT: fields are only ever added.
import { Type, type Static } from 'typebox';
import { FindingSchema, GrowthSchema, TimeToExhaustionSchema, VerdictSchema } from '../model/finding.ts';
import { IncidentSchema, IncidentStateSchema, TransitionSchema } from '../model/incident.ts';
import {
  ConfigStatusSchema,
  DiscoveryStatusSchema,
  MarkSchema,
  SourceExcerptSchema,
  TargetStatusSchema,
} from '../model/status.ts';

function nullable<T extends Type.TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

export const ErrorMessageSchema = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    advice: Type.String(),
    field: Type.Optional(Type.String({ description: 'of query or body, where one is to blame' })),
    value: Type.Optional(Type.String({ description: 'what was sent there, shortened' })),
  }),
});
export type ErrorMessage = Static<typeof ErrorMessageSchema>;

export const StatusMessageSchema = Type.Object({
  status: Type.Union([Type.Literal('ok'), Type.Literal('unavailable')]),
  reason: Type.String(),
  version: Type.String(),
});
export type StatusMessage = Static<typeof StatusMessageSchema>;

export const WatchInfoSchema = Type.Object({
  version: Type.String(),
  now: Type.Number({ description: 'virtual now' }),
  startedAt: Type.Number(),
  timeScale: Type.Number({ description: 'virtual seconds per real second, 1 in production' }),
  recording: nullable(Type.String({ description: 'played instead of live targets' })),
});
/** The running watch itself. */
export type WatchInfo = Static<typeof WatchInfoSchema>;

export const ConfigMessageSchema = Type.Object({
  config: nullable(ConfigStatusSchema),
  discovery: Type.Array(DiscoveryStatusSchema),
});
/** null where the settings come from the command line alone. */
export type ConfigMessage = Static<typeof ConfigMessageSchema>;

const TargetNameSchema = Type.Object({ service: Type.String(), instance: Type.String() });

export const ServiceSummarySchema = Type.Object({
  service: Type.String(),
  verdict: VerdictSchema,
  summary: Type.String({ description: 'the report in one sentence' }),
  /** The gravest: waiting only while all wait. */
  state: Type.Union([
    Type.Literal('waiting'),
    Type.Literal('up'),
    Type.Literal('degraded'),
    Type.Literal('down'),
  ]),
  isSuspect: Type.Boolean(),
  instances: Type.Integer(),
  instancesUp: Type.Integer(),
  memory: nullable(
    Type.Object({
      instance: Type.String({ description: 'the one nearest its limit' }),
      bytes: Type.Number(),
      limitBytes: nullable(Type.Number()),
    }),
  ),
  growth: nullable(GrowthSchema),
  exhaustion: nullable(TimeToExhaustionSchema),
  needed: nullable(Type.Object({ what: Type.String(), millis: nullable(Type.Number()) })),
  fingerprint: nullable(Type.String({ description: 'of the gravest finding' })),
  lastEvidenceAt: nullable(Type.Number()),
});
/** One row of the fleet: a service over all its instances. */
export type ServiceSummary = Static<typeof ServiceSummarySchema>;

export const FleetMessageSchema = Type.Object({
  watch: WatchInfoSchema,
  services: Type.Array(ServiceSummarySchema, { description: 'gravest first' }),
});
export type FleetMessage = Static<typeof FleetMessageSchema>;

export const TargetsMessageSchema = Type.Object({
  watch: WatchInfoSchema,
  targets: Type.Array(TargetStatusSchema),
});
export type TargetsMessage = Static<typeof TargetsMessageSchema>;

export const IncidentSummarySchema = Type.Object({
  id: Type.String(),
  service: Type.String(),
  instance: Type.String(),
  state: IncidentStateSchema,
  openedAt: Type.Number(),
  resolvedAt: nullable(Type.Number()),
  resolvedBy: IncidentSchema.properties.resolvedBy,
  mutedUntil: nullable(Type.Number()),
  lastSeenAt: Type.Number(),
  history: Type.Array(TransitionSchema),
});
/** An incident without its finding, as it stands beside one. */
export type IncidentSummary = Static<typeof IncidentSummarySchema>;

const FindingContext = {
  service: Type.String(),
  instances: Type.Array(TargetNameSchema, { description: 'fastest growth first' }),
  incidents: Type.Array(IncidentSummarySchema, { description: 'one per instance, same order' }),
};

export const FindingItemSchema = Type.Object({
  ...FindingSchema.properties,
  ...FindingContext,
  incident: IncidentSummarySchema,
});
/**
 * One finding over all instances that have it. The finding itself and `incident` are those of the first instance,
 * where it grows fastest.
 */
export type FindingItem = Static<typeof FindingItemSchema>;

export const FindingDetailSchema = Type.Object({
  ...FindingSchema.properties,
  ...FindingContext,
  incident: nullable(IncidentSummarySchema),
});
/** As FindingItem; `incident` is null for what is explained in a report but is no incident (load, retention ...). */
export type FindingDetail = Static<typeof FindingDetailSchema>;

const NextCursor = nullable(
  Type.String({ description: 'give it as ?cursor for the next page; null at the end' }),
);

export const FindingsMessageSchema = Type.Object({
  findings: Type.Array(FindingItemSchema, { description: 'gravest verdict first, then newest' }),
  nextCursor: NextCursor,
});
export type FindingsMessage = Static<typeof FindingsMessageSchema>;

export const FindingMessageSchema = Type.Object({ watch: WatchInfoSchema, finding: FindingDetailSchema });
export type FindingMessage = Static<typeof FindingMessageSchema>;

export const IncidentsMessageSchema = Type.Object({
  incidents: Type.Array(IncidentSchema, { description: 'newest first' }),
  nextCursor: NextCursor,
});
export type IncidentsMessage = Static<typeof IncidentsMessageSchema>;

export const SourceMessageSchema = Type.Object({
  source: nullable(SourceExcerptSchema),
});
/** `source` is null when it is not on the machine where Plimsoll runs. */
export type SourceMessage = Static<typeof SourceMessageSchema>;

export const ProfileItemSchema = Type.Object({
  id: Type.String(),
  instance: Type.String(),
  kind: Type.String(),
  takenAt: Type.Number(),
  sizeBytes: Type.Number(),
  href: Type.String({ description: 'path of the raw profile on this server' }),
});
export type ProfileItem = Static<typeof ProfileItemSchema>;

export const ProfilesMessageSchema = Type.Object({
  profiles: Type.Array(ProfileItemSchema, { description: 'newest first' }),
});
export type ProfilesMessage = Static<typeof ProfilesMessageSchema>;

/** At most this many characters in any text that a request may set: more is a mistake, not a reason. */
export const TEXT_LENGTH_LIMIT = 500;

const DurationText = Type.String({
  maxLength: 40,
  description: 'as in Go: 15m, 1h30m, 7d; virtual time where time is accelerated',
});

const By = Type.Optional(
  Type.String({ minLength: 1, maxLength: 200, description: 'who does it, for the audit log' }),
);

const Why = Type.Optional(Type.String({ maxLength: TEXT_LENGTH_LIMIT }));

export const AckBodySchema = Type.Object({ by: By, why: Why }, { additionalProperties: false });

export const MuteBodySchema = Type.Object(
  {
    by: By,
    why: Why,
    for: Type.Optional(DurationText),
    until: Type.Optional(nullable(Type.Number({ description: 'virtual time; null = until further notice' }))),
  },
  { additionalProperties: false },
);
/** Neither field = until further notice; both = refused. */
export type MuteBody = Static<typeof MuteBodySchema>;

export const ResolveBodySchema = Type.Object({ by: By, why: Why }, { additionalProperties: false });
export type ResolveBody = Static<typeof ResolveBodySchema>;

export const EventBodySchema = Type.Object(
  {
    service: Type.String({ minLength: 1, maxLength: 200 }),
    instance: Type.Optional(nullable(Type.String({ minLength: 1, maxLength: 200 }))),
    kind: Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$', description: 'deploy, load, config ...' }),
    text: Type.Optional(Type.String({ maxLength: TEXT_LENGTH_LIMIT })),
    at: Type.Optional(Type.Number({ minimum: 0, description: 'virtual time; now when it is left out' })),
  },
  { additionalProperties: false },
);
export type EventBody = Static<typeof EventBodySchema>;

export const EventMessageSchema = Type.Object({
  service: Type.String(),
  instance: nullable(Type.String({ description: 'null = every instance' })),
  mark: MarkSchema,
});
export type EventMessage = Static<typeof EventMessageSchema>;

export const DiagnoseBodySchema = Type.Object(
  { for: Type.Optional(DurationText) },
  { additionalProperties: false },
);
export type DiagnoseBody = Static<typeof DiagnoseBodySchema>;

export const DiagnoseMessageSchema = Type.Object({
  service: Type.String(),
  until: nullable(Type.Number({ description: 'virtual time at which it ends by itself; null = off' })),
});
export type DiagnoseMessage = Static<typeof DiagnoseMessageSchema>;
