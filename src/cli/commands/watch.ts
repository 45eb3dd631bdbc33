import { dirname } from 'node:path';
import { PlimsollError, describeError } from '../../base/errors.ts';
import { formatDuration, SECOND_MILLIS, type Millis } from '../../base/units.ts';
import { settingsOf, settingsWithoutFile } from '../../config/load-config.ts';
import type { DiscoverSetting, RetentionSettings, Settings } from '../../config/settings.ts';
import { targetKey, type TargetKey, type TargetName } from '../../model/target.ts';
import { toRecordedMillis } from '../../model/raw-evidence.ts';
import { LiveClock, sleepReal } from '../../pipeline/clock.ts';
import { PushIntake } from '../../pipeline/push-intake.ts';
import { sharedAbort } from '../../collect/shared-abort.ts';
import type { AlertDesk } from '../../pipeline/alert-desk.ts';
import { Watch } from '../../pipeline/watch.ts';
import { makeFolder } from '../../recording/make-folder.ts';
import { RecordingWriter, type RecordingStart } from '../../recording/write-recording.ts';
import { isLoopbackName } from '../../server/guard.ts';
import { startServer, type RunningServer } from '../../server/start-server.ts';
import { openStore } from '../../store/open.ts';
import type { Retention } from '../../store/retention.ts';
import type { OpenedStore } from '../../store/opened-store.ts';
import { readCheckedConfig } from '../checked-config.ts';
import { ConfigReloader } from '../config-reloader.ts';
import { describeChanges } from '../settings-changes.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import {
  checkPid,
  checkAddresses,
  checkNamesDiffer,
  targetSetting,
  type OpenedTarget,
  type TargetOptions,
} from '../open-target.ts';
import { checkSourceFolders } from '../source-folders.ts';
import { StatusLines } from '../status-lines.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { nameShard, type Shard } from '../../discover/shard.ts';
import { TargetPlan } from '../target-plan.ts';
import { TargetSet } from '../target-set.ts';
import { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';
import { openAlerts, toAlertSettings } from '../open-alerts.ts';
import { RepositoryNotes } from '../repository-notes.ts';
import { keepOrigin } from '../virtual-origin.ts';
import { findWebDir } from '../web-dir.ts';

export interface WatchOptions extends TargetOptions {
  readonly config?: string;
  readonly listen?: Settings['listen'];
  readonly data?: string;
  readonly storage?: string;
  readonly json?: boolean;
  readonly push?: boolean;
  readonly source: readonly string[];
  readonly gaugeInterval?: Millis;
  readonly profileInterval?: Millis;
  readonly record?: string;
  readonly shard?: Shard;
  readonly local?: boolean;
  readonly timeScale: number;
}

/** What `--local` adds. */
const LOCAL: DiscoverSetting = {
  job: null,
  sources: [{ kind: 'local', everyMillis: 10 * SECOND_MILLIS }],
  relabel: [],
  common: { headers: {}, pprofHeaders: null, access: null, memoryLimitBytes: null, module: null },
};

/** Options of the command line over what a file and the environment say. */
export function withOptions(base: Settings, urls: readonly string[], options: WatchOptions): Settings {
  const storage = options.storage ?? null;
  const isUrl = storage !== null && /^https?:\/\//.test(storage);
  if (storage !== null && !isUrl && storage !== 'chdb' && storage !== 'memory') {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs chdb, memory or a URL', {
      field: '--storage',
      value: storage,
    });
  }
  return {
    ...base,
    listen: options.listen ?? base.listen,
    push: options.push === true ? { ...base.push, accept: 'on' } : base.push,
    dataDir: options.data ?? base.dataDir,
    ...(storage === null
      ? {}
      : {
          storage: isUrl ? ('clickhouse' as const) : (storage as 'chdb' | 'memory'),
          storageUrl: isUrl ? storage : null,
        }),
    timeScale: options.timeScale,
    gaugeIntervalMillis: options.gaugeInterval ?? base.gaugeIntervalMillis,
    profileIntervalMillis: options.profileInterval ?? base.profileIntervalMillis,
    sourceDirs: [...base.sourceDirs, ...options.source],
    targets: [...base.targets, ...urls.map((url) => targetSetting(url, options))],
    discover: options.local === true ? [...base.discover, LOCAL] : base.discover,
  };
}

