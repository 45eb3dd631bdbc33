import { Type, type Static } from 'typebox';
import type { BytesPerHour } from '../base/units.ts';
import { ChainStepSchema } from './chain-step.ts';
import {
  AlarmSchema,
  FindingSchema,
  LEAK_CLASSES,
  MissingEvidenceSchema,
  TimeToExhaustionSchema,
  VERDICTS,
  VerdictSchema,
  type Finding,
  type Verdict,
} from './finding.ts';
import { FleetSummarySchema } from './fleet.ts';
import { GcTraceSchema } from './gc-trace.ts';

export const ReportSchema = Type.Object(
  {
    schema: Type.Literal('plimsoll-report/1'),
    target: Type.Object({ service: Type.String(), instance: Type.String() }),
    instances: Type.Optional(Type.Array(Type.Object({ service: Type.String(), instance: Type.String() }))),
    from: Type.Number(),
    to: Type.Number(),
    timeScale: Type.Optional(
      Type.Number({ description: 'virtual seconds per real second, 1 in production' }),
    ),
    verdict: VerdictSchema,
    summary: Type.String(),
    findings: Type.Array(FindingSchema),
    smallestDetectable: Type.Union([
      Type.Number({ description: 'bytes per hour: a leak above this would have been seen by now' }),
      Type.Null(),
    ]),
    needed: Type.Optional(
      Type.Union([
        Type.Object({
          what: Type.String(),
          millis: Type.Union([Type.Number(), Type.Null()]),
        }),
        Type.Null(),
      ]),
    ),
    exhaustion: Type.Union([TimeToExhaustionSchema, Type.Null()]),
    noForecast: Type.Optional(
      Type.String({ description: 'why `exhaustion` is null although memory grows: it is above the limit' }),
    ),
    alarms: Type.Array(AlarmSchema),
    missingEvidence: Type.Array(MissingEvidenceSchema),
    ledger: Type.Optional(
      Type.Union([Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()])), Type.Null()]),
    ),
    investigation: Type.Optional(
      Type.Array(ChainStepSchema, { description: 'the questions in the order they were asked' }),
    ),
    warnings: Type.Optional(Type.Array(Type.String())),
    fleet: Type.Optional(FleetSummarySchema),
    gctrace: Type.Optional(GcTraceSchema),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'of the target, as a query API has them' }),
    ),
    memoryLimitBytes: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
    restarts: Type.Optional(Type.Number({ description: 'in the time that was looked at' })),
    kills: Type.Optional(
      Type.Array(Type.Object({ at: Type.Number(), reason: Type.Union([Type.String(), Type.Null()]) }), {
        description: 'when the process ended (or its container was started again), and why, e.g. OOMKilled',
      }),
    ),
    endedAt: Type.Optional(
      Type.Union([Type.Number({ description: 'last sign of a target that is gone' }), Type.Null()]),
    ),
  },
  { $id: 'plimsoll-report/1' },
);
/** What one investigation says about one target (or one service, with `instances`). */
export type Report = Static<typeof ReportSchema>;

/** Of `kills`: by the kernel, for memory; as Kubernetes spells it. */
export const KILLED_FOR_MEMORY = 'OOMKilled';

/** The lanes every leak of memory shows in; a peripheral lane without gauges leaves nothing undetermined. */
export const MAIN_LANES: ReadonlySet<string> = new Set(['heap', 'goroutine', 'native']);

/** What stage 1 says of the life that is judged: this one, or the one before while this one is too young. */
export interface JudgedLife {
  readonly lanes: readonly { readonly lane: string; readonly verdict: Verdict }[];
  readonly smallestDetectableBytesPerHour: BytesPerHour | null;
}

/** One verdict of findings and lanes. What could have been seen decides between "no growth" and "cannot tell". */
export function judgeLife(findings: readonly Finding[], life: JudgedLife | null): Verdict {
  const quiet = verdictWithoutFinding(life?.lanes ?? []);
  // Nothing was found, but nothing can be excluded either: that is no answer.
  const isBlind = quiet === 'no-growth' && (life?.smallestDetectableBytesPerHour ?? null) === null;
  return gravestVerdict(findings, isBlind ? 'undetermined' : quiet);
}

function verdictWithoutFinding(lanes: JudgedLife['lanes']): Verdict {
  const main = lanes.filter(({ lane }) => MAIN_LANES.has(lane));
  if (main.length === 0) return 'undetermined';
  const heap = main.find(({ lane }) => lane === 'heap') ?? main[0];
  return heap.verdict === 'undetermined' || heap.verdict === 'leak' ? 'undetermined' : 'no-growth';
}

/** The gravest verdict of the findings; `none` decides where there is no finding. Retention never makes a leak. */
export function gravestVerdict(findings: readonly Finding[], none: Verdict): Verdict {
  let gravest: Verdict | null = null;
  for (const finding of findings) {
    if (finding.class === 'retention' && finding.verdict === 'leak') continue;
    if (gravest === null || VERDICTS.indexOf(finding.verdict) < VERDICTS.indexOf(gravest)) {
      gravest = finding.verdict;
    }
  }
  return gravest ?? none;
}

/** Gravest first, then by growth. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict) ||
    (b.growth?.perHour ?? 0) - (a.growth?.perHour ?? 0)
  );
}

/** Gravest first, then by growth, then by class and fingerprint so that the order never flickers. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      compareFindings(a, b) ||
      LEAK_CLASSES.indexOf(a.class) - LEAK_CLASSES.indexOf(b.class) ||
      (a.fingerprint < b.fingerprint ? -1 : 1),
  );
}
