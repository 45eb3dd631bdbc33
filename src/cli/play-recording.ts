// A recording on the page: the same watch, fed from a file instead of a process.
import { basename, dirname } from 'node:path';
import type { Millis } from '../base/units.ts';
import type { Settings } from '../config/settings.ts';
import { ReplayClock, sleepReal } from '../pipeline/clock.ts';
import { Watch } from '../pipeline/watch.ts';
import { openRecording } from '../recording/read-recording.ts';
import { startServer } from '../server/start-server.ts';
import { openStore } from '../store/open.ts';
import { StatusLines } from './status-lines.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';
import { findWebDir } from './web-dir.ts';

/** Real time in which a recording plays: long enough to see it grow, short enough to wait for. */
const PLAY_MILLIS: Millis = 30_000;
const STEPS = 100;

export interface PlayRecording {
  readonly path: string;
  readonly settings: Settings;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly isJson: boolean;
}

/** Plays a recording into a page, then keeps the page until `signal` aborts. */
export async function playRecording({
  path,
  settings,
  terminal,
  signal,
  isJson,
}: PlayRecording): Promise<void> {
  const recording = await openRecording(path);
  const clock = new ReplayClock(recording.timeMap);
  const store = await openStore({ kind: 'memory', dataDir: '' });
  const { manifest } = recording;
  const watch = new Watch({
    clock,
    store,
    talk: terminal,
    settings: { ...settings, sourceDirs: [...settings.sourceDirs, dirname(dirname(path))] },
    random: Math.random,
    recording: basename(path),
    carriedSources: { files: recording.sourceFiles, read: (file) => recording.sourceFile(file) },
  });
  const server = await startServer({
    view: watch,
    listen: settings.listen,
    webDir: findWebDir(),
    version: VERSION,
    talk: terminal,
  });
  try {
    terminal.info(`page: ${server.url}/`);
    const watched = await watch.addTarget({
      target: { service: manifest.service, instance: manifest.instance },
      labels: manifest.labels,
      module: manifest.module,
      memoryLimitBytes: manifest.memoryLimitBytes,
      match: manifest.match,
      source: null,
    });
    const lines = new StatusLines(watch, terminal, isJson);
    let fed = 0;
    const stepSize = Math.max(1, Math.ceil(recording.evidenceCount / STEPS));
    for await (const evidence of recording.evidence()) {
      if (signal.aborted) break;
      clock.moveTo(evidence.atMillis);
      await watch.feed(watched, evidence);
      if (++fed % stepSize !== 0) continue;
      lines.show();
      await sleepReal(PLAY_MILLIS / STEPS, signal);
    }
    clock.moveTo(recording.toMillis);
    watch.finishFeed(watched, recording.toMillis);
    lines.show();
    terminal.endProgress();
    if (!signal.aborted) terminal.info('the recording is over; the page stays until Ctrl-C');
    while (!signal.aborted) await sleepReal(60_000, signal);
  } finally {
    await watch.close();
    await server.close();
    await store.close();
  }
}
