// Recordings through the same stages as live, in virtual time, as fast as it can.
import type { Millis } from '../base/units.ts';
import type { FleetSummary } from '../model/fleet.ts';
import type { RawEvidence } from '../model/raw-evidence.ts';
import type { Report } from '../model/report.ts';
import { targetKey, type TargetKey } from '../model/target.ts';
import type { Recording } from '../recording/read-recording.ts';
import { explainReport } from './explain-findings.ts';
import { Fleet } from './fleet.ts';
import { Investigation } from './investigation.ts';
import { mergeReports } from './merge-reports.ts';
import { ProfileDecoder } from './profile-decoder.ts';
import { SourceExplainer } from './source-explainer.ts';
import { UnreadEvidence } from './unread-evidence.ts';

export interface ReplayProgress {
  readonly path: string;
  readonly evidence: number;
  readonly of: number;
}

/**
 * Replays recordings. Those of one service and instance are lives of one target, in order of time; the others are
 * instances of one fleet.
 * @param sourceFolders module roots, or folders above them, with Go sources of the services.
 * @returns one report over all of them; the investigations for who wants to look deeper.
 * @throws PlimsollError RECORDING_INVALID when a file vanishes under way.
 */
export async function replayRecordings(
  recordings: readonly Recording[],
  onProgress: (progress: ReplayProgress) => void = () => undefined,
  sourceFolders: readonly string[] = [],
): Promise<{ readonly report: Report; readonly investigations: readonly Investigation[] }> {
  const decoder = new ProfileDecoder();
  try {
    const fleet = new Fleet();
    const groups = groupByTarget(recordings);
    const replays = groups.map(
      (lives) => new TargetReplay(lives, decoder, fleet, explainerOf(lives, sourceFolders)),
    );
    await replayTogether(replays, onProgress);
    const reports: Report[] = [];
    for (const replay of replays) reports.push(await replay.report());
    const report = mergeReports(reports, describeTogether(replays, fleet));
    if (!report) throw new RangeError('no recording to replay');
    return { report, investigations: replays.map(({ investigation }) => investigation) };
  } finally {
    await decoder.close();
  }
}

/** Where all are of one service. */
function describeTogether(replays: readonly TargetReplay[], fleet: Fleet): FleetSummary | null {
  const [first, ...others] = replays;
  if (!first || others.some(({ service }) => service !== first.service)) return null;
  return fleet.describe(first.service, Math.max(...replays.map(({ toMillis }) => toMillis)));
}

/**
 * In order of time over all of them, since replicas look at each other: before a piece of evidence is taken, all are evaluated up to
 * that time; at one time in the order of their names, so that it does not matter in which they were given.
 */
async function replayTogether(
  replays: readonly TargetReplay[],
  onProgress: (progress: ReplayProgress) => void,
): Promise<void> {
  const byName = [...replays].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const replay of byName) await replay.start();
  for (;;) {
    let next: TargetReplay | null = null;
    for (const replay of byName) if (replay.nextMillis < (next?.nextMillis ?? Infinity)) next = replay;
    if (next === null) return;
    await evaluateAll(byName, next.nextMillis);
    await next.step(onProgress);
  }
}

/** Those that are due before this time, in order of their instants. */
async function evaluateAll(replays: readonly TargetReplay[], beforeMillis: Millis): Promise<void> {
  if (replays.length === 1) return; // a step evaluates its own
  for (;;) {
    let next: TargetReplay | null = null;
    for (const replay of replays) if (replay.dueMillis < (next?.dueMillis ?? beforeMillis)) next = replay;
    if (next === null) return;
    await next.evaluateUpTo(next.dueMillis);
  }
}

/** One target under replay: its lives one after the other, a piece of evidence at a time. */
class TargetReplay {
  readonly investigation: Investigation;
  readonly service: string;
  readonly name: TargetKey;
  readonly #lives: readonly Recording[];
  readonly #unread = new UnreadEvidence();
  readonly #explainer: SourceExplainer;
  readonly #module: string | null;
  /** Of the life that is under replay. */
  #life = -1;
  #evidence: AsyncIterator<RawEvidence> | null = null;
  #next: RawEvidence | null = null;
  #done = 0;
  #toMillis: Millis;

