import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gaugesFromProc } from '../parse/gauges-from-proc.ts';
import { findListeningPid } from './find-pid.ts';
import { createProcReader, readCommandLine, readProcessIdentity } from './proc.ts';

let folder = '';
let next = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-proc-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file system drawn as path -> content; `-> x` is a link to x. */
async function draw(files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(folder, String(next++));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    if (content.startsWith('-> ')) await symlink(content.slice(3), join(root, path));
    else await writeFile(join(root, path), content);
  }
  return root;
}

const STAT = (start: number) =>
  `7 (my (odd) name) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 5 0 ${start} 1000 99`;
const PROCESS = {
  'proc/7/stat': STAT(123456),
  'proc/7/status': 'Name:\torders\nVmRSS:\t   100 kB\nThreads:\t5\n',
  'proc/7/smaps_rollup': 'LazyFree:  4 kB\n',
  'proc/7/fd/0': '-> /dev/null',
  'proc/7/fd/1': '-> pipe:[5]',
  'proc/7/task/7/comm': 'orders',
};

async function readCgroup(files: Readonly<Record<string, string>>): Promise<unknown> {
  const fsRoot = await draw({ ...PROCESS, ...files });
  const json = JSON.parse(new TextDecoder().decode(await createProcReader(7, { fsRoot }).read())) as {
    cgroup?: unknown;
  };
  return json.cgroup;
}

describe('createProcReader', () => {
  it('writes the files of the recording format', async () => {
    const fsRoot = await draw(PROCESS);
    const bytes = await createProcReader(7, { fsRoot }).read();
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual({
      status: PROCESS['proc/7/status'],
      smaps_rollup: PROCESS['proc/7/smaps_rollup'],
      fds: 2,
      fd_kinds: { socket: 0, file: 0, pipe: 1, anon: 0, other: 1 },
      threads: 1,
      cpu_seconds: 0.11,
    });
    expect(gaugesFromProc(bytes).reading).toEqual({
      rssBytes: 102400,
      lazyFreeBytes: 4096,
      openFds: 2,
      socketFds: 0,
      fileFds: 0,
      pipeFds: 1,
      anonFds: 0,
      threads: 1,
      cpuSecondsTotal: 0.11,
    });
  });

  it('reads every mapping where Go has named its own, and their sum alone elsewhere', async () => {
    const heap = 'c000000000-c004000000 rw-p 00000000 00:00 0    [anon: Go: heap]\n';
    const arena = '7f0000000000-7f0004000000 rw-p 00000000 00:00 0 \n';
    const smaps = `${heap}Rss:  2048 kB\nLazyFree: 0 kB\n${arena}Rss:  8192 kB\nLazyFree: 12 kB\n`;
    const files = { ...PROCESS, 'proc/7/maps': heap + arena, 'proc/7/smaps': smaps };
    const named = await createProcReader(7, { fsRoot: await draw(files) }).read();
    expect(gaugesFromProc(named).reading).toMatchObject({ goTouchedBytes: 2_097_152, lazyFreeBytes: 12_288 });
    const bare = await draw({ ...files, 'proc/7/maps': arena });
    const { reading } = gaugesFromProc(await createProcReader(7, { fsRoot: bare }).read());
    expect([reading.goTouchedBytes, reading.lazyFreeBytes]).toEqual([undefined, 4096]);
  });

  it('leaves out what may not be read or is not there', async () => {
    const fsRoot = await draw({ 'proc/7/stat': STAT(1) });
    expect(new TextDecoder().decode(await createProcReader(7, { fsRoot }).read())).toBe(
      '{"cpu_seconds":0.11}',
    );
  });

  it('reads the memory cgroup of version 2, with the smallest limit on the way up', async () => {
    expect(
      await readCgroup({
        'proc/7/cgroup': '0::/kubepods/pod1/c1\n',
        'proc/self/mountinfo':
          '41 31 0:38 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n',
        'sys/fs/cgroup/kubepods/pod1/c1/memory.current': '1000\n',
        'sys/fs/cgroup/kubepods/pod1/c1/memory.max': 'max\n',
        'sys/fs/cgroup/kubepods/pod1/memory.max': '5000\n',
        'sys/fs/cgroup/kubepods/memory.max': '90000\n',
        'sys/fs/cgroup/memory.max': '10\n-not a number',
        'sys/fs/cgroup/kubepods/pod1/c1/memory.stat': 'anon 5\n',
        'sys/fs/cgroup/kubepods/pod1/c1/memory.events': 'oom_kill 2\n',
      }),
    ).toEqual({
      'memory.current': 1000,
      'memory.max': 5000,
      'memory.stat': 'anon 5\n',
      'memory.events': 'oom_kill 2\n',
      path: '/kubepods/pod1/c1',
    });
  });

  it('says null where no level has a limit', async () => {
    expect(
      await readCgroup({
        'proc/7/cgroup': '0::/a\n',
        'proc/self/mountinfo': '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
        'sys/fs/cgroup/a/memory.current': '1000\n',
        'sys/fs/cgroup/a/memory.max': 'max\n',
      }),
    ).toEqual({ 'memory.current': 1000, 'memory.max': null, path: '/a' });
  });

  it('reads the memory cgroup of version 1, below the mount that this container sees', async () => {
    expect(
      await readCgroup({
        'proc/7/cgroup': '5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc/sub\n0::/\n',
        'proc/self/mountinfo':
          '40 31 0:32 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n' +
          '41 31 0:33 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
        'sys/fs/cgroup/memory/sub/memory.usage_in_bytes': '1000\n',
        'sys/fs/cgroup/memory/sub/memory.limit_in_bytes': '9223372036854771712\n',
        'sys/fs/cgroup/memory/memory.limit_in_bytes': '4096\n',
        'sys/fs/cgroup/memory/sub/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
      }),
    ).toEqual({
      'memory.current': 1000,
      'memory.max': 4096,
      'memory.events': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
      path: '/docker/abc/sub',
    });
  });

  it('does not guess for a process outside this cgroup namespace', async () => {
    expect(
      await readCgroup({
        'proc/7/cgroup': '0::/../other\n',
        'proc/self/mountinfo': '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
        'sys/fs/cgroup/memory.current': '1000\n',
      }),
    ).toBeUndefined();
  });

  it('tells the start from boot time and ticks, and goes on with the program that an exec puts in its place', async () => {
    const image = (code: number, stack: number) =>
      STAT(200).replace(/ 1000 99$/, ` 1000 99 0 ${code} 9999 ${stack} 0`);
    const fsRoot = await draw({
      ...PROCESS,
      'proc/7/stat': image(4096, 8192),
      'proc/stat': 'cpu 1 2 3\nbtime 1700000000\nprocesses 5\n',
    });
    const reader = createProcReader(7, { fsRoot });
    const start = async () => gaugesFromProc(await reader.read()).reading.processStartMillis ?? 0;
    expect(await start()).toBe(1_700_000_002_000);
    expect(await start()).toBe(1_700_000_002_000);
    await writeFile(join(fsRoot, 'proc/7/stat'), image(4096, 16384));
    const before = Date.now();
    const moved = await start();
    expect(moved).toBeGreaterThanOrEqual(before);
    expect(await start()).toBe(moved);
  });

  it('notices when the number belongs to another process', async () => {
    const fsRoot = await draw(PROCESS);
    const reader = createProcReader(7, { fsRoot });
    await reader.read();
    await writeFile(join(fsRoot, 'proc/7/stat'), STAT(999999));
    await expect(reader.read()).rejects.toMatchObject({
      code: 'TARGET_REFUSED',
      message: 'collect: process 7: the number belongs to another process now (my (odd) name)',
    });
    await rm(join(fsRoot, 'proc/7'), { recursive: true });
    await expect(reader.read()).rejects.toThrow(/there is no such process/);
  });

  it('reads the process of this very test', async () => {
    const { reading } = gaugesFromProc(await createProcReader(process.pid).read());
    expect(reading.rssBytes).toBeGreaterThan(10_000_000);
    expect(reading.threads).toBeGreaterThan(1);
    expect((await readProcessIdentity(process.pid))?.startTicks).toBeGreaterThan(0);
    expect(await readCommandLine(process.pid)).toContain('\0');
  });
});

