// One investigation as the document that `--json` prints and the API serves.
import type { Bytes, BytesPerHour, Millis } from '../base/units.ts';
import type { ChainStep } from '../model/chain-step.ts';
import type { Alarm, Finding, MissingEvidence, TimeToExhaustion, Verdict } from '../model/finding.ts';
import { judgeLife, MAIN_LANES, sortFindings, type Report } from '../model/report.ts';
import { describePassedLimit } from '../model/passed-limit.ts';
import type { TargetName } from '../model/target.ts';
import { summarizeReport } from './summary.ts';

interface AssessedLane {
  readonly lane: string;
  readonly verdict: Verdict;
  readonly needed: { readonly what: string; readonly millis: Millis | null } | null;
}

/** The part of stage 1's assessment that a report states; `Assessment` has all of it. */
export interface AssessedTarget {
  readonly lanes: readonly AssessedLane[];
  /** What was known of the life before, while this one is too young; see `EarlierLife` of detect. */
  readonly earlier?: {
    readonly endedAtMillis: Millis;
    readonly lanes: readonly AssessedLane[];
    readonly smallestDetectableBytesPerHour: BytesPerHour | null;
  } | null;
  readonly ledger: object | null;
  readonly exhaustion: TimeToExhaustion | null;
  readonly memoryLimitBytes?: Bytes | null;
  readonly smallestDetectableBytesPerHour: BytesPerHour | null;
  readonly needed: { readonly what: string; readonly millis: Millis | null } | null;
  readonly missing: readonly MissingEvidence[];
}

export interface ReportInput {
  readonly target: TargetName;
  readonly instances?: readonly TargetName[];
  /** Virtual time, first and last evidence (replay: start and end of the recording). */
  readonly from: Millis;
  readonly to: Millis;
  /** Virtual seconds per real second. */
  readonly timeScale: number;
  /** null before the first evaluation. */
  readonly assessment: AssessedTarget | null;
  readonly findings: readonly Finding[];
  /** What a leak that is certain waits for until it is raised; it comes before what the gauges need. */
  readonly needed?: AssessedTarget['needed'];
  readonly alarms: readonly Alarm[];
  /** As far as they were seen, or told by events. */
  readonly restarts?: number;
  readonly kills?: NonNullable<Report['kills']>;
  readonly missing?: readonly MissingEvidence[];
  readonly warnings?: readonly string[];
  readonly investigation?: readonly ChainStep[];
}

export function buildReport(input: ReportInput): Report {
  const { assessment } = input;
  const findings = sortFindings(input.findings);
  const earlier = assessment?.earlier ?? null;
  const seen = earlier ?? assessment;
  const smallestDetectable = seen?.smallestDetectableBytesPerHour ?? null;
  const verdict = judgeLife(findings, seen);
  const isLeak = verdict === 'leak';
  const needed = input.needed ?? describeNeeded(assessment);
  const report: Omit<Report, 'summary'> = {
    schema: 'plimsoll-report/1',
    target: { service: input.target.service, instance: input.target.instance },
    ...(input.instances === undefined
      ? {}
      : { instances: input.instances.map(({ service, instance }) => ({ service, instance })) }),
    from: input.from,
    to: input.to,
    timeScale: input.timeScale,
    verdict,
    findings,
    smallestDetectable,
    needed: verdict === 'undetermined' ? needed : null,
    ...(isLeak || assessment === null ? { exhaustion: null } : forecastOf(assessment)),
    alarms: [...input.alarms],
    ...(input.restarts === undefined || input.restarts === 0 ? {} : { restarts: input.restarts }),
    ...(input.kills === undefined || input.kills.length === 0 ? {} : { kills: [...input.kills] }),
    missingEvidence: uniqueBySource([...(assessment?.missing ?? []), ...(input.missing ?? [])]),
    ledger: assessment === null ? null : toLedger(assessment.ledger),
    ...(input.investigation === undefined ? {} : { investigation: [...input.investigation] }),
    ...(input.warnings === undefined || input.warnings.length === 0 ? {} : { warnings: [...input.warnings] }),
  };
  return { ...report, summary: summarizeReport(report, earlier?.endedAtMillis ?? null) };
}

/** As findings tell it: no time until a limit that memory is above, but that it is. */
function forecastOf({
  exhaustion,
  ledger,
  memoryLimitBytes = null,
}: AssessedTarget): Pick<Report, 'exhaustion' | 'noForecast'> {
  if (exhaustion?.resource !== 'memory-limit') return { exhaustion };
  const passed = describePassedLimit(toLedger(ledger)?.['rssBytes'] ?? null, memoryLimitBytes);
  return passed === null ? { exhaustion } : { exhaustion: null, noForecast: passed };
}

/** Gauges of which one at least must come before any verdict can. */
const FOUNDATIONS = ['go_memstats_next_gc_bytes', 'process_resident_memory_bytes', 'go_goroutines'];

function describeNeeded(assessment: AssessedTarget | null): AssessedTarget['needed'] {
  if (assessment === null) return NOTHING_SEEN;
  const missing = new Set((assessment.missing ?? []).map(({ source }) => source));
  // Waiting brings nothing here.
  if (FOUNDATIONS.every((source) => missing.has(source))) return NO_GAUGES;
  const isHeapUnknown = missing.has('go_memstats_next_gc_bytes');
  const isBlind = assessment.lanes.length > 0 && !assessment.lanes.some(({ lane }) => MAIN_LANES.has(lane));
  return isHeapUnknown && isBlind ? NO_HEAP_GAUGES : assessment.needed;
}

const NO_GAUGES = {
  what: 'gauges of Go: neither heap, goroutines nor resident memory are given; plimsoll doctor says what to turn on',
  millis: null,
};
const NO_HEAP_GAUGES = {
  what: 'gauges of the Go heap: resident memory alone grows and falls with the pace of the garbage collector; plimsoll doctor says what to turn on',
  millis: null,
};
const NOTHING_SEEN = { what: 'gauges: no evidence has been seen yet', millis: null };

function uniqueBySource(missing: readonly MissingEvidence[]): MissingEvidence[] {
  const seen = new Set<string>();
  return missing
    .filter(({ source }) => !seen.has(source) && seen.add(source))
    .map(({ source, why, costs }) => ({ source, why, costs }));
}

/** Numbers of the ledger by name; a part that is not known is null. */
function toLedger(ledger: object | null): Record<string, number | null> | null {
  if (ledger === null) return null;
  const parts: Record<string, number | null> = {};
  for (const [name, value] of Object.entries(ledger) as [string, unknown][]) {
    if (value === null) parts[name] = null;
    else if (typeof value === 'number') parts[name] = Number.isFinite(value) ? value : null;
  }
  return parts;
}
