import { describe, expect, it } from 'vitest';
import { parseMemoryEvents, parseMemoryStat, parsePressure } from './cgroup-memory.ts';

const VERSION_2 = `anon 104857600
file 20480000
kernel 3145728
kernel_stack 1048576
pagetables 524288
sec_pagetables 0
percpu 1920
sock 8192
vmalloc 0
shmem 4096
zswap 0
file_mapped 12288
inactive_anon 0
active_anon 104857600
inactive_file 15000000
active_file 5480000
slab_reclaimable 800000
slab_unreclaimable 400000
slab 1200000
workingset_refault_anon 0
`;
const VERSION_1 = `cache 1000
rss 2000
rss_huge 0
shmem 10
mapped_file 20
inactive_file 300
total_cache 11000
total_rss 22000
total_shmem 110
total_inactive_file 3300
`;
const EVENTS = 'low 0\nhigh 12\nmax 345\noom 7\noom_kill 6\noom_group_kill 1\n';
const PRESSURE =
  'some avg10=1.53 avg60=0.87 avg300=0.20 total=2500000\nfull avg10=0.50 avg60=0.10 avg300=0.02 total=900000\n';

describe('parseMemoryStat', () => {
  it('reads version 2, kernel memory from its own line', () => {
    expect(parseMemoryStat(VERSION_2)).toEqual({
      anonBytes: 104857600,
      fileBytes: 20480000,
      shmemBytes: 4096,
      kernelBytes: 3145728,
      pageTableBytes: 524288,
      slabBytes: 1200000,
      socketBytes: 8192,
      inactiveFileBytes: 15000000,
    });
  });

  it('adds up kernel memory before Linux 5.18', () => {
    const old = VERSION_2.replace(/^kernel \d+\n/m, '');
    expect(parseMemoryStat(old).kernelBytes).toBe(1048576 + 524288 + 1920 + 8192 + 1200000);
  });

  it('takes the whole subtree in version 1, and no kernel memory, which stands elsewhere', () => {
    expect(parseMemoryStat(VERSION_1)).toMatchObject({
      anonBytes: 22000,
      fileBytes: 11000,
      shmemBytes: 110,
      inactiveFileBytes: 3300,
      kernelBytes: null,
    });
  });

  it('reads the one line of the kernel log of version 1', () => {
    const line = 'Memory cgroup stats for /x: cache:12KB rss:51188KB shmem:8KB inactive_file:4KB\n';
    expect(parseMemoryStat(line)).toMatchObject({
      anonBytes: 51188 * 1024,
      fileBytes: 12 * 1024,
      shmemBytes: 8 * 1024,
    });
  });

  it('believes no number that may be cut short', () => {
    const whole = new Set(Object.values(parseMemoryStat(VERSION_2)));
    const old = parseMemoryStat(VERSION_2.replace(/^kernel \d+\n/m, ''));
    for (let end = 0; end < VERSION_2.length; end++) {
      for (const [name, value] of Object.entries(parseMemoryStat(VERSION_2.slice(0, end)))) {
        if (value === null || name === 'kernelBytes') continue;
        expect(whole.has(value), `${name} ${value} at ${end}`).toBe(true);
      }
    }
    expect(old.anonBytes).toBe(104857600);
  });
});

describe('parseMemoryEvents', () => {
  it('reads version 2 and the oom_control of version 1', () => {
    expect(parseMemoryEvents(EVENTS)).toEqual({ high: 12, max: 345, oom: 7, oomKill: 6, oomGroupKill: 1 });
    expect(parseMemoryEvents('oom_kill_disable 0\nunder_oom 0\noom_kill 3\n')).toEqual({
      high: null,
      max: null,
      oom: null,
      oomKill: 3,
      oomGroupKill: null,
    });
  });

  it('believes no number that may be cut short', () => {
    for (let end = 0; end < EVENTS.length; end++) {
      const { max, high } = parseMemoryEvents(EVENTS.slice(0, end));
      expect([null, 345]).toContain(max);
      expect([null, 12]).toContain(high);
    }
  });
});

describe('parsePressure', () => {
  it('reads shares of one and seconds', () => {
    const { some, full } = parsePressure(PRESSURE);
    expect(some?.share10).toBeCloseTo(0.0153);
    expect(some?.totalSeconds).toBe(2.5);
    expect(full?.totalSeconds).toBe(0.9);
  });

  it('says null where the kernel gives one line alone, or half of one', () => {
    expect(parsePressure('some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n').full).toBeNull();
    for (let end = 0; end < PRESSURE.length - 1; end++) {
      expect(parsePressure(PRESSURE.slice(0, end)).full).toBeNull();
    }
  });
});
