// One target inside a watch: its investigation, its statuses, and what waits to be stored.
import { PlimsollError, describeError } from '../base/errors.ts';
import type { Bytes, Millis } from '../base/units.ts';
import type { FetchOutcome, RequestName } from '../collect/source.ts';
import type { Finding } from '../model/finding.ts';
import type { ProfileKind, RawEvidence, TimeMap } from '../model/raw-evidence.ts';
import type { Report } from '../model/report.ts';
import type { Mark, TargetStatus } from '../model/status.ts';
import { targetKey, type TargetKey, type TargetName } from '../model/target.ts';
import type { PlainMeasures } from '../model/threshold.ts';
import type { ContainerHistory } from '../parse/container-status.ts';
import type { GaugeRows, ProfileRecord, Store, StoredEvent } from '../store/store.ts';
import { GaugeBuffer, readingAt } from './gauge-buffer.ts';
import {
  Investigation,
  MAX_MARKS,
  type Evaluation,
  type Ingested,
  type InvestigationState,
} from './investigation.ts';
import { joinKills, type Kills } from './kills.ts';
import type { KnownCode } from '../diagnose/case-state.ts';
import type { Fleet } from './fleet.ts';
import type { Talk } from './ports.ts';
import { endsOf } from './container-ends.ts';
import type { ProfileDecoder } from './profile-decoder.ts';
import { withExplained } from './explain-findings.ts';
import type { SourceExplainer } from './source-explainer.ts';
import { RESTORE_SPAN_MILLIS, STORED_ROWS_READ } from './settings.ts';
import { siteValuesOf } from './site-values.ts';
import type { StoreTrouble } from './store-trouble.ts';
import { requestOfWish, type ProfileWish } from './target-loop.ts';
import { SourceStatuses, stateOf } from './source-statuses.ts';

export interface WatchedTargetOptions {
  readonly target: TargetName;
  readonly labels: Readonly<Record<string, string>>;
  readonly module: string | null;
  readonly memoryLimitBytes: Bytes | null;
  readonly match?: Readonly<Record<string, string>>;
  readonly timeMap: TimeMap;
  readonly decoder: ProfileDecoder;
  readonly explainer: SourceExplainer;
  readonly store: Store;
  readonly talk: Talk;
  readonly storeTrouble: StoreTrouble;
  readonly fleet: Fleet;
  readonly siblings: () => readonly KnownCode[];
}

export interface TargetCounters {
  scrapes: number;
  scrapeFailures: number;
  profiles: number;
  profileFailures: number;
  evaluations: number;
  evaluationMillis: number;
  storeFailures: number;
}

export class WatchedTarget {
  readonly key: TargetKey;
  readonly name: TargetName;
  readonly investigation: Investigation;
  readonly statuses = new SourceStatuses();
  readonly counters: TargetCounters = {
    scrapes: 0,
    scrapeFailures: 0,
    profiles: 0,
    profileFailures: 0,
    evaluations: 0,
    evaluationMillis: 0,
    storeFailures: 0,
  };
  diagnosticUntilMillis: Millis | null = null;
  /** For plain thresholds, as of the newest evaluation; null where none is set. */
  measures: PlainMeasures | null = null;
  offersGoroutineLeak = false;
  readonly #options: WatchedTargetOptions;
  readonly #buffer = new GaugeBuffer();
  /** Marks on their way to the store; as many as an investigation keeps. */
  readonly #events: StoredEvent[] = [];
  #savedState = '';
  /** Kinds that came unasked; bounded by the number of kinds. */
  readonly #keptAt = new Map<ProfileKind, Millis>();
  /** When the container of this target ended, oldest first, and why. */
  #kills: Kills = [];
  readonly #lastErrors = new Map<RequestName, PlimsollError>();

  /** How people are told which one: its name once where service and address are the same. */
  get title(): string {
    const { service, instance } = this.name;
    return service === instance ? service : `${service} (${instance})`;
  }

