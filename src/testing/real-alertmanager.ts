// Debian's `prometheus-alertmanager`: a real server, alone, that forgets everything.
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runServer, type RealServer } from './run-server.ts';

const PROGRAM = 'prometheus-alertmanager';

/** Why there can be none here, null when there can. */
export function whyNoAlertmanager(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, PROGRAM)))
    ? null
    : `${PROGRAM} is not installed: apt-get install ${PROGRAM}`;
}

const CONFIG = 'route: { receiver: nobody, group_by: [service] }\nreceivers: [{ name: nobody }]\n';

export async function startAlertmanager(): Promise<RealServer> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-alertmanager-'));
  await writeFile(join(folder, 'alertmanager.yml'), CONFIG);
  const args = [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${folder}`,
    '--web.listen-address=127.0.0.1:0',
    // Alone: no gossip, no port for it.
    '--cluster.listen-address=',
  ];
  return runServer(PROGRAM, args, folder, (said) => {
    const address = /msg="Listening on" address=(\S+)/.exec(said)?.[1];
    return address === undefined ? null : `http://${address}`;
  });
}
