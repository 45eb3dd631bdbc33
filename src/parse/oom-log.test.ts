import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KIB, MIB } from '../base/units.ts';
import { mutate } from '../testing/mutate.ts';
import {
  LINUX_2_6_18_MACHINE,
  LINUX_2_6_32_CGROUP,
  LINUX_2_6_34_MACHINE,
  LINUX_3_MACHINE,
  LINUX_4_CGROUP,
  LINUX_5_DOCKER,
  LINUX_5_MACHINE,
  LINUX_6_POD,
} from '../testing/oom-logs.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { KernelLogReader } from './kernel-log.ts';
import { MAX_KILLS, OomLogReader, parseVictim, type OomKill } from './oom-log.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'kernel-log');

function readKills(log: string | Uint8Array): readonly OomKill[] {
  const lines = new KernelLogReader({ nowMillis: Date.UTC(2026, 0, 10), eastMinutes: 0, bootAtMillis: null });
  const oom = new OomLogReader();
  const bytes = typeof log === 'string' ? new TextEncoder().encode(log) : log;
  for (const line of [...lines.push(bytes), ...lines.end()]) oom.line(line);
  return oom.finish();
}
function readOne(log: string): OomKill {
  const [kill, ...more] = readKills(log);
  if (kill === undefined || more.length > 0) throw new Error(`${more.length + 1} kills`);
  return kill;
}

describe('a log with more kills than are kept', () => {
  it('keeps the newest and counts those that it leaves out', () => {
    const oom = new OomLogReader();
    for (let i = 0; i < MAX_KILLS + 3; i++) {
      const text = `Out of memory: Killed process ${i} (x) total-vm:10kB, anon-rss:4kB, file-rss:2kB`;
      oom.line({ text, atMillis: i, bootSeconds: null, host: null });
    }
    const kills = oom.finish();
    expect([kills.length, kills.at(-1)?.victim?.pid, oom.leftOut]).toEqual([MAX_KILLS, MAX_KILLS + 2, 3]);
  });
});

describe('a report that has lost the beginning of its first line', () => {
  it('has the time and the machine of the lines that are whole', () => {
    const whole = LINUX_5_DOCKER.split('\n').filter((line) =>
      /oom-kill:constraint|Killed process/.test(line),
    );
    const stamped = whole.map((line) => `Nov 20 03:14:15 node7 kernel: ${line}`).join('\n');
    const cut = stamped.slice(stamped.indexOf('oom-kill:'));
    const kill = readOne(cut);
    expect(kill.victim?.name).toBe(readOne(LINUX_5_DOCKER).victim?.name);
    expect([kill.atMillis, kill.host]).toEqual([Date.UTC(2025, 10, 20, 3, 14, 15), 'node7']);
  });
});

describe('parseVictim', () => {
  it.each([
    ['Killed process 9 (x) total-vm:10kB, anon-rss:4kB, file-rss:2kB', [9, 'x', null, null, null]],
    [
      'Killed process 9 (x), UID 1000, total-vm:10kB, anon-rss:4kB, file-rss:2kB, shmem-rss:1kB',
      [9, 'x', 1000, 1 * KIB, null],
    ],
    ['Killed process 9, UID 1000, (x) total-vm:10kB, anon-rss:4kB, file-rss:2kB', [9, 'x', 1000, null, null]],
    [
      'Memory cgroup out of memory: Killed process 9 (x) total-vm:10kB, anon-rss:4kB, file-rss:2kB, shmem-rss:1kB, UID:7 pgtables:12kB oom_score_adj:-998',
      [9, 'x', 7, 1 * KIB, -998],
    ],
    [
      'Out of memory: Killed process 9 ((sd-pam)) total-vm:10kB, anon-rss:4kB, file-rss:2kB',
      [9, '(sd-pam)', null, null, null],
    ],
    [
      'Killed process 9 (a) total-vm:1kB, anon-rss:1kB) total-vm:10kB, anon-rss:4kB, file-rss:2kB',
      [9, 'a) total-vm:1kB, anon-rss:1kB', null, null, null],
    ],
  ])('reads %s', (text, [pid, name, uid, shmemBytes, oomScoreAdj]) => {
    expect(parseVictim(text)).toMatchObject({
      pid,
      name,
      uid,
      shmemBytes,
      oomScoreAdj,
      totalVmBytes: 10 * KIB,
      anonBytes: 4 * KIB,
      fileBytes: 2 * KIB,
    });
  });

  it('takes no line that lacks a size', () => {
    expect(parseVictim('Killed process 9 (x) total-vm:10kB, anon-rss:4kB')).toBeNull();
    expect(parseVictim('Killed process 9 (x)')).toBeNull();
    expect(parseVictim('oom_reaper: reaped process 9 (x), now anon-rss:0kB, file-rss:0kB')).toBeNull();
  });
});

