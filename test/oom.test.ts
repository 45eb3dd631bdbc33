// `plimsoll oom` as a user runs it: logs of several kernels, statuses of pods, crashes, and a process that is really killed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OomDocument } from '../src/cli/commands/oom.ts';
import { makeMemoryCgroup, whyNoMemoryCgroup, type MemoryCgroup } from '../src/testing/memory-cgroup.ts';
import { LINUX_5_DOCKER, LINUX_6_POD } from '../src/testing/oom-logs.ts';
import { seededRandom } from '../src/testing/seeded-random.ts';
import { MAIN, requireBuild, runCli } from './built-cli.ts';

requireBuild();
const MIB = 1024 * 1024;
const FATAL = `2026/01/02 10:00:00 listening
fatal error: runtime: out of memory

goroutine 1 [running]:
main.main()
	/src/orders/main.go:10 +0x1d

goroutine 18 [chan receive, 12 minutes]:
main.runJobs.func1()
	/src/orders/jobs.go:31 +0x2c
created by main.runJobs in goroutine 1
	/src/orders/jobs.go:29 +0x4f

goroutine 19 [chan receive, 11 minutes]:
main.runJobs.func1()
	/src/orders/jobs.go:31 +0x2c
created by main.runJobs in goroutine 1
	/src/orders/jobs.go:29 +0x4f
exit status 2
`;
const POD = {
  kind: 'Pod',
  metadata: { name: 'orders-7d9f', namespace: 'shop', uid: '94eb36cd-29e1-478b-b365-4cb5dfc7d6fb' },
  spec: { containers: [{ name: 'orders', resources: { limits: { memory: '512Mi' } } }] },
  status: {
    containerStatuses: [
      {
        name: 'orders',
        restartCount: 4,
        lastState: {
          terminated: {
            exitCode: 137,
            reason: 'OOMKilled',
            startedAt: '2026-01-01T04:00:00Z',
            finishedAt: '2026-01-01T10:00:05Z',
          },
        },
        state: {},
      },
    ],
  },
};

/** As `journalctl -k -o short-iso` or rsyslog would have written each line. */
function stamped(log: string, at: string): string {
  return log.replace(/^(?=.)/gm, `${at} node-7 kernel: `);
}

