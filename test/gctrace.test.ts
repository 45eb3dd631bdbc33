// The command on GC traces as a user has it, with the traces that real runtimes wrote and a Go program that it starts.
import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReportSchema, type Report } from '../src/model/report.ts';
import { hasGo } from '../src/cli/go-program.ts';
import { skipNote } from '../src/testing/why-no-chdb.ts';
import { ROOT, requireBuild, runCli, startCli, type CliRun } from './built-cli.ts';

requireBuild();

const FIXTURES = join(ROOT, 'test', 'fixtures', 'gctrace');
const validateReport = new Ajv2020({ allErrors: true }).compile(ReportSchema);
const NO_GO = hasGo() ? null : 'Go is not on the PATH';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-gctrace-'));
});
afterAll(() => rm(folder, { recursive: true }));

function reportOf({ stdout }: CliRun): Report {
  const report: unknown = JSON.parse(stdout);
  expect(validateReport(report), JSON.stringify(validateReport.errors)).toBe(true);
  return report as Report;
}

/** A process that collects every half minute, for `hours`, and keeps `perHour` MiB more each hour. */
function drawTrace(hours: number, perHour: number): string {
  const lines: string[] = [];
  for (let number = 1, live = 20; number <= hours * 120; number++) {
    const seconds = number * 30 - 29.5;
    live = 20.3 + (perHour * seconds) / 3600 + ((number * 7) % 5) / 10;
    const [now, goal] = [Math.floor(live), Math.floor(2 * live)];
    lines.push(
      `gc ${number} @${seconds}s 0%: 0.1+1.3+0.1 ms clock, 0.3+0.1/0.2/0+0.1 ms cpu, ${goal}->${goal}->${now} MB, ${goal} MB goal, 0 MB stacks, 0 MB globals, 2 P`,
    );
  }
  return `${lines.join('\n')}\n`;
}

async function traceFile(hours: number, perHour: number): Promise<string> {
  const path = join(folder, `orders-${hours}-${perHour}.log`);
  await writeFile(path, drawTrace(hours, perHour));
  return path;
}

