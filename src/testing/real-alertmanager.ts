// Debian's `prometheus-alertmanager`: a real server, alone, that forgets everything.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const PROGRAM = 'prometheus-alertmanager';

/** Why there can be none here, null when there can. */
export function whyNoAlertmanager(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, PROGRAM)))
    ? null
    : `${PROGRAM} is not installed: apt-get install ${PROGRAM}`;
}

export interface RealAlertmanager {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const CONFIG = 'route: { receiver: nobody, group_by: [service] }\nreceivers: [{ name: nobody }]\n';

export async function startAlertmanager(): Promise<RealAlertmanager> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-alertmanager-'));
  await writeFile(join(folder, 'alertmanager.yml'), CONFIG);
  const child = spawn(
    PROGRAM,
    [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${folder}`,
      '--web.listen-address=127.0.0.1:0',
      // Alone: no gossip, no port for it.
      '--cluster.listen-address=',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  const address = new Promise<string | null>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /msg="Listening on" address=(\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.on('exit', () => resolve(null));
    child.on('error', () => resolve(null));
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const found = await address;
  if (found !== null) return { url: `http://${found}`, stop };
  await stop();
  throw new Error(`${PROGRAM} ended: ${said}`);
}
