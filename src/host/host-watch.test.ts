import { describe, expect, it } from 'vitest';
import { GIB, HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import type { HostMemory, HostProcess } from '../parse/host-memory.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { formatHost } from './host-text.ts';
import { HostWatch, MAX_READINGS, type HostAnswer } from './host-watch.ts';

interface Drawn {
  name: string;
  /** MiB by minutes; null = it is not there. */
  held: (minute: number) => number | null;
  pid?: number;
}

/** Ten minutes at a reading each ten seconds: a machine of 16 GiB with these processes. */
function watch(
  drawn: readonly Drawn[],
  more: { shared?: (minute: number) => number; minutes?: number } = {},
): HostAnswer {
  const watched = new HostWatch();
  const random = seededRandom(5);
  for (let step = 0; step <= (more.minutes ?? 10) * 6; step++) {
    const minute = step / 6;
    const processes = drawn.flatMap(({ name, held, pid }, i): HostProcess[] => {
      const mib = held(minute);
      if (mib === null) return [];
      const heldBytes = mib * MIB * (1 + 0.002 * random());
      return [{ name, pid: pid ?? 100 + i, startTicks: 1000 + i, rssBytes: heldBytes + 5 * MIB, heldBytes }];
    });
    const anonBytes = processes.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
    const sharedBytes = (more.shared?.(minute) ?? 10) * MIB;
    const availableBytes = 16 * GIB - anonBytes - sharedBytes - 300 * MIB;
    const memory: HostMemory = {
      ...{
        totalBytes: 16 * GIB,
        availableBytes,
        freeBytes: availableBytes - 3 * GIB,
        anonBytes,
        sharedBytes,
      },
      ...{ cacheBytes: 3 * GIB, kernelBytes: 200 * MIB, swapUsedBytes: 0 },
    };
    watched.take({ atMillis: minute * MINUTE_MILLIS, memory, processes });
  }
  const answer = watched.answer();
  if (answer === null) throw new Error('no reading');
  return answer;
}
const shares = ({ growers }: HostAnswer) =>
  growers.map(({ kind, name, share }) => `${kind} ${name} ${Math.round(share * 100)} %`);

describe('a machine that is watched', () => {
  it('ranks processes by their share of the growth, and leaves out who only holds much', () => {
    const answer = watch([
      { name: 'database', held: () => 6000 },
      { name: 'orders', held: (minute) => 200 + 9 * minute },
      { name: 'mailer', held: (minute) => 100 + minute },
    ]);
    expect(shares(answer)).toEqual(['process orders 90 %', 'process mailer 10 %']);
    const [first] = answer.growers;
    expect(first?.pid).toBe(101);
    expect(first?.growth.low).toBeLessThan(9 * 60 * MIB);
    expect(first?.growth.high).toBeGreaterThan(9 * 60 * MIB);
    expect(answer.isGrowing).toBe(true);
  });

  it('tells how long memory lasts at this rate, with its interval', () => {
    const { left, memory } = watch([{ name: 'orders', held: (minute) => 200 + 10 * minute }]);
    const expected = (memory.availableBytes / (600 * MIB)) * HOUR_MILLIS;
    expect(left?.low).toBeLessThan(expected);
    expect(left?.high).toBeGreaterThan(expected);
  });

  it('says nothing of a machine at rest', () => {
    const answer = watch([
      { name: 'database', held: () => 6000 },
      { name: 'breathing', held: (minute) => 300 + 20 * Math.sin(minute * 9) },
    ]);
    expect([answer.isGrowing, answer.growers, answer.left]).toEqual([false, [], null]);
  });

  it('takes processes together that come and go: a service that leaks processes is one', () => {
    const workers = Array.from({ length: 10 }, (_, i) => ({
      name: 'convert',
      held: (minute: number) => (minute >= i ? 20 : null),
    }));
    const { growers } = watch([...workers.slice(1), { name: 'web', held: () => 80 }]);
    expect(growers.map(({ kind, name, processes, pid }) => [kind, name, processes, pid])).toEqual([
      ['family', 'convert', 9, null],
    ]);
  });

  it('does not take a restart for growth, nor a number that is used again for one process', () => {
    const before = { name: 'orders', pid: 7, held: (minute: number) => (minute < 5 ? 200 : null) };
    const after = { name: 'orders', pid: 7, held: (minute: number) => (minute < 5 ? null : 205) };
    expect(watch([before, after]).growers).toEqual([]);
  });

  it('sees what fills without any process: tmpfs', () => {
    const answer = watch([{ name: 'web', held: () => 80 }], { shared: (minute) => 10 + 50 * minute });
    expect(shares(answer)).toEqual(['shared tmpfs and shared memory 100 %']);
  });

  const UNEVEN: [string, (minute: number) => number][] = [
    ['begins in the middle', (minute) => Math.max(0, 120 * (minute - 5))],
    ['speeds up', (minute) => 600 * (minute / 10) ** 3],
    ['slows down', (minute) => 600 * (minute / 10) ** 0.3],
    ['comes in steps', (minute) => 200 * Math.floor((minute + 2) / 4)],
  ];
  it.each(UNEVEN)('loses no process whose growth %s, nor the machine that it fills', (_, grown) => {
    const answer = watch([
      { name: 'database', held: () => 600 },
      { name: 'orders', held: (minute) => 200 + grown(minute) },
    ]);
    expect(shares(answer)).toEqual(['process orders 100 %']);
    expect(answer.isGrowing).toBe(true);
    expect(answer.left?.low).toBeGreaterThan(0);
    expect(answer.left?.millis).toBeGreaterThanOrEqual(answer.left?.low ?? Infinity);
    // Infinity would be null in JSON, and nobody could tell what that means.
    expect(JSON.stringify([answer.growth, answer.growers])).not.toMatch(/"(perHour|low|high)":null/);
    expect(formatHost(answer, new Map())).toMatch(/^GROWS {2}memory of this machine: /);
  });

  it('names a process as it is called last: before exec it has the name of its parent', () => {
    const watched = new HostWatch();
    const { memory } = watch([]);
    for (let i = 0; i < 20; i++) {
      const heldBytes = (50 + 6 * i) * MIB;
      const name = i === 0 ? 'bash' : 'eater';
      const process = { name, pid: 7, startTicks: 1, rssBytes: heldBytes, heldBytes };
      watched.take({ atMillis: i * 5000, memory, processes: [process] });
    }
    expect(watched.answer()?.growers.map(({ name }) => name)).toEqual(['eater']);
  });

  it('loses no process of few readings that grow without noise', () => {
    const watched = new HostWatch();
    const [memory, ready] = [watch([]).memory, 8];
    for (let i = 0; i < ready; i++) {
      const heldBytes = (50 + 6 * i) * MIB;
      const process = { name: 'eater', pid: 7, startTicks: 1, rssBytes: heldBytes, heldBytes };
      watched.take({ atMillis: i * 5000, memory, processes: [process] });
    }
    expect(watched.answer()?.growers.map(({ name }) => name)).toEqual(['eater']);
  });

  it('claims nothing from a few readings', () => {
    const answer = watch([{ name: 'orders', held: (minute) => 200 + 90 * minute }], { minutes: 1 });
    expect([answer.readings, answer.growth, answer.isGrowing]).toEqual([7, null, false]);
  });

  it('refuses readings out of order and beyond its bound', () => {
    const watched = new HostWatch();
    const memory = watch([]).memory;
    for (let i = 0; i < MAX_READINGS; i++) {
      expect(watched.take({ atMillis: i * 1000, memory, processes: [] })).toBe(true);
      expect(watched.take({ atMillis: i * 1000, memory, processes: [] })).toBe(false);
    }
    expect(watched.take({ atMillis: 1e9, memory, processes: [] })).toBe(false);
    expect(new HostWatch().answer()).toBeNull();
  });
});

describe('formatHost', () => {
  it('names the growers, largest share first, and what to do next', () => {
    const answer = watch([
      { name: 'orders', held: (minute) => 200 + 9 * minute },
      { name: 'evil\u001b[2J', held: (minute) => 100 + minute },
    ]);
    const text = formatHost(answer, new Map([[100, 'go1.26.8']]));
    const lines = text.split('\n');
    expect(lines[0]).toMatch(/^GROWS {2}memory of this machine: 6\d\d MiB\/h \(.* to .*\)$/);
    expect(text).toMatch(/^ {2}available +15\.\d GiB of 16 GiB; used up in /m);
    expect(text).toMatch(/^ {2}90 % +5\d\d MiB\/h \(.*\) +29\d MiB {2}orders \(100\), go1\.26\.8$/m);
    expect(text).toContain('next         plimsoll check pid:100');
    expect(text).not.toContain('\u001b');
  });

  it('says of growth that others make up for that memory as a whole does not grow', () => {
    const drawn = [
      { name: 'orders', held: (minute: number) => 200 + 9 * minute },
      { name: 'shrinks', held: (minute: number) => 900 - 10 * minute },
    ];
    expect(formatHost(watch(drawn), new Map())).toMatch(
      /^GROWS IN PART {2}memory of this machine does not grow/,
    );
  });

  it('says of growth that is no line what its slowest and fastest thirds were', () => {
    const text = formatHost(
      watch([{ name: 'orders', held: (minute) => 200 + Math.max(0, 120 * (minute - 5)) }]),
      new Map(),
    );
    expect(text).toMatch(
      /^GROWS {2}memory of this machine: 3\.\d+ GiB\/h in the mean \(.* to [67]\.\d+ GiB\/h by thirds of the time\)$/m,
    );
  });

  it('says of too few readings how what is used has changed', () => {
    const answer = watch([{ name: 'orders', held: (minute) => 200 + 90 * minute }], { minutes: 1 });
    expect(formatHost(answer, new Map())).toMatch(
      /^TOO EARLY {2}memory of this machine: 7 readings are too few .*; what is used changed by \+9\d(\.\d)? MiB$/m,
    );
  });

  it('says of a machine at rest that it does not grow', () => {
    expect(formatHost(watch([{ name: 'web', held: () => 80 }]), new Map())).toMatch(
      /^NO GROWTH {2}memory of this machine, watched for 10 min\n/,
    );
  });
});
