// The report's words as types and JSON Schemas at once (TypeBox): what `--json` prints, what the API serves and
// what docs/report.schema.json publishes. CONTRACTS: only ever add to them.
import { Type, type Static } from 'typebox';

function nullable<T extends Type.TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

export const VERDICTS = [
  'leak',
  'undetermined',
  'step',
  'filling-to-bound',
  'load-driven',
  'no-growth',
] as const;
/** Gravest first: the order of a report. */
export const VerdictSchema = Type.Enum(VERDICTS);
export type Verdict = (typeof VERDICTS)[number];

/** What the cause owns, outermost first; `retention` is explained, never a leak. */
export const LEAK_CLASSES = ['thread', 'fd', 'goroutine', 'native', 'heap', 'retention'] as const;
export const LeakClassSchema = Type.Enum(LEAK_CLASSES);
export type LeakClass = (typeof LEAK_CLASSES)[number];

const MillisSchema = Type.Number({ description: 'virtual time, milliseconds since the Unix epoch' });

export const GrowthSchema = Type.Object({
  unit: Type.String({ description: 'bytes, or goroutines, fds, threads in counts' }),
  perHour: Type.Number(),
  low: Type.Number(),
  high: Type.Number(),
  confidence: Type.Number({ description: 'of the interval [low, high], e.g. 0.95' }),
  covers: Type.Optional(
    Type.String({ description: 'the part that is known, where it is not all: "stacks only"' }),
  ),
});
/** Change per hour with its interval, never a bare number. */
export type Growth = Static<typeof GrowthSchema>;

export const RESOURCES = ['memory-limit', 'gomemlimit', 'host-memory', 'max-fds', 'max-threads'] as const;
export const TimeToExhaustionSchema = Type.Object({
  resource: Type.Enum(RESOURCES),
  at: MillisSchema,
  low: MillisSchema,
  high: nullable(MillisSchema),
  confidence: Type.Number(),
  limit: Type.Optional(Type.Number({ description: 'of the resource, in its unit' })),
  asOf: Type.Optional(MillisSchema),
  livesMillis: Type.Optional(
    Type.Number({
      description:
        'how long lives of the process have lasted (median), where restarts come well before the limit',
    }),
  ),
});
/** When the first limit is reached, in the space of that resource (RSS for memory). `high: null` = no upper bound; `asOf`: when this was
 * forecast, spans until the limit count from there. */
export type TimeToExhaustion = Static<typeof TimeToExhaustionSchema>;

export const CulpritSchema = Type.Object({
  role: Type.Union([
    Type.Literal('allocates'),
    Type.Literal('creates'),
    Type.Literal('blocks'),
    Type.Literal('holds'),
  ]),
  function: Type.String({ description: 'exactly as the profile spells it' }),
  file: nullable(Type.String({ description: 'relative to the module root where it lies in the module' })),
  profileFile: Type.Optional(nullable(Type.String({ description: 'always as the profile spells it' }))),
  line: nullable(Type.Integer()),
  share: nullable(Type.Number({ description: "of this finding's growth" })),
  low: nullable(Type.Number()),
  high: nullable(Type.Number()),
  path: Type.Optional(
    Type.Array(Type.String(), { description: 'functions from entry point to culprit, outermost first' }),
  ),
  pathLines: Type.Optional(
    Type.Array(Type.Integer(), { description: 'line in each function of `path`; 0 where unknown' }),
  ),
});
export type Culprit = Static<typeof CulpritSchema>;

export const EvidenceSchema = Type.Object({
  question: Type.String(),
  hypothesis: Type.Optional(Type.String()),
  prediction: Type.String(),
  test: Type.String(),
  numbers: Type.Record(Type.String(), nullable(Type.Union([Type.Number(), Type.String()]))),
  outcome: Type.Union([Type.Literal('supports'), Type.Literal('contradicts'), Type.Literal('open')]),
});
/** One checked fact. `numbers` carries the statistic, its threshold and the window of data. */
export type Evidence = Static<typeof EvidenceSchema>;

export const RuledOutSchema = Type.Object({ explanation: Type.String(), why: Type.String() });
export type RuledOut = Static<typeof RuledOutSchema>;

export const FixSchema = Type.Object({
  text: Type.String(),
  file: nullable(Type.String()),
  line: nullable(Type.Integer()),
});

export const FindingSchema = Type.Object({
  verdict: VerdictSchema,
  class: LeakClassSchema,
  fingerprint: Type.String(),
  detectedAt: nullable(MillisSchema),
  onsetAt: Type.Optional(nullable(MillisSchema)),
  growth: nullable(GrowthSchema),
  counts: Type.Optional(nullable(GrowthSchema)),
  heldBytes: Type.Optional(nullable(Type.Number({ description: 'bytes this cause holds by now' }))),
  timeToExhaustion: nullable(TimeToExhaustionSchema),
  noForecast: Type.Optional(
    Type.String({ description: 'of a leak without timeToExhaustion: why none can be given' }),
  ),
  culprits: Type.Array(CulpritSchema),
  pattern: nullable(Type.String()),
  evidence: Type.Array(EvidenceSchema),
  ruledOut: Type.Array(RuledOutSchema),
  fix: nullable(FixSchema),
  needed: Type.Optional(
    Type.Object(
      { what: Type.String(), millis: nullable(Type.Number({ description: 'null = not known' })) },
      { description: 'where nothing is decided: what would settle it, and how long that takes' },
    ),
  ),
  summary: Type.String({ description: 'the finding in one sentence' }),
  instances: Type.Optional(
    Type.Array(Type.Object({ service: Type.String(), instance: Type.String() }), {
      description: 'in a report of several targets: whose it is, the strongest growth first',
    }),
  ),
});
export type Finding = Static<typeof FindingSchema>;

export const MissingEvidenceSchema = Type.Object({
  source: Type.String(),
  why: Type.String(),
  costs: Type.String(),
});
export type MissingEvidence = Static<typeof MissingEvidenceSchema>;

export const AlarmSchema = Type.Object({
  fingerprint: Type.String(),
  at: MillisSchema,
  withdrawnAt: nullable(MillisSchema),
});
export type Alarm = Static<typeof AlarmSchema>;
