import { Type, type Static } from 'typebox';
import { FindingSchema } from './finding.ts';

export const INCIDENT_STATES = ['open', 'acknowledged', 'muted', 'resolved'] as const;
export const IncidentStateSchema = Type.Enum(INCIDENT_STATES);
export type IncidentState = (typeof INCIDENT_STATES)[number];

/**
 * How a leak ended: evidence showed it, or a person said it; its target is `gone`, which says nothing of the leak; `goes-on`: only its
 * name or class was wrong, or another leak holds it, and the growth goes on.
 */
export const ENDINGS = ['evidence', 'person', 'gone', 'goes-on'] as const;
export type Ending = (typeof ENDINGS)[number];

/** What an end is called where there is room for a word. */
export const ENDED_WORDS: Readonly<Record<Ending, string>> = {
  evidence: 'resolved',
  person: 'resolved',
  gone: 'gone',
  'goes-on': 'goes on as another leak',
};

export const TransitionSchema = Type.Object({
  at: Type.Number(),
  what: Type.Union([
    Type.Literal('opened'),
    Type.Literal('acknowledged'),
    Type.Literal('muted'),
    Type.Literal('resolved'),
    Type.Literal('regressed'),
  ]),
  why: Type.String(),
});

export const IncidentSchema = Type.Object({
  id: Type.String({ description: 'stable over restarts: derived from fingerprint, service, instance' }),
  fingerprint: Type.String(),
  service: Type.String(),
  instance: Type.String(),
  version: Type.Optional(
    Type.String({
      description: 'of the program, when the finding was last confirmed; missing when it is not known',
    }),
  ),
  state: IncidentStateSchema,
  openedAt: Type.Number(),
  resolvedAt: Type.Union([Type.Number(), Type.Null()]),
  resolvedBy: Type.Optional(
    Type.Enum(ENDINGS, {
      description:
        'who said that it is over; gone = its target went away, which says nothing of the leak; goes-on = the growth goes on, only its name or class was wrong, or another leak holds it. Missing while it is not over',
    }),
  ),
  mutedUntil: Type.Union([Type.Number(), Type.Null()]),
  /** Last time evidence confirmed the finding. */
  lastSeenAt: Type.Number(),
  history: Type.Array(TransitionSchema),
  told: Type.Optional(
    Type.Object(
      {
        level: Type.Union([Type.Enum(['info', 'warning', 'critical']), Type.Null()], {
          description: 'null = its end was told',
        }),
        at: Type.Number(),
        episode: Type.Integer(),
        sequence: Type.Integer(),
        shard: Type.Optional(
          Type.String({ description: 'of the watcher that told it first; missing = it had none' }),
        ),
      },
      {
        description:
          'what people were told of its leak, for a watcher that takes the target over; missing while they were told nothing',
      },
    ),
  ),
  /** The finding as it stood when it was last confirmed. */
  finding: FindingSchema,
});
/** What was told of a leak, as its incidents carry it. */
export type Told = NonNullable<Static<typeof IncidentSchema>['told']>;
/** A finding over time. At most 200 transitions are kept (INCIDENT_HISTORY_BOUND), the oldest after `opened` go. */
export type Incident = Static<typeof IncidentSchema>;
