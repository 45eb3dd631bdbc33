// The Connect client of Pyroscope's own API module, which is what Alloy's pyroscope.write and profilecli push with, against a
// watch that scrapes nothing.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoGo } from '../src/testing/go-fixture.ts';
import { freePort, requireBuild, ROOT, startCli, type RunningCli } from './built-cli.ts';

requireBuild();

const SOURCE = join(ROOT, 'test', 'fixtures', 'connect-pusher');
const run = promisify(execFile);

/** Its modules come through the Go proxy or out of the cache. */
async function whyNoPusher(): Promise<string | null> {
  const noGo = whyNoGo();
  if (noGo !== null) return noGo;
  return run('go', ['mod', 'download'], { cwd: SOURCE, timeout: 120_000 }).then(
    () => null,
    () => "the modules of Pyroscope's API cannot be had",
  );
}

const reason = await whyNoPusher();

describe.skipIf(reason !== null)(
  `the Connect client of Pyroscope${reason === null ? '' : ` (${reason})`}`,
  () => {
    let folder: string;
    let watch: RunningCli;
    let page: string;
    const senders: ChildProcess[] = [];
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'plimsoll-connect-'));
      await run('go', ['build', '-o', join(folder, 'pusher'), '.'], { cwd: SOURCE });
      const port = await freePort();
      page = `http://127.0.0.1:${port}`;
      const options = ['--listen', `127.0.0.1:${port}`, '--data', folder, '--storage', 'memory'];
      watch = startCli(['watch', '--push', ...options, '--time-scale', '600']);
      await watch.waitFor(/page: /);
    }, 180_000);
    afterAll(async () => {
      for (const sender of senders) sender.stdin?.end();
      await watch.kill('SIGTERM');
      await rm(folder, { recursive: true });
    });

    /** Resolves with the first line that says how a push went. */
    async function firstPush(encoding: string, instance: string): Promise<string> {
      const args = ['-server', page, '-encoding', encoding, '-instance', instance];
      const sender = spawn(join(folder, 'pusher'), args, {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      senders.push(sender);
      const [line] = (await once(createInterface({ input: sender.stdout }), 'line')) as [string];
      return line;
    }

    it('is understood as JSON', async () => {
      expect(await firstPush('json', 'orders-1:6060')).toMatch(/^pushed: /);
      senders.pop()?.stdin?.end();
      await watch.waitFor(/target: orders at orders-1:6060 \(pushes its profiles\)/);
    }, 60_000);

    it('is understood as protobuf, gzipped, and its leak is called with the line that allocates', async () => {
      expect(await firstPush('proto', 'orders-2:6060')).toMatch(/^pushed: /);
      await watch.waitFor(/: leak/);
      const path = `/api/v1/reports/orders?instance=${encodeURIComponent('orders-2:6060')}`;
      const report = (await (await fetch(`${page}${path}`)).json()) as {
        findings: { verdict: string; culprits: { role: string; function: string }[] }[];
      };
      expect(report.findings[0]).toMatchObject({ verdict: 'leak', class: 'heap' });
      expect(report.findings[0]?.culprits[0]).toMatchObject({ function: 'main.newSession' });
    }, 180_000);
  },
);
