// What `plimsoll gctrace --json` adds to a report: the trace in numbers. CONTRACTS: only ever add to it.
import { Type, type Static } from 'typebox';
import { GrowthSchema } from './finding.ts';

function nullable<T extends Type.TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

const LevelSchema = Type.Object(
  {
    first: Type.Number(),
    last: Type.Number(),
    low: Type.Number(),
    median: Type.Number(),
    high: Type.Number(),
  },
  { description: 'bytes, whole MiB cut off below' },
);
/** A heap amount over the collections of the trace. */
export type GcLevel = Static<typeof LevelSchema>;

const GuessSchema = Type.Object({
  value: Type.Number(),
  low: Type.Number(),
  high: nullable(Type.Number({ description: 'null = no upper bound' })),
  cycles: Type.Integer({ description: 'collections that it rests on' }),
});
/** A setting as the goals of the trace show it; `low` and `high` are what whole MiB leave open. */
export type GcGuess = Static<typeof GuessSchema>;

export const GcTraceSchema = Type.Object({
  cycles: Type.Integer({ description: 'collections of the newest life of the process' }),
  forced: Type.Integer({ description: 'of them by runtime.GC() and the like' }),
  lives: Type.Integer({ description: 'of the process in this trace; all else is about the newest' }),
  fromSeconds: Type.Number({ description: 'first collection, since the start of the process' }),
  toSeconds: Type.Number({ description: 'last collection, since the start of the process' }),
  isDated: Type.Boolean({
    description:
      'whether the log has times; otherwise times of the report count from the start of the process',
  }),
  processors: Type.Integer(),
  heap: Type.Object({
    before: LevelSchema,
    after: LevelSchema,
    live: LevelSchema,
    goal: nullable(LevelSchema),
  }),
  resolutionBytes: Type.Number({ description: 'the amounts of a trace are exact to this' }),
  stackBytes: nullable(Type.Number({ description: 'scanned by the last collection; Go >= 1.18' })),
  globalsBytes: nullable(Type.Number()),
  liveGrowth: nullable(GrowthSchema),
  cpu: Type.Object({
    share: nullable(Type.Number({ description: 'of the processors of the process, over the trace' })),
    saidPercent: Type.Number({ description: 'as the last line says it, since the start of the process' }),
    assistShare: nullable(Type.Number({ description: 'of that time: given by goroutines that allocate' })),
  }),
  pauseMillis: Type.Object(
    {
      p50: Type.Number(),
      p90: Type.Number(),
      p99: Type.Number(),
      max: Type.Number(),
      total: Type.Number(),
      longest: Type.Number({ description: 'single stop of the world' }),
    },
    { description: 'all stops of one collection together, as go_gc_duration_seconds counts them' },
  ),
  cyclesPerHour: nullable(Type.Number()),
  betweenSeconds: nullable(Type.Object({ p50: Type.Number(), p90: Type.Number(), max: Type.Number() })),
  allocatedBytesPerSecond: nullable(Type.Number({ description: 'heap that came between collections' })),
  gogcPercent: nullable(GuessSchema),
  isGcOff: Type.Boolean({ description: 'GOGC=off: no goal, or one that a memory limit alone sets' }),
  goMemLimitBytes: nullable(GuessSchema),
  scavenger: nullable(
    Type.Object({
      releasedBytes: nullable(Type.Number({ description: 'given back to the system, last known' })),
      workBytes: nullable(Type.Number({ description: 'given back over the trace' })),
    }),
  ),
  lines: Type.Object({
    read: Type.Integer(),
    cycles: Type.Integer(),
    repeated: Type.Integer({ description: 'told of a collection once more; not counted twice' }),
    mended: Type.Integer({ description: 'cut by other output and put together again' }),
    damaged: Type.Integer({ description: 'begin as a collection and cannot be read' }),
  }),
  processesBesides: Type.Integer({ description: 'that wrote into the trace at the same time; not judged' }),
  child: Type.Optional(
    Type.Object({
      command: Type.String(),
      status: nullable(Type.Integer()),
      signal: nullable(Type.String()),
    }),
  ),
});
/** A GC trace in numbers. Not known is null. */
export type GcTraceReport = Static<typeof GcTraceSchema>;