  constructor(
    lives: readonly Recording[],
    decoder: ProfileDecoder,
    fleet: Fleet,
    explainer: SourceExplainer,
  ) {
    const [first] = lives;
    if (!first) throw new RangeError('a target without a recording');
    const { service, instance, module, moduleVersion, memoryLimitBytes, match } = first.manifest;
    this.service = service;
    this.name = targetKey({ service, instance });
    this.#lives = lives;
    this.#explainer = explainer;
    this.#module = module;
    this.#toMillis = first.toMillis;
    this.investigation = new Investigation({
      target: { service, instance },
      ...{ module, memoryLimitBytes, match, decoder, fleet },
      version: moduleVersion,
      askSources: (question) => explainer.factsOf(question, module),
      timeMap: first.timeMap,
    });
    fleet.join(this.investigation);
  }

  /** Infinity when all was taken. */
  get nextMillis(): Millis {
    return this.#next?.atMillis ?? Infinity;
  }

  /** Of the next evaluation; after the last piece of evidence none is due any more. */
  get dueMillis(): Millis {
    return this.#next === null ? Infinity : (this.investigation.nextEvaluationMillis ?? Infinity);
  }

  get toMillis(): Millis {
    return this.#toMillis;
  }

  /** Reads the first piece of evidence. */
  async start(): Promise<void> {
    await this.#beginLife();
  }

  /** Takes the next piece of evidence, and reads the one after it. */
  async step(onProgress: (progress: ReplayProgress) => void): Promise<void> {
    const recording = this.#lives[this.#life];
    const evidence = this.#next;
    if (!recording || evidence === null) return;
    // An evaluation sees the evidence up to its instant, that instant included.
    await this.evaluateUpTo(evidence.atMillis - 1);
    const { error } = await this.investigation.ingest(evidence);
    this.#unread.count(evidence, recording.timeMap, error);
    onProgress({ path: recording.path, evidence: ++this.#done, of: recording.evidenceCount });
    await this.#readOn();
  }

  /** What an evaluation wants to know of the sources is there for the next one, as it is in a watch. */
  async evaluateUpTo(atMillis: Millis): Promise<void> {
    for (;;) {
      const due = this.investigation.nextEvaluationMillis;
      if (due === null || due > atMillis) return;
      this.investigation.evaluateUpTo(due);
      await this.#explainer.learn(this.investigation.questions, this.#module);
    }
  }

  async #beginLife(): Promise<void> {
    const recording = this.#lives[++this.#life];
    this.#next = null;
    if (!recording) return;
    this.investigation.setTimeMap(recording.timeMap);
    for (const warning of recording.warnings) this.investigation.warn(warning);
    this.#done = 0;
    this.#evidence = recording.evidence()[Symbol.asyncIterator]();
    await this.#readOn();
  }

  async #readOn(): Promise<void> {
    const recording = this.#lives[this.#life];
    const read = await this.#evidence?.next();
    if (read && read.done !== true) {
      this.#next = read.value;
      return;
    }
    if (!recording) return;
    await this.evaluateUpTo(recording.toMillis);
    // A recording that a kill ended has evidence later than the end that it last wrote down.
    const evaluated = this.investigation.state().lastEvaluationMillis ?? 0;
    this.#toMillis = Math.max(this.#toMillis, recording.toMillis, evaluated);
    await this.#beginLife();
  }

  async report(): Promise<Report> {
    const range = { fromMillis: this.#lives[0]?.fromMillis ?? 0, toMillis: this.#toMillis };
    const report = this.investigation.report(range, this.#unread.missing(), { withStopped: true });
    return explainReport(report, this.#explainer, this.#module);
  }
}

/** Sources of the newest life that carries some: those of the version that ran last. */
function explainerOf(lives: readonly Recording[], folders: readonly string[]): SourceExplainer {
  const carrier = lives.findLast(({ sourceFiles }) => sourceFiles.length > 0);
  const carried =
    carrier === undefined
      ? null
      : { files: carrier.sourceFiles, read: (file: string) => carrier.sourceFile(file) };
  // What a recording of elsewhere names must not be read from this machine, unless somebody says so.
  return new SourceExplainer({ folders, carried, mayLookLocally: false, useWorker: false });
}

/** Groups in order of first appearance; lives of a group in order of time. */
function groupByTarget(recordings: readonly Recording[]): Recording[][] {
  const groups = new Map<string, Recording[]>();
  for (const recording of recordings) {
    const key = targetKey(recording.manifest);
    groups.set(key, [...(groups.get(key) ?? []), recording]);
  }
  return [...groups.values()].map((lives) => lives.sort((a, b) => a.fromMillis - b.fromMillis));
}