  constructor(options: WatchedTargetOptions) {
    this.#options = options;
    this.name = options.target;
    this.key = targetKey(options.target);
    this.investigation = new Investigation({
      ...options,
      version: options.labels['version'] ?? null,
      askSources: (question) => options.explainer.factsOf(question, this.investigation.facts.module),
      onMark: (mark) => this.#noteEvent(mark),
    });
  }

  #noteEvent(mark: Mark): void {
    this.#events.push({ target: this.key, atMillis: mark.at, kind: mark.kind, text: mark.text });
    if (this.#events.length > MAX_MARKS) this.#events.shift();
  }

  get limitBytes(): Bytes | null {
    return this.investigation.history.lastKnown('memoryLimitBytes') ?? this.#options.memoryLimitBytes;
  }

  /**
   * A request was answered or failed: status, history, store. Never throws for what comes from outside.
   * @returns what has gone wrong with this request now and was well before.
   */
  async take(outcome: FetchOutcome, atMillis: Millis): Promise<PlimsollError | null> {
    const isProfile = outcome.request.startsWith('profile:');
    if (outcome.kind === 'failed') {
      if (isProfile) this.counters.profileFailures++;
      else this.counters.scrapeFailures++;
      return this.statuses.record(outcome, atMillis);
    }
    if (isProfile) this.counters.profiles++;
    else this.counters.scrapes++;
    const { error } = await this.#ingest(outcome.evidence);
    if (error === null) this.#lastErrors.delete(outcome.request);
    else this.#lastErrors.set(outcome.request, error);
    return this.statuses.record(outcome, atMillis, error);
  }

  /** A profile that fails is not asked for again with every round of gauges, but after a back-off of its own. */
  spaceRetry(request: RequestName, nowMillis: Millis, delayOf: (failuresInARow: number) => Millis): void {
    if (!request.startsWith('profile:')) return; // gauges: the loop spaces them together
    const failures = this.statuses.of(request)?.failuresInARow ?? 0;
    this.statuses.setNextTry([request], failures === 0 ? null : nowMillis + delayOf(failures));
  }

  /** Is such a profile offered, and not in a pause after a failure? */
  mayTake(wish: ProfileWish, nowMillis: Millis): boolean {
    return [requestOfWish(wish), `profile:${wish.kind}` as const].every((request) => {
      const status = this.statuses.of(request);
      return status === null || (status.state !== 'off' && (status.nextTryAt ?? 0) <= nowMillis);
    });
  }

