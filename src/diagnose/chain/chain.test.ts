import { describe, expect, it } from 'vitest';
import { assess } from '../../detect/assess.ts';
import type { ChainStep, ChainStepName } from '../../model/chain-step.ts';
import type { Finding } from '../../model/finding.ts';
import type { GaugeTable, JudgedGauge } from '../../series/history.ts';
import { drawFinding } from '../../testing/drawn-finding.ts';
import { drawGauges } from '../../testing/series-from-text.ts';
import { MIB } from '../../base/units.ts';
import { followChain } from './chain.ts';

function investigate(drawing: string, findings: readonly Finding[] = [], limit = 512 * MIB): ChainStep[] {
  const table = drawGauges(drawing);
  const atMillis = table.timeMillis[table.length - 1];
  const assessment = assess({ table, atMillis, memoryLimitBytes: limit });
  return followChain({ table, assessment, findings, memoryLimitBytes: limit });
}

function ask(step: ChainStepName, drawing: string, findings: readonly Finding[] = []): ChainStep {
  const found = investigate(drawing, findings).find((asked) => asked.step === step);
  if (found === undefined) throw new Error(`${step} was not asked`);
  return found;
}

/** `growth yes, part yes, work no ...` */
function path(chain: readonly ChainStep[]): string {
  const words = { supports: 'yes', contradicts: 'no', open: 'open' };
  return chain.map(({ step, outcome }) => `${step} ${words[outcome]}`).join(', ');
}

const LEAK = [drawFinding({ verdict: 'leak', class: 'heap' })];
function drawEvidence(question: string, numbers: Record<string, number>): Finding['evidence'][number] {
  return { question, prediction: 'as drawn', test: 'as drawn', numbers, outcome: 'supports' };
}

const PARTS = `
  stackInuseBytes 1M
  heapSysBytes 200M
  sysBytes 205M
  goroutines 12
  openFds 20
  threads 9`;

const WORK_LEAK = `
  every 1m for 8h seed 3
  load 4000/h day 4h 3000
  floor 40M perwork 2k noise 200k
  rssBytes 100M perwork 2k noise 300k
  ${PARTS}`;
const WORK_LEAK_END = drawGauges(WORK_LEAK).timeMillis.at(-1) ?? 0;
const TIMED_LEAK = WORK_LEAK.replaceAll('perwork 2k', '+8M/h');
const NATIVE_LEAK = `
  every 1m for 8h seed 4
  load 4000/h
  floor 20M noise 100k
  rssBytes 80M +9M/h noise 200k
  rssAnonBytes 70M +9M/h noise 200k
  rssFileBytes 10M
  heapIdleBytes 4M
  heapInuseBytes 44M
  heapReleasedBytes 1M
  heapSysBytes 48M
  stackInuseBytes 1M
  sysBytes 55M
  goroutines 12
  threads 9
  cgoCallsTotal 0 +5000/h`;
const STEADY = `
  every 1m for 30h seed 5
  load 4000/h day 24h 2000
  floor 40M noise 300k
  rssBytes 120M noise 400k
  rssAnonBytes 110M noise 400k
  rssFileBytes 10M
  heapInuseBytes 45M
  heapIdleBytes 60M
  heapReleasedBytes 2M
  heapSysBytes 105M
  stackInuseBytes 1M
  sysBytes 110M
  goroutines 12
  openFds 20
  threads 9`;

/** A service that counts no requests, and takes CPU time for each of them. */
const CPU_FOR: Readonly<Record<string, JudgedGauge>> = {
  requestsTotal: 'finalizersQueuedTotal',
  cpuSecondsTotal: 'requestsTotal',
};

/** The drawing with other levels for these gauges, each with a little noise. */
function withGauges(drawing: string, gauges: Readonly<Record<string, string>>): string {
  const rest = drawing
    .split('\n')
    .filter((line) => !Object.keys(gauges).some((name) => line.trim().startsWith(`${name} `)));
  return [...rest, ...Object.entries(gauges).map(([name, level]) => `  ${name} ${level} noise 200k`)].join(
    '\n',
  );
}

