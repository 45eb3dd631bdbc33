// A whole GC trace through the same stages as everything else: lines in, one report and what a picture needs out.
import { cycleAt } from '../base/gc-cycles.ts';
import { SECOND_MILLIS, type Millis } from '../base/units.ts';
import type { MissingEvidence } from '../model/finding.ts';
import type { GcTraceReport } from '../model/gc-trace.ts';
import { REAL_TIME } from '../model/raw-evidence.ts';
import type { Report } from '../model/report.ts';
import type { TargetName } from '../model/target.ts';
import { GcTraceProcesses, type GcTraceLife } from '../parse/gctrace-processes.ts';
import { GcTraceReader } from '../parse/gctrace-reader.ts';
import type { ScavengerLine } from '../parse/gctrace-scavenger.ts';
import { GaugesFromGcTrace } from '../parse/gauges-from-gctrace.ts';
import { buildReport } from '../report/build-report.ts';
import type { WaterlineSeries } from '../report/waterline.ts';
import { summarizeGcCycles } from '../series/gc-summary.ts';
import { Investigation } from './investigation.ts';
import { ProfileDecoder } from './profile-decoder.ts';

/** Collects the lines of one log. Bounded by GcTraceProcesses, however long it is. */
export class GcTrace {
  readonly #processes = new GcTraceProcesses();
  readonly #reader: GcTraceReader;
  #releasedBytes: number | null = null;
  #workBytes: number | null = null;

