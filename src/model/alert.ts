// One leak of a service over all its instances, as people are told of it; and what people have said about it.
import type { Millis } from '../base/units.ts';
import { Type, type Static } from 'typebox';
import { LeakClassSchema } from './finding.ts';
import { ENDINGS } from './incident.ts';

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** Ascending by gravity. `info`: digest and heartbeat. */
export const ALERT_LEVELS = ['info', 'warning', 'critical'] as const;
export const AlertLevelSchema = Type.Enum(ALERT_LEVELS);
export type AlertLevel = (typeof ALERT_LEVELS)[number];

/** What a message is about. `test` is what `plimsoll alert test` sends. */
export const NOTICE_KINDS = [
  'opened',
  'escalated',
  'repeated',
  'resolved',
  'regressed',
  'digest',
  'heartbeat',
  'test',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Who did what, and why; times are virtual. */
export const RemarkSchema = Type.Object({
  by: Type.String(),
  why: Type.String(),
  at: Type.Number(),
});
export type Remark = Static<typeof RemarkSchema>;

export const AlertSchema = Type.Object({
  fingerprint: Type.String({
    description: 'its name: of service, class and code, not of instance or version',
  }),
  service: Type.String(),
  kind: Type.Optional(
    Type.Enum(['leak', 'threshold'], {
      description: 'a leak, else a plain threshold that somebody set: no verdict. Missing is a leak',
    }),
  ),
  class: LeakClassSchema,
  state: Type.Union([Type.Literal('firing'), Type.Literal('resolved')]),
  level: AlertLevelSchema,
  openedAt: Type.Number(),
  resolvedAt: nullable(Type.Number()),
  ending: Type.Optional(
    Type.Enum(ENDINGS, { description: 'how it ended, see Incident; while it fires: missing' }),
  ),
  /** Counts from 1: each time that it came back it is one more. */
  episode: Type.Integer(),
  /** Counts notices over all episodes; with the fingerprint it is the idempotency key. */
  sequence: Type.Integer(),
  shard: Type.Optional(
    Type.String({
      description:
        'such as 1/3: told for the targets of this part of the fleet alone, under names of its own at the sinks. Missing = for all',
    }),
  ),
  /** Level that people were told in this episode; null while they were told nothing. */
  toldLevel: nullable(AlertLevelSchema),
  toldAt: nullable(Type.Number()),
  ack: nullable(
    Type.Object({
      ...RemarkSchema.properties,
      level: Type.Optional(
        Type.Enum(ALERT_LEVELS, { description: 'level then. Missing in what older versions wrote: warning' }),
      ),
    }),
  ),
  lastAck: Type.Optional(
    Type.Object(RemarkSchema.properties, {
      description:
        'of an episode that is over, or of some of its instances: nobody works on all of it, but somebody has judged it a leak',
    }),
  ),
  /** Why it is quiet although it fires; null when it is not. */
  quiet: nullable(Type.String()),
  /** Instances that leak now, and labels that all of them share. */
  instances: Type.Array(Type.String()),
  labels: Type.Record(Type.String(), Type.String()),
  summary: Type.String(),
});
/** The life of one cause, and what was told of it. */
export type Alert = Static<typeof AlertSchema>;

export const SilenceSchema = Type.Object({
  id: Type.String(),
  matchers: Type.Array(Type.String(), {
    description: 'as of amtool: name=value, !=, =~, !~; all must match',
  }),
  startsAt: Type.Number(),
  endsAt: nullable(Type.Number({ description: 'null = until it is removed: a mute' })),
  by: Type.String(),
  why: Type.String(),
});
export type Silence = Static<typeof SilenceSchema>;

export const FeedbackSchema = Type.Object({
  fingerprint: Type.String(),
  verdict: Type.Union([Type.Literal('leak'), Type.Literal('not-a-leak')]),
  by: Type.String(),
  why: Type.String(),
  at: Type.Number(),
});
/** What a person found out; the newest of a fingerprint stands. */
export type Feedback = Static<typeof FeedbackSchema>;

/** What a person said of one incident, for the other of two watchers; incidents have the same ids in both. */
export const DecisionSchema = Type.Object({
  incident: Type.String({ description: 'id' }),
  kind: Type.Enum(['ack', 'mute', 'resolve']),
  until: nullable(Type.Number({ description: 'of a mute; null = until further notice' })),
  ...RemarkSchema.properties,
});
export type Decision = Static<typeof DecisionSchema>;

export const AuditEntrySchema = Type.Object({
  at: Type.Number({ description: 'real time' }),
  by: Type.String(),
  what: Type.String({ description: 'acknowledged, silenced, muted, ...' }),
  about: Type.String({ description: 'fingerprint, silence or sink' }),
  why: Type.String(),
});
export type AuditEntry = Static<typeof AuditEntrySchema>;

export const AlertMessageSchema = Type.Object({
  title: Type.String(),
  summary: Type.String({ description: 'the verdict in a sentence' }),
  facts: Type.Array(Type.Object({ name: Type.String(), value: Type.String() }), {
    description: 'culprit, version, growth, bytes held, time to the limit, instances',
  }),
  evidence: Type.Array(Type.String(), { description: 'at most three lines' }),
  advice: nullable(Type.String({ description: 'what to do' })),
  links: Type.Array(Type.Object({ name: Type.String(), url: Type.String() })),
});
/** An alert in words; every sink shows the same. */
export type AlertMessage = Static<typeof AlertMessageSchema>;

/** Points of a curve: as many as a picture in a chat shows apart. */
export const MAX_CURVE_POINTS = 120;

export const CurveSchema = Type.Object({
  of: Type.Enum(['live heap', 'goroutines', 'open files', 'threads', 'memory of the process']),
  unit: Type.Enum(['bytes', 'count']),
  time: Type.Array(Type.Number(), { description: 'ascending, virtual' }),
  value: Type.Array(nullable(Type.Number()), { description: 'at these times; null = not known' }),
  limit: nullable(Type.Number({ description: 'what it may reach; null = not known' })),
});
/** What grows, over time: sinks that show pictures draw it. */
export type Curve = Static<typeof CurveSchema>;

export const NoticeSchema = Type.Object({
  key: Type.String({ description: 'idempotency key: the same notice has the same for ever' }),
  kind: Type.Enum(NOTICE_KINDS),
  level: AlertLevelSchema,
  ending: Type.Optional(
    Type.Enum(ENDINGS, { description: 'of `resolved`: gone and goes-on are no word of a fix' }),
  ),
  /** null where it is about no leak (digest, heartbeat, test). */
  fingerprint: nullable(Type.String()),
  shard: Type.Optional(
    Type.String({
      description: 'part of the fleet that it is of (--shard), such as 1/3; missing = all of it',
    }),
  ),
  service: nullable(Type.String()),
  at: Type.Number({ description: 'virtual' }),
  openedAt: nullable(Type.Number({ description: 'real time, since when it fires' })),
  createdAt: Type.Number({ description: 'real time' }),
  labels: Type.Record(Type.String(), Type.String()),
  message: AlertMessageSchema,
  /** Missing where there is none, or where the store did not give it in time. */
  curve: Type.Optional(CurveSchema),
});
/** What is to be told, to whichever sinks it is routed to. */
export type Notice = Static<typeof NoticeSchema>;

/** A leak that the repository of the service lists as known. */
export interface KnownLeak {
  /** null = of any. */
  readonly service: string | null;
  readonly fingerprint: string | null;
  /** As the profile spells it; `*` stands for anything. */
  readonly function: string | null;
  readonly because: string;
  readonly untilMillis: Millis | null;
  /** File that says so. */
  readonly file: string;
}