  /** Of profiles that come unasked: is it time to keep one of this kind? */
  mayKeep(kind: ProfileKind, nowMillis: Millis, intervalMillis: Millis): boolean {
    if (nowMillis - (this.#keptAt.get(kind) ?? -Infinity) < intervalMillis) return false;
    this.#keptAt.set(kind, nowMillis);
    return true;
  }

  /** What the newest answer to this request was wrong with; null when it was taken. */
  lastError(request: RequestName): PlimsollError | null {
    return this.#lastErrors.get(request) ?? null;
  }

  /** Evidence of a recording. */
  async takeEvidence(evidence: RawEvidence, request: RequestName): Promise<Ingested> {
    const ingested = await this.#ingest(evidence);
    if (ingested.error) this.statuses.fail(request, ingested.error);
    return ingested;
  }

  async #ingest(evidence: RawEvidence): Promise<Ingested> {
    const ingested = await this.investigation.ingest(evidence);
    if (ingested.error) return ingested;
    if (ingested.reading) this.#buffer.add(evidence.atMillis, ingested.reading);
    if (evidence.kind === 'profile' && evidence.pushed?.isKept !== false) await this.#storeProfile(evidence);
    return ingested;
  }

  async #storeProfile(evidence: Extract<RawEvidence, { kind: 'profile' }>): Promise<void> {
    const record: Omit<ProfileRecord, 'id'> = {
      target: this.key,
      kind: evidence.profile,
      form: evidence.form,
      takenAtMillis: evidence.atMillis,
      sizeBytes: evidence.bytes.length,
    };
    await this.#storing(async () => {
      const saved = await this.#options.store.saveProfile(record, evidence.bytes);
      const { heap, stacks } = this.investigation.profiles;
      const snapshot = heap.at(-1);
      const isTaken = evidence.profile === 'heap' && snapshot?.takenAtMillis === evidence.atMillis;
      if (isTaken) await this.#options.store.saveSites(siteValuesOf(saved, snapshot, stacks));
    });
  }

  /** What its cluster says of its container: told again with each change, kept once. */
  noteContainer(container: ContainerHistory): void {
    for (const { at, reason, mark } of endsOf(container, this.#options.timeMap)) {
      if (this.#kills.some((kill) => kill.at === at)) continue;
      this.#kills = joinKills(this.#kills, [{ at, reason }]);
      const isNews = !this.investigation.marks.some(
        ({ at: known, kind }) => known === at && kind === mark.kind,
      );
      this.investigation.addMark(mark);
      if (isNews && mark.kind === 'oom-kill') this.#options.talk.warn(`${this.title}: ${mark.text}`);
    }
  }

  evaluateUpTo(atMillis: Millis, steadyNow: () => number): Evaluation[] {
    const startedAt = steadyNow();
    const evaluations = this.investigation.evaluateUpTo(atMillis);
    this.counters.evaluations += evaluations.length;
    this.counters.evaluationMillis += steadyNow() - startedAt;
    return evaluations;
  }

  /** Stores what waits. Rows that could not be stored wait for the next time. */
  async flush(): Promise<void> {
    const rows = this.#buffer.take();
    if (rows) {
      const isSaved = await this.#storing(() => this.#options.store.saveGauges(this.key, rows));
      if (!isSaved) this.#buffer.putBack(rows);
    }
    const events = this.#events.splice(0);
    if (events.length && !(await this.#storing(() => this.#options.store.saveEvents(events)))) {
      this.#events.unshift(...events);
    }
    const state = JSON.stringify(this.investigation.state());
    if (state === this.#savedState) return;
    if (await this.#storing(() => this.#options.store.saveState(this.key, state))) this.#savedState = state;
  }

  async #storing(write: () => Promise<unknown>): Promise<boolean> {
    try {
      await write();
      this.#options.storeTrouble.worked();
      return true;
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      this.counters.storeFailures++;
      this.#options.storeTrouble.failed(this.title, error);
      return false;
    }
  }

  /**
   * Reads back what an earlier run, or another watcher, knew of this target, so that its verdicts and incidents go on.
   * @returns whether there was anything.
   */
  async restore(nowMillis: Millis): Promise<boolean> {
    const { store } = this.#options;
    const range = { fromMillis: nowMillis - RESTORE_SPAN_MILLIS, toMillis: nowMillis };
    const rows: GaugeRows = await store.readGauges(this.key, range, STORED_ROWS_READ);
    for (let row = 0; row < rows.timeMillis.length; row++) {
      this.investigation.addGauges(rows.timeMillis[row] ?? 0, readingAt(rows, row));
    }
    const since = this.investigation.history.length
      ? (this.investigation.incarnationStartMillis ?? range.fromMillis)
      : range.fromMillis;
    for (const kind of ['heap', 'goroutine', 'threadcreate', 'goroutineleak'] as const) {
      const records = await store.listProfiles(this.key, kind, { ...range, fromMillis: since });
      for (const record of pickEvenly(records.filter(isProfile), 24)) await this.#restoreProfile(record);
      // Of dumps the newest says all: who starts goroutines does not change within a life.
      const dump = records.findLast((record) => !isProfile(record));
      if (dump !== undefined) await this.#restoreProfile(dump);
    }
    for (const event of await store.listEvents(this.key, range)) {
      this.investigation.addMark({ at: event.atMillis, kind: event.kind, text: event.text });
    }
    this.#events.length = 0; // what was just read back is stored
    const saved = await store.readState(this.key);
    if (saved !== null) this.#restoreState(saved, nowMillis);
    return saved !== null || rows.timeMillis.length > 0;
  }

  async #restoreProfile(record: ProfileRecord): Promise<void> {
    const stored = await this.#options.store.readProfile(record.id);
    if (!stored) return; // past retention
    const { error } = await this.investigation.ingest({
      kind: 'profile',
      atMillis: record.takenAtMillis,
      profile: record.kind,
      form: record.form,
      bytes: stored.bytes,
    });
    if (error) this.#options.talk.warn(`${this.title}: stored profile ${record.id}: ${error.message}`);
  }

  #restoreState(json: string, nowMillis: Millis): void {
    try {
      const state = JSON.parse(json) as InvestigationState;
      const isOurs = state.version === 1 && (state.lastEvaluationMillis ?? 0) <= nowMillis;
      if (isOurs) this.investigation.restore(state);
      else this.#options.talk.warn(`${this.title}: the state of another version or time was left alone`);
      this.#savedState = json;
    } catch (error) {
      this.#options.talk.warn(`${this.title}: its saved state cannot be read: ${describeError(error)}`);
    }
  }

  /** Of the program, as its build says, else its label. */
  get version(): string | null {
    return this.investigation.version;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#options.labels;
  }

  /** As of the last evaluation. */
  report(nowMillis: Millis): Report {
    const { firstEvidenceMillis, lastEvidenceMillis } = this.investigation.facts;
    const range = {
      fromMillis: firstEvidenceMillis ?? nowMillis,
      toMillis: lastEvidenceMillis ?? nowMillis,
    };
    const own = this.investigation.report(range, this.statuses.missing());
    const kills = joinKills(own.kills ?? [], this.#kills);
    const report = kills.length === 0 ? own : { ...own, kills };
    return withExplained(report, (finding) => this.explain(finding));
  }

  /** The finding with what the sources say about it, as far as that is known by now. */
  explain(finding: Finding): Finding {
    return this.#options.explainer.apply(finding, this.investigation.facts.module);
  }

  status(): TargetStatus {
    const { investigation } = this;
    const { assessment, facts, history } = investigation;
    const sources = this.statuses.list();
    const { verdict, needed } = this.report(facts.lastEvidenceMillis ?? 0);
    return {
      service: this.name.service,
      instance: this.name.instance,
      labels: { ...this.#options.labels },
      state: stateOf(sources),
      verdict,
      isSuspect: assessment?.lanes.some((lane) => lane.isSuspect) ?? false,
      goVersion: facts.goVersion,
      module: facts.module,
      processStartAt: history.lastKnown('processStartMillis'),
      restarts: facts.restarts,
      firstEvidenceAt: facts.firstEvidenceMillis,
      lastEvidenceAt: facts.lastEvidenceMillis,
      memoryBytes: history.lastKnown('rssBytes'),
      liveHeapBytes: assessment?.ledger?.liveBytes ?? null,
      limitBytes: this.limitBytes,
      growth: investigation.findings[0]?.growth ?? null,
      diagnosticUntil: this.diagnosticUntilMillis,
      needed: needed ?? null,
      sources,
      missingEvidence: assessment ? [...assessment.missing] : [],
    };
  }
}

/** Not a dump of all goroutines, the one text that is asked for. */
function isProfile({ kind, form }: ProfileRecord): boolean {
  return kind !== 'goroutine' || form === 'proto';
}

/** First, last and evenly between: at most `count`. */
function pickEvenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  const picked: T[] = [];
  for (let i = 0; i < count; i++) {
    const item = items[Math.round((i * (items.length - 1)) / (count - 1))];
    if (item !== undefined) picked.push(item);
  }
  return picked;
}
