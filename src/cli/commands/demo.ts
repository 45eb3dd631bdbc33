import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlimsollError } from '../../base/errors.ts';
import { MINUTE_MILLIS, MIB, type Millis } from '../../base/units.ts';
import { settingsWithoutFile } from '../../config/load-config.ts';
import { EMPTY_TARGET, type Settings } from '../../config/settings.ts';
import { makeDemoFolder } from '../demo-folder.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { buildGoPrograms, hasGo, startProgram, type RunningProgram } from '../go-program.ts';
import { playRecording } from '../play-recording.ts';
import { serveHttp } from '../../server/http-server.ts';
import { sharedAbort } from '../../collect/shared-abort.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { Terminal } from '../terminal.ts';
import { runWatch } from './watch.ts';

export interface DemoOptions {
  readonly leak?: string;
  readonly listen?: Settings['listen'];
  readonly record?: string;
  readonly for?: Millis;
  readonly json?: boolean;
}

/** An hour of the demo passes in a minute; every rate it shows says so. */
const DEMO_TIME_SCALE = 60;
/** Virtual: once a real second. */
const DEMO_GAUGE_MILLIS: Millis = MINUTE_MILLIS;
/** Virtual: the production default's lower end, every five real seconds. */
const DEMO_PROFILE_MILLIS: Millis = 5 * MINUTE_MILLIS;
const DEMO_MEMORY_LIMIT_BYTES = 512 * MIB;
/** Real: one simulated day, 24 h at 60x. */
const DEMO_DAY = '24m';
const DEMO_REQUESTS_PER_SECOND = '40';

/** `demo/` and its recordings lie at the root of the package, three folders up from here in src/ and dist/ alike. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What the demo service can leak (demo/internal); a test holds the list to it. */
export const DEMO_LEAKS = ['sessions', 'jobs', 'tracker', 'reslice', 'bodies', 'tickers', 'defers', 'cgo'];
/** What the recording that ships with the product shows. */
const RECORDED_LEAK = 'sessions';

export async function demoCommand(options: DemoOptions, environment: NodeJS.ProcessEnv): Promise<ExitStatus> {
  const terminal = new Terminal();
  const leaks = readLeaks(options.leak ?? RECORDED_LEAK);
  const base = settingsWithoutFile(environment);
  const listen = options.listen ?? base.listen;
  await checkListen(listen);
  const stop = stopOnSignals(options.for);
  const dataDir = await makeDemoFolder();
  const settings: Settings = {
    ...base,
    listen,
    dataDir,
    // One that is kept is not for demonstrations.
    storage: 'chdb',
    storageUrl: null,
    timeScale: DEMO_TIME_SCALE,
    gaugeIntervalMillis: DEMO_GAUGE_MILLIS,
    profileIntervalMillis: DEMO_PROFILE_MILLIS,
  };
  try {
    if (hasGo()) await liveDemo({ settings, options, leaks, terminal, signal: stop.signal });
    else await recordedDemo({ settings, options, leaks, terminal, signal: stop.signal });
    return EXIT.none;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
    stop.dispose();
  }
}

function readLeaks(words: string): readonly string[] {
  const leaks = words.split(',').map((word) => word.trim());
  const unknown = leaks.find((leak) => !DEMO_LEAKS.includes(leak));
  if (unknown !== undefined) {
    const fact = `the demo has no such leak; it has ${DEMO_LEAKS.join(', ')}`;
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact, { field: '--leak', value: unknown });
  }
  return leaks;
}

/** Before anything is built or started: somebody else may have the port. */
async function checkListen(listen: Settings['listen']): Promise<void> {
  const held = await serveHttp(() => new Response(), listen);
  await held.close();
}

interface DemoRun {
  readonly settings: Settings;
  readonly options: DemoOptions;
  readonly leaks: readonly string[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function liveDemo({ settings, options, leaks, terminal, signal }: DemoRun): Promise<void> {
  const programs = await buildGoPrograms(join(ROOT, 'demo'), 'demo', terminal);
  if (signal.aborted) return;
  const running: RunningProgram[] = [];
  try {
    const service = await startProgram(
      join(programs, 'orders'),
      ['-listen', '127.0.0.1:0', '-day', DEMO_DAY, '-leaks', leaks.join(','), '-exit-with-parent'],
      { awaitLine: true },
    );
    running.push(service);
    const address = readAddress(service.firstLine);
    running.push(
      await startProgram(
        join(programs, 'loadgen'),
        ['-target', `http://${address}`, '-rps', DEMO_REQUESTS_PER_SECOND, '-day', DEMO_DAY],
        { awaitLine: false },
      ),
    );
    terminal.info(
      `demo service: http://${address}, leak switched on: ${leaks.join(', ')}; GET /leaks lists and POST switches them`,
    );
    terminal.info(
      `time runs at ${DEMO_TIME_SCALE}x: a minute here is an hour of the service; a verdict comes in two to three minutes`,
    );
    const target = {
      ...EMPTY_TARGET,
      service: 'orders',
      url: `http://${address}`,
      memoryLimitBytes: DEMO_MEMORY_LIMIT_BYTES,
    };
    await runWatch({
      settings: { ...settings, targets: [target] },
      record: options.record ?? null,
      signal: stopWith(service, terminal, signal),
      terminal,
      isMemoryEnough: true,
      isJson: options.json === true,
    });
  } finally {
    await Promise.all(running.map((program) => program.stop()));
  }
}

/** Aborts with the user's signal, and when the demo service ends by itself. */
function stopWith(service: RunningProgram, terminal: Terminal, signal: AbortSignal): AbortSignal {
  const stop = sharedAbort(signal);
  void service.ended.then(({ status, said }) => {
    if (!stop.signal.aborted) terminal.warn(`the demo service ended (${status}): ${said.trim().slice(-500)}`);
    stop.abort();
  });
  return stop.signal;
}

function readAddress(line: string): string {
  const { listening } = JSON.parse(line) as { listening?: string };
  if (!listening) throw new Error(`the demo service said ${line} instead of where it listens`);
  return listening;
}

async function recordedDemo({ settings, options, leaks, terminal, signal }: DemoRun): Promise<void> {
  const path = join(ROOT, 'demo', 'recordings', 'sessions.tar.gz');
  if (!existsSync(path)) {
    throw new PlimsollError(
      'GO_MISSING',
      'arguments',
      'the demo needs Go, and no recording is there to replay',
    );
  }
  terminal.info('Go is not installed (go.dev/dl): a recording of the demo service is replayed instead');
  const missing = leaks.filter((leak) => leak !== RECORDED_LEAK);
  if (missing.length > 0) {
    terminal.warn(`that recording has the leak ${RECORDED_LEAK} alone; ${missing.join(', ')}: only with Go`);
  }
  await playRecording({ path, settings, terminal, signal, isJson: options.json === true });
}
