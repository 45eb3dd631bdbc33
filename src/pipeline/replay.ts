// Recordings through the same stages as live, in virtual time, as fast as it can.
import type { Millis } from '../base/units.ts';
import type { Report } from '../model/report.ts';
import { targetKey } from '../model/target.ts';
import type { Recording } from '../recording/read-recording.ts';
import { explainReport } from './explain-findings.ts';
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
    const reports: Report[] = [];
    const investigations: Investigation[] = [];
    for (const lives of groupByTarget(recordings)) {
      const { investigation, report } = await replayTarget(lives, decoder, onProgress);
      investigations.push(investigation);
      const { module } = lives[0]?.manifest ?? { module: null };
      reports.push(await explainReport(report, explainerOf(lives, sourceFolders), module));
    }
    const report = mergeReports(reports);
    if (!report) throw new RangeError('no recording to replay');
    return { report, investigations };
  } finally {
    await decoder.close();
  }
}

async function replayTarget(
  lives: readonly Recording[],
  decoder: ProfileDecoder,
  onProgress: (progress: ReplayProgress) => void,
): Promise<{ investigation: Investigation; report: Report }> {
  const [first] = lives;
  if (!first) throw new RangeError('a target without a recording');
  const { service, instance, module, memoryLimitBytes, match } = first.manifest;
  const investigation = new Investigation({
    target: { service, instance },
    module,
    memoryLimitBytes,
    match,
    timeMap: first.timeMap,
    decoder,
  });
  const unread = new UnreadEvidence();
  let toMillis: Millis = first.toMillis;
  for (const life of lives) {
    investigation.setTimeMap(life.timeMap);
    await replayLife(life, investigation, unread, onProgress);
    // A recording that a kill ended has evidence later than the end that it last wrote down.
    toMillis = Math.max(toMillis, life.toMillis, investigation.state().lastEvaluationMillis ?? 0);
  }
  const report = investigation.report({ fromMillis: first.fromMillis, toMillis }, unread.missing());
  return { investigation, report };
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

async function replayLife(
  recording: Recording,
  investigation: Investigation,
  unread: UnreadEvidence,
  onProgress: (progress: ReplayProgress) => void,
): Promise<void> {
  for (const warning of recording.warnings) investigation.warn(warning);
  let done = 0;
  for await (const evidence of recording.evidence()) {
    // An evaluation sees the evidence up to its instant, that instant included.
    investigation.evaluateUpTo(evidence.atMillis - 1);
    const { error } = await investigation.ingest(evidence);
    unread.count(evidence, recording.timeMap, error);
    onProgress({ path: recording.path, evidence: ++done, of: recording.evidenceCount });
  }
  investigation.evaluateUpTo(recording.toMillis);
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
