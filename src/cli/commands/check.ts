import { performance } from 'node:perf_hooks';
import { formatBytes, formatDuration, type Millis } from '../../base/units.ts';
import { DEFAULT_SETTINGS } from '../../config/load-config.ts';
import { LiveClock, sleepReal } from '../../pipeline/clock.ts';
import { Watch } from '../../pipeline/watch.ts';
import { openStore } from '../../store/open.ts';
import { EXIT, statusOf, type ExitStatus } from '../exit-status.ts';
import {
  checkPid,
  addOpened,
  openTarget,
  targetSetting,
  whyNoAnswer,
  type TargetOptions,
} from '../open-target.ts';
import { LoadCommand, checkLoadTime, phaseAt } from '../load-command.ts';
import { printReport } from '../print-report.ts';
import { ChainTalk } from '../chain-talk.ts';
import { describeWait } from '../status-lines.ts';
import { checkSourceFolders } from '../source-folders.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { Terminal } from '../terminal.ts';

export interface CheckOptions extends TargetOptions {
  readonly for: Millis;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly source: readonly string[];
  readonly gaugeInterval?: Millis;
  readonly profileInterval?: Millis;
  readonly timeScale: number;
  readonly failOn: string;
  /** A shell command that makes requests: it runs, rests and runs again. */
  readonly load?: string;
}

/** A check has minutes: it looks more often than a watch. */
const CHECK_GAUGE_MILLIS: Millis = 5000;
const CHECK_PROFILE_MILLIS: Millis = 60_000;

/** One time-boxed investigation. SIGINT ends it early with the report so far. */
export async function checkCommand(url: string, options: CheckOptions): Promise<ExitStatus> {
  statusOf('no-growth', options.failOn); // a wrong --fail-on is told before the work
  await checkSourceFolders(options.source);
  await checkPid(options);
  if (options.load !== undefined) checkLoadTime(options.for * options.timeScale, options.timeScale);
  const load = options.load === undefined ? null : new LoadCommand(options.load);
  const terminal = new Terminal();
  const stop = stopOnSignals();
  const clock = new LiveClock({ scale: options.timeScale });
  const store = await openStore({ kind: 'memory', dataDir: '' });
  const watch = new Watch({
    clock,
    store,
    talk: terminal,
    random: Math.random,
    settings: {
      ...DEFAULT_SETTINGS,
      gaugeIntervalMillis: options.gaugeInterval ?? CHECK_GAUGE_MILLIS,
      profileIntervalMillis: options.profileInterval ?? CHECK_PROFILE_MILLIS,
      sourceDirs: options.source,
    },
  });
  try {
    const opened = await openTarget(targetSetting(url, options), clock, stop.signal);
    const { target, probe } = opened;
    if (!probe.isAnswering) throw whyNoAnswer(probe, url);
    const watched = await addOpened(watch, opened);
    // `--for` is real time: it is how long a person waits.
    const endAt = performance.now() + options.for;
    const chain = new ChainTalk(terminal);
    const follow = () => {
      const phase = phaseAt(1 - (endAt - performance.now()) / options.for);
      load?.follow(phase, performance.now());
      return load === null ? '' : phase === 'load' ? '; load runs' : '; rest, no load';
    };
    while (!stop.signal.aborted && performance.now() < endAt) {
      chain.show(watched.investigation.chain());
      const status = watched.status();
      const left = formatDuration(endAt - performance.now());
      const memory = status.memoryBytes === null ? '' : `, RSS ${formatBytes(status.memoryBytes)}`;
      const wait = status.needed?.millis
        ? `; a verdict needs about ${describeWait(status.needed.millis, options.timeScale)}`
        : '';
      terminal.progress(`${target.service}: ${status.verdict}${memory}${wait}${follow()}; ${left} left`);
      await sleepReal(Math.min(1000, Math.max(0, endAt - performance.now())), stop.signal);
    }
    await load?.stop();
    terminal.endProgress();
    await watch.explained(watched);
    await watch.close();
    const report = watched.report(clock.now());
    await printReport(report, {
      json: options.json ?? false,
      isVerbose: options.verbose ?? false,
      investigation: watched.investigation,
    });
    return report.verdict === 'leak' || report.verdict === 'undetermined'
      ? statusOf(report.verdict, options.failOn)
      : EXIT.none;
  } finally {
    await load?.stop();
    await watch.close();
    await store.close();
    stop.dispose();
  }
}