describe('findListeningPid', () => {
  const HEAD =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
  const line = (address: string, port: number, inode: number, state = '0A') =>
    `   0: ${address}:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0 100\n`;
  const owner = (pid: number, inode: number, command = 'orders') => ({
    [`proc/${pid}/stat`]: `${pid} (${command}) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 5 0 5 1000 99`,
    [`proc/${pid}/fd/3`]: `-> socket:[${inode}]`,
  });
  const find = async (files: Readonly<Record<string, string>>, url = 'http://127.0.0.1:8080') => {
    const found = await findListeningPid(new URL(url), { fsRoot: await draw(files) });
    return found.pid === null ? found.reason : `${found.pid} ${found.command}`;
  };

  it('takes the listener on the very address, then the one on every address', async () => {
    const any = line('00000000', 8080, 100);
    const loopback = line('0100007F', 8080, 200);
    expect(await find({ 'proc/net/tcp': HEAD + any + loopback, ...owner(5, 100), ...owner(6, 200) })).toBe(
      '6 orders',
    );
    expect(await find({ 'proc/net/tcp': HEAD + any, ...owner(5, 100) })).toBe('5 orders');
  });

  it('takes a listener on [::], as Go opens it, and on a mapped address', async () => {
    const any = HEAD + line('0'.repeat(32), 8080, 100);
    expect(await find({ 'proc/net/tcp6': any, ...owner(5, 100) })).toBe('5 orders');
    const mapped = HEAD + line('0000000000000000FFFF00000100007F', 8080, 100);
    expect(await find({ 'proc/net/tcp6': mapped, ...owner(5, 100) })).toBe('5 orders');
    const six = HEAD + line('00000000000000000000000001000000', 8080, 100);
    expect(await find({ 'proc/net/tcp6': six, ...owner(5, 100) }, 'http://[::1]:8080')).toBe('5 orders');
  });

  it('takes neither a connection nor another port or address for a listener', async () => {
    const tcp =
      HEAD + line('0100007F', 8080, 100, '01') + line('0100007F', 8081, 100) + line('0A00000A', 8080, 100);
    expect(await find({ 'proc/net/tcp': tcp, ...owner(5, 100) })).toBe(
      'nothing listens on port 8080 in this network namespace',
    );
  });

  it('names no process when it cannot be sure', async () => {
    const tcp = HEAD + line('0100007F', 8080, 100);
    expect(await find({ 'proc/net/tcp': tcp, ...owner(5, 999) })).toBe(
      'no process owns the listening socket',
    );
    expect(await find({ 'proc/net/tcp': tcp, ...owner(5, 100), ...owner(6, 100) })).toBe(
      'processes 5, 6 listen on port 8080',
    );
    expect(await find({ 'proc/net/tcp': tcp, ...owner(5, 100, 'docker-proxy') })).toBe(
      'docker-proxy (5) listens and passes on to another process',
    );
    expect(await find({ 'proc/5/stat': 'x' })).toBe('there is no /proc/net/tcp on this system');
  });
});