describe('an investigation', () => {
  it('goes from a heap that grows with the work to the request path and the code', () => {
    const chain = path(investigate(WORK_LEAK, LEAK));
    expect(chain).toMatch(/^growth yes, process open, part \w+, work yes, idle open, counts no, code yes/);
    expect(chain).not.toMatch(/native|retention/);
  });

  it('goes from memory outside of Go to C, not to the allocation sites of the heap first', () => {
    const chain = path(investigate(NATIVE_LEAK));
    expect(chain).toMatch(/^growth yes, process open, part yes, native yes, code \w+/);
    expect(chain).not.toMatch(/work|idle/);
  });

  it('goes from memory that does not grow to what is held besides, the limit and the cost', () => {
    expect(path(investigate(STEADY))).toBe('growth no, retention yes, limit no, cost no');
  });

  it('says neither yes nor no to growth while the verdict is undetermined, and looks at both then', () => {
    const needed = { what: 'two more rounds of the load', millis: 600_000 };
    const undecided = [drawFinding({ verdict: 'undetermined', class: 'fd', needed })];
    const chain = investigate(STEADY, undecided);
    expect(path(chain)).toMatch(/^growth open, process open, part no, .*retention yes/);
    expect(chain[0]?.answer).toBe('Cannot be told yet: needs two more rounds of the load, about 10 min.');
  });

  it('does not let memory outside of Go that is judged already answer for a heap that is not', () => {
    const table = drawGauges(STEADY);
    const settled = assess({ table, atMillis: table.timeMillis[table.length - 1], memoryLimitBytes: null });
    const grown = (verdict: 'no-growth' | 'undetermined', smallestDetectable: number | null) => {
      const lanes = settled.lanes.map((lane) =>
        lane.lane === 'heap' ? { ...lane, verdict, smallestDetectable } : lane,
      );
      const assessment = { ...settled, lanes, smallestDetectableBytesPerHour: smallestDetectable };
      return followChain({ table, assessment, findings: [], memoryLimitBytes: null })[0]?.outcome;
    };
    expect(grown('undetermined', null)).toBe('open');
    expect(grown('no-growth', null)).toBe('open');
    expect(grown('no-growth', MIB)).toBe('contradicts');
  });

  it('asks every question once at most', () => {
    for (const drawing of [WORK_LEAK, TIMED_LEAK, NATIVE_LEAK, STEADY]) {
      const steps = investigate(drawing, LEAK).map(({ step }) => step);
      expect(new Set(steps).size).toBe(steps.length);
    }
  });

  it('says what is needed where nothing can be told yet', () => {
    const [first] = investigate('every 1m for 12m seed 1\nload 100/h\nfloor 30M noise 200k');
    expect(first).toMatchObject({ step: 'growth', outcome: 'open' });
    expect(first?.answer).toMatch(/needs .*about \d/);
  });

  it('has nothing to ask before the first gauge', () => {
    const table = drawGauges('every 1m for 8h seed 1\nload 100/h\nfloor 30M');
    const nothing = { length: 0, timeMillis: new Float64Array(0), column: () => null };
    const assessment = assess({ table, atMillis: table.timeMillis[5], memoryLimitBytes: null });
    expect(followChain({ table: nothing, assessment, findings: [], memoryLimitBytes: null })).toEqual([]);
  });

  it('says what keeps it alive only where a finding names that', () => {
    const named = (role: 'holds' | 'allocates') =>
      ask('holder', WORK_LEAK, [
        drawFinding({
          verdict: 'leak',
          class: 'heap',
          culprits: [
            { role, function: 'orders.byId', file: 'orders.go', line: 7, share: 0.9, low: null, high: null },
          ],
        }),
      ]);
    expect(named('holds')).toMatchObject({ outcome: 'supports', numbers: { statistic: 1, threshold: 1 } });
    expect(named('holds').answer).toContain('orders.byId');
    expect(named('allocates')).toMatchObject({ outcome: 'open', numbers: { statistic: 0, threshold: 1 } });
  });

  it('gives every step a statistic, a threshold and its window of data', () => {
    for (const drawing of [WORK_LEAK, NATIVE_LEAK, STEADY]) {
      for (const { step, numbers } of investigate(drawing, LEAK)) {
        expect(Object.keys(numbers), step).toEqual(
          expect.arrayContaining(['statistic', 'threshold', 'fromMillis', 'toMillis']),
        );
      }
    }
  });
});

