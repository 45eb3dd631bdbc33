import { describe, expect, it } from 'vitest';
import { KIB } from '../base/units.ts';
import { parseMeminfo, parseProcessMemory, parseStartTicks } from './host-memory.ts';

/** Linux 6.18, shortened by lines that are not read. */
const MEMINFO = `MemTotal:       24596240 kB
MemFree:        18203664 kB
MemAvailable:   22704568 kB
Buffers:          211912 kB
Cached:          4236520 kB
SwapCached:            0 kB
Active:          3081628 kB
Shmem:              1208 kB
SwapTotal:       1048576 kB
SwapFree:        1000000 kB
AnonPages:       1336820 kB
Slab:             503500 kB
SReclaimable:     401400 kB
SUnreclaim:       102100 kB
KernelStack:        5552 kB
PageTables:        19096 kB
SecPageTables:         0 kB
Percpu:             1520 kB
HugePages_Total:       0
`;
const STATUS = `Name:	my (odd) name
Umask:	0022
Pid:	4312
VmPeak:	 1012345 kB
VmRSS:	  503808 kB
RssAnon:	  499712 kB
RssFile:	    4096 kB
VmSwap:	    2000 kB
Threads:	11
`;

describe('memory of a machine', () => {
  it('is split into what processes, files, shared memory and the kernel hold', () => {
    expect(parseMeminfo(MEMINFO)).toEqual({
      totalBytes: 24596240 * KIB,
      availableBytes: 22704568 * KIB,
      freeBytes: 18203664 * KIB,
      anonBytes: 1336820 * KIB,
      cacheBytes: (4236520 + 211912 + 401400 - 1208) * KIB,
      sharedBytes: 1208 * KIB,
      kernelBytes: (102100 + 5552 + 19096 + 1520) * KIB,
      swapUsedBytes: 48576 * KIB,
    });
  });

  it('counts page cache as available where an old kernel does not tell', () => {
    const old = parseMeminfo(MEMINFO.replace(/^MemAvailable.*\n/m, ''));
    expect(old?.availableBytes).toBe((18203664 + 4236520 + 211912 + 401400 - 1208) * KIB);
  });

  it.each(['', 'MemTotal: 1 kB', 'no meminfo', 'MemTotal: -1 kB\nMemFree: x kB'])(
    'is not known from %j',
    (text) => {
      expect(parseMeminfo(text)).toBeNull();
    },
  );
});

describe('memory of a process', () => {
  it('is its own and what was swapped out, without files and shared memory', () => {
    expect(parseProcessMemory(STATUS)).toEqual({
      name: 'my (odd) name',
      rssBytes: 503808 * KIB,
      heldBytes: (499712 + 2000) * KIB,
    });
  });

  it('is all that is resident where an old kernel tells no parts', () => {
    const old = STATUS.replace(/^Rss(?:Anon|File).*\n/gm, '');
    expect(parseProcessMemory(old)?.heldBytes).toBe((503808 + 2000) * KIB);
  });

  it('is nothing for a thread of the kernel', () => {
    expect(parseProcessMemory('Name:\tkswapd0\nThreads:\t1\n')).toBeNull();
  });
});

describe('the start of a process', () => {
  const stat = (name: string) =>
    `7 (${name}) S 1 7 7 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 11 0 123456 1036640256 125952`;
  it('is told by its 22nd field, whatever its name is', () => {
    for (const name of ['orders', 'a) b (c', '']) expect(parseStartTicks(stat(name))).toBe(123456);
  });
  it('is not known from a line that was cut', () => {
    expect(parseStartTicks(stat('orders').slice(0, 40))).toBeNull();
    expect(parseStartTicks('')).toBeNull();
  });
});
