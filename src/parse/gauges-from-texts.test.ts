import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { gaugesFromMemstatsTrailer } from './gauges-from-memstats-trailer.ts';
import { gaugesFromProc } from './gauges-from-proc.ts';
import { gaugesFromVars } from './gauges-from-vars.ts';

function codeOf(read: () => unknown): string {
  try {
    read();
    return 'none';
  } catch (error) {
    return error instanceof PlimsollError ? error.code : String(error);
  }
}

const VARS = `{
"cmdline": ["/srv/orders","-addr",":8080"],
"memstats": {"Alloc":2428000,"TotalAlloc":5391928,"Sys":13211912,"HeapAlloc":2428000,"StackInuse":360448,"NextGC":4194304,"LastGC":1795213485826144565,"PauseTotalNs":196664,"NumGC":2,"EnableGC":true},
"requests": 12
}
`;

const HEAP_TEXT = `heap profile: 14: 786928 [14: 786928] @ heap/1048576
12: 786432 [12: 786432] @ 0x6b7a90 0x6b7a64
#	0x6b7a8f	main.fill+0x6f		/src/a/main.go:24


# runtime.MemStats
# Alloc = 13380976
# TotalAlloc = 20000000
# Sys = 23419912
# HeapAlloc = 13380976
# Stack = 393216 / 458752
# MSpan = 48416 / 65280
# MCache = 4592 / 16072
# NextGC = 17093554
# LastGC = 1795211020111245800
# PauseNs = [85498 5138 0 0]
# NumGC = 3
# GCCPUFraction = 0.0966
# DebugGC = false
# MaxRSS = 8699904
`;

const PROC = JSON.stringify({
  status:
    'Name:\tservice\nVmSize:\t 1565824 kB\nVmRSS:\t   13984 kB\nRssAnon:\t    4252 kB\nRssFile:\t    9732 kB\nRssShmem:\t       0 kB\nVmSwap:\t       8 kB\nThreads:\t5\n',
  smaps_rollup:
    '00400000-7ffffffff000 ---p 00000000 00:00 0 [rollup]\nRss: 13984 kB\nLazyFree:  64 kB\nAnonHugePages:  2048 kB\n',
  fds: 13,
  threads: 6,
  cgroup: {
    'memory.current': 30000000,
    'memory.max': 536870912,
    'memory.events': 'low 0\nhigh 0\nmax 4\noom 2\noom_kill 1\noom_group_kill 0\n',
  },
});

describe('gaugesFromVars', () => {
  it('reads the fields of memstats that have a gauge, with their units', () => {
    const { reading, requestsFamily, warnings } = gaugesFromVars(VARS);
    expect(reading).toEqual({
      allocatedBytesTotal: 5391928,
      sysBytes: 13211912,
      heapAllocBytes: 2428000,
      stackInuseBytes: 360448,
      nextGcBytes: 4194304,
      lastGcMillis: expect.closeTo(1795213485826.14, 1) as number,
      gcPauseSecondsTotal: expect.closeTo(0.000196664, 12) as number,
      gcCyclesTotal: 2,
      requestsTotal: 12,
    });
    expect([requestsFamily, warnings]).toEqual(['requests', []]);
  });

  it('drops what is no finite number, with a warning', () => {
    const { reading, warnings } = gaugesFromVars(
      '{"memstats":{"Sys":"13","HeapAlloc":1e999,"NextGC":null,"NumGC":-2,"Mallocs":3,"LastGC":0}}',
    );
    expect(reading).toEqual({ mallocsTotal: 3 });
    expect(warnings).toEqual([
      'memstats.HeapAlloc is Infinity: left out',
      'memstats.Sys is no number but string: left out',
      'memstats.NumGC is negative (-2): left out',
    ]);
  });

  it.each([
    ['', 'TARGET_NOT_METRICS'],
    ['<html>', 'TARGET_NOT_METRICS'],
    ['go_goroutines 5\n', 'METRICS_INVALID'],
    ['[]', 'METRICS_INVALID'],
    ['null', 'METRICS_INVALID'],
    ['{"cmdline":[]}', 'METRICS_INVALID'],
    ['{"memstats":[1]}', 'METRICS_INVALID'],
  ])('refuses %j with %s', (text, code) => {
    expect(codeOf(() => gaugesFromVars(text, 'http://a/debug/vars'))).toBe(code);
  });
});

