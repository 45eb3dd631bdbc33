// Debian's `prometheus` with blocks that `promtool` made of OpenMetrics text: a real server for what cannot be faked.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { runServer, type RealServer } from './run-server.ts';

/** Why there can be none here, null when there can. */
export function whyNoPrometheus(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const isThere = (name: string) => folders.some((folder) => existsSync(join(folder, name)));
  return isThere('prometheus') && isThere('promtool')
    ? null
    : 'prometheus and promtool are not installed: apt-get install prometheus';
}

/**
 * @param texts OpenMetrics with timestamps, each ending with `# EOF`.
 * @param flags of prometheus, e.g. `--query.max-samples=1000`.
 * @param config prometheus.yml: what it scrapes itself, if anything.
 */
export async function startPrometheus(
  texts: readonly string[],
  flags: readonly string[] = [],
  config = '',
): Promise<RealServer> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-prometheus-'));
  const data = join(folder, 'data');
  for (const [i, text] of texts.entries()) {
    const file = join(folder, `${i}.om`);
    await writeFile(file, text);
    await makeBlocks(file, data);
    await rm(file);
  }
  const port = await freePort();
  await writeFile(join(folder, 'prometheus.yml'), config);
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${data}`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=info',
    ...flags,
  ];
  return runServer('prometheus', args, folder, (said) =>
    said.includes('Server is ready to receive web requests') ? `http://127.0.0.1:${port}` : null,
  );
}

/** One block where promtool has its hidden option; with blocks of two hours it reads the file once for each. */
async function makeBlocks(file: string, data: string): Promise<void> {
  const args = ['tsdb', 'create-blocks-from', 'openmetrics'];
  const isOneBlock = spawnSync('promtool', [...args, '--max-block-duration=4096h', '--help']).status === 0;
  const option = isOneBlock ? ['--max-block-duration=4096h'] : [];
  await promisify(execFile)('promtool', [...args, '--quiet', ...option, file, data]);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
