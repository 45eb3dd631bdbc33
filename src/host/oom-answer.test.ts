import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { ContainerHistory } from '../parse/container-status.ts';
import { KernelLogReader } from '../parse/kernel-log.ts';
import { OomLogReader, type OomKill } from '../parse/oom-log.ts';
import {
  LINUX_2_6_18_MACHINE,
  LINUX_2_6_32_CGROUP,
  LINUX_3_MACHINE,
  LINUX_4_CGROUP,
  LINUX_5_DOCKER,
  LINUX_5_MACHINE,
  LINUX_6_POD,
} from '../testing/oom-logs.ts';
import { nameCgroup } from './cgroup-name.ts';
import { answerOom, isOfService, type ServiceAnswer } from './oom-answer.ts';
import { formatService } from './oom-text.ts';

const T0 = Date.UTC(2026, 0, 1);
const POD = '94eb36cd-29e1-478b-b365-4cb5dfc7d6fb';
const CONTAINER = '46b3e0a4df44b752b841aecca454e6e78995d567912a84950390bae6f6777a63';
const holding = (text: string): string => expect.stringContaining(text) as string;

/** Kills of a log in which every line was written `hours` after T0. */
function killsAt(log: string, hours: number): readonly OomKill[] {
  const lines = new KernelLogReader({ nowMillis: T0, eastMinutes: 0, bootAtMillis: null });
  const oom = new OomLogReader();
  for (const line of [...lines.push(new TextEncoder().encode(log)), ...lines.end()])
    oom.line({ ...line, atMillis: T0 + hours * HOUR_MILLIS });
  return oom.finish();
}
function answer(kills: readonly OomKill[], containers: readonly ContainerHistory[] = []): ServiceAnswer {
  const [first, ...more] = answerOom({ kills, containers, watched: null });
  if (first === undefined || more.length > 0) throw new Error(`${more.length + 1} answers`);
  return first;
}
/** The container that comes next in the same pod: another id, another process number. */
function restarted(log: string, i: number): string {
  return log.replaceAll(CONTAINER, CONTAINER.replace('46', `${i}6`)).replaceAll('4312', `${4312 + i * 100}`);
}
const STATUS: ContainerHistory = {
  namespace: 'shop',
  pod: 'orders-7d9f',
  podUid: POD,
  container: 'orders',
  restarts: 4,
  limitBytes: 512 * MIB,
  lives: [
    {
      startedAtMillis: T0 + 4 * HOUR_MILLIS,
      finishedAtMillis: T0 + 10 * HOUR_MILLIS + 1000,
      reason: 'OOMKilled',
      exitCode: 137,
      containerId: CONTAINER,
    },
  ],
};

describe('kills of one unit on several machines', () => {
  const on = (host: string | null, hours: number) =>
    killsAt(LINUX_4_CGROUP, hours).map((kill) => ({ ...kill, host }));
  const hosts = (kills: readonly OomKill[]) =>
    answerOom({ kills, containers: [], watched: null }).map((one) => [one.host, one.kills.length]);

  it('are of as many processes, and no lives of one leaker', () => {
    const answers = answerOom({
      kills: [on('a', 0), on('b', 6), on('c', 12), on('d', 18)].flat(),
      ...{ containers: [], watched: null },
    });
    expect(answers.map(({ host }) => host)).toEqual(['d', 'c', 'b', 'a']);
    for (const { lives, growth, role, kills } of answers) {
      expect([kills.length, lives, growth, role.role === 'leaker']).toEqual([1, [], null, false]);
    }
    const text = formatService(answers[0], { nowMillis: T0, formatTime: () => 'then' });
    expect(text.split('\n')[0]).toMatch(/, on d$/);
  });

  it('are of one where a log without names lies beside that of one machine, and of neither of two', () => {
    expect(hosts([on('a', 0), on(null, 6)].flat())).toEqual([['a', 2]]);
    expect(hosts([on('a', 0), on('b', 6), on(null, 12)].flat())).toEqual([
      [null, 1],
      ['b', 1],
      ['a', 1],
    ]);
  });
});

describe('nameCgroup', () => {
  const slice = `/kubepods.slice/kubepods-burstable-pod${POD.replaceAll('-', '_')}.slice`;
  it.each([
    [`${slice}/cri-containerd-${CONTAINER}.scope`, `pod ${POD}, container 46b3e0a4df44`, POD],
    [`/kubepods/burstable/pod${POD}/${CONTAINER}`, `pod ${POD}, container 46b3e0a4df44`, POD],
    [`/docker/${CONTAINER}`, 'container 46b3e0a4df44', 'container 46b3e0a4df44'],
    [`/system.slice/docker-${CONTAINER}.scope`, 'container 46b3e0a4df44', 'container 46b3e0a4df44'],
    ['/system.slice/orders.service', 'orders.service', 'orders.service'],
    ['/a/b', '/a/b', '/a/b'],
  ])('calls %s by its name', (path, title, lasting) => {
    expect(nameCgroup(path)).toMatchObject({ title, lasting });
  });
});

