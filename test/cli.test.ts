// The command line as a user has it: what it prints where, with which status, and what it never does.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReportSchema, type Report } from '../src/model/report.ts';
import type { FindingsMessage, SourceMessage } from '../src/protocol/messages.ts';
import { PATHS, fillPath } from '../src/protocol/paths.ts';
import { skipNote, whyNoChdb } from '../src/testing/why-no-chdb.ts';
import {
  ROOT,
  SESSIONS_RECORDING,
  freePort,
  isAlive,
  listDescendants,
  requireBuild,
  runCli,
  startCli,
  type CliOptions,
  type CliRun,
} from './built-cli.ts';

requireBuild();

const run = promisify(execFile);
const validateReport = new Ajv2020({ allErrors: true }).compile(ReportSchema);
const NO_CHDB = whyNoChdb();

let folder: string;
let service: Server;
let serviceUrl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-cli-'));
  // The smallest service that can be investigated: two gauges of the Go collector.
  service = createServer((request, response) => {
    if (request.url !== '/metrics') response.writeHead(404).end();
    else response.end('go_memstats_heap_alloc_bytes 1e7\ngo_memstats_next_gc_bytes 2e7\n');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await new Promise((resolve) => service.close(resolve));
  await rm(folder, { recursive: true });
});

/** One clear line on stderr, nothing on stdout, status 3: what every error of the user or the world looks like. */
function expectRefused(ended: CliRun, said: RegExp): void {
  expect(ended.stderr).toMatch(said);
  expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(ended.stderr).not.toMatch(/^\s+at .*:\d+/m);
  expect({ status: ended.status, stdout: ended.stdout }).toEqual({ status: 3, stdout: '' });
}