export async function watchCommand(
  urls: readonly string[],
  options: WatchOptions,
  environment: NodeJS.ProcessEnv,
): Promise<ExitStatus> {
  const terminal = new Terminal();
  const complete = (base: Settings): Settings => {
    const settings = withOptions(base, urls, options);
    settings.targets.forEach(checkAddresses);
    checkNamesDiffer(settings.targets);
    return settings;
  };
  const { config: file } = options;
  const reloader =
    file === undefined
      ? null
      : new ConfigReloader({
          file,
          read: () => readCheckedConfig(file, environment),
          complete,
          talk: terminal,
          now: Date.now,
        });
  const settings = reloader
    ? await reloader.load((read) => settingsOf(reloader.status().file, read))
    : complete(settingsWithoutFile(environment));
  if (settings.targets.length === 0 && settings.discover.length === 0) {
    if (reloader === null && options.push !== true) {
      const fact =
        'no target: give a URL, --local, -c with targets, or --push to wait for profiles that services send';
      throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact);
    }
    if (reloader !== null)
      terminal.warn(
        `no target yet: add one to ${options.config ?? ''}, it is read again when it has changed`,
      );
  }
  await checkSourceFolders(options.source);
  await checkPid(options);
  const stop = stopOnSignals(undefined, reloader ? () => void reloader.reload() : undefined);
  try {
    await runWatch({
      settings,
      reloader,
      terminal,
      record: options.record ?? null,
      shard: options.shard ?? null,
      signal: stop.signal,
      isJson: options.json === true,
    });
    return EXIT.none;
  } finally {
    stop.dispose();
  }
}

export interface RunWatch {
  readonly settings: Settings;
  /** Where they come from a file: that is followed. */
  readonly reloader?: ConfigReloader | null;
  readonly record: string | null;
  /** The part of the targets that is watched here; null = all of them. */
  readonly shard?: Shard | null;
  readonly signal: AbortSignal;
  readonly terminal?: Terminal;
  /** Where the engine is not installed, go on in memory and say so (demo); otherwise that is an error. */
  readonly isMemoryEnough?: boolean;
  readonly isJson?: boolean;
}

/** On loopback only programs of this machine reach it; elsewhere somebody has to want it. */
function acceptsPushes({ push, listen }: Settings): boolean {
  if (push.accept !== 'auto') return push.accept === 'on';
  return push.token !== null || isLoopbackName(listen.host);
}

async function makeDataFolder(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    throw new PlimsollError('STORE_FAILED', 'store', 'the folder cannot be made', { where: path }, error);
  }
}

async function openClock(
  { dataDir, timeScale }: Settings,
  isKept: boolean,
  talk: Terminal,
): Promise<LiveClock> {
  return new LiveClock({
    scale: timeScale,
    originMillis: isKept ? await keepOrigin(dataDir, timeScale) : null,
    onJump: (jump) =>
      talk.warn(
        jump > 0
          ? `the clock jumped ahead by ${formatDuration(jump)}: there is a gap in the data`
          : `the clock went back by ${formatDuration(-jump)}: times go on from before`,
      ),
  });
}

