// `plimsoll check --load`: the load command runs, rests and runs again, and the answer tells the request path from the background.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Report } from '../src/model/report.ts';
import { requireBuild, runCli } from './built-cli.ts';

requireBuild();
const MIB = 1024 * 1024;
/** Virtual seconds per real second: 20 s are 80 minutes of the service. */
const SCALE = 240;
const SPAN = ['--for', '20s', '--time-scale', String(SCALE), '--gauge-interval', '60s'];

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A Go service as client_golang shows it; `live` bytes by requests so far and seconds since its start. */
async function serveLeaking(live: (requests: number, seconds: number) => number): Promise<string> {
  let requests = 0;
  let cycles = 0;
  const start = Date.now();
  server = createServer((request, response) => {
    if (request.url === '/work') {
      requests++;
      response.end();
    } else if (request.url === '/metrics') {
      const bytes = Math.round(64 * MIB + live(requests, (Date.now() - start) / 1000));
      cycles += 2;
      const lines = [
        'go_info{version="go1.26.8"} 1',
        `go_gc_heap_live_bytes ${bytes}`,
        `go_memstats_heap_alloc_bytes ${Math.round(bytes * 1.4)}`,
        `go_memstats_next_gc_bytes ${2 * bytes}`,
        `go_gc_duration_seconds_count ${cycles}`,
        'go_goroutines 12',
        `process_resident_memory_bytes ${Math.round(2.5 * bytes)}`,
        `process_start_time_seconds ${start / 1000 - 86_400}`,
        `http_requests_total ${requests}`,
      ];
      response.end(`${lines.join('\n')}\n`);
    } else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function check(url: string) {
  const asking = `setInterval(() => fetch('${url}/work').catch(() => {}), 20)`;
  const load = `'${process.execPath}' -e "${asking}"`;
  const run = await runCli(['check', url, ...SPAN, '--json', '--load', load]);
  const report = JSON.parse(run.stdout) as Report;
  return { run, idle: report.investigation?.find(({ step }) => step === 'idle') };
}

describe('an idle test', () => {
  it('shows that the heap stands still at rest, where requests leak', async () => {
    const { idle, run } = await check(await serveLeaking((requests) => requests * 0.3 * MIB));
    expect(idle, run.stdout).toMatchObject({ outcome: 'contradicts' });
    expect(idle?.numbers['idleMillis']).toBeGreaterThan(20 * 60_000);
  }, 90_000);

  it('shows that the heap grows on at rest, where the background leaks', async () => {
    const { idle, run } = await check(await serveLeaking((_, seconds) => seconds * 10 * MIB));
    expect(idle, run.stdout).toMatchObject({ outcome: 'supports' });
  }, 90_000);

  it('ends with an error when the load command fails', async () => {
    const url = await serveLeaking(() => 0);
    const run = await runCli(['check', url, ...SPAN, '--load', 'exit 7']);
    expect(run.stderr).toMatch(/--load.*ended with status 7/);
    expect(run.status).toBe(3);
  }, 60_000);

  it('refuses a time that is too short to see anything', async () => {
    const run = await runCli(['check', 'http://127.0.0.1:1', '--for', '5m', '--load', 'true']);
    expect(run.stderr).toContain('needs --for 28m at least');
    expect([run.status, run.stdout]).toEqual([3, '']);
  });
});