describe('plimsoll gctrace <log>', () => {
  it('calls a leak a leak: status 1, growth with its interval, and what to do', async () => {
    const ended = await runCli(['gctrace', await traceFile(3, 30)], { env: { COLUMNS: '60' } });
    expect(ended).toMatchObject({ status: 1, stderr: '' });
    expect(ended.stdout).toMatch(/^LEAK/);
    expect(ended.stdout).toMatch(/growth +30\.?\d* MiB\/h \(\d/);
    expect(ended.stdout).toMatch(/GOGC=100/);
    expect(ended.stdout).toMatch(/next +a GC trace shows that the live heap leaks, not where/);
    expect(ended.stdout).not.toContain('\u001b');
    for (const line of ended.stdout.split('\n').filter((said) => /[█░]/.test(said))) {
      expect(line.length).toBeLessThanOrEqual(60);
    }
  });

  it('clears a flat heap: status 0, and says what would have been seen', async () => {
    const ended = await runCli(['gctrace', await traceFile(4, 0)]);
    expect(ended.status).toBe(0);
    expect(ended.stdout).toMatch(/a leak above .* would have been seen/);
  });

  it('prints a report with a gctrace section as JSON, and draws the picture as SVG', async () => {
    const svg = join(folder, 'heap.svg');
    const report = reportOf(await runCli(['gctrace', await traceFile(3, 30), '--json', '--svg', svg]));
    expect(report).toMatchObject({ verdict: 'leak', target: { service: 'orders-3-30' } });
    expect(report.gctrace).toMatchObject({
      cycles: 360,
      lives: 1,
      isDated: false,
      gogcPercent: { value: 100 },
    });
    expect(await readFile(svg, 'utf8')).toMatch(/^<\?xml[^]*<svg [^]*leak[^]*<\/svg>\n$/);
  });

  it('reads several logs as one, compressed or not', async () => {
    const whole = await traceFile(3, 30);
    const lines = (await readFile(whole, 'utf8')).split('\n');
    const [first, second] = [join(folder, 'a.log'), join(folder, 'b.log')];
    await writeFile(first, `${lines.slice(0, 100).join('\n')}\n`);
    await writeFile(second, lines.slice(100).join('\n'));
    execFileSync('gzip', [first]);
    const report = reportOf(await runCli(['gctrace', `${first}.gz`, second, '--json']));
    expect(report.gctrace?.cycles).toBe(360);
    expect(report.verdict).toBe('leak');
  });

  it.each(['go1.5.4', 'go1.12.17', 'go1.18.10', 'go1.26.8'])('reads the trace of %s', async (version) => {
    const report = reportOf(await runCli(['gctrace', '--json', join(FIXTURES, `${version}.log`)]));
    expect(report.verdict).toBe('undetermined');
    expect(report.gctrace?.cycles).toBeGreaterThan(10);
    expect(report.gctrace?.heap.live.last).toBeGreaterThan(4 * 2 ** 20);
    expect(report.gctrace?.lines).toMatchObject({ repeated: 0, damaged: 0 });
  });

  it('refuses what is no trace, with status 3 and nothing on standard output', async () => {
    await copyFile(join(ROOT, 'LICENSE'), join(folder, 'other.log'));
    for (const args of [
      [join(folder, 'other.log')],
      [join(folder, 'missing.log')],
      [folder],
      [],
      ['--'],
      ['x.log', '--', 'ls'],
      ['--', '/no/such/program'],
      ['--fail-on', 'never', 'x.log'],
    ]) {
      const ended = await runCli(['gctrace', ...args]);
      expect(ended, args.join(' ')).toMatchObject({ status: 3, stdout: '' });
      expect(ended.stderr.trimEnd().split('\n'), args.join(' ')).toHaveLength(1);
    }
  });
});

describe('plimsoll gctrace -- <program>', () => {
  /** A program that says something, and tells a trace of the length that it is asked for. */
  const shell = (script: string, ...options: string[]) =>
    startCli(['gctrace', ...options, '--', 'sh', '-c', script]);

  it('passes on what the program says, not the trace, and ends with the verdict', async () => {
    const path = await traceFile(3, 30);
    const ended = await shell(`echo out; echo err >&2; cat ${path} >&2; exit 7`).ended;
    expect(ended.status).toBe(1);
    expect(ended.stderr).toBe('out\nerr\n');
    expect(ended.stdout).toMatch(/^LEAK/);
  });

  it('ends as the program ended where that is asked for', async () => {
    const { stdout, status } = await shell(
      'echo out; exit 7',
      '--child-status',
      '-o',
      join(folder, 'report.txt'),
    ).ended;
    expect({ stdout, status }).toEqual({ stdout: 'out\n', status: 7 });
    expect(await readFile(join(folder, 'report.txt'), 'utf8')).toMatch(/^UNDETERMINED/);
    expect((await shell('kill -KILL $$', '--child-status').ended).status).toBe(137);
    expect((await runCli(['gctrace', '--child-status', '--', '/no/such/program'])).status).toBe(127);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGQUIT'] as const)(
    'passes %s on once, and reports when the program has ended',
    async (signal) => {
      const name = signal.slice(3);
      const running = shell(
        `trap 'echo got ${name} >&2; exit 0' ${name}; echo ready >&2; while :; do sleep 0.01; done`,
      );
      await running.waitFor(/ready/);
      const ended = await running.kill(signal);
      expect(ended.stderr.match(/got/g)).toHaveLength(1);
      expect(ended.stdout).toMatch(/^UNDETERMINED/);
      expect(ended.status).toBe(2);
    },
  );

  it.skipIf(NO_GO !== null)(`traces a Go program that does not know of it${skipNote(NO_GO)}`, async () => {
    await copyFile(join(FIXTURES, 'program', 'main.go'), join(folder, 'main.go'));
    const program = join(folder, 'service');
    execFileSync('go', ['build', '-o', program, 'main.go'], { cwd: folder });
    const ended = await runCli(['gctrace', '--json', '--', program, '256', '25', '20']);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/^\S+ \S+ round 0\n\S+ \S+ round 10\n\S+ \S+ round 20\n\S+ \S+ kept 25\n$/);
    const { gctrace, needed } = reportOf(ended);
    expect(gctrace).toMatchObject({ lives: 1, isDated: true, forced: 1, child: { status: 0, signal: null } });
    expect(gctrace?.cycles).toBeGreaterThan(5);
    expect(gctrace?.heap.live.last).toBeGreaterThan(5 * 2 ** 20);
    expect(needed?.millis).toBeGreaterThan(30 * 60_000);
  });
});
