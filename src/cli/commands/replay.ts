import { targetKey } from '../../model/target.ts';
import { replayRecordings, type ReplayProgress } from '../../pipeline/replay.ts';
import { openRecording, type Recording } from '../../recording/read-recording.ts';
import { EXIT, statusOf, type ExitStatus } from '../exit-status.ts';
import { printReport } from '../print-report.ts';
import { checkSourceFolders } from '../source-folders.ts';
import { Terminal } from '../terminal.ts';

export interface ReplayOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly source: readonly string[];
  readonly failOn: string;
}

/** Progress is told this often: more would only cost time. */
const PROGRESS_EVERY = 200;

export async function replayCommand(paths: readonly string[], options: ReplayOptions): Promise<ExitStatus> {
  statusOf('no-growth', options.failOn); // a wrong --fail-on is told before the work
  await checkSourceFolders(options.source);
  const terminal = new Terminal();
  const recordings: Recording[] = [];
  for (const path of paths) recordings.push(await openRecording(path));
  const isWatched = process.stderr.isTTY;
  const onProgress = ({ path, evidence, of }: ReplayProgress) => {
    if (isWatched && evidence % PROGRESS_EVERY === 0) terminal.progress(`${path}: ${evidence} of ${of}`);
  };
  const { report, investigations } = await replayRecordings(recordings, onProgress, options.source);
  terminal.endProgress();
  const lead = investigations.find(({ target }) => targetKey(target) === targetKey(report.target));
  await printReport(report, {
    json: options.json ?? false,
    isVerbose: options.verbose ?? false,
    investigation: lead ?? null,
  });
  return report.verdict === 'leak' || report.verdict === 'undetermined'
    ? statusOf(report.verdict, options.failOn)
    : EXIT.none;
}
