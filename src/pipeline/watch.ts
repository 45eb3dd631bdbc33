// Many targets live: one loop each, one store, incidents that go on over restarts. The server reads it as WatchView.
import { performance } from 'node:perf_hooks';
import { PlimsollError, describeError } from '../base/errors.ts';
import type { Millis } from '../base/units.ts';
import { computeBackoff } from '../collect/backoff.ts';
import type { FetchOutcome, TargetSource } from '../collect/source.ts';
import { THRESHOLD_NAMES } from '../incident/thresholds.ts';
import { measurePlainly } from '../series/plain-measures.ts';
import { DIAGNOSTIC_SNAPSHOTS, PRODUCTION_SNAPSHOTS, type SnapshotWish } from '../detect/snapshot-policy.ts';
import type { Incident, Told } from '../model/incident.ts';
import {
  PROFILE_KINDS,
  type ProfileKind,
  type PushedProfile,
  type RawEvidence,
} from '../model/raw-evidence.ts';
import type { Report } from '../model/report.ts';
import type { Mark, Series, SourceExcerpt, TargetStatus } from '../model/status.ts';
import { targetKey, type TargetName } from '../model/target.ts';
import type { MeasuredTarget, Thresholds } from '../model/threshold.ts';
import type { ContainerHistory } from '../parse/container-status.ts';
import type { Store } from '../store/store.ts';
import type { SourceSet } from '../workspace/module-sources.ts';
import { Gate } from './gate.ts';
import { IncidentBook } from './incident-book.ts';
import { requestOf } from './source-statuses.ts';
import { Fleet } from './fleet.ts';
import { mergeReports } from './merge-reports.ts';
import type { Clock, Talk } from './ports.ts';
import { ProfileDecoder } from './profile-decoder.ts';
import { asksForStored, viewSeries, type SeriesQuery } from './series-view.ts';
import {
  DIAGNOSTIC_LONGEST_MILLIS,
  GAUGE_FLUSH_MILLIS,
  PROFILES_AT_ONCE,
  type WatchIntervals,
  type WatchSettings,
  STORED_ROWS_READ,
} from './settings.ts';
import { sleepReal } from './clock.ts';
import { sharedAbort } from '../collect/shared-abort.ts';
import { readExcerpt } from './source-excerpt.ts';
import { questionsAbout, SourceExplainer } from './source-explainer.ts';
import { StoreTrouble } from './store-trouble.ts';
import { runTargetLoop, toProfileWish, type ProfileWish } from './target-loop.ts';
import { addCounts, countsOf, NO_COUNTS } from './watch-counts.ts';
import { WatchedTarget } from './watched-target.ts';
import type { IncidentAction, WatchChange, WatchCounters, WatchView } from './watch-view.ts';

export interface WatchParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly talk: Talk;
  readonly settings: WatchSettings;
  /** Also gets every piece of evidence, e.g. a RecordingWriter. */
  readonly tap?: (target: TargetName, evidence: RawEvidence) => Promise<void>;
  /** Name of the recording that all evidence comes from. */
  readonly recording?: string;
  /** Sources that came with a recording. */
  readonly carriedSources?: SourceSet;
  /** In [0, 1): spreads retries and first rounds. Random in production, fixed in tests. */
  readonly random: () => number;
}

export interface AddTarget {
  readonly target: TargetName;
  readonly labels?: Readonly<Record<string, string>>;
  readonly module: string | null;
  readonly memoryLimitBytes: number | null;
  /** Labels of this process on a metrics page that serves several. */
  readonly match?: Readonly<Record<string, string>>;
  /** null = evidence comes through `feed`, from a recording. */
  readonly source: TargetSource | null;
  /** Whether it serves /debug/pprof/goroutineleak. */
  readonly offersGoroutineLeak?: boolean;
  /** Requests that will be made or are not offered, for the targets page. */
  readonly announced?: readonly {
    readonly request: Parameters<WatchedTarget['statuses']['expect']>[0];
    readonly where: string;
    readonly state: 'waiting' | 'off';
  }[];
}