describe('answerOom', () => {
  it('says who, which limit, and what the memory was, so that it adds up', () => {
    const { name, place, kills } = answer(killsAt(LINUX_6_POD, 10));
    expect([name, place]).toEqual(['orders', `pod ${POD}, container 46b3e0a4df44`]);
    const [kill] = kills;
    expect(kill).toMatchObject({
      limitBytes: 512 * MIB,
      limitHits: 1273,
      swapLimitBytes: 0,
      scope: 'cgroup',
    });
    expect(kill?.parts.map((part) => part.name)).toEqual([
      'anonymous',
      'kernel',
      'tmpfs and shared memory',
      'not told',
    ]);
    expect(kill?.parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(512 * MIB);
    expect(kill?.beside).toEqual([{ pid: 4390, name: 'log shipper', rssBytes: 1300 * 4096 }]);
  });

  it('says of one kill that the largest was killed, and not that it leaked', () => {
    for (const log of [LINUX_6_POD, LINUX_5_DOCKER, LINUX_5_MACHINE, LINUX_4_CGROUP])
      expect(answer(killsAt(log, 10)).role).toMatchObject({ role: 'largest' });
  });

  it('takes a process that was killed beside a larger one for a victim, and says why it was chosen', () => {
    const swapped = LINUX_6_POD.replace('125952', '  1300').replace(
      / 1300 +1200 +100 +0 +61440 +0 +968/,
      ' 125952 1200 100 0 61440 0 -998',
    );
    expect(answer(killsAt(swapped, 1)).role).toEqual({
      role: 'victim',
      why: 'log shipper (4390) held 492 MiB, this one 5.08 MiB; oom_score_adj 968 against -998 made the kernel choose it',
    });
  });

  it('takes it for a victim, too, when files in memory filled the limit', () => {
    const tmpfs = LINUX_6_POD.replace('anon 519045120', 'anon 100000000')
      .replace('file 4194304', 'file 423239424')
      .replace('shmem 4194304', 'shmem 423239424');
    const { role, kills } = answer(killsAt(tmpfs, 1));
    expect(role).toMatchObject({ role: 'victim', why: holding('belonged to no process') });
    expect(kills[0]?.parts[0]).toEqual({ name: 'tmpfs and shared memory', bytes: 423239424 });
  });

  it('sees the sawtooth: the same pod killed again and again, with growth per life and its interval', () => {
    const kills = [0, 6, 12.2, 18.1, 24].flatMap((hour, i) => killsAt(restarted(LINUX_6_POD, i + 1), hour));
    const { role, every, growth, lives, clock } = answer(kills);
    expect(role).toMatchObject({ role: 'leaker', why: holding('4 lives') });
    expect(clock).toBe('wall');
    expect(lives).toHaveLength(4);
    expect(every?.millis).toBe(6 * HOUR_MILLIS);
    expect(every?.low).toBeLessThan(6 * HOUR_MILLIS);
    const perHour = (492 * MIB) / 6;
    expect(growth?.low).toBeLessThan(perHour);
    expect(growth?.high).toBeGreaterThan(perHour);
  });

  it('tells a crash loop of minutes from a leak', () => {
    const kills = [0, 0.05, 0.1, 0.15].flatMap((hour, i) => killsAt(restarted(LINUX_6_POD, i + 1), hour));
    expect(answer(kills).role).toMatchObject({
      role: 'largest',
      why: holding('needs more than its limit from the start'),
    });
  });

  it('believes no sawtooth whose lives have nothing in common', () => {
    const kills = [0, 0.3, 30, 31, 90].flatMap((hour, i) => killsAt(restarted(LINUX_6_POD, i + 1), hour));
    expect(answer(kills).role.role).toBe('largest');
  });

  it('sees in the table of an earlier kill who grew', () => {
    const before = LINUX_6_POD.replace('125952   124928', ' 60000    59000').replace(
      'Killed process 4312',
      'Killed process 4311',
    );
    expect(answer([...killsAt(before, 1), ...killsAt(LINUX_6_POD, 3)]).role).toEqual({
      role: 'leaker',
      why: 'it held most, and 258 MiB more than at an earlier kill in 2 h',
    });
  });

  it('knows the life of a container by its status, to the second', () => {
    const { place, lives, growth, container } = answer(killsAt(LINUX_6_POD, 10), [STATUS]);
    expect(place).toBe('shop/orders-7d9f, container orders');
    expect(lives).toEqual([
      expect.objectContaining({
        fromMillis: T0 + 4 * HOUR_MILLIS,
        toMillis: T0 + 10 * HOUR_MILLIS,
        isExact: true,
      }),
    ]);
    expect(growth).toBeNull(); // one life has no interval
    expect(container?.restarts).toBe(4);
  });

  it('answers from the status alone, and says what is missing', () => {
    const { name, role, lives, kills } = answer([], [STATUS]);
    expect([name, kills.length, lives.length]).toEqual(['orders', 0, 1]);
    expect(role).toMatchObject({ role: 'unknown', why: holding('kernel log of its node') });
    expect(answerOom({ kills: [], containers: [{ ...STATUS, lives: [] }], watched: null })).toEqual([]);
  });

  it('reckons in time since boot where the log has no other', () => {
    const kills = [100, 200].flatMap((hours, i) =>
      killsAt(restarted(LINUX_6_POD, i + 1), 0).map((kill) => ({
        ...kill,
        atMillis: null,
        bootSeconds: hours * 3600,
      })),
    );
    expect(answer(kills, [STATUS])).toMatchObject({
      clock: 'since-boot',
      every: { millis: 100 * HOUR_MILLIS },
      lives: [{ fromMillis: 100 * HOUR_MILLIS, isExact: false }],
    });
  });
});

describe('formatService', () => {
  const format = (service: ServiceAnswer) =>
    formatService(service, {
      nowMillis: T0 + 11 * HOUR_MILLIS,
      formatTime: (at) => new Date(at).toISOString(),
    });

  it('answers the questions in their order', () => {
    expect(format(answer(killsAt(LINUX_3_MACHINE, 10)))).toBe(
      `OOM KILL  my (odd) server the machine
  when         2026-01-01T10:00:00.000Z, 1 h ago
  who          my (odd) server (1888, user 1001); crond asked for memory
  limit        the machine ran out of its 4 GiB
  made of      anonymous 3.46 GiB, not told 335 MiB, kernel objects 97.7 MiB, page tables 23.4 MiB, tmpfs and shared memory 7.81 MiB, page cache 792 KiB
  it held      anonymous 3.28 GiB, files 0 B
  beside it    rsyslogd (612) 7.2 MiB
  leaker?      the largest: it held most (3.28 GiB); one kill does not show whether it grew`,
    );
  });

  it('lets no name drive the terminal', () => {
    const evil = LINUX_6_POD.replaceAll('(orders)', '(\u001b[2Jorders)');
    expect(format(answer(killsAt(evil, 10)))).not.toContain('\u001b');
  });
});

describe('a kill is of the service', () => {
  const container = { container: 'shop-orders' } as ContainerHistory;
  it.each([
    ['orders', { name: 'orders', place: 'the machine', container: null }, true],
    ['orders-processing', { name: 'orders-processi', place: 'the machine', container: null }, true],
    ['orders-processing', { name: 'orders-proc', place: 'the machine', container: null }, false],
    ['shop-orders', { name: 'orders', place: 'shop/orders-7d9f', container }, true],
    ['orders', { name: 'java', place: 'orders.service', container: null }, true],
    ['orders', { name: 'java', place: 'payments.service', container: null }, false],
  ])('%s: %j', (service, kill, isOwn) => {
    expect(isOfService(kill, service)).toBe(isOwn);
  });
});

it('tells of a kill that only systemd knows, and of one without sizes, what is known and what is not', () => {
  const unit = answer(killsAt(`systemd[1]: orders.service: Failed with result 'oom-kill'.\n`, 0));
  expect(unit).toMatchObject({ name: 'orders', place: 'orders.service', role: { role: 'unknown' } });
  const text = (service: ServiceAnswer) =>
    formatService(service, { nowMillis: T0, formatTime: (at) => String(at) });
  expect(text(unit)).toMatch(/who +a process of this unit; only systemd tells of it/);
  const old = answer(killsAt(LINUX_2_6_18_MACHINE, 0));
  expect(old.role).toMatchObject({ role: 'unknown', why: holding('prints no sizes') });
  expect(text(old)).toMatch(/it held +not told by a kernel this old/);
  // The table has what the line of the kill lacks.
  expect(answer(killsAt(LINUX_2_6_32_CGROUP, 0)).role.role).toBe('largest');
});