/** A whole watch: store, targets, page; until `signal` aborts. Used by `watch` and `demo`. */
export async function runWatch({
  settings,
  reloader = null,
  record,
  shard = null,
  signal,
  terminal = new Terminal(),
  isMemoryEnough = false,
  isJson = false,
}: RunWatch): Promise<void> {
  const isKept = settings.storage !== 'memory';
  if (isKept) await makeDataFolder(settings.dataDir);
  const store = await openSettingsStore(settings, terminal, isMemoryEnough);
  // After the store, whose lock says first whether somebody else is at work in this folder.
  const clock = await openClock(settings, isKept, terminal).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  let writer: RecordingWriter | null = null;
  let recorded: TargetKey | null = null;
  let starting: Promise<RecordingWriter> | null = null;
  let server: RunningServer | null = null;
  let plan: TargetPlan | null = null;
  let opened: AlertDesk | null = null;
  const watch: Watch = new Watch({
    clock,
    store,
    talk: terminal,
    settings,
    random: Math.random,
    tap: async (name, evidence) => {
      // The first target that is set; without any, the first one that pushes.
      const isFirstPush = evidence.kind === 'profile' && evidence.pushed !== undefined && recorded === null;
      if (record !== null && isFirstPush && settings.targets.length === 0) {
        recorded = targetKey(name);
        starting = startPushRecording(record, name, watch, clock, settings.timeScale);
      }
      if (starting !== null) writer = await starting;
      if (recorded === targetKey(name)) await writer?.add(evidence);
    },
  });
  const intake = acceptsPushes(settings)
    ? new PushIntake({ watch, clock, talk: terminal, steady: () => performance.now() })
    : null;
  try {
    await watch.restore();
    server = await startServer({
      view: watch,
      listen: settings.listen,
      webDir: findWebDir(),
      version: VERSION,
      talk: terminal,
      push: intake && { take: (message) => intake.take(message), token: settings.push.token },
      config: () => reloader?.status() ?? null,
      discovery: () => plan?.discovery() ?? [],
      alerts: () => opened,
    });
    const pageUrl = server.url;
    const part = nameShard(shard);
    const notes = await RepositoryNotes.open(settings.sourceDirs, terminal);
    const alerts = (opened = openAlerts(settings, watch, terminal, pageUrl, notes, part));
    if (part !== null)
      terminal.info(`shard ${part}: its own targets are watched and told of, apart from the other shards`);
    terminal.info(`page: ${server.url}/`);
    const running = watch.run();
    const end = sharedAbort(signal);
    const ended = end.signal;
    const targets = new TargetSet({
      watch,
      clock,
      talk: terminal,
      onOpened: async (opened, setting) => {
        terminal.info(describeOpened(opened));
        if (record !== null && setting === settings.targets[0]) {
          writer = await startRecording(record, opened, clock, settings.timeScale);
          recorded = targetKey(opened.target);
        }
      },
    });
    ended.addEventListener('abort', () => targets.stop(), { once: true });
    const folder = dirname(reloader?.status().file ?? '');
    plan = new TargetPlan({ targets, talk: terminal, shard, folder });
    const adding = Promise.all((await plan.update(settings)).adding);
    let isOpening = true;
    void adding.catch(() => end.abort()).finally(() => (isOpening = false));
    const discovering = plan.run(ended);
    const planned = plan;
    const noting = notes.follow(ended);
    const telling = alerts.run(ended);
    telling.catch(() => end.abort());
    const following = reloader?.follow((next, before) => {
      alerts.update(toAlertSettings(next, pageUrl));
      return applySettings({ next, before }, watch, planned, terminal);
    }, ended);
    const lines = new StatusLines(
      watch,
      terminal,
      isJson,
      () => reloader?.notice() ?? null,
      () => isOpening,
    );
    while (!ended.aborted) {
      lines.show();
      intake?.noticeSilence();
      await sleepReal(1000, ended);
    }
    terminal.endProgress();
    await adding;
    await following;
    await telling;
    await noting;
    await discovering;
    await watch.close();
    await running;
  } finally {
    await watch.close();
    await server?.close();
    const known = recorded === null ? null : watch.target(recorded)?.investigation.facts;
    await closeRecording(writer, clock, terminal, known ?? null);
    await store.close();
  }
}