/** A profile that was sent to us. */
export interface PushedBytes extends Omit<PushedProfile, 'isKept'> {
  readonly profile: ProfileKind;
  /** As received: gzip or plain. */
  readonly bytes: Uint8Array;
}

interface RunningLoop {
  readonly source: TargetSource;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

export class Watch implements WatchView {
  readonly #parts: WatchParts;
  #settings: WatchSettings;
  readonly #targets = new Map<string, WatchedTarget>();
  readonly #fleet = new Fleet();
  readonly #incidents: IncidentBook;
  readonly #decoder = new ProfileDecoder();
  readonly #explainer: SourceExplainer;
  readonly #gate = new Gate(PROFILES_AT_ONCE);
  readonly #stop = sharedAbort();
  readonly #loops = new Map<string, RunningLoop>();
  /** What targets that are gone have counted: counters never go back. */
  #goneCounters: WatchCounters = { ...NO_COUNTS };
  readonly #listeners = new Set<(change: WatchChange) => void>();
  readonly #storeTrouble: StoreTrouble;
  /** Questions to sources under way: one for each target at most. */
  readonly #learning = new Map<WatchedTarget, Promise<void>>();
  readonly startedAtMillis: Millis;
  readonly recording: string | null;
  #isFirstRoundTried = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#storeTrouble = new StoreTrouble(parts.talk, () => performance.now());
    this.#incidents = new IncidentBook({
      store: parts.store,
      talk: parts.talk,
      storeTrouble: this.#storeTrouble,
      now: () => this.now(),
      tell: (change) => this.#tell(change),
      isWatched: (key) => this.#targets.has(key),
    });
    this.#explainer = new SourceExplainer({
      folders: parts.settings.sourceDirs,
      carried: parts.carriedSources ?? null,
      // What a recording of elsewhere names must not be read from this machine.
      mayLookLocally: parts.carriedSources === undefined,
      useWorker: true,
    });
    this.startedAtMillis = parts.clock.now();
    this.recording = parts.recording ?? null;
  }

  /** Reads back incidents of earlier runs. Call once, before targets are added. */
  async restore(): Promise<void> {
    await this.#incidents.restore();
  }

  /** Adds a target, reads back what is known of it and starts its loop. */
  async addTarget(add: AddTarget): Promise<WatchedTarget> {
    const { clock, store, talk } = this.#parts;
    const watched = new WatchedTarget({
      target: add.target,
      labels: add.labels ?? {},
      module: add.module,
      memoryLimitBytes: add.memoryLimitBytes,
      ...(add.match ? { match: add.match } : {}),
      timeMap: clock.timeMap,
      decoder: this.#decoder,
      explainer: this.#explainer,
      store,
      talk,
      storeTrouble: this.#storeTrouble,
      fleet: this.#fleet,
      siblings: () => this.#incidents.codesOf(add.target),
    });
    if (this.#targets.has(watched.key)) {
      throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'this target is watched already', {
        value: watched.key,
      });
    }
    for (const { request, where, state } of add.announced ?? [])
      watched.statuses.expect(request, where, state);
    watched.offersGoroutineLeak = add.offersGoroutineLeak ?? false;
    await store.saveTarget(add.target, clock.now());
    const isStored = await watched.restore(clock.now());
    await this.#incidents.noteWatched(watched.key, isStored);
    this.#targets.set(watched.key, watched);
    this.#fleet.join(watched.investigation);
    if (add.source) this.#startLoop(watched, add.source);
    return watched;
  }

  /** Begins to flush what waits to the store; resolves when the watch is closed. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleepReal(GAUGE_FLUSH_MILLIS, signal);
      await this.flush();
    }
  }

  async flush(): Promise<void> {
    // Together: the store writes what arrives at once in one go.
    await Promise.all([...this.#targets.values()].map((target) => target.flush()));
    const { goneAfterMillis } = this.#settings;
    if (goneAfterMillis !== undefined) await this.#incidents.endGone(this.#targets.values(), goneAfterMillis);
    await this.#incidents.flush();
  }

  /** Ends all loops, stores what waits. The store stays open: it is the caller's. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const { stop } of this.#loops.values()) stop.abort();
    await Promise.all([...this.#loops.values()].map(({ ended }) => ended));
    await this.#explainer.close();
    await Promise.all(this.#learning.values());
    await this.flush();
    await this.#decoder.close();
    this.#listeners.clear();
  }

  #startLoop(watched: WatchedTarget, source: TargetSource): void {
    // Ended by close() one by one: what followed #stop would stay with it for as long as the watch runs.
    const stop = sharedAbort();
    if (this.#stop.signal.aborted) stop.abort();
    const ended = this.#runLoop(watched, source, stop.signal);
    this.#loops.set(watched.key, { source, stop, ended });
  }

  /** Ends the loop of a target and stores what is known of it; its incidents stay open for a while. False when there is no such target. */
  async removeTarget(key: string): Promise<boolean> {
    const watched = this.#targets.get(key);
    if (!watched) return false;
    const loop = this.#loops.get(key);
    loop?.stop.abort();
    await loop?.ended;
    await this.#learning.get(watched);
    await watched.flush();
    this.#loops.delete(key);
    this.#targets.delete(key);
    this.#fleet.leave(watched.investigation);
    this.#goneCounters = addCounts(this.#goneCounters, countsOf(watched));
    this.#incidents.noteLeft(key);
    const { service, instance } = watched.name;
    this.#tell({ kind: 'assessment', service, instance, atMillis: this.now() });
    return true;
  }

  /** New intervals, from now on: a target whose interval changed is asked at once. Folders of sources stay as they are. */
  async updateIntervals(settings: Omit<WatchSettings, 'sourceDirs'>): Promise<void> {
    const before = new Map(
      [...this.#targets.values()].map((t) => [t, this.#intervalsOf(t).gaugeIntervalMillis] as const),
    );
    this.#settings = { ...settings, sourceDirs: this.#settings.sourceDirs };
    const changed = [...before].filter(([t, old]) => this.#intervalsOf(t).gaugeIntervalMillis !== old);
    await Promise.all(
      changed.map(async ([watched]) => {
        const loop = this.#loops.get(watched.key);
        if (!loop) return;
        loop.stop.abort();
        await loop.ended;
        if (!this.#stop.signal.aborted) this.#startLoop(watched, loop.source);
      }),
    );
  }

  async #runLoop(watched: WatchedTarget, source: TargetSource, signal: AbortSignal): Promise<void> {
    const { clock, random, talk } = this.#parts;
    try {
      await runTargetLoop(
        {
          source,
          clock,
          gaugeInterval: () => this.#intervalsOf(watched).gaugeIntervalMillis,
          retryDelay: (failures) => computeBackoff(failures, random()) * clock.timeMap.scale,
          phase: this.#targets.size <= 1 ? 0 : random(),
          profileGate: this.#gate,
          sink: (outcome) => this.#take(watched, outcome),
          afterRound: (atMillis) => this.#afterRound(watched, atMillis),
          announceNextTry: (requests, atMillis) => watched.statuses.setNextTry(requests, atMillis),
        },
        signal,
      );
    } catch (error) {
      // A bug of ours: say it loudly; the other targets go on.
      talk.warn(`${watched.title}: its loop ended: ${describeError(error)}`);
      throw error;
    }
  }

  async #take(watched: WatchedTarget, outcome: FetchOutcome): Promise<void> {
    if (outcome.kind === 'ok') {
      this.#evaluate(watched, outcome.evidence.atMillis);
      await this.#parts.tap?.(watched.name, outcome.evidence);
    }
    const { clock, random, talk } = this.#parts;
    const now = clock.now();
    const wrong = await watched.take(outcome, now);
    if (wrong) talk.warn(`${watched.title}: ${wrong.message}. ${wrong.advice}`);
    watched.spaceRetry(
      outcome.request,
      now,
      (failures) => computeBackoff(failures, random()) * clock.timeMap.scale,
    );
    this.#tell({
      kind: 'evidence',
      service: watched.name.service,
      instance: watched.name.instance,
      atMillis: this.now(),
    });
  }

  #afterRound(watched: WatchedTarget, atMillis: Millis): readonly ProfileWish[] {
    this.#isFirstRoundTried = true;
    this.#evaluate(watched, atMillis);
    return this.#wishes(watched, atMillis)
      .map(toProfileWish)
      .filter((wish) => watched.mayTake(wish, atMillis));
  }

  /** What the snapshot policy wants of this target now. */
  #wishes(watched: WatchedTarget, atMillis: Millis): readonly SnapshotWish[] {
    const isDiagnostic = (watched.diagnosticUntilMillis ?? 0) > atMillis;
    if (!isDiagnostic) watched.diagnosticUntilMillis = null;
    const intervalMillis = this.#profileInterval(watched);
    return watched.investigation.wantedProfiles(atMillis, {
      ...(isDiagnostic ? DIAGNOSTIC_SNAPSHOTS : PRODUCTION_SNAPSHOTS),
      intervalMillis,
      spacingMillis: Math.min(PRODUCTION_SNAPSHOTS.spacingMillis, intervalMillis),
      offersGoroutineLeak: watched.offersGoroutineLeak,
    });
  }

  #profileInterval(watched: WatchedTarget): Millis {
    const intervals = this.#intervalsOf(watched);
    return watched.diagnosticUntilMillis === null
      ? intervals.profileIntervalMillis
      : intervals.diagnosticProfileIntervalMillis;
  }

  target(key: string): WatchedTarget | null {
    return this.#targets.get(key) ?? null;
  }

  /**
   * Takes a profile that was sent to us instead of asked for: the same stages. The snapshot policy decides which ones are kept; kinds
   * that it never asks for are kept once per interval.
   *
   * @returns what is wrong with it.
   */
  async takePushed(
    watched: WatchedTarget,
    { profile, bytes, ...pushed }: PushedBytes,
  ): Promise<PlimsollError | null> {
    const atMillis = this.now();
    const isKept = isOfPolicy(profile)
      ? this.#wishes(watched, atMillis).some(({ kind }) => kind === profile)
      : watched.mayKeep(profile, atMillis, this.#profileInterval(watched));
    const request = `profile:${profile}` as const;
    const evidence = { kind: 'profile', atMillis, profile, form: 'proto', bytes } as const;
    await this.#take(watched, {
      kind: 'ok',
      request,
      evidence: { ...evidence, pushed: { ...pushed, isKept } },
      tookMillis: 0,
      receivedBytes: bytes.length,
    });
    this.#isFirstRoundTried = true;
    return watched.lastError(request);
  }

  #intervalsOf({ name }: WatchedTarget): WatchIntervals {
    return { ...this.#settings, ...this.#settings.services.get(name.service) };
  }

  /** Null where none is set. */
  #thresholdsOf({ name }: WatchedTarget): Thresholds | null {
    const own = this.#settings.services.get(name.service)?.thresholds;
    const { thresholds } = this.#settings;
    if (thresholds === undefined) return null;
    const all = { ...thresholds, ...own };
    return THRESHOLD_NAMES.some((threshold) => all[threshold] !== null) ? all : null;
  }

  /** Targets of services that have thresholds, as of their newest evaluation. */
  measured(): readonly MeasuredTarget[] {
    const measured = [];
    for (const watched of this.#targets.values()) {
      const thresholds = this.#thresholdsOf(watched);
      if (thresholds === null) continue;
      const { lastEvidenceMillis } = watched.investigation.facts;
      const isRecent = this.now() - (lastEvidenceMillis ?? -Infinity) <= thresholds.windowMillis;
      measured.push({ target: watched.name, thresholds, measures: isRecent ? watched.measures : null });
    }
    return measured;
  }

  /** Evidence of a recording: same stages, in order of time. Call `finishFeed` at its end. */
  async feed(watched: WatchedTarget, evidence: RawEvidence): Promise<void> {
    this.#isFirstRoundTried = true;
    this.#evaluate(watched, evidence.atMillis - 1);
    const request = requestOf(evidence);
    if (request === null) {
      await watched.investigation.ingest(evidence);
      return;
    }
    const receivedBytes = evidence.bytes.length;
    await watched.take({ kind: 'ok', request, evidence, tookMillis: 0, receivedBytes }, evidence.atMillis);
  }

  finishFeed(watched: WatchedTarget, atMillis: Millis): void {
    this.#evaluate(watched, atMillis);
  }

  /** Runs what is due of the grid and lets incidents follow. */
  #evaluate(watched: WatchedTarget, atMillis: Millis): void {
    const evaluations = watched.evaluateUpTo(atMillis, () => performance.now());
    for (const evaluation of evaluations) this.#incidents.follow(watched, evaluation);
    if (evaluations.length === 0) return;
    const thresholds = this.#thresholdsOf(watched);
    const { history } = watched.investigation;
    watched.measures = thresholds && measurePlainly(history, thresholds.windowMillis, atMillis);
    this.#learn(watched);
    this.#tell({
      kind: 'assessment',
      service: watched.name.service,
      instance: watched.name.instance,
      atMillis,
    });
  }

  /** Asks the sources about new leaks, in the background: reports and incidents have it as soon as it is known, evaluations at the next. */
  #learn(watched: WatchedTarget): void {
    const { findings, questions: open, facts } = watched.investigation;
    const questions = [...questionsAbout(findings), ...open];
    if (this.#learning.has(watched) || !this.#explainer.isNew(questions, facts.module)) return;
    const learning = this.#explainer.learn(questions, facts.module).then((isTold) => {
      this.#learning.delete(watched);
      if (isTold) this.#incidents.explain(watched);
    });
    this.#learning.set(watched, learning);
  }

  /** Waits until the sources have been asked about all that is known to leak. */
  async explained(watched: WatchedTarget): Promise<void> {
    await this.#learning.get(watched);
    this.#learn(watched);
    await this.#learning.get(watched);
  }

  #tell(change: WatchChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  // WatchView: what the server reads.

  now(): Millis {
    return this.#parts.clock.now();
  }

  get timeScale(): number {
    return this.#parts.clock.timeMap.scale;
  }

  async readiness(): Promise<{ isReady: boolean; reason: string }> {
    try {
      await this.#parts.store.ping();
    } catch (error) {
      return { isReady: false, reason: `the store cannot be written: ${describeError(error)}` };
    }
    if (this.#targets.size > 0 && !this.#isFirstRoundTried) {
      return { isReady: false, reason: 'the first round of scrapes is under way' };
    }
    return { isReady: true, reason: 'the store can be written and the first round was tried' };
  }

  targets(): readonly TargetStatus[] {
    return [...this.#targets.values()].map((target) => target.status());
  }

  labelsOf(target: TargetName): Readonly<Record<string, string>> | null {
    return this.#targets.get(targetKey(target))?.labels ?? null;
  }

  report(service: string, instance?: string): Report | null {
    const reports = [...this.#targets.values()]
      .filter((t) => t.name.service === service && (instance === undefined || t.name.instance === instance))
      .map((t) => t.report(this.now()));
    return mergeReports(reports, instance === undefined ? this.#fleet.describe(service, this.now()) : null);
  }

  isAskingSources(service: string): boolean {
    return [...this.#learning.keys()].some(({ name }) => name.service === service);
  }

  noteTold(fingerprint: string, told: Told): void {
    this.#incidents.noteTold(fingerprint, told);
  }

  incidents(): readonly Incident[] {
    return this.#incidents.list();
  }

  unseenCauses(): ReadonlyMap<string, 'unknown' | 'elsewhere'> {
    return this.#incidents.unseen();
  }

  async series(service: string, instance: string, query: SeriesQuery): Promise<Series | null> {
    const watched = this.#targets.get(`${service}/${instance}`);
    if (!watched) return null;
    const { history, assessment, marks } = watched.investigation;
    const stored = asksForStored(query)
      ? await this.#parts.store.readGauges(watched.key, query, STORED_ROWS_READ)
      : null;
    const fits = watched.investigation.drawFits();
    return viewSeries(watched.name, history, stored, assessment, fits, watched.limitBytes, marks, query);
  }

  async source(fingerprint: string): Promise<SourceExcerpt | null> {
    const incident = this.incidents().findLast((i) => i.fingerprint === fingerprint);
    const finding =
      incident?.finding ??
      [...this.#targets.values()]
        .flatMap((t) => t.investigation.findings)
        .find((f) => f.fingerprint === fingerprint);
    if (!finding) return null;
    return readExcerpt(finding, {
      folders: this.#parts.settings.sourceDirs,
      carried: this.#parts.carriedSources?.read ?? null,
    });
  }

  async profiles(service: string, instance: string) {
    const key = `${service}/${instance}`;
    const all = [];
    for (const kind of PROFILE_KINDS) {
      const range = { fromMillis: 0, toMillis: Number.MAX_SAFE_INTEGER };
      for (const record of await this.#parts.store.listProfiles(key, kind, range)) {
        all.push({
          id: record.id,
          kind: record.kind,
          takenAt: record.takenAtMillis,
          sizeBytes: record.sizeBytes,
        });
      }
    }
    return all.sort((a, b) => b.takenAt - a.takenAt);
  }

  async profileBytes(id: string) {
    const stored = await this.#parts.store.readProfile(id);
    if (!stored) return null;
    const { kind, form, takenAtMillis } = stored.record;
    return {
      bytes: stored.bytes,
      fileName: `${takenAtMillis}.${kind}.${form === 'proto' ? 'pb.gz' : 'txt'}`,
    };
  }

  async act(incidentId: string, action: IncidentAction): Promise<Incident | null> {
    return this.#incidents.act(incidentId, action);
  }

  async addMark(service: string, instance: string | null, mark: Mark): Promise<void> {
    const marked = [...this.#targets.values()].filter(
      (t) => t.name.service === service && (instance === null || t.name.instance === instance),
    );
    const events = marked.map((t) => ({
      target: t.key,
      atMillis: mark.at,
      kind: mark.kind,
      text: mark.text,
    }));
    await this.#parts.store.saveEvents(events);
    for (const target of marked) target.investigation.addMark(mark);
  }

  /** @param key of a target; one that is not watched (any more) is left alone. */
  noteContainer(key: string, container: ContainerHistory): void {
    this.#targets.get(key)?.noteContainer(container);
  }

  diagnose(service: string, untilMillis: Millis | null): boolean {
    const targets = [...this.#targets.values()].filter((t) => t.name.service === service);
    const latest = this.now() + DIAGNOSTIC_LONGEST_MILLIS;
    for (const target of targets) {
      target.diagnosticUntilMillis = untilMillis === null ? null : Math.min(untilMillis, latest);
    }
    return targets.length > 0;
  }

  counters(): WatchCounters {
    const all = [...this.#targets.values()].map(countsOf).reduce(addCounts, this.#goneCounters);
    return { ...all, storeFailures: all.storeFailures + this.#incidents.unsaved };
  }

  subscribe(listener: (change: WatchChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Whether the snapshot policy decides about this kind. */
function isOfPolicy(kind: ProfileKind): boolean {
  return kind === 'heap' || kind === 'goroutine' || kind === 'goroutineleak';
}