describe('help', () => {
  it('of every command has examples, goes to standard output and exits with 0', async () => {
    const main = await runCli(['--help']);
    expect(main).toMatchObject({ status: 0, stderr: '' });
    expect(main.stdout).toContain('Examples:');
    const list = main.stdout.slice(main.stdout.indexOf('Commands:'));
    const commands = [...list.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1] ?? '');
    for (const name of ['watch', 'check', 'record', 'replay', 'doctor', 'demo', 'diagnose']) {
      expect(commands).toContain(name);
    }
    for (const command of commands.filter((name) => name !== 'help' && name !== 'plimsoll')) {
      const help = await runCli([command, '--help']);
      expect(help, command).toMatchObject({ status: 0, stderr: '' });
      expect(help.stdout, command).toMatch(new RegExp(`Examples:\\n {2}plimsoll ${command}\\b`));
    }
  });

  it('prints the version of package.json', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await runCli(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('what cannot be done is refused with one line, an empty standard output and status 3:', () => {
  const nowhere = 'http://127.0.0.1:1';
  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown command', ['explode'], /unknown command 'explode'/],
    ['a misspelled command, with a suggestion', ['replai'], /Did you mean replay\?/],
    ['an unknown option', ['replay', '--nope', 'x'], /unknown option '--nope'/],
    ['a missing argument', ['replay'], /missing required argument 'recording'/],
    ['one argument too many', ['check', nowhere, nowhere], /too many arguments for 'check'/],
    ['a missing option', ['record', nowhere], /required option '-o, --output <path>' not specified/],
    [
      'a bad duration',
      ['check', nowhere, '--for', '5parsecs'],
      /'--for <duration>'.*'5parsecs'.*such as 30s/,
    ],
    ['a negative duration', ['check', nowhere, '--for', '-5m'], /'--for <duration>'/],
    ['a bad size', ['watch', nowhere, '--memory-limit', 'lots'], /'--memory-limit <size>'.*such as 512MiB/],
    ['a bad time scale', ['watch', nowhere, '--time-scale', '0'], /'--time-scale <n>'.*above zero/],
    ['a bad address to listen on', ['watch', nowhere, '--listen', 'nope'], /'--listen <host:port>'/],
    ['a bad process id', ['doctor', nowhere, '--pid', '1.5'], /'--pid <n>'.*whole number/],
    ['a bad header', ['doctor', nowhere, '--header', 'secret'], /"Name: value"/],
    ['a bad --fail-on of check', ['check', nowhere, '--fail-on', 'never'], /--fail-on, found "never"/],
    ['a bad --fail-on of replay', ['replay', '/x', '--fail-on', 'leak,no'], /--fail-on, found "no"/],
    ['a bad storage', ['watch', nowhere, '--storage', 'floppy'], /--storage, found "floppy"/],
    [
      'two targets that have one name and address',
      ['watch', 'http://127.0.0.1:9/a', '127.0.0.1:9/b'],
      /found "http:..127.0.0.1:9.a and 127.0.0.1:9.b": two targets have one name/,
    ],
    ['a recording in a form that is none', ['record', nowhere, '-o', 'x.zip'], /a folder or a \.tar\.gz/],
    ['no target', ['watch'], /no target: give a URL, --local, -c with targets/],
    ['a target that is no address', ['check', 'not a url'], /found "not a url"/],
    ['a target of another protocol', ['doctor', 'ftp://127.0.0.1/'], /only http and https/],
    ['a configuration that is not there', ['watch', '-c', '/nowhere.yaml'], /\/nowhere.yaml: cannot be read/],
    ['a server that is no URL', ['diagnose', 'on', 'orders', '--server', 'here'], /--server, found "here"/],
    [
      'no watch at the server',
      ['diagnose', 'on', 'orders', '--server', nowhere],
      /no plimsoll watch answers/,
    ],
    ['a third state', ['diagnose', 'maybe', 'orders'], /found "maybe": needs on or off/],
    ['an unreachable target of check', ['check', nowhere], /127.0.0.1:1\/metrics: connection refused/],
    ['an unreachable target of doctor', ['doctor', nowhere], /connection refused.*Is the process running/],
    ['an unreachable target of record', ['record', nowhere, '-o', '/nowhere/r'], /connection refused/],
    ['a recording that is not there', ['replay', '/nowhere'], /\/nowhere: cannot be opened/],
    ['a folder without recording', ['replay', ROOT], /no recording.json/],
    ['a file that is no recording', ['replay', join(ROOT, 'LICENSE')], /neither a directory nor a .tar.gz/],
  ];
  it.each(refused)('%s', async (_, args, said) => {
    expectRefused(await runCli(args), said);
  });

  it('a setting of the environment that is none', async () => {
    expectRefused(await runCli(['watch', nowhere], { env: { PORT: 'first' } }), /field PORT, found "first"/);
  });

  it('a setting of a file that is none, with the line', async () => {
    const file = join(folder, 'plimsoll.yaml');
    await writeFile(file, 'targets:\n  - http://127.0.0.1:6060\nlisten: everywhere\n');
    expectRefused(await runCli(['watch', '-c', file]), /plimsoll.yaml, line 3, column 9, field listen/);
  });

  it('a recording of a newer version', async () => {
    const newer = join(folder, 'newer');
    await mkdir(newer);
    const manifest = { format: 'plimsoll-recording', version: 2, service: 'a', instance: 'b', startedAt: 1 };
    await writeFile(join(newer, 'recording.json'), JSON.stringify(manifest));
    expectRefused(await runCli(['replay', newer]), /newer.*upgrade/);
  });

  it('a recording whose manifest is damaged', async () => {
    const damaged = join(folder, 'damaged');
    await mkdir(damaged);
    await writeFile(join(damaged, 'recording.json'), '{"format": "plimsoll-rec');
    expectRefused(await runCli(['replay', damaged]), /recording.json/);
  });

  it('an archive that is empty, cut off or overwritten', async () => {
    const whole = await readFile(SESSIONS_RECORDING);
    const overwritten = Buffer.from(whole);
    overwritten.fill(0x5a, 20_000, 40_000);
    const broken = { empty: whole.subarray(0, 0), cut: whole.subarray(0, whole.length / 2), overwritten };
    for (const [name, bytes] of Object.entries(broken)) {
      const path = join(folder, `${name}.tar.gz`);
      await writeFile(path, bytes);
      expectRefused(await runCli(['replay', path]), new RegExp(`${name}.tar.gz`));
    }
  });
});

describe('replay', () => {
  let json: CliRun;
  let report: Report;
  let extracted: string;

  beforeAll(async () => {
    extracted = join(folder, 'sessions');
    await mkdir(extracted);
    await run('tar', ['-xzf', SESSIONS_RECORDING, '-C', extracted]);
    json = await runCli(['replay', '--json', SESSIONS_RECORDING]);
    report = JSON.parse(json.stdout) as Report;
  });

  it('prints exactly one JSON document of the published schema, and nothing else', () => {
    expect(json.stderr).toBe('');
    expect(validateReport(report), JSON.stringify(validateReport.errors)).toBe(true);
    expect(json.stdout).toBe(`${JSON.stringify(report, null, 2)}\n`);
  });

  it('finds the leak of the recorded service, at a line that is there', async () => {
    expect({ status: json.status, verdict: report.verdict }).toEqual({ status: 1, verdict: 'leak' });
    const [finding] = report.findings;
    expect(finding).toMatchObject({ verdict: 'leak', class: 'heap' });
    expect(finding?.growth?.low).toBeGreaterThan(0);
    const culprit = finding?.culprits[0];
    const text = await readFile(join(ROOT, 'demo', culprit?.file ?? 'none'), 'utf8');
    const functionName = culprit?.function.split('.').at(-1) ?? 'none';
    const before = text.split('\n').slice(0, culprit?.line ?? 0);
    expect(before.findLast((line) => line.startsWith('func '))).toContain(functionName);
  });

  it('gives the same bytes every time', async () => {
    const again = await runCli(['replay', '--json', SESSIONS_RECORDING]);
    expect(again.stdout).toBe(json.stdout);
  });

  it('gives the same for the folder as for the archive', async () => {
    const fromFolder = await runCli(['replay', '--json', extracted]);
    expect(fromFolder.stdout).toBe(json.stdout);
  });

  it('changes only the status under --fail-on', async () => {
    const statuses: Record<string, number | null> = {};
    for (const failOn of ['leak', 'undetermined', 'none']) {
      const ended = await runCli(['replay', '--json', '--fail-on', failOn, SESSIONS_RECORDING]);
      expect(ended.stdout).toBe(json.stdout);
      statuses[failOn] = ended.status;
    }
    expect(statuses).toEqual({ leak: 1, undetermined: 0, none: 0 });
  });

  it('says the same in words for people', async () => {
    const { stdout, status } = await runCli(['replay', SESSIONS_RECORDING]);
    const [finding] = report.findings;
    const culprit = finding?.culprits[0];
    expect(status).toBe(1);
    for (const part of [report.summary, culprit?.function, `${culprit?.file}:${culprit?.line}`, '[60x]']) {
      expect(stdout).toContain(part);
    }
  });

  it('tells nothing of the machine on which the recording was made', async () => {
    let profiles = 0;
    for (const name of await readdir(extracted, { recursive: true })) {
      const path = join(extracted, name);
      if (!(await stat(path)).isFile()) continue;
      const bytes = await readFile(path);
      const text = (name.endsWith('.pb.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
      expect(text.match(/\/(work|tmp|home|root|Users)\/.{0,80}/)?.[0], name).toBeUndefined();
      if (name.endsWith('.pb.gz')) profiles++;
    }
    expect(profiles).toBeGreaterThan(20);
  });
});

describe('check', () => {
  it('prints the report so far on SIGINT, with its own status', async () => {
    const check = startCli(['check', serviceUrl, '--for', '10m', '--json', '--service', 'small']);
    await check.waitFor(/small: undetermined.* left/);
    const { status, stdout, stderr } = await check.kill('SIGINT');
    const report = JSON.parse(stdout) as Report;
    expect(validateReport(report), JSON.stringify(validateReport.errors)).toBe(true);
    expect({ status, verdict: report.verdict }).toEqual({ status: 2, verdict: 'undetermined' });
    expect(stderr).not.toMatch(/error/i);
  });

  it('ends by itself and says what is still needed', async () => {
    const { status, stdout } = await runCli(['check', serviceUrl, '--for', '1s', '--json']);
    const report = JSON.parse(stdout) as Report;
    expect({ status, verdict: report.verdict }).toEqual({ status: 2, verdict: 'undetermined' });
    expect(report.needed?.what).toMatch(/\w/);
    const forgiven = await runCli(['check', serviceUrl, '--for', '1s', '--fail-on', 'leak']);
    expect(forgiven.status).toBe(0);
  });
});

describe('watch', () => {
  it('with --json prints a report a line, and in memory leaves nothing on disk', async () => {
    const cwd = await mkdtemp(join(folder, 'empty-'));
    const args = ['watch', serviceUrl, '--storage', 'memory', '--time-scale', '60', '--json'];
    const watch = startCli([...args, '--listen', `127.0.0.1:${await freePort()}`], { cwd });
    await watch.waitFor(/"schema":"plimsoll-report\/1"/);
    const { status, stdout } = await watch.kill('SIGINT');
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines)
      expect(validateReport(JSON.parse(line)), JSON.stringify(validateReport.errors)).toBe(true);
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe('what watch prints', () => {
  it('is its verdicts; where it is and what it does goes to standard error', async () => {
    const args = ['watch', serviceUrl, '--storage', 'memory', '--time-scale', '60', '--service', 'orders'];
    const watch = startCli([...args, '--listen', `127.0.0.1:${await freePort()}`], { cwd: folder });
    await watch.waitFor(/orders: undetermined after .*: Cannot tell yet/);
    const { status, stdout, stderr } = await watch.kill('SIGINT');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^(?:orders: undetermined after .*\n)+$/);
    expect(stderr).toMatch(/^page: /m);
    expect(stderr).not.toMatch(/Cannot tell yet/);
  });
});

describe('record', () => {
  it('with --json says what it wrote', async () => {
    const output = join(folder, 'small.tar.gz');
    const args = ['record', serviceUrl, '-o', output, '--for', '1s', '--json', '--service', 'small'];
    const { status, stdout } = await runCli(args);
    expect(status).toBe(0);
    const written = JSON.parse(stdout) as { pieces: number };
    expect(written).toMatchObject({ path: output, service: 'small' });
    expect(written.pieces).toBeGreaterThan(0);
  });
});

describe('report', () => {
  it('makes one file of a recording, with the picture of its memory, and Markdown of what --json printed', async () => {
    const html = await runCli(['report', SESSIONS_RECORDING]);
    expect(html).toMatchObject({ status: 0, stderr: '' });
    expect(html.stdout).toMatch(/^<!doctype html>[^]*<svg [^]*class="line line-0"[^]*<\/html>\s*$/);
    const { stdout } = await runCli(['replay', '--json', SESSIONS_RECORDING]);
    const file = join(folder, 'report.json');
    await writeFile(file, stdout);
    const markdown = await runCli(['report', file, '--markdown']);
    expect(markdown.stdout).toMatch(/^## leak: [^]*### Investigation/);
  });

  it('refuses what is no report with one line', async () => {
    const file = join(folder, 'other.json');
    await writeFile(file, '{"schema":"other/1"}');
    const { status, stdout, stderr } = await runCli(['report', file]);
    expect([status, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/^plimsoll: arguments: .*other\.json: no plimsoll-report\/1 document/);
  });
});

describe('doctor', () => {
  it('says in words and in JSON what is there, what is missing, and how to turn it on', async () => {
    const words = await runCli(['doctor', serviceUrl]);
    expect(words).toMatchObject({ status: 0, stderr: '' });
    expect(words.stdout).toMatch(/^ok +heap gauges/m);
    expect(words.stdout).toMatch(/^missing +heap profile[^]*import _ "net\/http\/pprof"/m);
    const json = await runCli(['doctor', '--json', serviceUrl]);
    const document = JSON.parse(json.stdout) as { evidence: { evidence: string; state: string }[] };
    const states = Object.fromEntries(document.evidence.map(({ evidence, state }) => [evidence, state]));
    expect(states).toMatchObject({ 'heap gauges': 'ok', 'heap profile': 'missing' });
  });
});

describe('doctor of a service that offers nothing', () => {
  /** Of a server that answers everything so. */
  const doctorOf = async (code: number, body: string, ...options: string[]) => {
    const bare = createServer((_, response) => response.writeHead(code).end(body));
    await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));
    const { port } = bare.address() as AddressInfo;
    const ended = await runCli(['doctor', `http://127.0.0.1:${port}`, ...options]);
    await new Promise((resolve) => bare.close(resolve));
    return ended;
  };

  it.each([
    [401, 'who is that?', /^refused .*: HTTP 401: who is that\?\n +Give the credentials.*--bearer-file/],
    [403, '', /^refused .*: HTTP 403\n +Give the credentials/],
    [
      400,
      'Client sent an HTTP request to an HTTPS server.',
      /^refused .*: HTTP 400: Client sent.*\n +It speaks HTTPS there: say https:\/\//,
    ],
  ])('says first that it was refused with %i, and not what would be missing', async (code, body, words) => {
    const { status, stdout } = await doctorOf(code, body);
    expect(status).toBe(3);
    expect(stdout).toMatch(words);
    expect(stdout).not.toMatch(/^missing|import /m);
    expect(stdout).toMatch(new RegExp(`failed +metrics +http:.*HTTP ${code}`));
  });

  it('says in JSON why it was refused, and lists nothing as missing', async () => {
    const { status, stdout } = await doctorOf(401, 'no', '--json');
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ refused: { why: 'HTTP 401: no' }, evidence: [] });
  });

  it('has every line that is missing, and says what was asked', async () => {
    const { status, stdout } = await doctorOf(404, 'not here');
    expect(status).toBe(0);
    for (const evidence of ['heap gauges', 'process gauges', 'heap profile', 'goroutine profile']) {
      expect(stdout).toMatch(new RegExp(`^missing +${evidence}`, 'm'));
    }
    expect(stdout).toMatch(/failed +metrics +http:.*HTTP 404: not here/);
  });
});

describe('the storage engine', () => {
  const hook = pathToFileURL(join(ROOT, 'test', 'fixtures', 'list-libraries.mjs')).href;
  const librariesOf = async (start: (options: CliOptions) => Promise<unknown>) => {
    const file = join(folder, 'libraries');
    await start({ env: { NODE_OPTIONS: `--import=${hook}`, LIBRARIES_FILE: file } });
    return readFile(file, 'utf8');
  };

  it.skipIf(NO_CHDB)(`would be seen if it were loaded${skipNote(NO_CHDB)}`, async () => {
    const libraries = await librariesOf(({ env }) =>
      run(process.execPath, ['-e', "import('chdb')"], { cwd: ROOT, env: { ...process.env, ...env } }),
    );
    expect(libraries).toMatch(/chdb/);
  });

  it.each([
    ['replay', () => ['replay', '--json', SESSIONS_RECORDING]],
    ['check', () => ['check', serviceUrl, '--for', '1s']],
    ['doctor', () => ['doctor', serviceUrl]],
    ['--help', () => ['--help']],
  ])('is never loaded by %s', async (_, args) => {
    const libraries = await librariesOf((options) => runCli(args(), options));
    expect(libraries).toMatch(/libc|node/);
    expect(libraries).not.toMatch(/chdb/);
  });
});

describe('demo', () => {
  const noGo = { env: { PATH: '/nowhere' } };

  it('refuses a leak that it does not have, with those that it has', async () => {
    const said = /field --leak, found "nosuch".*it has sessions, jobs, tracker/;
    expectRefused(await runCli(['demo', '--leak', 'jobs,nosuch'], noGo), said);
    expectRefused(await runCli(['demo', '--leak', 'nosuch']), said);
  });

  it('refuses a port that is taken before it builds or starts anything', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    expectRefused(await runCli(['demo', '--listen', `127.0.0.1:${port}`]), /in use/);
    taken.close();
  });

  it('says which leaks the recording does not show', async () => {
    const listen = ['--listen', `127.0.0.1:${await freePort()}`];
    const { stderr } = await runCli(['demo', ...listen, '--leak', 'sessions,jobs', '--for', '1s'], noGo);
    expect(stderr).toMatch(/warning: that recording has the leak sessions alone; jobs: only with Go/);
  });

  it('lists the leaks that its sources have', async () => {
    const listed = (await readFile(join(ROOT, 'src', 'cli', 'commands', 'demo.ts'), 'utf8')).match(
      /DEMO_LEAKS = \[(.*)\]/,
    )?.[1];
    const names: string[] = [];
    for (const file of await readdir(join(ROOT, 'demo', 'internal'), { recursive: true })) {
      if (!file.endsWith('.go') || file.endsWith('_test.go')) continue;
      const text = await readFile(join(ROOT, 'demo', 'internal', file), 'utf8');
      names.push(...[...text.matchAll(/leaks\.Spec\{\s*Name:\s*"(\w+)"/g)].map((found) => found[1] ?? ''));
    }
    const words = [...(listed ?? '').matchAll(/\w+/g)].map(([word]) => word);
    expect(words.sort()).toEqual(names.sort());
  });
});

describe('demo on a machine without Go', () => {
  it('ends by itself after --for', async () => {
    const listen = ['--listen', `127.0.0.1:${await freePort()}`];
    const demo = await runCli(['demo', ...listen, '--for', '2s', '--json'], { env: { PATH: '/nowhere' } });
    expect(demo.status).toBe(0);
    expect(demo.stderr).toContain('Go is not installed');
    expect(demo.stdout).toMatch(/^(?:\{.*\}\n)*$/);
  });

  it('says so, replays the recording that ships with it onto the page, and ends with SIGINT', async () => {
    const port = await freePort();
    const demo = startCli(['demo', '--listen', `127.0.0.1:${port}`], { env: { PATH: '/nowhere' } });
    await demo.waitFor(/Go is not installed.*a recording of the demo service is replayed instead/);
    const url = (await demo.waitFor(/page: (http:\/\/127\.0\.0\.1:\d+)\//))[1] ?? '';
    expect(new URL(url).port).toBe(String(port));
    await demo.waitFor(/LEAK {2}orders/);
    await demo.waitFor(/the recording is over; the page stays until Ctrl-C/);

    const page = await fetch(url);
    expect(page.headers.get('content-type')).toMatch(/text\/html/);
    expect(await page.text()).toMatch(/<script type="module"/);
    const { findings } = (await (await fetch(url + PATHS.findings)).json()) as FindingsMessage;
    expect(findings).toHaveLength(1);
    const [finding] = findings;
    expect(finding).toMatchObject({ verdict: 'leak', class: 'heap', incident: { state: 'open' } });
    const { source } = (await (
      await fetch(url + fillPath(PATHS.source, { fingerprint: finding?.fingerprint ?? '' }))
    ).json()) as SourceMessage;
    expect(source?.line).toBe(finding?.culprits[0]?.line);
    expect(source?.lines.join('\n')).toContain('func restoreHistory');

    const below = await listDescendants(demo.pid);
    const { status } = await demo.kill('SIGINT');
    expect(status).toBe(0);
    expect(below.filter(isAlive)).toEqual([]);
    await expect(fetch(url)).rejects.toThrow();
  }, 120_000);
});
