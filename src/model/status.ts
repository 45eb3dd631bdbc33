// What the page and the API show of a running watch beside reports and incidents: targets and series.
import { Type, type Static } from 'typebox';
import { GrowthSchema, MissingEvidenceSchema, VerdictSchema } from './finding.ts';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const SourceStatusSchema = Type.Object({
  /** metrics, vars, memstats, proc, profile:heap ... */
  request: Type.String(),
  where: Type.String({ description: 'URL without credentials, or /proc path' }),
  state: Type.Union([
    Type.Literal('waiting'),
    Type.Literal('ok'),
    Type.Literal('failing'),
    Type.Literal('off'),
  ]),
  lastOkAt: Nullable(Type.Number()),
  lastTriedAt: Nullable(Type.Number()),
  nextTryAt: Nullable(Type.Number()),
  failuresInARow: Type.Integer(),
  error: Nullable(
    Type.Object({ code: Type.String(), stage: Type.String(), message: Type.String(), advice: Type.String() }),
  ),
  requests: Type.Integer(),
  receivedBytes: Type.Number(),
  tookMillisTotal: Type.Number({ description: 'real milliseconds that the target spent answering, summed' }),
});
export type SourceStatus = Static<typeof SourceStatusSchema>;

export const TargetStatusSchema = Type.Object({
  service: Type.String(),
  instance: Type.String(),
  labels: Type.Record(Type.String(), Type.String()),
  state: Type.Union([
    Type.Literal('waiting'),
    Type.Literal('up'),
    Type.Literal('degraded'),
    Type.Literal('down'),
  ]),
  verdict: VerdictSchema,
  isSuspect: Type.Boolean(),
  goVersion: Nullable(Type.String()),
  module: Nullable(Type.String()),
  processStartAt: Nullable(Type.Number()),
  restarts: Type.Integer(),
  firstEvidenceAt: Nullable(Type.Number()),
  lastEvidenceAt: Nullable(Type.Number()),
  memoryBytes: Nullable(Type.Number({ description: 'RSS' })),
  liveHeapBytes: Nullable(Type.Number()),
  limitBytes: Nullable(Type.Number()),
  growth: Nullable(GrowthSchema),
  diagnosticUntil: Nullable(Type.Number()),
  needed: Nullable(Type.Object({ what: Type.String(), millis: Nullable(Type.Number()) })),
  sources: Type.Array(SourceStatusSchema),
  missingEvidence: Type.Array(MissingEvidenceSchema),
});
export type TargetStatus = Static<typeof TargetStatusSchema>;

export const ConfigStatusSchema = Type.Object({
  file: Type.String(),
  isLastReloadSuccessful: Type.Boolean({ description: 'false: what runs is what was loaded before' }),
  lastReloadAt: Type.Number({ description: 'the last try, real time' }),
  lastSuccessAt: Type.Number({ description: 'since when what runs is what the file said, real time' }),
  problems: Type.Array(
    Type.Object({
      line: Nullable(Type.Integer()),
      column: Nullable(Type.Integer()),
      field: Type.String(),
      fact: Type.String(),
      fix: Type.String(),
    }),
    { description: 'why the last try failed' },
  ),
  needsRestart: Type.Array(Type.String(), {
    description: 'settings that differ in the file and take effect with the next start',
  }),
});
/** plimsoll.yaml as a running watch sees it. Tells no value of it. */
export type ConfigStatus = Static<typeof ConfigStatusSchema>;

export const DiscoveryStatusSchema = Type.Object({
  job: Nullable(Type.String()),
  source: Type.String({ description: 'what looks for targets, and where' }),
  found: Type.Integer({ description: 'targets that the source names now' }),
  kept: Type.Integer({ description: 'those that the rules left over' }),
  dropped: Type.Integer({ description: 'those that a rule dropped' }),
  unfit: Type.Integer({ description: 'those whose labels give no address' }),
  unfitWhy: Nullable(Type.String({ description: 'why, of the first of them' })),
  lastFoundAt: Nullable(Type.Number({ description: 'the last look that worked, real time' })),
  failure: Nullable(Type.String({ description: 'why the last look did not; what was found before goes on' })),
});
/** One source of one entry of `discover`. Its numbers are those of the last time that they were used. */
export type DiscoveryStatus = Static<typeof DiscoveryStatusSchema>;

export const MarkSchema = Type.Object({
  at: Type.Number(),
  kind: Type.String({ description: 'restart, oom-kill, deploy, load, alarm, resolved ...' }),
  text: Type.String(),
});
export type Mark = Static<typeof MarkSchema>;

export const SeriesSchema = Type.Object({
  service: Type.String(),
  instance: Type.String(),
  from: Type.Number(),
  to: Type.Number(),
  time: Type.Array(Type.Number()),
  /** One array per gauge name asked for, same length as `time`; null = not known. Includes `liveFloorBytes`. */
  values: Type.Record(Type.String(), Type.Array(Nullable(Type.Number()))),
  limitBytes: Nullable(Type.Number()),
  goMemLimitBytes: Nullable(Type.Number()),
  marks: Type.Array(MarkSchema),
  /** The fitted growth, one per lane that grows. */
  fits: Type.Array(
    Type.Object({
      lane: Type.String(),
      unit: Type.String(),
      time: Type.Array(Type.Number()),
      value: Type.Array(Type.Number()),
      growth: Nullable(GrowthSchema),
    }),
  ),
  /** Forecast of RSS to the limit: where the fitted growth and its interval lead. */
  forecast: Nullable(
    Type.Object({
      time: Type.Array(Type.Number()),
      mid: Type.Array(Type.Number()),
      low: Type.Array(Type.Number()),
      high: Type.Array(Type.Number()),
    }),
  ),
  ledger: Nullable(Type.Record(Type.String(), Nullable(Type.Number()))),
});
export type Series = Static<typeof SeriesSchema>;

export const SourceExcerptSchema = Type.Object({
  file: Type.String(),
  line: Type.Integer(),
  firstLine: Type.Integer(),
  lines: Type.Array(Type.String()),
});
/** Lines of source around a culprit, as found on this machine. */
export type SourceExcerpt = Static<typeof SourceExcerptSchema>;