  /** @param other what is not the runtime's, in order, exactly as it came; `endsLine` = a line feed follows. */
  constructor(other: (text: string, endsLine: boolean) => void) {
    this.#reader = new GcTraceReader({
      cycle: (traced) => void this.#processes.add(traced),
      scavenger: (line) => this.#addScavenger(line),
      other,
    });
  }

  /** @param arrivedMillis now, for a log that is read as it is written; null for a file. */
  push(line: string, arrivedMillis: Millis | null): void {
    this.#reader.push(line, arrivedMillis);
  }

  /** Lines wait for the rest of one that was interrupted. */
  get isHolding(): boolean {
    return this.#reader.isHolding;
  }

  /** Gives them back: at the end, or when nothing came for a while. */
  flush(): void {
    this.#reader.flush();
  }

  get lines(): GcTraceReport['lines'] {
    const { lines: read, cycles, mended, damaged } = this.#reader.counts;
    return { read, cycles, repeated: this.#processes.repeated, mended, damaged };
  }

  get scavenger(): GcTraceReport['scavenger'] {
    if (this.#releasedBytes === null && this.#workBytes === null) return null;
    return { releasedBytes: this.#releasedBytes, workBytes: this.#workBytes };
  }

  pickTarget(): ReturnType<GcTraceProcesses['pickTarget']> {
    return this.#processes.pickTarget();
  }

  #addScavenger({ releasedBytes, workBytes }: ScavengerLine): void {
    this.#releasedBytes = releasedBytes ?? this.#releasedBytes;
    if (workBytes !== null) this.#workBytes = (this.#workBytes ?? 0) + workBytes;
  }
}

export interface JudgedTrace {
  readonly report: Report;
  readonly series: WaterlineSeries;
}

/** A program that ended before it collected anything: nothing can be told, and that is the answer. */
export function reportWithoutCollections(target: TargetName, from: Millis, to: Millis): Report {
  const report = buildReport({
    target,
    from,
    to,
    timeScale: 1,
    assessment: null,
    findings: [],
    alarms: [],
  });
  const what = 'collections: the program ended before its first one, or is no Go program';
  return { ...report, summary: `Cannot tell. Needed: ${what}.`, needed: { what, millis: null } };
}

/** Between two lives of a log without times; it only has to be there. */
const GAP_MILLIS: Millis = SECOND_MILLIS;

interface PlacedLife {
  readonly life: GcTraceLife;
  readonly startMillis: Millis;
  readonly endMillis: Millis;
}

/** Null for a trace without a collection. */
export function judgeGcTrace(trace: GcTrace, target: TargetName): JudgedTrace | null {
  const { lives, besides } = trace.pickTarget();
  const placed = placeLives(lives);
  const newest = placed.at(-1);
  const summary = newest && summarizeGcCycles(newest.life.cycles);
  if (!newest || !summary) return null;
  const investigation = new Investigation({
    target,
    module: null,
    memoryLimitBytes: null,
    timeMap: REAL_TIME,
    decoder: new ProfileDecoder(), // a trace has no profiles: it never starts its thread
    isOneAnswer: true,
  });
  for (const life of placed) feed(investigation, life);
  investigation.evaluateUpTo(newest.endMillis);
  for (const doubt of describeDoubts(trace, besides)) investigation.warn(doubt);
  const [first = newest] = placed;
  const report = investigation.report({
    fromMillis: Math.floor(firstMillis(first)),
    toMillis: Math.ceil(newest.endMillis),
  });
  return {
    report: {
      ...report,
      missingEvidence: report.missingEvidence.map(blameTrace),
      gctrace: {
        ...summary,
        lives: placed.length,
        isDated: newest.life.startMillis !== null,
        scavenger: trace.scavenger,
        lines: trace.lines,
        processesBesides: besides,
      },
    },
    series: seriesOf(placed),
  };
}

/** In a log without times the first life begins at 0, and each other when the one before it has ended. */
function placeLives(lives: readonly GcTraceLife[]): PlacedLife[] {
  const placed: PlacedLife[] = [];
  for (const life of lives) {
    const earliest = placed.length === 0 ? 0 : (placed.at(-1)?.endMillis ?? 0) + GAP_MILLIS;
    const startMillis = Math.max(life.startMillis ?? earliest, earliest);
    const last = life.cycles.length - 1;
    placed.push({ life, startMillis, endMillis: timeOf(life, startMillis, last) });
  }
  return placed;
}

function timeOf({ cycles }: GcTraceLife, startMillis: Millis, row: number): Millis {
  const at = cycles.column('atSeconds')[row] ?? 0;
  return startMillis + at * SECOND_MILLIS + (cycles.column('clockMillis')[row] ?? 0);
}

function firstMillis({ life, startMillis }: PlacedLife): Millis {
  return life.cycles.column('number')[0] === 1 ? startMillis : timeOf(life, startMillis, 0);
}

function feed(investigation: Investigation, { life, startMillis }: PlacedLife): void {
  const gauges = new GaugesFromGcTrace({ isOnlySource: true });
  for (let row = 0; row < life.cycles.length; row++) {
    const atMillis = timeOf(life, startMillis, row);
    const reading = gauges.add(cycleAt(life.cycles, row), atMillis, startMillis);
    if (reading === null) continue;
    investigation.evaluateUpTo(atMillis - 1);
    investigation.addGauges(atMillis, reading);
  }
}

function describeDoubts(trace: GcTrace, besides: number): string[] {
  const doubts: string[] = [];
  const { damaged } = trace.lines;
  if (damaged > 0) doubts.push(`${damaged} lines of the trace are damaged and were left out`);
  if (besides > 0) {
    const others = besides === 1 ? 'another process' : `${besides} other processes`;
    doubts.push(`${others} wrote into this trace; the one with most collections is judged`);
  }
  return doubts;
}

function blameTrace(missing: MissingEvidence): MissingEvidence {
  return { ...missing, why: 'a GC trace does not say it' };
}

function seriesOf(placed: readonly PlacedLife[]): WaterlineSeries {
  const column = (name: 'liveBytes' | 'beforeBytes' | 'goalBytes') =>
    concat(placed.map(({ life }) => life.cycles.column(name)));
  return {
    timeMillis: concat(
      placed.map(({ life, startMillis }) =>
        Float64Array.from({ length: life.cycles.length }, (_, row) => timeOf(life, startMillis, row)),
      ),
    ),
    live: column('liveBytes'),
    before: column('beforeBytes'),
    goal: column('goalBytes'),
    restartMillis: placed.slice(1).map(({ startMillis }) => startMillis),
  };
}

function concat(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