/** What a configuration that was loaded again changes; told in a few words. */
async function applySettings(
  { next, before }: { readonly next: Settings; readonly before: Settings },
  watch: Watch,
  plan: TargetPlan,
  terminal: Terminal,
): Promise<string> {
  await watch.updateIntervals(next);
  const { ended, adding } = await plan.update(next);
  for (const added of adding)
    added.catch((error: unknown) => terminal.warn(`a target cannot be watched: ${describeError(error)}`));
  const targets = [
    adding.length > 0 ? `${adding.length} to watch` : null,
    ended > 0 ? `${ended} no longer` : null,
  ].filter((change) => change !== null);
  const changes = [
    ...(targets.length === 0 ? [] : [`targets: ${targets.join(', ')}`]),
    ...describeChanges(before, next),
  ];
  return changes.length === 0 ? 'nothing else than before' : changes.join('; ');
}

async function openSettingsStore(
  settings: Settings,
  terminal: Terminal,
  isMemoryEnough: boolean,
): Promise<OpenedStore> {
  const store = await openStore({
    kind: settings.storage,
    dataDir: settings.dataDir,
    url: settings.storageUrl,
    retention: toStoreRetention(settings.retention),
  }).catch((error: unknown) => {
    if (!isMemoryEnough || !(error instanceof PlimsollError) || error.code !== 'STORE_ENGINE_MISSING')
      throw error;
    terminal.warn(`${error.message}: kept in memory this time`);
    return openStore({ kind: 'memory', dataDir: '' });
  });
  const { kind, where } = store.describe();
  terminal.info(`storage: ${kind}${where === null ? '' : ` in ${where}`}`);
  return store;
}

function toStoreRetention(retention: RetentionSettings): Retention {
  const { gaugeDays, profileDays, incidentDays, eventDays, rawProfileMillis, rawProfileBytes } = retention;
  return {
    gaugeDays,
    profileDays,
    siteDays: profileDays,
    findingDays: incidentDays,
    incidentDays,
    eventDays,
    blobAgeMillis: rawProfileMillis,
    blobTotalBytes: rawProfileBytes,
  };
}

function describeOpened({ target, probe }: OpenedTarget): string {
  const sources = [
    probe.gaugeSource ?? (probe.isAnswering ? 'no Go gauges' : 'does not answer yet'),
    target.pprof && probe.isAnswering ? 'pprof' : 'no pprof',
    target.pid === null ? null : `/proc/${target.pid}`,
  ].filter((part) => part !== null);
  return `target: ${target.service} at ${target.instance} (${sources.join(', ')})`;
}

async function startRecording(
  path: string,
  { target, probe }: OpenedTarget,
  clock: LiveClock,
  timeScale: number,
): Promise<RecordingWriter> {
  return RecordingWriter.create(
    path,
    {
      service: target.service,
      instance: target.instance,
      startedAt: clock.timeMap.originMillis,
      timeScale,
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

function startPushRecording(
  path: string,
  name: TargetName,
  watch: Watch,
  clock: LiveClock,
  timeScale: number,
): Promise<RecordingWriter> {
  return RecordingWriter.create(
    path,
    {
      service: name.service,
      instance: name.instance,
      startedAt: clock.timeMap.originMillis,
      timeScale,
      ...{ goVersion: null, module: null, moduleVersion: null, memoryLimitBytes: null, environment: null },
      labels: watch.target(targetKey(name))?.labels ?? {},
      match: {},
    },
    clock.timeMap,
  );
}

async function closeRecording(
  writer: RecordingWriter | null,
  clock: LiveClock,
  terminal: Terminal,
  known: Pick<RecordingStart, 'goVersion' | 'module'> | null,
): Promise<void> {
  if (!writer) return;
  if (known !== null) writer.update({ goVersion: known.goVersion, module: known.module });
  try {
    await writer.close(toRecordedMillis(clock.timeMap, clock.now()));
  } catch (error) {
    terminal.warn(`the recording could not be closed: ${describeError(error)}`);
  }
}