let folder: string;
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const json = (text: string) => JSON.parse(text) as OomDocument;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-oom-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('oom', () => {
  it('tells from a kernel log who was killed, by which limit, and what the memory was', async () => {
    const log = file('kern.log', stamped(LINUX_6_POD, '2026-01-01T10:00:05+0000'));
    const { status, stdout, stderr } = await runCli(['oom', log], { env: { TZ: 'UTC' } });
    expect(stdout).toMatch(/^OOM KILL {2}orders pod 94eb36cd-.*, container 46b3e0a4df44, on node-7$/m);
    expect(stdout).toMatch(/^ {2}when +2026-01-01 10:00:05, /m);
    expect(stdout).toMatch(/^ {2}limit +512 MiB of .*, met 1273 times, no swap$/m);
    expect(stdout).toMatch(/^ {2}made of +anonymous 495 MiB, kernel /m);
    expect(stdout).toMatch(/^ {2}leaker\? +the largest: /m);
    expect([status, stderr]).toEqual([1, '']);
  });

  it('joins the status of the pod to the log of its node', async () => {
    const log = file('node.log.gz', gzipSync(stamped(LINUX_6_POD, '2026-01-01T10:00:05+0000')));
    const pod = file('pod.json', JSON.stringify(POD));
    const { status, stdout } = await runCli(['oom', '--json', log, pod]);
    const { schema, services, sources } = json(stdout);
    expect(schema).toBe('plimsoll-oom/1');
    expect(sources.map(({ kills, containers }) => [kills, containers])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(services).toHaveLength(1);
    expect(services[0]).toMatchObject({
      place: 'shop/orders-7d9f, container orders',
      lives: [{ isExact: true }],
      container: { restarts: 4, limitBytes: 512 * MIB },
    });
    expect(status).toBe(1);
  });

  it('takes standard input, and groups the goroutines of a crash', () => {
    const { status, stdout } = spawnSync(process.execPath, [MAIN, 'oom', '-'], {
      input: FATAL,
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/^CRASH {2}.*out of memory/m);
    expect(stdout).toMatch(/goroutines +3 in 2 groups/);
    expect(stdout).toMatch(
      /2x chan receive in main\.runJobs\.func1 \(.*jobs\.go:31\), created by main\.runJobs/,
    );
    expect(status).toBe(1);
  });

  it('ends with 0 where nothing was killed, and with 3 and no output where a log cannot be read', async () => {
    const quiet = await runCli(['oom', file('quiet.log', 'kernel: usb 1-1: new device\n')]);
    expect(quiet.stdout).toMatch(/^No OOM kill and no crash in .*quiet\.log\.\n$/);
    expect(quiet.status).toBe(0);
    const gone = await runCli(['oom', join(folder, 'gone.log')]);
    expect(gone.stderr).toMatch(/^plimsoll: .*gone\.log: .*\n?.*Name a log that this user may read/);
    expect([gone.status, gone.stdout]).toEqual([3, '']);
    const broken = await runCli(['oom', file('broken.json', '{"kind":"Pod","metadata":')]);
    expect([broken.status, broken.stdout]).toEqual([3, '']);
  });

  it.each<[string, (line: string) => string]>([
    [
      "Docker's JSON",
      (line) => JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: '2026-01-01T10:00:05.1Z' }),
    ],
    ['CRI', (line) => `2026-01-01T10:00:05.1Z stderr F [123456.789012] ${line}`],
  ])('tells as much of a kernel log in the envelope of %s', async (_, wrap) => {
    const plain = await runCli(['oom', file('plain.log', LINUX_6_POD), '--json']);
    const wrapped = LINUX_6_POD.trimEnd().split('\n').map(wrap).join('\n');
    const { status, stdout } = await runCli(['oom', file('wrapped.log', wrapped), '--json']);
    expect(status).toBe(1);
    const [bare, opened] = [plain.stdout, stdout].map((text) => json(text).services[0]?.kills[0]);
    expect(opened).toEqual({
      ...bare,
      atMillis: Date.UTC(2026, 0, 1, 10, 0, 5, 100),
      bootSeconds: opened?.bootSeconds,
    });
  });

  it('reads what is whole of an archive that is cut short, and says that it is not all', async () => {
    const quiet = Array.from({ length: 4000 }, (_, i) => `Jan  1 10:00:00 node-7 kernel: eth0: link ${i}\n`);
    const packed = gzipSync(`${LINUX_5_DOCKER}\n${quiet.join('')}`);
    const killed = await runCli(['oom', file('cut.log.gz', packed.subarray(0, packed.length - 900))]);
    expect(killed.stdout).toMatch(
      /^OOM KILL .*NOT ALL {2}\S*cut\.log\.gz is damaged \(unexpected end of file\)/s,
    );
    expect(killed.status).toBe(1);
    const none = gzipSync(quiet.join(''));
    const silent = await runCli(['oom', file('cut2.log.gz', none.subarray(0, none.length - 900))]);
    expect(silent.stdout).toMatch(/NOT ALL/);
    expect(silent.status).toBe(2);
  });

  it('cannot tell from nothing, and says who may read the kernel log', async () => {
    for (const nothing of ['', '\n \n']) {
      const { status, stdout } = spawnSync(process.execPath, [MAIN, 'oom', '-'], {
        input: nothing,
        encoding: 'utf8',
      });
      expect(stdout).toMatch(/^CANNOT TELL {2}nothing was in standard input: .*sudo dmesg/);
      expect(status).toBe(2);
    }
    const log = file('quiet.log', 'Jan  1 10:00:00 node-7 kernel: eth0: link is up\n');
    const beside = await runCli(['oom', log, file('rotated.log', '')]);
    expect([beside.status, beside.stdout]).toEqual([
      0,
      expect.stringMatching(/^No OOM kill and no crash in .*quiet\.log, .*rotated\.log\.\n$/),
    ]);
  });

  it('refuses bytes that are no log, and reads a log with a run of zeros in it', async () => {
    const random = seededRandom(4);
    const noise = Uint8Array.from({ length: 40_000 }, () => Math.floor(256 * random()));
    noise[0] = 0x7f;
    const wide = new Uint8Array(Buffer.from('Killed process 7\n'.repeat(20), 'utf16le'));
    const journal = Uint8Array.from([...Buffer.from('LPKSHHRH'), ...new Uint8Array(500)]);
    for (const [bytes, fact] of [
      [noise, /no text: \d+ % of its bytes are control characters/],
      [wide, /no text: 50 % of its bytes are zeros/],
      [journal, /journalctl --file/],
    ] as const) {
      const { status, stdout, stderr } = await runCli(['oom', file('bytes', bytes)]);
      expect([status, stdout]).toEqual([3, '']);
      expect(stderr).toMatch(fact);
    }
    const holed = `kernel: before\n${'\0'.repeat(100_000)}\n${stamped(LINUX_6_POD, '2026-01-01T10:00:05+0000')}`;
    expect((await runCli(['oom', file('holed.log', holed)])).status).toBe(1);
    const quiet = `${'kernel: eth0: link is up\n'.repeat(2000)}${'\0'.repeat(4096)}`;
    expect((await runCli(['oom', file('quiet.log', quiet)])).status).toBe(0);
  });

  it('finds the kill in a log that others write into, cut short and with lines of a megabyte', async () => {
    const lines = stamped(LINUX_5_DOCKER, '2026-01-01T10:00:05+0000').split('\n');
    const noisy = lines.flatMap((line, i) => [
      line,
      `2026-01-01T10:00:05+0000 node-7 app[${i}]: ${i === 3 ? 'x'.repeat(MIB) : 'Killed process'}`,
    ]);
    const { status, stdout } = await runCli(['oom', '--json', file('noisy.log', noisy.join('\n'))]);
    expect(json(stdout).services.map(({ kills }) => kills.length)).toEqual([1]);
    expect(status).toBe(1);
  });

  it('says that a service was not killed where only others were, without asking a watch', async () => {
    const log = file('others.log', stamped(LINUX_6_POD, '2026-01-01T10:00:05+0000'));
    const asked = (...more: string[]) =>
      runCli(['oom', log, '--service', 'payments', '--server', 'http://127.0.0.1:1', ...more]);
    const { status, stdout } = await asked();
    expect(stdout).toMatch(/^No kill of payments among 1 kill \(of orders\) in .*others\.log\.\n$/);
    expect(status).toBe(0);
    const document = json((await asked('--json')).stdout);
    expect(document.asked).toEqual({ service: 'payments', kills: 0, othersKilled: 1, names: ['orders'] });
    expect(document.services).toHaveLength(1);
  });

  it('says with one line that no watch answers', async () => {
    const log = file('kern2.log', stamped(LINUX_6_POD, '2026-01-01T10:00:05+0000'));
    const run = await runCli(['oom', log, '--service', 'orders', '--server', 'http://127.0.0.1:1']);
    expect(run.stderr).toMatch(/no plimsoll watch answers there/);
    expect([run.status, run.stdout]).toEqual([3, '']);
  });
});

