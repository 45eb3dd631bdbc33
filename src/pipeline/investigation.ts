// READ THIS FIRST. One target, one method a stage: evidence comes in, is decoded, joins the history; on a fixed grid
// of virtual time stage 1 assesses, stage 2 diagnoses, and the case moves on. Live, check and replay all run this.
import { PlimsollError } from '../base/errors.ts';
import type { GaugeReading } from '../base/gauges.ts';
import { MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import { assess, type AssessInput } from '../detect/assess.ts';
import {
  withoutEvidence,
  type Assessment,
  type AssessmentState,
  type Lane,
  type LaneAssessment,
  type LaneState,
} from '../detect/assessment.ts';
import { NOTHING_CONFIRMED, advanceConfirmation, type ConfirmationState } from '../detect/confirm.ts';
import { EvaluationGrid } from '../detect/evaluation-grid.ts';
import { settle, type Settled } from '../detect/settle.ts';
import type { SnapshotSettings, SnapshotWish, TakenSnapshot } from '../detect/snapshot-policy.ts';
import {
  lanesInside,
  type CaseInput,
  type CaseState,
  type KnownCode,
  type OverLeak,
} from '../diagnose/case-state.ts';
import { advanceCase } from '../diagnose/case.ts';
import type { SourceQuestion } from '../diagnose/source/source-facts.ts';
import { followChainOn, retellChain } from '../diagnose/chain/chain.ts';
import type { ChainInput } from '../diagnose/chain/facts.ts';
import type { HeldAnswers } from '../diagnose/chain/held-answers.ts';
import type { ChainStep } from '../model/chain-step.ts';
import type { Alarm, Finding, MissingEvidence } from '../model/finding.ts';
import type { PushedProfile, RawEvidence, TimeMap } from '../model/raw-evidence.ts';
import type { Report } from '../model/report.ts';
import type { Mark, Series } from '../model/status.ts';
import type { TargetName } from '../model/target.ts';
import { decodeText, type GaugeExtract } from '../parse/gauge-extract.ts';
import { gaugesFromMemstatsTrailer } from '../parse/gauges-from-memstats-trailer.ts';
import { gaugesFromProc } from '../parse/gauges-from-proc.ts';
import { gaugesFromPrometheus } from '../parse/gauges-from-prometheus.ts';
import { gaugesFromVars } from '../parse/gauges-from-vars.ts';
import type { Profile } from '../pprof/tables.ts';
import { ProfileHistory } from '../profile/profile-history.ts';
import { buildReport } from '../report/build-report.ts';
import { GaugeHistory } from '../series/gauge-history.ts';
import { tableUpTo } from '../series/history.ts';
import { RouteHistory } from '../series/route-history.ts';
import { findIncarnations, mayBeginLife } from '../series/incarnations.ts';
import { decodeEventMark } from './event-mark.ts';
import type { Fleet } from './fleet.ts';
import { GaugeSources } from './gauge-sources.ts';
import { killsOf } from './kills.ts';
import type { ProfileDecoder } from './profile-decoder.ts';
import { SnapshotLog } from './snapshot-log.ts';
import { SourceAgreement } from './source-agreement.ts';
import { toVirtualReading } from './target-facts.ts';
import { PushedProfiles } from './pushed-profiles.ts';
import { TraceLines } from './trace-lines.ts';
import { Warnings } from './warnings.ts';

/** Marks kept for the page (restarts, deploys, kills); the oldest go. */
export const MAX_MARKS = 500;

/** A GC trace is not counted before this: where an exporter answers by then, the trace adds nothing. */
const TRACE_WAITS_MILLIS: Millis = 2 * MINUTE_MILLIS;

export interface InvestigationOptions {
  readonly target: TargetName;
  readonly module: string | null;
  readonly memoryLimitBytes: Bytes | null;
  /** Labels of this process on a metrics page that serves several. */
  readonly match?: Readonly<Record<string, string>>;
  readonly timeMap: TimeMap;
  readonly decoder: ProfileDecoder;
  /** What is known beforehand: all of it, as evaluations look at nothing later than their instant. */
  readonly history?: GaugeHistory;
  /** Requests by route of the newest life, where they come with the history. */
  readonly routes?: RouteHistory | null;
  /** Stage 1 for who remembers its answers: a whole history is looked at more than once at some instants. */
  readonly assess?: (input: AssessInput) => Assessment;
  /** Where the program does not say its version: the target's label, or the recording. */
  readonly version?: string | null;
  /** Everybody who is watched with it: replicas add to what is known of it, and many services to what a claim needs. */
  readonly fleet?: Fleet;
  /** One answer is asked for, of evidence that is complete: the newest verdict is told, whether or not it has held. */
  readonly isOneAnswer?: boolean;
  /** What is known of leaks of the other instances, see CaseInput; asked at each evaluation. */
  readonly siblings?: () => readonly KnownCode[];
  /** See CaseInput. */
  readonly askSources?: CaseInput['askSources'];
  /** Told of every new mark, so that it can be stored. */
  readonly onMark?: (mark: Mark) => void;
}

/** A count of goroutines says the same a few minutes earlier: trends are fitted over half an hour and more. */
const SAME_ROW_MILLIS: Millis = 5 * MINUTE_MILLIS;

/** All that must survive a restart of Plimsoll beside gauges and profiles. Plain JSON. */
export interface InvestigationState {
  readonly version: 1;
  readonly firstEvidenceMillis: Millis | null;
  readonly lastEvaluationMillis: Millis | null;
  readonly confirmation: ConfirmationState;
  readonly ignoreBefore: Readonly<Partial<Record<Lane, Millis>>>;
  /** Missing from states that were stored before it was told apart from the heap's `ignoreBefore`. */
  readonly profilesFromMillis?: Millis | null;
  readonly case: CaseState | null;
  /** Missing from states that were stored before there was one. */
  readonly settled?: Settled | null;
}

/** A leak that an evaluation ended; `goesOn`: only its name or class was wrong. */
export type EndedLeak = Pick<OverLeak, 'fingerprint' | 'why' | 'goesOn'>;

/** What one evaluation came to. */
export interface Evaluation {
  readonly atMillis: Millis;
  readonly findings: readonly Finding[];
  readonly over: readonly EndedLeak[];
}

/** What became of one piece of evidence. */
export interface Ingested {
  /** The gauges that joined the history, in virtual time; null when it held none. */
  readonly reading: GaugeReading | null;
  readonly error: PlimsollError | null;
}

const NOTHING: Ingested = { reading: null, error: null };

export class Investigation {
  readonly target: TargetName;
  readonly history: GaugeHistory;
  readonly profiles = new ProfileHistory();
  readonly #options: InvestigationOptions;
  readonly #marks: Mark[] = [];
  readonly #warnings = new Warnings();
  #timeMap: TimeMap;
  #module: string | null;
  #goVersion: string | null = null;
  #version: string | null = null;
  readonly #sources = new GaugeSources();
  #trace: TraceLines | null = null;
  #traceFromMillis: Millis | null = null;
  readonly #pushed = new PushedProfiles();
  readonly #agreement = new SourceAgreement();
  readonly #routes: RouteHistory;
  readonly #snapshots: SnapshotLog;
  #lives = 0;
  /** Time of the first row of the newest life. */
  #lifeFirstMillis: Millis = -Infinity;
  readonly #grid = new EvaluationGrid();
  #assessment: AssessmentState | null = null;
  /** The same as people are told it. */
  #shown: AssessmentState | null = null;
  #settled: Settled | null = null;
  #confirmation: ConfirmationState = NOTHING_CONFIRMED;
  /** Per lane: data before this explains an incident that is over, not what comes now. */
  #ignoreBefore: Readonly<Partial<Record<Lane, Millis>>> = {};
  /** Profiles before this are of leaks that are over; null = all of this life count. */
  #profilesFrom: Millis | null = null;
  #case: CaseState | null = null;
  #findings: readonly Finding[] = [];
  /** What called leaks wait for until they are raised. */
  #needed: Report['needed'] = null;
  #alarms: readonly Alarm[] = [];
  #questions: readonly SourceQuestion[] = [];
  /** Of the newest assessment: reports are asked for more often than anything changes. */
  /** As it was told since the newest evaluation; null where nobody has looked. */
  #chain: { readonly atMillis: Millis; readonly steps: readonly ChainStep[] } | null = null;
  /** What the chain of the newest evaluation answered; null where each evaluation speaks for itself. */
  #answered: HeldAnswers | null = null;

  constructor(options: InvestigationOptions) {
    this.#options = options;
    this.target = options.target;
    this.#module = options.module;
    this.#timeMap = options.timeMap;
    this.#routes = options.routes ?? new RouteHistory();
    this.history = options.history ?? new GaugeHistory();
    this.#snapshots = new SnapshotLog(this.history);
    if (this.history.length > 0) this.#adoptHistory();
  }

  #adoptHistory(): void {
    const { timeMillis } = this.history;
    for (const atMillis of timeMillis) this.#grid.hear(atMillis);
    const lives = findIncarnations(this.history);
    this.#lives = lives.length;
    for (const { startMillis } of lives.slice(1)) {
      this.addMark({ at: startMillis, kind: 'restart', text: 'process restarted' });
    }
  }

  /** Recorded lives of one target may run at different scales. */
  setTimeMap(timeMap: TimeMap): void {
    this.#timeMap = timeMap;
  }

  /**
   * Takes one piece of evidence, in order of time. Damaged evidence is an error in the answer, never a throw: the
   * others count all the same.
   */
  async ingest(evidence: RawEvidence): Promise<Ingested> {
    try {
      switch (evidence.kind) {
        case 'metrics':
          return this.#takeGauges(
            evidence,
            gaugesFromPrometheus(evidence.bytes, {
              pinnedRequestsFamily: this.#sources.requestsFamily,
              match: this.#options.match ?? {},
            }),
          );
        case 'vars':
          return this.#takeGauges(evidence, gaugesFromVars(evidence.bytes));
        case 'proc':
          return this.#takeGauges(evidence, gaugesFromProc(evidence.bytes));
        case 'profile':
          return await this.#takeProfile(evidence);
        case 'event':
          this.addMark(decodeEventMark(evidence));
          return NOTHING;
        case 'log-line':
          return this.#takeLogLine(evidence);
      }
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      return { reading: null, error };
    }
  }

  #takeGauges({ kind, atMillis }: RawEvidence, extract: GaugeExtract): Ingested {
    this.#noticeVersion(atMillis, extract.goVersion);
    this.#module = this.#options.module ?? extract.module?.path ?? this.#module;
    this.#version = extract.module?.version ?? this.#version;
    for (const warning of extract.warnings) this.#warnings.addOfKind(warning);
    for (const text of this.#agreement.take(kind, atMillis, extract.reading)) this.warn(text);
    const reading = this.#sources.choose(kind, extract, toVirtualReading(extract.reading, this.#timeMap));
    this.#append(atMillis, reading);
    if (extract.routes !== null && reading.requestsTotal !== undefined) {
      this.#routes.append(atMillis, extract.routes);
    }
    return { reading, error: null };
  }

  /** Standard error of the process: a GC trace in it is one more way to see the live heap. */
  #takeLogLine({ atMillis, bytes }: RawEvidence): Ingested {
    this.#trace ??= new TraceLines();
    const reading = this.#trace.take(decodeText(bytes), atMillis);
    this.#traceFromMillis ??= atMillis;
    // An exporter says it to the byte, and takes a moment to be asked for the first time.
    const isFirst = atMillis - this.#traceFromMillis < TRACE_WAITS_MILLIS;
    if (reading === null || isFirst || this.#sources.hasExactFloor) return NOTHING;
    this.#append(atMillis, reading);
    return { reading, error: null };
  }

  /** A new Go version is a new build: the mark explains what changes with it. */
  #noticeVersion(atMillis: Millis, goVersion: string | null): void {
    if (goVersion === null || goVersion === this.#goVersion) return;
    if (this.#goVersion !== null) {
      this.addMark({ at: atMillis, kind: 'go-version', text: `${this.#goVersion} to ${goVersion}` });
    }
    this.#goVersion = goVersion;
  }

  #append(atMillis: Millis, reading: GaugeReading): void {
    if (this.history.append(atMillis, reading) === 'refused') {
      this.warn(
        'evidence older than what is known was left out (an answer that came late, or a clock that went back)',
      );
      return;
    }
    this.#grid.hear(atMillis);
    this.#noticeRestart();
    const limit = this.history.lastKnown('memoryLimitBytes') ?? this.#options.memoryLimitBytes;
    this.#snapshots.followLimit(atMillis, limit);
  }

  #noticeRestart(): void {
    if (this.#lives > 0 && !mayBeginLife(this.history)) return;
    const lives = findIncarnations(this.history);
    const newest = lives[lives.length - 1];
    if (newest === undefined) return;
    // Told by its first row, which stays: lives of long ago go with their rows.
    const firstMillis = this.history.timeMillis[newest.firstRow];
    if (this.#lives > 0 && firstMillis > this.#lifeFirstMillis) {
      this.profiles.restart();
      this.#routes.restart();
      this.#snapshots.restart();
      this.addMark({ at: newest.startMillis, kind: 'restart', text: 'process restarted' });
      this.#lives++;
    } else {
      this.#lives = Math.max(this.#lives, lives.length);
    }
    this.#lifeFirstMillis = firstMillis;
  }

  async #takeProfile(evidence: Extract<RawEvidence, { kind: 'profile' }>): Promise<Ingested> {
    const decoded = await this.#options.decoder.decode(evidence.bytes);
    const at = evidence.atMillis;
    let ingested = NOTHING;
    if (decoded.form === 'heap-text' && decoded.memStatsOffset !== null) {
      ingested = this.#takeGauges(
        evidence,
        gaugesFromMemstatsTrailer(evidence.bytes.subarray(decoded.memStatsOffset)),
      );
    }
    const isNewest = at >= (this.#grid.lastHeardMillis ?? at);
    this.#grid.hear(at);
    const { profile } = evidence;
    if (decoded.form === 'goroutine-dump') {
      if (profile !== 'goroutine' || evidence.pushed) return ingested;
      this.profiles.addOrigins(decoded.dump, at, this.#timeMap.scale);
      this.#rememberTaken('goroutine-dump', at);
      return ingested;
    }
    if (evidence.pushed) return this.#takePushed(evidence, decoded.profile, evidence.pushed);
    if (profile === 'heap') this.profiles.addHeap(decoded.profile, at);
    else if (profile === 'goroutine') {
      const snapshot = this.profiles.addGoroutines(decoded.profile, at);
      // Where no exporter counts them (pprof is all there is), their profile does.
      if (!this.#sources.isGoroutineGauge && isNewest && snapshot !== null) {
        const reading = { goroutines: snapshot.count.reduce((sum, count) => sum + count, 0) };
        this.#append(this.#rowNear(at), reading);
        ingested = { reading, error: null };
      }
    } else if (profile === 'goroutineleak') this.profiles.addLeakedGoroutines(decoded.profile, at);
    else if (profile === 'threadcreate') this.profiles.addThreads(decoded.profile, at);
    if (profile === 'heap' || profile === 'goroutine' || profile === 'goroutineleak') {
      this.#rememberTaken(profile, at);
    }
    // Something between has made another text of a dump that was asked for: asking again would bring the same.
    if (profile === 'goroutine' && evidence.form === 'text') this.#rememberTaken('goroutine-dump', at);
    return ingested;
  }

  /** Every one of them tells gauges where nobody else does; those that are kept serve as if they had been asked for. */
  #takePushed(
    { profile: kind, atMillis }: Extract<RawEvidence, { kind: 'profile' }>,
    profile: Profile,
    pushed: PushedProfile,
  ): Ingested {
    const told = this.#pushed.take(this.profiles, kind, profile, atMillis, pushed);
    if (told === null) return NOTHING;
    if (told.warning !== null) this.warn(told.warning);
    if (pushed.isKept && (kind === 'heap' || kind === 'goroutine' || kind === 'goroutineleak')) {
      this.#rememberTaken(kind, atMillis);
    }
    const reading = this.#sources.chooseOfPush(toVirtualReading(told.reading, this.#timeMap));
    if (Object.keys(reading).length === 0) return NOTHING;
    this.#append(atMillis, reading);
    return { reading, error: null };
  }

  /**
   * When a count out of a profile joins the history: with the newest row where that is recent, since gauges that were asked
   * for before the profile may still be on their way and would come too late for a row of its own.
   */
  #rowNear(atMillis: Millis): Millis {
    const newest = this.history.timeMillis.at(-1);
    return newest !== undefined && atMillis - newest <= SAME_ROW_MILLIS ? newest : atMillis;
  }

  /** Runs every evaluation of the grid that is due by `atMillis`, in order. Evidence later than one must come after it. */
  evaluateUpTo(atMillis: Millis): Evaluation[] {
    const evaluations: Evaluation[] = [];
    for (;;) {
      const due = this.#grid.nextMillis;
      if (due === null || due > atMillis) break;
      evaluations.push(this.#evaluate(due, this.#options.isOneAnswer !== true));
    }
    if (evaluations.length > 0) this.history.rest();
    return evaluations;
  }

  /** Evaluates at this instant, later than all before: for who has the whole history and chooses where to look. */
  evaluateAt(atMillis: Millis): Evaluation {
    return this.#evaluate(atMillis, false);
  }

  /** When the next evaluation is due; null before the first evidence, and once there was none for SILENCE_BOUND_MILLIS. */
  get nextEvaluationMillis(): Millis | null {
    return this.#grid.nextMillis;
  }

  /** @param isOfMany verdicts are shown once they have held; where instants are few, each speaks for itself. */
  #evaluate(atMillis: Millis, isOfMany: boolean): Evaluation {
    this.#grid.evaluated(atMillis);
    const assessment = this.#assess(atMillis);
    // What is shown of a lane is mostly what was judged.
    const states = new Map<LaneAssessment, LaneState>();
    this.#assessment = withoutEvidence(assessment, states);
    const settled = isOfMany ? settle(this.#settled, assessment) : null;
    this.#settled = settled?.state ?? null;
    this.#shown = settled === null ? this.#assessment : withoutEvidence(settled.shown, states);
    this.#confirmation = advanceConfirmation(this.#confirmation, assessment);
    this.#ignoreEnded(atMillis);
    const { state, findings, alarms, over, needed, questions } = advanceCase(this.#case, {
      target: this.target,
      module: this.#module,
      assessment,
      shown: settled?.shown ?? null,
      confirmation: this.#confirmation,
      profiles: this.profiles,
      profilesFromMillis: this.#profilesFrom,
      ...(this.#options.siblings ? { siblings: this.#options.siblings() } : {}),
      ...(this.#options.askSources ? { askSources: this.#options.askSources } : {}),
      atMillis,
    });
    const before = this.#case;
    this.#case = state;
    for (const { fingerprint, goesOn, isBound } of over) {
      if (goesOn !== true && isBound !== true) this.#forgetGrowth(before, fingerprint, atMillis);
    }
    // Another leak of the heap that stands is judged by its own history.
    if (!state.raised.some((leak) => lanesInside(leak).includes('heap'))) {
      this.#profilesFrom = this.#ignoreBefore.heap ?? null;
    }
    this.#findings = findings;
    this.#needed = needed;
    this.#questions = questions;
    this.#alarms = alarms;
    this.#chain = null;
    if (isOfMany) this.#holdAnswers();
    return { atMillis, findings, over };
  }

  #assess(atMillis: Millis): Assessment {
    return (this.#options.assess ?? assess)({
      table: this.history,
      atMillis,
      memoryLimitBytes: this.#options.memoryLimitBytes,
      ignoreBefore: this.#ignoreBefore,
      routes: this.#isHeapSuspected() ? this.#routes.upTo(atMillis) : null,
      ...this.#askFleet(atMillis),
    });
  }

  /** Claimed, or worth profiles, at the evaluation before. */
  #isHeapSuspected(): boolean {
    if ((this.#confirmation.heap?.calledAtMillis ?? null) !== null) return true;
    return this.#assessment?.lanes.some(({ lane, isSuspect }) => lane === 'heap' && isSuspect) === true;
  }

  #askFleet(atMillis: Millis): Pick<AssessInput, 'replicas' | 'fleet'> {
    const { fleet } = this.#options;
    if (fleet === undefined) return {};
    return { replicas: () => fleet.replicasOf(this, atMillis), fleet: fleet.controlAt(atMillis) };
  }

  /** A claim that ended: its growth is explained, so what comes next is fitted without it. */
  #ignoreEnded(atMillis: Millis): void {
    for (const [lane, { over, goneSinceMillis }] of Object.entries(this.#confirmation)) {
      if (!over || over.atMillis !== atMillis || over.isBound === true) continue;
      this.#ignoreBefore = { ...this.#ignoreBefore, [lane]: goneSinceMillis ?? atMillis };
    }
  }

  /**
   * A leak that is over has explained the growth of its lane and of all that it held; what grows from now on is another
   * matter, and must show it by itself.
   */
  #forgetGrowth(before: CaseState | null, fingerprint: string, atMillis: Millis): void {
    const leak = before?.raised.find((raised) => raised.fingerprint === fingerprint);
    if (leak === undefined) return;
    for (const lane of lanesInside(leak)) {
      this.#ignoreBefore = { ...this.#ignoreBefore, [lane]: atMillis };
      const { [lane]: _claim, ...others } = this.#confirmation;
      this.#confirmation = others;
    }
  }

  /** Which profiles the snapshot policy wants now; before the first evaluation only what cannot wait. */
  wantedProfiles(nowMillis: Millis, settings: SnapshotSettings): readonly SnapshotWish[] {
    return this.#snapshots.wanted(this.#assessment, nowMillis, {
      ...settings,
      areGoroutinesCounted: this.#sources.isGoroutineGauge,
    });
  }

  /** So that whoever looks at it after a kill finds the profiles of the moment before. */
  #noticeLastGasp(atMillis: Millis): void {
    const near = this.#snapshots.nearLimit;
    const isKnown = ({ kind, at }: Mark) => kind === 'last-gasp' && at >= (near?.sinceMillis ?? 0);
    if (near === null || this.#marks.some(isKnown)) return;
    const share = Math.round((near.rssBytes / near.limitBytes) * 100);
    this.addMark({ at: atMillis, kind: 'last-gasp', text: `profile at ${share} % of the memory limit` });
  }

  #rememberTaken(kind: TakenSnapshot['kind'], atMillis: Millis): void {
    this.#noticeLastGasp(atMillis);
    this.#snapshots.remember(kind, atMillis);
  }

  /** The same mark twice (told again after a restart) is one. */
  addMark(mark: Mark): void {
    if (this.#marks.some((m) => m.at === mark.at && m.kind === mark.kind && m.text === mark.text)) return;
    this.#marks.push(mark);
    this.#options.onMark?.(mark);
    if (this.#marks.length > MAX_MARKS) this.#marks.splice(0, this.#marks.length - MAX_MARKS);
  }

  /** Doubts that belong beside the answer. */
  warn(text: string): void {
    this.#warnings.add(text);
  }

  /** The report as of the last evaluation; before the first one, what is known so far. */
  report(
    range: { readonly fromMillis: Millis; readonly toMillis: Millis },
    missing: readonly MissingEvidence[] = [],
    { withStopped = false } = {},
  ): Report {
    const { assessment } = this;
    const stopped = withStopped ? (this.#case?.stopped ?? []).map(({ finding }) => finding) : [];
    return buildReport({
      target: this.target,
      from: range.fromMillis,
      to: range.toMillis,
      timeScale: this.#timeMap.scale,
      assessment,
      findings: [...this.#findings, ...stopped],
      needed: this.#needed ?? null,
      alarms: this.#alarms,
      restarts: this.facts.restarts,
      kills: killsOf(this.#marks, range),
      missing,
      warnings: this.#warnings.list(),
      investigation: this.chain(),
    });
  }

  /** Each evaluation counts, whether or not somebody looks at its answers. */
  #holdAnswers(): void {
    if (this.#shown === null) return;
    this.#answered = followChainOn(this.#answered, this.#chainInput(this.#shown)).held;
  }

  /**
   * The questions asked so far, each outcome with what it raised; empty before the first gauge. Where answers are held, as they were.
   * Made when somebody looks, and kept until the next evaluation: they are most of what would be kept of a target that nobody looks at.
   */
  chain(): readonly ChainStep[] {
    const { assessment } = this;
    if (assessment === null) return [];
    const { atMillis } = assessment;
    if (this.#chain?.atMillis !== atMillis) {
      const held = this.#shown === null ? null : this.#answered;
      this.#chain = { atMillis, steps: retellChain(held, this.#chainInput(assessment)) };
    }
    return this.#chain.steps;
  }

  #chainInput(assessment: AssessmentState): ChainInput {
    return {
      table: tableUpTo(this.history, assessment.atMillis),
      assessment,
      findings: this.#findings,
      memoryLimitBytes: this.#options.memoryLimitBytes,
      routes: this.#routes.upTo(assessment.atMillis),
    };
  }

  /** The curves of the newest evaluation, for who draws them: made anew, as few targets are looked at. Empty before the first gauge. */
  drawFits(): Series['fits'] {
    const atMillis = this.#shown?.atMillis ?? this.#grid.lastHeardMillis;
    if (atMillis === null) return [];
    return this.#assess(atMillis).lanes.flatMap(({ lane, unit, fit, growth }) =>
      fit === null ? [] : [{ lane, unit, time: [...fit.timeMillis], value: [...fit.value], growth }],
    );
  }

  state(): InvestigationState {
    return {
      version: 1,
      firstEvidenceMillis: this.#grid.firstHeardMillis,
      lastEvaluationMillis: this.#grid.lastEvaluationMillis,
      confirmation: this.#confirmation,
      ignoreBefore: this.#ignoreBefore,
      profilesFromMillis: this.#profilesFrom,
      case: this.#case,
      settled: this.#settled,
    };
  }

  /** Goes on where an earlier run stopped; call after its gauges and profiles were given back. */
  restore(state: InvestigationState): void {
    this.#grid.restore(state.firstEvidenceMillis, state.lastEvaluationMillis);
    this.#confirmation = state.confirmation;
    this.#ignoreBefore = state.ignoreBefore;
    this.#profilesFrom = state.profilesFromMillis ?? state.ignoreBefore.heap ?? null;
    this.#case = state.case;
    this.#settled = state.settled ?? null;
  }

  /** Takes gauges that are decoded already, oldest first: of an earlier run, or of a whole trace. */
  addGauges(atMillis: Millis, reading: GaugeReading): void {
    this.#append(atMillis, reading);
  }

  /** Start of the newest life; null before the first gauge. */
  get incarnationStartMillis(): Millis | null {
    return findIncarnations(this.history).at(-1)?.startMillis ?? null;
  }
  /**
   * Of the last evaluation. Before the first one, what the evidence so far says, for people who wait: nothing is
   * decided by it. null before the first gauge. Verdicts are those that have held.
   */
  get assessment(): AssessmentState | null {
    const { lastHeardMillis } = this.#grid;
    return this.#shown || lastHeardMillis === null ? this.#shown : this.#assess(lastHeardMillis);
  }
  /** As of the newest evaluation, whether or not its verdicts have held. */
  get judged(): AssessmentState | null {
    return this.#assessment;
  }
  /** Of the program, as its build says, else as whoever watches it says. */
  get version(): string | null {
    return this.#version ?? this.#options.version ?? null;
  }
  /** As configured; a limit among the gauges wins. null = not known. */
  get memoryLimitBytes(): Bytes | null {
    const limits = this.history.column('memoryLimitBytes');
    return limits?.findLast((bytes) => !Number.isNaN(bytes)) ?? this.#options.memoryLimitBytes;
  }
  get findings(): readonly Finding[] {
    return this.#findings;
  }
  /** What the sources should be asked by the next evaluation, beside what is raised. */
  get questions(): readonly SourceQuestion[] {
    return this.#questions;
  }
  get marks(): readonly Mark[] {
    return this.#marks;
  }
  get facts(): {
    readonly goVersion: string | null;
    readonly module: string | null;
    /** Of the main module, as its build says. */
    readonly version: string | null;
    readonly restarts: number;
    readonly firstEvidenceMillis: Millis | null;
    readonly lastEvidenceMillis: Millis | null;
  } {
    return {
      goVersion: this.#goVersion,
      module: this.#module,
      version: this.#version,
      restarts: Math.max(0, this.#lives - 1),
      firstEvidenceMillis: this.#grid.firstHeardMillis,
      lastEvidenceMillis: this.#grid.lastHeardMillis,
    };
  }
}