describe('gaugesFromMemstatsTrailer', () => {
  it('reads the trailer of a heap profile in text form', () => {
    expect(gaugesFromMemstatsTrailer(HEAP_TEXT)).toMatchObject({
      reading: {
        heapAllocBytes: 13380976,
        allocatedBytesTotal: 20000000,
        sysBytes: 23419912,
        stackInuseBytes: 393216,
        stackSysBytes: 458752,
        mspanSysBytes: 65280,
        mcacheSysBytes: 16072,
        nextGcBytes: 17093554,
        lastGcMillis: expect.closeTo(1795211020111.25, 1) as number,
        gcCyclesTotal: 3,
      },
      warnings: [],
    });
    expect(gaugesFromMemstatsTrailer(HEAP_TEXT).reading).not.toHaveProperty('rssBytes');
  });

  it('reads it with CRLF, and warns about a field that is no number', () => {
    expect(gaugesFromMemstatsTrailer(HEAP_TEXT.replaceAll('\n', '\r\n')).reading.gcCyclesTotal).toBe(3);
    expect(gaugesFromMemstatsTrailer('# runtime.MemStats\n# Sys = lots\n').warnings).toEqual([
      'Sys is no number but "lots": left out',
    ]);
  });

  it.each([
    ['', 'TARGET_NOT_METRICS'],
    ['<html>', 'TARGET_NOT_METRICS'],
    ['heap profile: 0: 0 [0: 0] @ heap/1048576\n', 'METRICS_INVALID'],
  ])('refuses %j with %s', (text, code) => {
    expect(codeOf(() => gaugesFromMemstatsTrailer(text))).toBe(code);
  });
});

describe('gaugesFromProc', () => {
  it('reads status, smaps_rollup, counts and the cgroup', () => {
    expect(gaugesFromProc(PROC)).toMatchObject({
      reading: {
        rssBytes: 13984 * 1024,
        rssAnonBytes: 4252 * 1024,
        rssFileBytes: 9732 * 1024,
        rssShmemBytes: 0,
        swapBytes: 8 * 1024,
        virtualBytes: 1565824 * 1024,
        lazyFreeBytes: 64 * 1024,
        anonHugePageBytes: 2048 * 1024,
        openFds: 13,
        threads: 6,
        cgroupCurrentBytes: 30000000,
        memoryLimitBytes: 536870912,
        cgroupOomKillsTotal: 1,
      },
      warnings: [],
    });
  });

  it('takes no limit for not known, in cgroup v2 (null) and v1 (a huge number)', () => {
    for (const max of ['null', '9223372036854771712']) {
      expect(gaugesFromProc(`{"cgroup":{"memory.current":5,"memory.max":${max}}}`)).toMatchObject({
        reading: { cgroupCurrentBytes: 5 },
        warnings: [],
      });
    }
    expect(gaugesFromProc('{"cgroup":{"memory.max":9223372036854771712}}').reading).toEqual({});
  });

  it('counts threads from status when nobody counted them', () => {
    expect(gaugesFromProc('{"status":"Threads:\\t9\\n"}').reading).toEqual({ threads: 9 });
  });

  it('drops fields of the wrong type with a warning', () => {
    const { reading, warnings } = gaugesFromProc('{"status":7,"fds":"13","cgroup":[],"threads":2}');
    expect(reading).toEqual({ threads: 2 });
    expect(warnings).toEqual([
      'status is no text but number: left out',
      'fds is no number but string: left out',
      'cgroup is no object: left out',
    ]);
  });
});

describe('bodies that are cut or damaged', () => {
  const sources = [
    { name: 'vars', text: VARS, read: gaugesFromVars },
    { name: 'memstats trailer', text: HEAP_TEXT, read: gaugesFromMemstatsTrailer },
    { name: 'proc', text: PROC, read: gaugesFromProc },
  ];

  it.each(sources)('$name cut at any byte never yields a number that was not there', ({ text, read }) => {
    const whole = read(text).reading;
    for (let length = 0; length < text.length; length++) {
      try {
        expect(whole).toMatchObject(read(text.slice(0, length)).reading);
      } catch (error) {
        if (!(error instanceof PlimsollError)) throw error;
      }
    }
  });

  it.each(sources)(
    '$name with any byte changed gives finite numbers or a PlimsollError',
    ({ text, read }) => {
      const bytes = new TextEncoder().encode(text);
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
          const damaged = bytes.slice();
          damaged[at] = byte;
          try {
            for (const value of Object.values(read(damaged).reading))
              expect(Number.isFinite(value)).toBe(true);
          } catch (error) {
            if (!(error instanceof PlimsollError)) throw error;
          }
        }),
        { seed: 42, numRuns: 1500 },
      );
    },
  );
});
