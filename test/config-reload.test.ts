// A running `watch -c` follows its file: real processes, real signals, real targets over HTTP.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort, requireBuild, runCli, startCli, type RunningCli } from './built-cli.ts';

requireBuild();

const METRICS = `# TYPE go_goroutines gauge
go_goroutines 8
# TYPE go_memstats_heap_alloc_bytes gauge
go_memstats_heap_alloc_bytes 4e+06
# TYPE go_memstats_next_gc_bytes gauge
go_memstats_next_gc_bytes 8e+06
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 2e+07
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.7e+09
`;

/** A target, the tokens that it was shown, and how often it was asked. */
interface FakeTarget {
  readonly url: string;
  readonly server: Server;
  readonly tokens: Set<string>;
  asked: number;
}

async function startTarget(): Promise<FakeTarget> {
  const tokens = new Set<string>();
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    target.asked++;
    tokens.add(request.headers.authorization ?? 'none');
    response.writeHead(200, { 'content-type': 'text/plain' }).end(METRICS);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const target: FakeTarget = { url: `http://127.0.0.1:${port}`, server, tokens, asked: 0 };
  return target;
}

let folder = '';
let targets: FakeTarget[] = [];
let watch: RunningCli | null = null;
beforeAll(async () => {
  targets = await Promise.all([startTarget(), startTarget()]);
});
afterAll(() => {
  for (const { server } of targets) server.close();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-reload-'));
});
afterEach(async () => {
  if (watch?.isRunning()) await watch.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const [first, second] = [() => urlOf(0), () => urlOf(1)];
function urlOf(index: number): string {
  return targets[index]?.url ?? '';
}

async function save(text: string): Promise<void> {
  const file = join(folder, 'plimsoll.yaml');
  await writeFile(`${file}.new`, `storage: { kind: memory }\nintervals: { gauges: 250ms }\n${text}`);
  await rename(`${file}.new`, file);
}

async function start(text: string): Promise<{ running: RunningCli; page: string }> {
  await save(text);
  const running = startCli([
    'watch',
    '-c',
    join(folder, 'plimsoll.yaml'),
    '--listen',
    `127.0.0.1:${await freePort()}`,
  ]);
  watch = running;
  const [, page = ''] = await running.waitFor(/page: (http\S+)\//);
  return { running, page };
}

const get = async (url: string) => (await fetch(url)).text();
interface Listed {
  targets: { service: string; firstEvidenceAt: number | null }[];
}

describe('watch -c', () => {
  it('adds, changes and ends targets as the file says, and leaves the others alone', async () => {
    const { running, page } = await start(`targets: [{ service: one, url: '${first()}' }]\n`);
    await running.waitFor(/target: one at/);
    await save(
      `targets: [{ service: one, url: '${first()}' }, { service: two, url: '${second()}', bearer: before }]\n`,
    );
    await running.waitFor(/target: two at/);
    const { targets: both } = JSON.parse(await get(`${page}/api/v1/targets`)) as Listed;
    expect(both.map(({ service }) => service).sort()).toEqual(['one', 'two']);
    await save(`targets: [{ service: two, url: '${second()}', bearer: after }]\n`);
    await running.waitFor(/no longer watched: one[^]*target: two at/);
    const { targets: left } = JSON.parse(await get(`${page}/api/v1/targets`)) as Listed;
    expect(left.map(({ service }) => service)).toEqual(['two']);
    expect(targets[1]?.tokens).toContain('Bearer after');
    expect(running.said()).not.toContain('Bearer');
    const ended = await running.kill('SIGTERM');
    expect(ended.status).toBe(0);
  }, 60_000);

  it('goes on with what it has while the file is wrong, and says so wherever people look', async () => {
    const { running, page } = await start(`targets: [{ service: one, url: '${first()}' }]\n`);
    await running.waitFor(/target: one at/);
    await save(`targets: [{ service: one, url: '${first()}', bearer: { hunter2: 1 } }]\n`);
    await running.waitFor(
      /warning: .*plimsoll.yaml:3:\d+: targets.0.bearer: needs text.*settings of before go on/,
    );
    expect(await get(`${page}/metrics`)).toMatch(/^plimsoll_config_last_reload_successful 0$/m);
    const { config } = JSON.parse(await get(`${page}/api/v1/config`)) as { config: object };
    expect(config).toMatchObject({ isLastReloadSuccessful: false, problems: [{ line: 3 }] });
    const asked = targets[0]?.asked ?? 0;
    await save(`targets: [{ service: one, url: '${first()}' }]\n`);
    await running.waitFor(/loaded again: nothing else than before/);
    expect(await get(`${page}/metrics`)).toMatch(/^plimsoll_config_last_reload_successful 1$/m);
    expect(await get(`${page}/metrics`)).toMatch(
      /^plimsoll_config_last_reload_success_timestamp_seconds 1\d{9}/m,
    );
    expect(targets[0]?.asked).toBeGreaterThan(0);
    expect(asked).toBeGreaterThan(0);
    expect(running.said()).not.toContain('hunter2');
  }, 60_000);

  it('reads the file again on SIGHUP, and waits for targets without one', async () => {
    const { running } = await start('');
    await running.waitFor(/no target yet: add one/);
    process.kill(running.pid, 'SIGHUP');
    await running.waitFor(/loaded again: nothing else than before/);
    await save('alerts: { sinks: { log: { stdout: } } }\n');
    await running.waitFor(/loaded again: sinks: log added/);
    expect((await running.kill('SIGINT')).status).toBe(0);
  }, 60_000);
});

describe('config check', () => {
  it('is silent about secrets, lists every problem with its place, and ends with 3', async () => {
    const file = join(folder, 'plimsoll.yaml');
    await writeFile(file, 'tragets: []\ntargets:\n  - url: http://me:hunter2@x:1x\n    bearer: [hunter2]\n');
    const ended = await runCli(['config', 'check', file]);
    expect(ended.status).toBe(3);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toMatch(/plimsoll.yaml:1:1: tragets: unknown setting. Did you mean targets\?/);
    expect(ended.stderr).toMatch(/plimsoll.yaml:4:\d+: targets.0.bearer: needs text/);
    expect(ended.stderr).not.toContain('hunter2');
  });

  it('reads the lists of known leaks in folders with sources as well', async () => {
    const file = join(folder, 'plimsoll.yaml');
    const list = join(folder, 'plimsoll-known.yaml');
    await writeFile(file, `source: ['${folder}']\n`);
    await writeFile(list, 'known:\n  - culprit: example.com/orders/cache.*\n');
    const ended = await runCli(['config', 'check', file]);
    expect(ended).toMatchObject({ status: 3, stdout: '' });
    expect(ended.stderr).toContain(`${list}:2:5: known.0: needs reason. Say why it is left alone.`);
    const { stdout } = await runCli(['config', 'check', '--json', file]);
    expect(JSON.parse(stdout)).toMatchObject({
      isValid: false,
      problems: [{ file: list, line: 2, column: 5 }],
    });
  });

  it('says that a file is valid, with status 0, also as JSON', async () => {
    const file = join(folder, 'plimsoll.yaml');
    await writeFile(file, 'targets: [http://127.0.0.1:6060]\n');
    expect(await runCli(['config', 'check', file])).toMatchObject({
      status: 0,
      stdout: `${file}: valid, 1 target\n`,
    });
    const { stdout } = await runCli(['config', 'check', '--json', file]);
    expect(JSON.parse(stdout)).toEqual({
      file,
      editorSchema: null,
      isValid: true,
      targets: 1,
      files: [],
      problems: [],
    });
  });
});