describe('the question', () => {
  it('whether growth follows the work is yes with bytes for each request, and no for growth by time', () => {
    const byWork = ask('work', WORK_LEAK, LEAK);
    expect(byWork.outcome).toBe('supports');
    expect(byWork.numbers.perRequestBytes).toBeGreaterThan(1700);
    expect(byWork.numbers.perRequestBytes).toBeLessThan(2400);
    const byTime = ask('work', TIMED_LEAK, LEAK);
    expect(byTime.outcome).toBe('contradicts');
    expect(byTime.answer).toMatch(/^No: it goes by time .*, work brings \d+ % of it at most/);
    expect(byTime.numbers.workShareHigh).toBeLessThan(0.5);
    // Work by more than the threshold, time by as much the other way round.
    expect(Number(byWork.numbers.statistic)).toBeGreaterThan(Number(byWork.numbers.threshold));
    expect(Number(byTime.numbers.statistic)).toBeLessThan(-Number(byTime.numbers.threshold));
  });

  it('whether growth follows the work stays open where the load never changed', () => {
    const steady = WORK_LEAK.replace('load 4000/h day 4h 3000', 'load 4000/h');
    for (const drawing of [steady, steady.replaceAll('perwork 2k', '+8M/h')]) {
      const step = ask('work', drawing, LEAK);
      expect(step.outcome).toBe('open');
      expect(step.answer).toMatch(/^Cannot be told: the load was even/);
      expect(Number(step.numbers.timeCorrelation)).toBeGreaterThan(Number(step.numbers.evenThreshold));
    }
  });

  it.each([
    ['+6M/h', 'supports', /background/],
    ['perwork 2k', 'contradicts', /request path/],
  ])('what happens while idle: %s', (growth, outcome, words) => {
    // Half an hour of work, half an hour of rest.
    const drawing = `
      every 1m for 8h seed 9
      load 4000/h ${[1, 3, 5, 7].map((h) => `step -4000 at ${h}h ${h < 7 ? `step 4000 at ${h + 1}h` : ''}`).join(' ')}
      floor 40M ${growth} noise 60k
      rssBytes 100M ${growth} noise 100k
      ${PARTS}`;
    const idle = ask('idle', drawing, LEAK);
    expect(idle.answer).toMatch(words);
    expect(idle.outcome).toBe(outcome);
  });

  it.each([
    ['+9M/h', '+9M/h', 'supports'],
    ['+1M/h', '+9M/h', 'contradicts'],
    ['+9M/h', '+0M/h', 'open'],
  ])('whose growth it is: process %s in a cgroup %s', (own, group, outcome) => {
    const drawing = `every 1m for 8h seed 2\nload 100/h\nfloor 40M +9M/h\nrssBytes 90M ${own}\ncgroupCurrentBytes 200M ${group}\nmemoryLimitBytes 512M`;
    expect(ask('process', drawing, LEAK).outcome).toBe(outcome);
  });

  it('of the limit gives no size for one while growth is undecided', () => {
    const sizes = (native: string) =>
      ask('limit', NATIVE_LEAK.replace('8h', '1h').replaceAll('+9M/h noise 200k', native)).advice.join();
    expect(sizes('noise 200k')).toContain('memory limit');
    expect(sizes('+9M/h noise 200k')).toBe('');
    // Nothing stands out in the lanes yet, but resident memory has risen.
    const young = 'every 1m for 45m seed 1\nload 4000/h\nrssBytes 100M +60M/h noise 300k';
    expect(ask('growth', young).outcome).toBe('open');
    expect(ask('limit', young).advice).toEqual([]);
  });

  it('of the limit sizes it and GOMEMLIMIT for the peak to be expected, each with an interval', () => {
    const sized = (rss: string) => {
      const { numbers, advice } = ask('limit', STEADY.replace('rssBytes 120M noise 400k', rss));
      const { recommendedLowBytes: low, recommendedBytes: value, recommendedHighBytes: high } = numbers;
      expect(advice[0]).toMatch(/^memory limit [\d.]+ MiB \([\d.]+ to [\d.]+ MiB\)|^memory limit .* to /);
      expect(advice[1]).toMatch(/^GOMEMLIMIT=\d+MiB with it \([\d.]+ MiB to [\d.]+ MiB\)/);
      expect(Number(value)).toBeGreaterThanOrEqual(Number(numbers['forecastPeakBytes']) / 0.9);
      const goLimits = ['Low', '', 'High'].map((end) => Number(numbers[`recommendedGoMemLimit${end}Bytes`]));
      expect(goLimits).toEqual([...goLimits].sort((a, b) => a - b));
      expect(goLimits[2]).toBeLessThan(Number(high));
      return {
        low: Number(low),
        value: Number(value),
        high: Number(high),
        peak: Number(numbers['peakBytes']),
      };
    };
    const calm = sized('rssBytes 120M noise 400k');
    const restless = sized('rssBytes 120M noise 4M');
    expect(calm.low).toBeGreaterThanOrEqual(calm.peak / 0.9);
    // Not a multiple of the peak: who moves more may move further.
    expect(restless.value / restless.peak).toBeGreaterThan(1.02 * (calm.value / calm.peak));
    expect(restless.high - restless.low).toBeGreaterThan(3 * (calm.high - calm.low));
  });

  it('of the limit says from how little it is sized, and adds what has yet to fill', () => {
    const advice = (drawing: string) => ask('limit', drawing).advice[0];
    expect(advice(STEADY)).toMatch(/^memory limit/);
    expect(advice(STEADY.replace('30h', '8h'))).toMatch(/^provisional, from 7 h 5\d min: memory limit/);
    const fills = `every 1m for 30h seed 5\nload 4000/h\nfloor 40M fill 200M tau 9h noise 200k\nrssBytes 120M fill 400M tau 9h noise 400k`;
    const { forecastPeakBytes, peakBytes } = ask('limit', fills).numbers;
    // 30 h are more than three time constants: 3.6 % of 200 MiB are left, and as much garbage beside.
    expect(Number(forecastPeakBytes) - Number(peakBytes)).toBeGreaterThan(10 * MIB);
  });

  it('of the limit sizes none for a leak, and says how much time a larger one buys', () => {
    const { advice, numbers } = ask('limit', WORK_LEAK, [
      drawFinding({
        verdict: 'leak',
        class: 'heap',
        growth: { unit: 'bytes', perHour: 8 * MIB, low: 7 * MIB, high: 9 * MIB, confidence: 0.95 },
        timeToExhaustion: null,
      }),
    ]);
    expect(numbers['recommendedBytes']).toBeNull();
    // Twice 8 MiB an hour with the garbage of GOGC 100.
    expect(advice).toEqual([
      'no limit cures it: 512 MiB more buys 1 d 8 h (1 d 4 h to 1 d 13 h) between two restarts',
    ]);
    const forecast = { resource: 'memory-limit', limit: 512 * MIB, confidence: 0.8 } as const;
    const at = WORK_LEAK_END + 10 * 3_600_000;
    const [own, other] = [forecast, { ...forecast, resource: 'max-fds' } as const].map(
      (left) =>
        ask('limit', WORK_LEAK, [
          drawFinding({
            verdict: 'leak',
            class: 'heap',
            growth: null,
            timeToExhaustion: { ...left, at, low: at - 3_600_000, high: null },
          }),
        ]).numbers,
    );
    expect(Number(own?.['moreBuysMillis'])).toBeGreaterThan(10 * 3_600_000);
    expect(own?.['moreBuysHighMillis']).toBeNull();
    expect(other?.['moreBuysMillis']).toBeNull();
  });

  it('does not look among others whose memory counts against no limit', () => {
    const drawing =
      'every 1m for 8h seed 2\nload 100/h\nfloor 40M +9M/h\nrssBytes 90M +1M/h\ncgroupCurrentBytes 200M +90M/h';
    const { answer, outcome, advice } = ask('process', drawing, LEAK);
    expect([outcome, advice]).toEqual(['open', []]);
    expect(answer).toContain('no limit');
  });

  it('does not take page cache of the cgroup for memory of another process', () => {
    const drawing = (file: string) =>
      `every 1m for 8h seed 2\nload 100/h\nfloor 40M +9M/h\nrssBytes 90M +1M/h\ncgroupCurrentBytes 200M +9M/h\ncgroupFileBytes 100M ${file}\nmemoryLimitBytes 512M`;
    const cached = ask('process', drawing('+8M/h'), LEAK);
    expect(cached.outcome).toBe('contradicts');
    expect(cached.answer).toMatch(/Page cache brings \d/);
    expect(cached.advice.join()).toMatch(/page cache is no leak/);
    expect(ask('process', drawing('+1M/h'), LEAK).answer).not.toMatch(/cache/);
  });

  it.each([
    ['600M', /GOMEMLIMIT 600 MiB lies above the memory limit 512 MiB/],
    ['44M', /GOMEMLIMIT 44 MiB is too small: \d\d(\.\d+)? MiB are live/],
    ['300M', /^memory limit/],
  ])('of the limit says what is wrong with GOMEMLIMIT %s', (soft, words) => {
    const { advice } = ask('limit', `${STEADY}\n  goMemLimitBytes ${soft}`);
    expect(advice[0]).toMatch(words);
  });

  it('tells the share of the CPU that the collector takes and of assists, with their trend', () => {
    const cpu = 'cpuSecondsTotal 0 +1000/h';
    const heavy = ask(
      'cost',
      `${STEADY}\n  ${cpu}\n  gcCpuSecondsTotal 0 +50/h +350/h from 15h\n  gcAssistSecondsTotal 0 +10/h +90/h from 15h`,
    );
    expect(heavy.outcome).toBe('supports');
    expect(heavy.answer).toMatch(/the collector takes 40 % of the CPU \(before 5\.04 %\)/);
    expect(heavy.answer).toMatch(/assists of allocating goroutines 10 % \(before 1\.01 %\)/);
    expect(heavy.advice.join()).toMatch(/GOGC/);
    const idle = `${STEADY}\n  cpuSecondsTotal 0 +10/h\n  gcCpuSecondsTotal 0 +4/h`;
    expect(ask('cost', idle).outcome).toBe('contradicts');
    expect(ask('cost', idle).answer).toMatch(
      /takes 40(\.\d)? % of the CPU .*, which is little: 4(\.\d+)? s of CPU an hour/,
    );
    expect(heavy.answer).not.toMatch(/little/);
  });

  it('of cost speaks of each request only where they are counted, and is open where more work looks the same', () => {
    const risen = 'cpuSecondsTotal 0 +10/h +30/h from 15h';
    const counted = ask('cost', `${STEADY}\n  ${risen}`);
    expect(counted.answer).toMatch(/^Yes: .*CPU \(x \d.*\), the ratios for each request/);
    const uncounted = ask('cost', `${STEADY.replace(/load .*/, '')}\n  ${risen}`);
    expect(uncounted.outcome).toBe('open');
    expect(uncounted.answer).toMatch(/^Not clear: .*CPU \(x \d.*\); requests are not counted/);
    expect(uncounted.test + uncounted.answer).not.toMatch(/same work|each request/);
  });

  it('of cost does not take fewer requests for more cost of each: rests are set aside, and the clock is told of', () => {
    const cost = (load: string) =>
      ask('cost', `${STEADY.replace(/load .*/, load)}\n  gcCyclesTotal 0 +30/h\n  cpuSecondsTotal 0 +100/h`);
    // A rest of ten hours in the second half; then a second half with a quarter of the requests.
    const rested = cost('load 4000/h step -4000 at 16h step 4000 at 26h');
    expect(rested.outcome).toBe('contradicts');
    expect(rested.numbers['gcRatio']).toBeCloseTo(1, 1);
    expect(rested.test).toContain('idle stretches set aside');
    const fewer = cost('load 4000/h step -3000 at 15h');
    expect(fewer.outcome).toBe('open');
    expect(fewer.answer).toMatch(/^Not clear: .*fewer requests/);
  });

  it('of idle says what it is told by where requests are not counted', () => {
    const rest = [1, 3, 5, 7]
      .map((h) => `step -400 at ${h}h ${h < 7 ? `step 400 at ${h + 1}h` : ''}`)
      .join(' ');
    const drawing = (load: string) => `
      every 1m for 8h seed 9
      ${load}
      floor 40M +6M/h noise 60k
      rssBytes 100M +6M/h noise 100k
      ${PARTS}`;
    const byRequests = ask('idle', drawing(`load 400/h ${rest}`), LEAK);
    expect([byRequests.numbers['work'], byRequests.answer]).toEqual([
      'requests',
      expect.stringContaining('without requests'),
    ]);
    // Half an hour of CPU time, then none for as long.
    const table = drawGauges(drawing(`load 400/h ${rest}`));
    const cpu: GaugeTable = {
      length: table.length,
      timeMillis: table.timeMillis,
      column: (name) => table.column(CPU_FOR[name] ?? name),
    };
    const assessment = assess({
      table,
      atMillis: table.timeMillis[table.length - 1],
      memoryLimitBytes: null,
    });
    const chain = followChain({ table: cpu, assessment, findings: LEAK, memoryLimitBytes: null });
    const byCpu = chain.find(({ step }) => step === 'idle');
    expect(byCpu?.numbers['work']).toBe('cpu');
    expect(byCpu?.answer).toContain('with hardly any CPU time');
    expect(byCpu?.ruledOut[0]?.why).not.toContain('requests');
  });

  it('derives the trend of the collector from MemStats’ mean since the start', () => {
    // 2 % for 15 h, then so much that the mean of 30 h is 16 %: 30 % in the second half.
    const mean = `${STEADY}\n  gcCpuFraction 0.02 ramp 0.14 until 30h`;
    const { answer, numbers } = ask('cost', mean);
    expect(Number(numbers['gcCpuShare'])).toBeGreaterThan(2 * Number(numbers['gcCpuShareBefore']));
    expect(answer).toMatch(/the collector takes \d+(\.\d)? % of all CPU time/);
  });

  it('of counts is yes where finalizers wait behind one that blocks', () => {
    const finalizers = (executed: string) =>
      `${WORK_LEAK}\n  finalizersQueuedTotal 0 +1000/h\n  finalizersExecutedTotal 0 ${executed}`;
    const blocked = ask('counts', finalizers('+20/h'), LEAK);
    expect(blocked.outcome).toBe('supports');
    expect(blocked.answer).toMatch(/finalizers wait to run, 9\d\d an hour more: one of them blocks/);
    expect(blocked.advice.join()).toMatch(/goroutine dump/);
    expect(ask('counts', finalizers('+1000/h'), LEAK).outcome).toBe('contradicts');
  });

  it.each([
    ['a step', 'floor 40M step 30M at 20h noise 200k', 'step', /loaded once/],
    ['a cache that fills', 'floor 40M fill 60M tau 3h noise 200k', 'filling-to-bound', /smaller bound/],
    ['load', 'floor 40M perload 10k noise 200k', 'load-driven', /busiest hour/],
    ['a cliff', 'floor 90M step -40M at 10h noise 200k', 'no-growth|step', null],
  ])('of growth calls %s what it is, with what to set', (_, floor, verdict, cure) => {
    const busier = STEADY.replace('4000/h day 24h 2000', '3000/h ramp 9000 until 20h day 4h 1000');
    const drawing = (floor.includes('perload') ? busier : STEADY).replace('floor 40M noise 300k', floor);
    const { answer, outcome, advice } = ask('growth', drawing);
    expect(outcome).toBe('contradicts');
    expect(answer).toMatch(new RegExp(`^No[.;]|heap: (${verdict})\\)`));
    if (cure !== null) expect(advice.join()).toMatch(cure);
  });

  it.each([
    ['0 +2/h', '+20/h', 'supports'],
    ['0 +0.02/h', '+0.2/h', 'contradicts'],
  ])('minds pauses that are felt: %s, then %s', (before, then, outcome) => {
    const pauses = `gcPauseSecondsTotal ${before} ${then} from 15h`;
    expect(ask('cost', `${STEADY}\n  ${pauses}`).outcome).toBe(outcome);
  });

  it.each([
    ['every 1m for 8h', /collections an hour \(x /],
    ['every 2h for 8h age 3d', /^(?!.*collections an hour \(x )/],
  ])('compares collections only where there are enough of them: %s', (every, expected) => {
    expect(ask('cost', STEADY.replace('every 1m for 30h', every)).answer).toMatch(expected);
  });

  it('is nothing to share out where the memory of the cgroup has fallen', () => {
    const drawing =
      'every 1m for 8h seed 2\nload 100/h\nfloor 40M +9M/h\nrssBytes 90M +9M/h\ncgroupCurrentBytes 200M -9M/h\nmemoryLimitBytes 512M';
    const { answer, outcome } = ask('process', drawing, LEAK);
    expect(outcome).toBe('open');
    expect(answer).toMatch(/has fallen by \d/);
  });

  it.each([
    ['goroutines 12 +30/h', 'supports'],
    ['goroutines 12', 'contradicts'],
  ])('of counts: %s', (goroutines, outcome) => {
    const drawing = WORK_LEAK.replace('goroutines 12', goroutines);
    const asked = ask('counts', drawing, LEAK);
    expect(asked.outcome).toBe(outcome);
    const { statistic, threshold } = asked.numbers;
    expect(statistic).toEqual(expect.any(Number));
    expect(Number(statistic) > Number(threshold)).toBe(outcome === 'supports');
  });

  it('of a leak that was called is answered by what called it, where the series shows less by now', () => {
    const evidence = drawEvidence('Does the heap series grow?', { statistic: 10.7, threshold: 7.5 });
    const called = [drawFinding({ verdict: 'leak', class: 'heap', evidence: [evidence] })];
    const { outcome, numbers } = ask('growth', STEADY, called);
    expect(outcome).toBe('supports');
    expect(numbers).toMatchObject({ statistic: 10.7, threshold: 7.5 });
    expect(ask('growth', WORK_LEAK, called).numbers).toMatchObject({ threshold: 6 });
  });

  it('of growth that is only suspected stays open, and says what seems to grow', () => {
    const { outcome, answer } = ask(
      'growth',
      WORK_LEAK.replace('8h', '2h').replace('perwork 2k', 'perwork 1k'),
    );
    expect(outcome).toBe('open');
    expect(answer).toMatch(/^It seems so: .*needs /);
  });

  it('of counts is yes where a group of goroutines grows that the count of all does not show', () => {
    const evidence = drawEvidence('Which goroutines come and never go?', { z: 13.6, threshold: 5 });
    const counts = { perHour: 15, low: 12, high: 18, confidence: 0.95, unit: 'goroutines' } as const;
    const [step] = [
      { evidence: [evidence], counts },
      { evidence: [], counts },
    ].map((over) =>
      ask('counts', WORK_LEAK, [drawFinding({ verdict: 'leak', class: 'goroutine', ...over })]),
    );
    expect(step).toMatchObject({ outcome: 'supports', numbers: { statistic: 13.6, threshold: 5 } });
    expect(step?.answer).toMatch(/^Yes: 15 goroutines\/h/);
  });

  it('of native memory is answered by its lane, and no call into C clears C', () => {
    expect(ask('native', NATIVE_LEAK).outcome).toBe('supports');
    const silent = ask('native', NATIVE_LEAK.replace('0 +5000/h', '7'));
    expect(silent.ruledOut.map(({ explanation }) => explanation)).toContain('C code called by Go');
  });

  it('of native memory warns of tracers that take the heap of Go for a leak of C', () => {
    expect(ask('native', NATIVE_LEAK).advice.join()).toMatch(/runtime\.sysMap.*memleak counts it/);
  });

  it('of native memory that levels off is retention of an allocator, and no leak', () => {
    const fills = NATIVE_LEAK.replace('8h', '30h').replaceAll('+9M/h', 'fill 90M tau 2h');
    const step = investigate(fills).find((asked) => asked.step === 'native') ?? ask('retention', fills);
    expect(step.step === 'native' ? step.outcome : 'contradicts').toBe('contradicts');
    expect(step.answer).toMatch(/retention of an allocator|arenas of their allocator/);
  });

  it.each([
    ['heapIdleBytes 60M', /^Yes: .*idle heap/, /GOMEMLIMIT/],
    ['heapIdleBytes 3M', /^No/, null],
  ])('of retention: %s', (idle, answer, advice) => {
    const step = ask('retention', STEADY.replace('heapIdleBytes 60M', idle));
    expect(step.answer).toMatch(answer);
    if (advice === null) expect(step.advice).toEqual([]);
    else expect(step.advice.join()).toMatch(advice);
  });

  it.each([
    [
      'huge pages beyond what Go uses',
      { rssBytes: '170M', rssAnonBytes: '160M', anonHugePageBytes: '100M' },
      'transparent huge pages',
      /madvise/,
    ],
    [
      'pages that were freed lazily',
      { rssBytes: '170M', rssAnonBytes: '160M', lazyFreeBytes: '50M' },
      'lazily freed pages',
      /madvdontneed=1/,
    ],
    ['mapped files', { rssBytes: '200M', rssFileBytes: '90M' }, 'mapped files', /working set/],
    [
      'holes in spans',
      {
        rssBytes: '170M',
        rssAnonBytes: '160M',
        heapInuseBytes: '140M',
        heapSysBytes: '155M',
        sysBytes: '160M',
      },
      'fragmentation',
      /long-lived small objects/,
    ],
    [
      'free memory that malloc keeps',
      { rssBytes: '588M', rssAnonBytes: '578M' },
      'C libraries and arenas of their allocator',
      /malloc_trim/,
    ],
    [
      'buckets of the memory profile',
      { rssBytes: '200M', rssAnonBytes: '190M', sysBytes: '190M', buckHashSysBytes: '80M' },
      'profiling buckets',
      /profstackdepth=32/,
    ],
    [
      'descriptors of goroutines that have ended',
      { rssBytes: '200M', rssAnonBytes: '190M', sysBytes: '190M', buckHashSysBytes: '1M' },
      'tables of the runtime',
      /goroutines that have ended/,
    ],
  ])('of retention names %s, with what cures it', (_, gauges, name, cure) => {
    const step = ask(
      'retention',
      withGauges(STEADY.replace('heapIdleBytes 60M', 'heapIdleBytes 3M'), gauges),
    );
    expect(step.answer).toMatch(new RegExp(`^Yes: ${name} `));
    expect(step.advice.join()).toMatch(cure);
  });

  it.each([
    ['GOGC', {}, /garbage until the next collection, GOGC 400/, /a lower GOGC/],
    ['GOMEMLIMIT', { goMemLimitBytes: '400M' }, /until GOMEMLIMIT 400 MiB is reached/, /no leak/],
    ['GOGC, far below a GOMEMLIMIT', { goMemLimitBytes: '4G' }, /GOGC 400/, /a lower GOGC/],
  ])('of retention names the garbage that %s lets stand', (_, pacing, why, cure) => {
    const drawing = withGauges(STEADY.replace('floor 40M noise 300k', 'liveHeapBytes 40M noise 300k'), {
      ...{ rssBytes: '390M', rssAnonBytes: '380M', heapAllocBytes: '300M', heapInuseBytes: '310M' },
      ...{ heapIdleBytes: '60M', heapSysBytes: '370M', sysBytes: '380M' },
      ...pacing,
    });
    const step = ask('retention', `${drawing}\n  gogcPercent 400`);
    expect(step.answer).toMatch(/^Yes: GC pacing /);
    expect(step.answer).toMatch(why);
    expect(step.advice[0]).toMatch(cure);
  });

  it.each([
    [
      'close above what lives',
      '112M',
      /^No: what is resident is in use; GOMEMLIMIT 112 MiB paces the collector/,
    ],
    ['far above', '900M', /^No: what is resident is in use\.$/],
  ])('of retention says of a GOMEMLIMIT %s what it does to resident memory', (_, goMemLimitBytes, words) => {
    const drawing = withGauges(STEADY.replace('floor 40M noise 300k', 'liveHeapBytes 90M noise 300k'), {
      ...{ rssBytes: '110M', rssAnonBytes: '104M', heapAllocBytes: '94M', heapInuseBytes: '96M' },
      ...{ heapIdleBytes: '4M', heapSysBytes: '100M', sysBytes: '108M', goMemLimitBytes },
    });
    const { answer, advice } = ask('retention', drawing);
    expect(answer).toMatch(words);
    expect(advice.join()).toMatch(answer.includes('paces') ? /^a lower GOMEMLIMIT/ : /^$/);
  });

  it('of retention does not blame huge pages behind memory that is in use', () => {
    const step = ask('retention', STEADY.concat('\n  anonHugePageBytes 100M'));
    expect(step.answer).not.toMatch(/huge/);
    expect(step.ruledOut.map(({ explanation }) => explanation)).toContain('transparent huge pages');
  });

  it('of tables that keep their size is yes when objects went and their bytes did not', () => {
    const kept = STEADY.concat('\n  heapObjects 900k step -700k at 20h');
    expect(ask('retention', kept).answer).toMatch(/tables that keep their size/);
    const steady = STEADY.concat('\n  heapObjects 900k');
    expect(ask('retention', steady).answer).not.toMatch(/tables/);
    // Dead objects count until they are swept: the last count may lie anywhere between two collections.
    const swept = STEADY.concat('\n  heapObjects 900k noise 400k');
    expect(ask('retention', swept).answer).not.toMatch(/tables/);
  });

  it('of tables that keep their size is not told of bytes that came after the objects went', () => {
    const grows = STEADY.replace('floor 40M', 'floor 40M step 30M at 20h').concat(
      '\n  heapObjects 900k step -700k at 10h',
    );
    expect(ask('retention', grows).answer).not.toMatch(/tables/);
    // A first span without a collection: what stood there was dead.
    const idle = STEADY.replace('floor 40M noise 300k', 'liveHeapBytes 40M noise 300k');
    const objects = `${idle}\n  heapObjects 900k step -700k at 10h\n  heapAllocBytes 44M`;
    expect(ask('retention', `${objects}\n  gcCyclesTotal 0 +60/h`).answer).toMatch(/tables/);
    expect(ask('retention', `${objects}\n  gcCyclesTotal 0 +60/h from 10h`).answer).not.toMatch(/tables/);
  });

  it('of tables that keep their size rules nothing out: a map with its values inside is one object, full or empty', () => {
    const { ruledOut, numbers } = ask('retention', STEADY.concat('\n  heapObjects 900k'));
    expect(JSON.stringify(ruledOut) + Object.keys(numbers).join()).not.toMatch(/tables ?that ?keep/i);
    expect(ruledOut.length).toBeGreaterThan(0);
  });

  it('of the limit advises no GOMEMLIMIT below what was live at its most, nor an interval that reaches there', () => {
    const bursts = STEADY.replace('floor 40M noise 300k', 'floor 5M spike 100M at 5h for 4h noise 300k');
    const { numbers, advice } = ask('limit', bursts);
    expect(numbers['recommendedBytes']).toBeGreaterThan(120 * MIB);
    expect(numbers['recommendedGoMemLimitBytes']).toBeNull();
    expect(advice.join()).not.toMatch(/GOMEMLIMIT/);
    // Not known what of resident memory is Go's, by hundreds of MiB: a bound below zero would choke any heap.
    const unsure = STEADY.replace('rssBytes 120M noise 400k', 'rssBytes 220M noise 30M');
    const { recommendedGoMemLimitLowBytes: low, recommendedGoMemLimitBytes: value } = ask(
      'limit',
      unsure.replace('rssAnonBytes 110M noise 400k', 'rssAnonBytes 170M noise 60M'),
    ).numbers;
    expect(Number(low)).toBeGreaterThanOrEqual((45 * MIB) / 0.9);
    expect(Number(low)).toBeLessThanOrEqual(Number(value));
  });

  it.each([
    [128 * MIB, 'supports', /^Yes: .* 9\d %/],
    [512 * MIB, 'contradicts', /^No: /],
  ])('of a limit of %i bytes', (limit, outcome, answer) => {
    const step = investigate(STEADY, [], limit).find((asked) => asked.step === 'limit');
    expect(step).toMatchObject({ outcome });
    expect(step?.answer).toMatch(answer);
    const { recommendedBytes, recommendedLowBytes, recommendedHighBytes } = step?.numbers ?? {};
    expect(recommendedBytes).toBeGreaterThan(120 * MIB);
    expect(recommendedLowBytes).toBeLessThanOrEqual(Number(recommendedBytes));
    expect(recommendedHighBytes).toBeGreaterThan(Number(recommendedBytes));
  });

  it.each([
    ['cpuSecondsTotal 0 +10/h +30/h from 15h', 'supports'],
    ['cpuSecondsTotal 0 +10/h', 'contradicts'],
  ])('of cost: %s', (cpu, outcome) => {
    expect(ask('cost', `${STEADY}\n  ${cpu}`).outcome).toBe(outcome);
  });

  it('of the part adds up to the growth of resident memory, residual shown', () => {
    const { numbers } = ask('part', NATIVE_LEAK);
    const parts = Object.entries(numbers).filter(
      ([name]) => /GrownBytes$/.test(name) && name !== 'rssGrownBytes',
    );
    const sum = parts.reduce((total, [, bytes]) => total + Number(bytes), 0);
    expect(sum + Number(numbers['residualBytes'])).toBeCloseTo(Number(numbers['rssGrownBytes']), -1);
    expect(numbers['part']).toBe('nativeBytes');
  });

  it('says of a process that has just started that it is early, not that nothing is measured', () => {
    const young = WORK_LEAK.replace('every 1m for 8h', 'every 1s for 2s');
    const answers = Object.fromEntries(investigate(young).map(({ step, answer }) => [step, answer]));
    expect(answers['part']).toMatch(/^Too early to tell \(RSS [\d.]+ MiB\)\.$/);
    expect(answers['counts']).toBe('Too early to tell.');
    expect(answers['retention']).toBe('Too early to tell.');
    expect(answers['limit']).toMatch(/^Too early to tell: the peak took \d+ % of 512 MiB\.$/);
    expect(investigate(young).flatMap(({ advice }) => advice)).toEqual([]);
  });
});
