// Messages of the API about alerts, as types and JSON Schemas at once. CONTRACT: fields are only ever added.
import { Type, type Static } from 'typebox';
import { AlertSchema, AuditEntrySchema, SilenceSchema } from '../model/alert.ts';

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

const By = Type.String({ minLength: 1, maxLength: 200, description: 'who does it, for the audit log' });
const Why = Type.String({ minLength: 1, maxLength: 2000 });

export const PrecisionSchema = Type.Object({
  judged: Type.Integer({ description: 'leaks that people acknowledged or judged' }),
  leaks: Type.Integer({ description: 'of these, leaks indeed' }),
  precision: nullable(
    Type.Object({
      value: Type.Number(),
      low: Type.Number({ description: '95 %, Wilson' }),
      high: Type.Number(),
    }),
  ),
});

const TroubleSchema = nullable(
  Type.Object(
    {
      path: Type.String({ description: 'the folder of alerts' }),
      why: Type.String(),
      since: Type.Number({ description: 'real time' }),
    },
    {
      description:
        'the folder cannot be written: what is told is in memory alone, and on standby nothing is told; null = all is well',
    },
  ),
);

export const AlertsMessageSchema = Type.Object({
  role: Type.Union([Type.Literal('active'), Type.Literal('standby')]),
  alerts: Type.Array(AlertSchema, { description: 'firing ones first, gravest first' }),
  precision: PrecisionSchema,
  trouble: TroubleSchema,
});
export type AlertsMessage = Static<typeof AlertsMessageSchema>;

export const RemarkBodySchema = Type.Object(
  { by: Type.Optional(By), why: Type.Optional(Why) },
  { additionalProperties: false },
);

export const FeedbackBodySchema = Type.Object(
  {
    verdict: Type.Union([Type.Literal('leak'), Type.Literal('not-a-leak')]),
    why: Why,
    by: Type.Optional(By),
  },
  { additionalProperties: false },
);

export const SilenceBodySchema = Type.Object(
  {
    matchers: Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), {
      minItems: 1,
      maxItems: 20,
      description: 'as of amtool: name=value, !=, =~, !~; all must match',
    }),
    startsAt: Type.Optional(Type.Number({ description: 'default: now' })),
    endsAt: Type.Optional(Type.Number()),
    for: Type.Optional(Type.String({ maxLength: 40, description: 'instead of endsAt, like 2h' })),
    isMute: Type.Optional(Type.Boolean({ description: 'without an end' })),
    why: Why,
    by: Type.Optional(By),
  },
  { additionalProperties: false },
);
export type SilenceBody = Static<typeof SilenceBodySchema>;

export const SilencesMessageSchema = Type.Object({ silences: Type.Array(SilenceSchema) });
export type SilencesMessage = Static<typeof SilencesMessageSchema>;

export const AuditMessageSchema = Type.Object({
  entries: Type.Array(AuditEntrySchema, { description: 'newest first' }),
});
export type AuditMessage = Static<typeof AuditMessageSchema>;

export const SinkStatusSchema = Type.Object({
  name: Type.String(),
  kind: Type.String(),
  levels: Type.Array(Type.String()),
  waiting: Type.Integer(),
  sent: Type.Integer({ description: 'since the start; to each recipient, where there are several' }),
  failures: Type.Integer({ description: 'since the start' }),
  lastSentAt: nullable(Type.Number({ description: 'real time' })),
  lastError: nullable(Type.String()),
});

export const DeadLetterSchema = Type.Object({
  id: Type.String(),
  sink: Type.String(),
  recipient: nullable(Type.String({ description: 'of a sink that has several; null = it is one receiver' })),
  title: Type.String(),
  kind: Type.String(),
  fingerprint: nullable(Type.String()),
  createdAt: Type.Number({ description: 'real time' }),
  why: Type.String(),
  at: Type.Number({ description: 'real time, when it was given up' }),
  attempts: Type.Integer(),
  obsolete: nullable(
    Type.Enum(['overtaken', 'outdated'], {
      description:
        'overtaken: a later message about this leak was accepted there, or waits; outdated: the leak is over, or is back. Neither is sent again; null = it can be',
    }),
  ),
});

export const SinksMessageSchema = Type.Object({
  trouble: TroubleSchema,
  sinks: Type.Array(SinkStatusSchema),
  deadLetters: Type.Array(DeadLetterSchema, { description: 'what was given up, newest first' }),
});
export type SinksMessage = Static<typeof SinksMessageSchema>;

export const TestMessageSchema = Type.Object({ isSent: Type.Boolean(), error: nullable(Type.String()) });
export type TestMessage = Static<typeof TestMessageSchema>;

export const RetryMessageSchema = Type.Object({ isWaiting: Type.Literal(true) });
