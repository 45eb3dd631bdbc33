import { Type, type Static } from 'typebox';
import { FindingSchema } from './finding.ts';

export const INCIDENT_STATES = ['open', 'acknowledged', 'muted', 'resolved'] as const;
export const IncidentStateSchema = Type.Enum(INCIDENT_STATES);
export type IncidentState = (typeof INCIDENT_STATES)[number];

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
  /** Who said that it is over, or that its target went away, which says nothing of the leak; missing while it is not. */
  resolvedBy: Type.Optional(
    Type.Union([Type.Literal('evidence'), Type.Literal('person'), Type.Literal('gone')]),
  ),
  mutedUntil: Type.Union([Type.Number(), Type.Null()]),
  /** Last time evidence confirmed the finding. */
  lastSeenAt: Type.Number(),
  history: Type.Array(TransitionSchema),
  /** The finding as it stood when it was last confirmed. */
  finding: FindingSchema,
});
/** A finding over time. At most 200 transitions are kept (INCIDENT_HISTORY_BOUND), the oldest after `opened` go. */
export type Incident = Static<typeof IncidentSchema>;
