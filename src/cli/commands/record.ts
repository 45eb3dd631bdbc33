import { performance } from 'node:perf_hooks';
import { PlimsollError } from '../../base/errors.ts';
import { formatBytes, formatDuration, type Millis } from '../../base/units.ts';
import type { FetchOutcome } from '../../collect/source.ts';
import { toRecordedMillis } from '../../model/raw-evidence.ts';
import { computeBackoff } from '../../collect/backoff.ts';
import { LiveClock, sleepReal } from '../../pipeline/clock.ts';
import { sharedAbort } from '../../collect/shared-abort.ts';
import { Gate } from '../../pipeline/gate.ts';
import { RecordingPolicy } from '../../pipeline/recording-policy.ts';
import { runTargetLoop, type ProfileWish } from '../../pipeline/target-loop.ts';
import { RecordingWriter } from '../../recording/write-recording.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import {
  checkPid,
  openTarget,
  targetSetting,
  whyNoAnswer,
  type OpenedTarget,
  type TargetOptions,
} from '../open-target.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { Terminal } from '../terminal.ts';

export interface RecordOptions extends TargetOptions {
  readonly output: string;
  readonly for?: Millis;
  readonly gaugeInterval?: Millis;
  readonly profileInterval?: Millis;
  readonly json?: boolean;
  readonly timeScale: number;
}

const RECORD_GAUGE_MILLIS: Millis = 15_000;
const RECORD_PROFILE_MILLIS: Millis = 5 * 60_000;

/**
 * Takes evidence away: gauges on their interval, heap and goroutine profiles on theirs, and of a process whose goroutines grow the
 * proof and the dump that a watch would take. What it is, replay decides.
 */
export async function recordCommand(url: string, options: RecordOptions): Promise<ExitStatus> {
  const { output } = options;
  if (/\.(?:zip|tar|tgz|gz|bz2|xz|zst|json)$/i.test(output) && !output.endsWith('.tar.gz'))
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'a recording is a folder or a .tar.gz', {
      field: '--output',
      value: output,
    });
  const terminal = new Terminal();
  const stop = stopOnSignals();
  const clock = new LiveClock({ scale: options.timeScale });
  try {
    await checkPid(options);
    const opened = await openTarget(targetSetting(url, options), clock, stop.signal);
    if (!opened.probe.isAnswering) throw whyNoAnswer(opened.probe, url);
    const writer = await createWriter(opened, clock, options);
    terminal.info(`recording ${opened.target.service} at ${opened.target.instance} to ${options.output}`);
    const counts = await recordUntilDone({ opened, writer, clock, options, terminal, signal: stop.signal });
    await writer.close(toRecordedMillis(clock.timeMap, clock.now()));
    terminal.info(
      `${options.output}: ${counts.pieces} pieces of evidence, ${formatBytes(counts.bytes)} as served`,
    );
    if (options.json === true) {
      const { service, instance } = opened.target;
      process.stdout.write(`${JSON.stringify({ path: output, service, instance, ...counts })}\n`);
    }
    return EXIT.none;
  } finally {
    stop.dispose();
  }
}

function createWriter(
  { target, probe }: OpenedTarget,
  clock: LiveClock,
  options: RecordOptions,
): Promise<RecordingWriter> {
  return RecordingWriter.create(
    options.output,
    {
      service: target.service,
      instance: target.instance,
      startedAt: clock.timeMap.originMillis,
      timeScale: options.timeScale,
      goVersion: probe.goVersion,
      module: target.module,
      moduleVersion: probe.module?.version ?? null,
      memoryLimitBytes: target.memoryLimitBytes,
      labels: target.labels,
      match: target.match ?? {},
      environment: null,
    },
    clock.timeMap,
  );
}

interface RecordRun {
  readonly opened: OpenedTarget;
  readonly writer: RecordingWriter;
  readonly clock: LiveClock;
  readonly options: RecordOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function recordUntilDone(run: RecordRun): Promise<{ pieces: number; bytes: number }> {
  const { clock, options, terminal } = run;
  const counts = { pieces: 0, bytes: 0 };
  const end = sharedAbort(run.signal);
  let profilesDue = clock.now();
  const { target, probe } = run.opened;
  const policy = new RecordingPolicy({
    target: { service: target.service, instance: target.instance },
    module: target.module,
    memoryLimitBytes: target.memoryLimitBytes,
    ...(target.match ? { match: target.match } : {}),
    timeMap: clock.timeMap,
    offersGoroutineLeak: probe.hasGoroutineLeakProfile,
  });
  const loop = runTargetLoop(
    {
      source: run.opened.source,
      clock,
      gaugeInterval: () => options.gaugeInterval ?? RECORD_GAUGE_MILLIS,
      retryDelay: (failures) => computeBackoff(failures, Math.random()) * options.timeScale,
      phase: 0,
      profileGate: new Gate(1),
      sink: async (outcome: FetchOutcome) => {
        await policy.take(outcome, clock.now());
        if (outcome.kind === 'failed') {
          terminal.warn(`${outcome.error.message}. ${outcome.error.advice}`);
          return;
        }
        await run.writer.add(outcome.evidence);
        counts.pieces++;
        counts.bytes += outcome.receivedBytes;
      },
      afterRound: (atMillis) => {
        if (!target.pprof) return [];
        const ofSuspect = policy.wishes(atMillis);
        if (atMillis < profilesDue) return ofSuspect;
        profilesDue = atMillis + (options.profileInterval ?? RECORD_PROFILE_MILLIS);
        return [...RECORDED_PROFILES, ...ofSuspect];
      },
      announceNextTry: () => undefined,
    },
    end.signal,
  );
  const startedAt = performance.now();
  const isOver = () => options.for !== undefined && performance.now() - startedAt >= options.for;
  while (!run.signal.aborted && !isOver()) {
    const passed = formatDuration(performance.now() - startedAt);
    const left = options.for === undefined ? 'Ctrl-C ends it' : `of ${formatDuration(options.for)}`;
    terminal.progress(`${passed} ${left}, ${counts.pieces} pieces, ${formatBytes(counts.bytes)}`);
    await sleepReal(1000, run.signal);
  }
  terminal.endProgress();
  end.abort();
  await loop;
  await policy.close();
  return counts;
}

const RECORDED_PROFILES: readonly ProfileWish[] = [
  { kind: 'heap', form: 'proto', gc: false, reason: 'recorded' },
  { kind: 'goroutine', form: 'proto', gc: false, reason: 'recorded' },
];