describe('a report with lines of others in it', () => {
  const foreign = ['eth0: link is up', 'audit: type=1400 audit(1.2:3): apparmor="DENIED" pid=1'];
  const LOGS = { LINUX_6_POD, LINUX_5_DOCKER, LINUX_4_CGROUP, LINUX_5_MACHINE, LINUX_3_MACHINE };
  it.each(Object.entries(LOGS))('says the same wherever they stand: %s', (_, log) => {
    const whole = readOne(log);
    const lines = log.trimEnd().split('\n');
    for (let at = 1; at < lines.length; at++) {
      const mixed = [...lines.slice(0, at), ...foreign, ...lines.slice(at)].join('\n');
      expect(readOne(`${mixed}\n`)).toEqual(whole);
    }
  });
});

describe('OomLogReader', () => {
  it('reads a container of Linux 6: limit, parts, every task, the one that was killed', () => {
    const kill = readOne(LINUX_6_POD);
    expect(kill).toMatchObject({
      scope: 'cgroup',
      invokedBy: 'orders',
      order: 0,
      memory: { usageBytes: 512 * MIB, limitBytes: 512 * MIB, failures: 1273 },
      swap: { usageBytes: 0, limitBytes: 0, failures: 0 },
      stat: {
        anonBytes: 519045120,
        fileBytes: 4194304,
        shmemBytes: 4194304,
        kernelBytes: 11534336,
        socketBytes: 1048576,
      },
      victim: { pid: 4312, name: 'orders', uid: 1000, pageTableBytes: 1168 * KIB },
      pageBytes: 4096,
      machine: null,
    });
    expect(kill.limitCgroup).toMatch(/cri-containerd-46b3e0a4.*\.scope$/);
    expect(kill.victimCgroup).toBe(kill.limitCgroup);
    expect(kill.tasks.map(({ pid, name, rssPages }) => [pid, name, rssPages])).toEqual([
      [4312, 'orders', 125952],
      [4390, 'log shipper', 1300],
    ]);
  });

  it('reads a container of Linux 5 with cgroup version 1', () => {
    expect(readOne(LINUX_5_DOCKER)).toMatchObject({
      scope: 'cgroup',
      memory: { limitBytes: 1024 * MIB },
      swap: null,
      kernel: { usageBytes: 8 * MIB, limitBytes: null },
      stat: { anonBytes: 1065353216, kernelBytes: 6000000 },
      victim: { name: 'java', anonBytes: 1040384 * KIB },
      tasks: [
        { pid: 22921, oomScoreAdj: -998 },
        { pid: 19331, rssPages: 261120, pageTableBytes: 2314816 },
      ],
    });
  });

  it('reads a group of Linux 4, whose limit is that of the group above', () => {
    expect(readOne(LINUX_4_CGROUP)).toMatchObject({
      scope: 'cgroup',
      limitCgroup: '/docker/609e7ec0',
      victimCgroup: '/docker/609e7ec0/sub',
      stat: { anonBytes: 0 },
      victim: { pid: 93, anonBytes: 51188 * KIB, uid: null },
      tasks: [{ pid: 93, rssPages: 12900, pageTableBytes: null }],
    });
  });

  it('reads a whole machine of Linux 3, with an odd name', () => {
    expect(readOne(LINUX_3_MACHINE)).toMatchObject({
      scope: 'machine',
      limitCgroup: null,
      memory: null,
      invokedBy: 'crond',
      victim: { name: 'my (odd) server', uid: 1001, shmemBytes: null },
      machine: {
        ramPages: 1048446,
        freePages: 21538,
        anonPages: 910000,
        filePages: 198,
        shmemPages: 2000,
        slabPages: 25000,
        pageTablePages: 6000,
        swapTotalBytes: 2097148 * KIB,
        swapFreeBytes: 0,
      },
      tasks: [{ pid: 612 }, { pid: 1888, swapPages: 520000, name: 'my (odd) server' }],
    });
  });

  it('reads a whole machine of Linux 5', () => {
    expect(readOne(LINUX_5_MACHINE)).toMatchObject({
      scope: 'machine',
      victimCgroup: '/user.slice/session-3.scope',
      machine: { ramPages: 2097022, freePages: 31098, anonPages: 1900200, swapTotalBytes: 0 },
    });
  });

  it('tells pages of 64 KiB by the line of the kill', () => {
    const large = LINUX_5_MACHINE.replace('2628942  1895298', ' 164309   118456');
    expect(readOne(large).pageBytes).toBe(64 * KIB);
  });

  it('reads what this machine wrote, alike in every form', () => {
    const names = readdirSync(FIXTURES).filter((name) => name.startsWith('linux-'));
    for (const name of names) {
      const [kill] = readKills(readFileSync(join(FIXTURES, name)));
      expect(kill, name).toMatchObject({
        scope: 'cgroup',
        invokedBy: 'node',
        limitCgroup: '/plimsoll-fixture',
        memory: { limitBytes: 24 * MIB },
        victim: { name: 'node', uid: 0 },
        pageBytes: 4096,
      });
      expect(kill?.stat?.anonBytes).toBeGreaterThan(20 * MIB);
    }
  });

  it('finds kills one after the other, also where a search has left nothing but their lines', () => {
    expect(readKills(LINUX_6_POD + LINUX_5_DOCKER + LINUX_4_CGROUP + LINUX_3_MACHINE)).toHaveLength(4);
    const lines = (LINUX_4_CGROUP + LINUX_3_MACHINE + LINUX_5_DOCKER)
      .split('\n')
      .filter((line) => /Kill(ed)? process/.test(line));
    expect(readKills(lines.join('\n')).map(({ scope, victim }) => [scope, victim?.name])).toEqual([
      ['cgroup', 'mem'],
      ['machine', 'my (odd) server'],
      ['cgroup', 'java'],
    ]);
  });

  it('counts a whole group that was killed as one kill', () => {
    const [, last = ''] = /(Memory cgroup out of memory: Killed.*)\n$/.exec(LINUX_6_POD) ?? [];
    const other = last.replace('4312 (orders)', '4390 (log shipper)');
    const kill = readOne(
      `${LINUX_6_POD}Tasks in /kubepods.slice are going to be killed due to memory.oom.group set\n${last}\n${other}\n`,
    );
    expect(kill.victim?.name).toBe('orders');
    expect(kill.others.map(({ name }) => name)).toEqual(['log shipper']);
  });

  it.each([
    [
      'Linux 2.6.18',
      LINUX_2_6_18_MACHINE,
      {
        scope: 'machine',
        invokedBy: 'httpd',
        victim: { pid: 3592, name: 'httpd', uid: 48, anonBytes: null },
      },
    ],
    [
      'Linux 2.6.32',
      LINUX_2_6_32_CGROUP,
      {
        ...{ scope: 'cgroup', limitCgroup: '/shop', victimCgroup: '/shop/a' },
        victim: { pid: 2412, name: 'worker', anonBytes: null, fileBytes: null, totalVmBytes: null },
        memory: { limitBytes: 100 * MIB },
        tasks: [{ name: 'worker', rssPages: 24800 }, { name: 'helper' }],
      },
    ],
    [
      'Linux 2.6.34',
      LINUX_2_6_34_MACHINE,
      { scope: 'machine', victim: { totalVmBytes: 124052 * KIB, anonBytes: 99000 * KIB } },
    ],
  ])('reads %s, with the sizes it has', (_, log, expected) => {
    expect(readOne(log)).toMatchObject(expected);
  });

  it('reads what is left of a report whose beginning the log has lost', () => {
    const begun = (from: string) => readOne(LINUX_6_POD.slice(LINUX_6_POD.indexOf(from)));
    const whole = readOne(LINUX_6_POD);
    for (const from of ['memory: usage', 'Memory cgroup stats', 'Tasks state', 'oom-kill:constraint']) {
      expect(begun(from)).toMatchObject({ victim: whole.victim, limitCgroup: whole.limitCgroup });
    }
    expect(begun('memory: usage')).toEqual({ ...whole, invokedBy: null, order: null });
    expect(begun('Tasks state').tasks).toEqual(whole.tasks);
  });

  it('takes the rest of a second report for no part of the first one', () => {
    const second = LINUX_5_DOCKER.slice(LINUX_5_DOCKER.indexOf('memory: usage'));
    expect(readKills(LINUX_6_POD + second).map(({ victim, tasks }) => [victim?.name, tasks.length])).toEqual([
      ['orders', 2],
      ['java', 2],
    ]);
  });

  it('takes numbers of memory without a kill for none', () => {
    const asked = LINUX_5_MACHINE.slice(
      LINUX_5_MACHINE.indexOf('Mem-Info'),
      LINUX_5_MACHINE.indexOf('oom-kill:'),
    );
    expect(readKills(asked)).toEqual([]);
  });

  const noted = (unit: string, at = '') =>
    `${at}systemd[1]: ${unit}: A process of this unit has been killed by the OOM killer.\n${at}systemd[1]: ${unit}: Failed with result 'oom-kill'.\n`;

  it('joins what systemd says of a unit to the kill of the kernel', () => {
    const log = LINUX_5_MACHINE.replace('/user.slice/session-3.scope', '/system.slice/orders.service');
    expect(readOne(log + noted('orders.service'))).toEqual({
      ...readOne(log),
      victimCgroup: '/system.slice/orders.service',
    });
    // Kernels before 5.0 do not name the group of a machine that ran out.
    expect(readOne(LINUX_3_MACHINE + noted('orders.service')).victimCgroup).toBe('/orders.service');
  });

  it('counts kills that systemd alone tells of, each once', () => {
    const at = (minute: number) => `2026-01-01T10:0${minute}:05+00:00 node-7 `;
    const log = noted('orders.service', at(0)) + noted('orders.service', at(2)) + noted('pay.service', at(2));
    expect(readKills(log).map(({ toldBy, victim, victimCgroup }) => [toldBy, victim, victimCgroup])).toEqual([
      ['systemd', null, '/orders.service'],
      ['systemd', null, '/orders.service'],
      ['systemd', null, '/pay.service'],
    ]);
    expect(readKills(LINUX_6_POD + noted('pay.service'))).toHaveLength(2);
    const entry = (identifier: string) =>
      JSON.stringify({
        MESSAGE: "orders.service: Failed with result 'oom-kill'.",
        ...{ SYSLOG_IDENTIFIER: identifier, _PID: '1', _TRANSPORT: 'journal' },
        __REALTIME_TIMESTAMP: '1767261605000000',
      });
    expect(readOne(`${entry('systemd')}\n`)).toMatchObject({ toldBy: 'systemd', atMillis: 1767261605000 });
    expect(readKills(`${entry('orders')}\n`)).toEqual([]);
  });

  it('passes over what others write in between', () => {
    const disturbed = LINUX_6_POD.split('\n')
      .map((line, i) => (i % 3 === 1 ? `${line}\neth0: link up ${i}` : line))
      .join('\n');
    const { stat: _, ...kill } = readOne(disturbed);
    const { stat: _all, ...whole } = readOne(LINUX_6_POD);
    expect(kill).toEqual(whole);
  });

  it('says that nobody was killed where the log ends before', () => {
    const cut = LINUX_6_POD.slice(0, LINUX_6_POD.indexOf('Memory cgroup out of memory'));
    expect(readOne(cut)).toMatchObject({ victim: null, memory: { limitBytes: 512 * MIB } });
  });

  it('claims no other size or name where the log is cut anywhere', () => {
    for (const log of [LINUX_6_POD, LINUX_4_CGROUP, LINUX_3_MACHINE]) {
      const whole = readOne(log);
      for (let end = 0; end < log.length; end++) {
        for (const kill of readKills(log.slice(0, end))) {
          if (kill.victim !== null) {
            expect(kill.victim).toMatchObject({ pid: whole.victim?.pid, anonBytes: whole.victim?.anonBytes });
          }
          if (kill.memory !== null) expect(kill.memory.limitBytes).toBe(whole.memory?.limitBytes);
        }
      }
    }
  });

  it('throws at nothing, whatever is damaged', () => {
    const random = seededRandom(5);
    const encoder = new TextEncoder();
    for (const log of [LINUX_6_POD, LINUX_5_DOCKER, LINUX_4_CGROUP, LINUX_3_MACHINE, LINUX_2_6_32_CGROUP]) {
      for (let round = 0; round < 200; round++) readKills(mutate(encoder.encode(log), random));
    }
  });

  it('stays small and quick with a table of a million tasks', () => {
    const row =
      '[   4390]  1000  4390     4000     1300     1200      100         0    61440        0           968 x\n';
    const [head = '', tail = ''] = LINUX_6_POD.split(/(?=oom-kill:)/);
    const kill = readOne(head + row.repeat(100_000) + tail);
    expect(kill.tasks).toHaveLength(5000);
    expect(kill.tasksLeftOut).toBe(100_002 - 5000);
  });
});