const reason = whyNoMemoryCgroup();
describe.skipIf(reason !== null)(
  `oom, of a process that is killed${reason === null ? '' : ` (${reason})`}`,
  () => {
    let group: MemoryCgroup;
    let pid = 0;
    beforeAll(async () => {
      group = makeMemoryCgroup(`plimsoll-test-${process.pid}`, 64 * MIB);
      const run = await group.run('const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1));');
      expect(run.signal).toBe('SIGKILL');
      ({ pid } = run);
    }, 60_000);
    afterAll(() => group?.remove());

    it('tells of it from the kernel of this machine', async () => {
      const { status, stdout } = await runCli(['oom', '--json']);
      const kill = json(stdout)
        .services.flatMap(({ kills }) => kills)
        .find(({ victim }) => victim?.pid === pid);
      expect(kill).toMatchObject({ scope: 'cgroup', limitBytes: 64 * MIB, limitCgroup: group.path });
      const age = Date.now() - (kill?.atMillis ?? 0);
      expect(age).toBeGreaterThan(-5000);
      expect(age).toBeLessThan(120_000);
      const used = kill?.parts.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
      expect(used / (kill?.usedBytes ?? NaN)).toBeCloseTo(1, 1);
      expect(kill?.victim?.anonBytes).toBeGreaterThan(30 * MIB);
      expect(status).toBe(1);
    }, 60_000);

    it('counts it for the group, by its path and by its folder', async () => {
      for (const place of [group.path, group.folder]) {
        const { status, stdout } = await runCli(['oom', '--cgroup', place]);
        expect(stdout).toMatch(/^1 OOM KILL /);
        expect(stdout).toMatch(/^ {2}holds .*of 64 MiB$/m);
        expect(status).toBe(1);
      }
    }, 60_000);
  },
);
