import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import { formatLeft } from '../model/finding-text.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess, type AssessInput, type Replica } from './assess.ts';
import type { Assessment, Lane, LaneAssessment } from './assessment.ts';

function assessDrawing(text: string, more: Partial<AssessInput> & { atHours?: number } = {}): Assessment {
  const table = drawGauges(text);
  const { atHours, ...input } = more;
  const atMillis =
    atHours === undefined ? table.timeMillis[table.length - 1] : DRAWN_START_MILLIS + atHours * HOUR_MILLIS;
  return assess({ table, atMillis, memoryLimitBytes: null, ...input });
}

function laneOf(assessment: Assessment, lane: Lane): LaneAssessment {
  const found = assessment.lanes.find((candidate) => candidate.lane === lane);
  if (!found) throw new Error(`no ${lane} lane`);
  return found;
}

const assessLaneOf = (lane: Lane, text: string, more?: Parameters<typeof assessDrawing>[1]): LaneAssessment =>
  laneOf(assessDrawing(text, more), lane);

const HEAD = 'every 1m for 4h seed 3\nload 3000 noise 150\n';
const DAYS = 'every 5m for 72h seed 5\nload 3000 day 24h 1200 noise 100\n';

describe('each shape gets its name', () => {
  it('steady is no growth, and says what it could have seen', () => {
    const heap = assessLaneOf('heap', `${HEAD} floor 64M noise 500k`);
    expect(heap.verdict).toBe('no-growth');
    expect(heap.smallestDetectable).toBeGreaterThan(0.2 * MIB);
    expect(heap.smallestDetectable).toBeLessThan(3 * MIB);
  });

  it('a steady rise is a leak, with its rate inside the interval', () => {
    const heap = assessLaneOf('heap', `${HEAD} floor 64M +10M/h noise 500k`);
    expect(heap.verdict).toBe('leak');
    expect(heap.growth?.low).toBeLessThan(10 * MIB);
    expect(heap.growth?.high).toBeGreaterThan(10 * MIB);
    expect((heap.growth?.high ?? 0) - (heap.growth?.low ?? 0)).toBeLessThan(MIB);
  });

  it('a rise with the work is a leak per request', () => {
    const heap = assessLaneOf('heap', `${DAYS} floor 200M perwork 1k noise 1M`);
    expect([heap.verdict, heap.bestLeak]).toEqual(['leak', 'L2']);
    expect(heap.perRequest?.low).toBeLessThan(1024);
    expect(heap.perRequest?.high).toBeGreaterThan(1024);
    expect(Math.abs((heap.perRequest?.value ?? 0) / 1024 - 1)).toBeLessThan(0.15);
  });

  it('a rise that begins in the middle is a leak with its onset', () => {
    const heap = assessLaneOf('heap', `${DAYS} floor 200M perload 5k +2M/h from 30h noise 1M`);
    expect([heap.verdict, heap.bestLeak]).toEqual(['leak', 'L4']);
    const onset = ((heap.onsetAtMillis ?? 0) - DRAWN_START_MILLIS) / HOUR_MILLIS;
    expect(Math.abs(onset - 30)).toBeLessThan(2.5);
  });

  it('a rise that begins hours after a warm-up is a leak with its onset, whatever the warm-up did', () => {
    const text = 'every 90s for 12h seed 11\nload 3000 noise 150\n floor 10M fill 15M tau 10m noise 700k';
    const quiet = assessLaneOf('heap', text);
    expect([quiet.verdict, quiet.isSuspect]).toEqual(['no-growth', false]);
    const heap = assessLaneOf('heap', `${text} +3.6M/h from 8h`);
    expect(heap.verdict).toBe('leak');
    expect(heap.growth?.low).toBeLessThan(3.6 * MIB);
    expect(heap.growth?.high).toBeGreaterThan(3.6 * MIB);
    const onset = ((heap.onsetAtMillis ?? 0) - DRAWN_START_MILLIS) / HOUR_MILLIS;
    expect(Math.abs(onset - 8)).toBeLessThan(0.5);
  });

  it('a warm-up and then a rise is a leak at the rate of the rise', () => {
    const heap = assessLaneOf('heap', `${DAYS} floor 200M fill 80M tau 3h +1M/h noise 1M`);
    expect([heap.verdict, heap.bestLeak]).toEqual(['leak', 'L3']);
    expect((heap.growth?.perHour ?? 0) / MIB).toBeCloseTo(1, 0);
  });

  it.each([1, 2, 3])(
    'spikes of which something always stays are a leak at the rate of what stays, seed %d',
    (seed) => {
      const spikes = (stays: string) =>
        Array.from(
          { length: 24 },
          (_, i) => `spike 40M at ${2 * i + 1}h for 25m ${stays && `step ${stays} at ${2 * i + 1}h`}`,
        );
      const ratchet = (stays: string) =>
        assessLaneOf(
          'heap',
          `every 2m for 48h seed ${seed}\nload 3000 noise 150\nfloor 64M noise 500k ${spikes(stays).join(' ')}`,
        );
      const heap = ratchet('3M');
      expect(heap.verdict).toBe('leak');
      expect(Math.abs((heap.growth?.perHour ?? 0) / (1.5 * MIB) - 1)).toBeLessThan(0.08);
      expect(ratchet('').verdict).toBe('no-growth');
    },
  );

  it('a cache that fills is filling, with its bound', () => {
    const heap = assessLaneOf('heap', `${DAYS} floor 200M fill 80M tau 18h noise 1M`);
    expect(heap.verdict).toBe('filling-to-bound');
    expect(Math.abs((heap.predictedBound ?? 0) / MIB - 280)).toBeLessThan(8);
  });

  it('an LRU that is filled by work and then full is filling', () => {
    const heap = assessLaneOf('heap', `${HEAD} floor 20M ramp 40M until 2h30m noise 300k`);
    expect(heap.verdict).toBe('filling-to-bound');
  });

  it('a configuration reload is a step', () => {
    expect(assessLaneOf('heap', `${HEAD} floor 40M step 25M at 2h noise 300k`).verdict).toBe('step');
  });

  it('a jump that is just over is no leak, and a step once it has stayed, however few collections came since', () => {
    const text = `every 12m for 4h seed 2
      load 3000 noise 150
      missing 2h30m 3h30m
      floor 5M step 36M at 2h24m step 10M at 3h30m noise 100k`;
    const verdicts = [2.4, 2.7, 3.6, 3.8, 4].map((atHours) => {
      const { verdict, isSuspect } = assessLaneOf('heap', text, { atHours });
      return isSuspect ? `${verdict}, suspect` : verdict;
    });
    expect(verdicts).toEqual([...Array<string>(4).fill('undetermined'), 'step']);
  });

  it('sessions that follow the day are load-driven, also where they outlive the request by an hour', () => {
    expect(assessLaneOf('heap', `${DAYS} floor 100M perload 30k noise 1M`).verdict).toBe('load-driven');
  });
});

describe('healthy services that fool detectors', () => {
  const isQuiet = (text: string, more?: Parameters<typeof assessDrawing>[1]): void => {
    const verdicts = assessDrawing(text, more).lanes.map((lane) => lane.verdict);
    expect(verdicts).not.toContain('leak');
  };

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('steady with correlated noise, seed %d', (seed) => {
    isQuiet(
      `every 5m for 72h seed ${seed}\nload 3000 day 24h 900 noise 200\nfloor 300M perload 10k noise 4M phi 0.8`,
    );
  });

  it.each([1, 2, 3, 4, 5])('traffic that triples while it is counted with noise, seed %d', (seed) => {
    isQuiet(`every 5m for 72h seed ${seed}\nload 2000 +55/h noise 300\nfloor 80M perload 12k noise 1M`);
  });

  it.each([11, 12, 13, 14, 15])('two caches of different pace, seed %d', (seed) => {
    isQuiet(`${DAYS.replace('seed 5', `seed ${seed}`)} floor 200M fill 40M tau 2h fill 40M tau 20h noise 1M`);
  });

  it('a start-up that takes its time', () => {
    isQuiet(`${HEAD} floor 10M fill 50M tau 4m noise 300k`, { atHours: 0.6 });
    isQuiet(`${HEAD} floor 10M fill 50M tau 4m noise 300k`, { atHours: 2 });
  });

  it('a batch every eight hours', () => {
    isQuiet(
      `${DAYS} floor 300M spike 90M at 9h for 1h spike 90M at 33h for 1h spike 90M at 57h for 1h noise 2M`,
    );
  });

  it('a service that restarts every day: nothing is fitted across a restart', () => {
    const text = `${DAYS} restart 24h\nrestart 48h\nfloor 100M fill 60M tau 4h noise 1M`;
    isQuiet(text);
    expect(assessDrawing(text).restarts).toBe(2);
  });

  it('missing scrapes leave the verdict as it is', () => {
    isQuiet(`${DAYS} missing 20h 31h\nfloor 100M perload 20k noise 1M`);
    const leak = assessLaneOf('heap', `${DAYS} missing 20h 31h\nfloor 100M perload 20k +1M/h noise 1M`);
    expect(leak.verdict).toBe('leak');
  });

  it('GOGC doubled at run time: the goal rises, the live heap does not', () => {
    const doubled = drawGauges(`${HEAD} floor 64M noise 300k\ngogcPercent 100 step 100 at 2h`);
    const goal = doubled.column('nextGcBytes');
    const gogc = doubled.column('gogcPercent');
    for (let row = 0; goal && gogc && row < doubled.length; row++) goal[row] *= (1 + gogc[row] / 100) / 2;
    const atMillis = doubled.timeMillis[doubled.length - 1];
    const heap = laneOf(assess({ table: doubled, atMillis, memoryLimitBytes: null }), 'heap');
    expect(heap.verdict).toBe('no-growth');
    expect(Math.abs(heap.level / MIB - 64)).toBeLessThan(2);
  });

  it('GOMEMLIMIT binds: next_gc falls while other memory grows, so it is not believed', () => {
    const heap = assessLaneOf(
      'heap',
      `${HEAD} nextGcBytes 90M +1M/h\nheapAllocBytes 60M noise 4M\ngcCyclesTotal 1 +60/h\ngoMemLimitBytes 96M\ngogcPercent 100`,
    );
    expect(heap.verdict).not.toBe('leak');
    expect(heap.evidence[0]?.numbers.source).toBe('minimum');
  });

  it('a dozen idle connections are no leak of descriptors', () => {
    expect(assessLaneOf('fd', `${HEAD} openFds 15 ramp 10 until 3h`).verdict).toBe('no-growth');
  });
});

describe('counts are exact', () => {
  it('a goroutine a minute is a leak within an hour and a half', () => {
    const text = `every 1m for 4h seed 2\nload 1500 noise 60\ngoroutines 14 +60/h noise 1`;
    expect(assessLaneOf('goroutine', text, { atHours: 1.5 }).verdict).toBe('leak');
    expect(assessLaneOf('goroutine', text, { atHours: 0.3 }).verdict).toBe('undetermined');
  });

  it('goroutines that follow the load are load-driven', () => {
    const lane = assessLaneOf('goroutine', `${DAYS} goroutines 10 perload 0.02 noise 2`);
    expect(lane.verdict).toBe('load-driven');
  });

  it('a leak that stops when the load stops has not gone away', () => {
    const text = `every 1m for 4h seed 4\nload 2000 step -2000 at 2h40m noise 80\ngoroutines 12 perwork 0.15 noise 1`;
    const lane = assessLaneOf('goroutine', text);
    expect([lane.verdict, lane.bestLeak]).toEqual(['leak', 'L2']);
  });
});

describe('memory outside Go', () => {
  const go = 'sysBytes 30M\nheapReleasedBytes 2M\n';

  it('that grows is a leak of its own lane', () => {
    const assessment = assessDrawing(`${HEAD}${go} rssAnonBytes 32M +6M/h noise 600k\nfloor 8M noise 200k`);
    expect(laneOf(assessment, 'native').verdict).toBe('leak');
    expect(laneOf(assessment, 'heap').verdict).toBe('no-growth');
  });

  it('does not grow while Go only touches pages that it had reserved', () => {
    const lane = assessLaneOf('native', `${HEAD}${go} rssAnonBytes 8M +5M/h noise 300k`);
    expect(lane.level).toBeLessThan(0);
    expect(lane.verdict).toBe('no-growth');
  });

  it('is not told apart from a share of what Go itself grows by', () => {
    const lane = assessLaneOf(
      'native',
      `${HEAD} sysBytes 60M +40M/h\nheapReleasedBytes 0\nrssAnonBytes 64M +46M/h noise 1M`,
    );
    expect(lane).toMatchObject({ verdict: 'undetermined', isSuspect: false });
    expect(lane.needed?.what).toContain('outside the Go heap');
  });

  it('is told apart from what Go has grown by before it began, and not from what Go grows by since', () => {
    const drawing = (sys: string) =>
      `${HEAD.replace('4h', '10h')} sysBytes 30M ${sys}\nheapReleasedBytes 0
       rssAnonBytes 34M ${sys} +6M/h from 6h noise 600k`;
    expect(assessLaneOf('native', drawing('ramp 160M until 4h')).verdict).toBe('leak');
    expect(assessLaneOf('native', drawing('+80M/h from 6h')).verdict).not.toBe('leak');
  });
});

describe('a process that is one of several replicas', () => {
  /** A replica of this age, of which nothing alone is certain. */
  const replica = (hours: number, seed: number, shape = '+2.6M/h'): Replica => {
    const { lanes } = assessDrawing(
      `every 1m for ${hours}h seed ${seed}\nload 3000 noise 150\nfloor 64M ${shape} noise 900k`,
    );
    return { lanes };
  };
  const OWN = 'every 1m for 2.6h seed 3\nload 3000 noise 150\nfloor 64M +2.6M/h noise 900k';
  const among = (replicas: readonly Replica[]) => assessLaneOf('heap', OWN, { replicas: () => replicas });
  const question = ({ evidence }: LaneAssessment) =>
    evidence.find((entry) => entry.question.includes('replicas'));

  it('leaks, when replicas of other ages grow the same way although none is certain alone', () => {
    expect(among([]).verdict).toBe('undetermined');
    const others = [replica(1.5, 21), replica(2, 23), replica(3.3, 21)];
    const heap = among(others);
    expect(heap.verdict).toBe('leak');
    expect(question(heap)).toMatchObject({ outcome: 'supports', numbers: { judged: 3 } });
    expect(question(heap)?.numbers['statistic']).toBeGreaterThan(
      Number(question(heap)?.numbers['threshold']),
    );
  });

  it.each([1.5, 2])('does not, when all of them fill the same cache, a time constant of %d h', (tau) => {
    const fill = `fill ${tau * 6}M tau ${tau}h`;
    const others = [1.5, 2, 2.6, 3.3].map((hours, seed) => replica(hours, seed + 31, fill));
    const own = `every 1m for 2.6h seed 3\nload 3000 noise 150\nfloor 64M ${fill} noise 900k`;
    const heap = assessLaneOf('heap', own, { replicas: () => others });
    expect(heap.verdict).not.toBe('leak');
  });

  it('does not, when one that is older has stopped growing', () => {
    const heap = among([replica(1.5, 21), replica(2, 23), replica(3.3, 21), replica(9, 24, '')]);
    expect(heap.verdict).toBe('undetermined');
    expect(question(heap)).toBeUndefined();
  });
});

describe('a process among many services', () => {
  const OWN = 'every 1m for 4h seed 22\nload 3000 noise 150\nfloor 64M +2.6M/h noise 900k';

  it('leaks by more evidence than one that is watched alone, and says for how many', () => {
    const alone = assessLaneOf('heap', OWN);
    expect(alone.verdict).toBe('leak');
    const needed = (alone.evidenceRatio ?? 0) + 1;
    const heap = assessLaneOf('heap', OWN, { fleet: { services: 500, evidence: needed } });
    expect([heap.verdict, heap.isSuspect]).toEqual(['undetermined', true]);
    const about = heap.evidence.find(({ question }) => question.includes('without bound'));
    expect(about).toMatchObject({ outcome: 'open', numbers: { threshold: needed, servicesWatched: 500 } });
    expect(heap.smallestDetectable).toBe(alone.smallestDetectable);
    // What the evidence leaves open is ruled out nowhere.
    const bounded = String(about?.numbers['bounded']);
    const names = { N0: 'steady, or follows the load', N1: 'a cache that fills', N3: 'a step' } as const;
    const lead = names[bounded as keyof typeof names];
    expect(alone.ruledOut.map(({ explanation }) => explanation)).toContain(lead);
    expect(heap.ruledOut.map(({ explanation }) => explanation)).not.toContain(lead);
  });
});

describe('a process that restarts', () => {
  const LIVES = 'every 1m for 8h seed 3\nload 3000 noise 150\nrestart 2h\nrestart 4h\nrestart 6h\n';

  it('leaves what the life before was, until the new one can be judged', () => {
    const text = `every 1m for 5h seed 3\nload 3000 noise 150\nrestart 4h30m\nfloor 64M noise 500k`;
    const young = assessDrawing(text, { atHours: 4.8 });
    expect(young.earlier?.lanes.find(({ lane }) => lane === 'heap')?.verdict).toBe('no-growth');
    expect(young.earlier?.smallestDetectableBytesPerHour).toBeLessThan(3 * MIB);
    expect(young.earlier?.endedAtMillis).toBe(DRAWN_START_MILLIS + 4.5 * HOUR_MILLIS - 60_000);
    expect(assessDrawing(`${LIVES} floor 64M noise 500k`).earlier).toBeNull();
  });

  it('leaks, when every life grows the same way although none lasts until it is certain', () => {
    const lives = 'every 1m for 12h seed 3\nload 3000 noise 150\nrestart 3h\nrestart 6h\nrestart 9h\n';
    const text = `${lives} floor 64M +2M/h noise 900k`;
    const [first, last] = [2.95, 12].map((atHours) => assessLaneOf('heap', text, { atHours }));
    expect(first.verdict).toBe('undetermined');
    expect(last.verdict).toBe('leak');
    const repeated = last.evidence.find(({ question }) => question.includes('earlier lives'));
    expect(repeated).toMatchObject({ outcome: 'supports', numbers: { lives: 3 } });
    expect(repeated?.numbers['statistic']).toBeGreaterThan(Number(repeated?.numbers['threshold']));
  });

  it.each([3, 5])(
    'is not called by its lives, when a cache refills in each, a time constant of %d h',
    (tau) => {
      const lives = 'restart 3h\nrestart 6h\nrestart 9h\nrestart 12h';
      for (const seed of [1, 2, 3]) {
        const text = `every 1m for 15h seed ${seed}\nload 3000 noise 150\n${lives}\nfloor 64M fill 60M tau ${tau}h noise 800k`;
        const { evidence } = assessLaneOf('heap', text);
        const repeated = evidence.find(({ question }) => question.includes('earlier lives'));
        expect(repeated?.outcome ?? 'open').toBe('open');
      }
    },
  );

  it('says how often it restarts, where restarts hide how long memory would last', () => {
    const text = `${LIVES} floor 64M +2.6M/h noise 900k\nrssBytes 160M +5.2M/h`;
    const far = assessDrawing(text, { memoryLimitBytes: 1024 * MIB }).exhaustion;
    expect(far?.livesMillis).toBe(2 * HOUR_MILLIS);
    expect(far && formatLeft(far, far.asOf ?? 0)).toMatch(/^in .* without restarts, which come every 2 h$/);
    const near = assessDrawing(text, { memoryLimitBytes: 166 * MIB }).exhaustion;
    expect(near).not.toBeNull();
    expect(near?.livesMillis).toBeUndefined();
  });

  it('does not, when an earlier life should have shown the growth and did not', () => {
    const text = `${LIVES} floor 64M noise 900k`;
    const grows = drawGauges(`${LIVES} floor 64M +2.6M/h noise 900k`);
    const table = drawGauges(text);
    const goal = table.column('nextGcBytes');
    const grown = grows.column('nextGcBytes');
    for (let row = 0; goal && grown && row < table.length; row++) {
      if (table.timeMillis[row] >= DRAWN_START_MILLIS + 6 * HOUR_MILLIS) goal[row] = grown[row];
    }
    const atMillis = table.timeMillis[table.length - 1];
    const heap = laneOf(assess({ table, atMillis, memoryLimitBytes: null }), 'heap');
    expect(heap.verdict).toBe('undetermined');
    expect(heap.evidence.some(({ question }) => question.includes('earlier lives'))).toBe(false);
  });

  it.each([1, 2, 3, 4, 5, 6])('is quiet about a cache that fills anew in each life, seed %d', (seed) => {
    const text = `${LIVES.replace('seed 3', `seed ${seed}`)} floor 64M fill 20M tau 1h noise 900k`;
    expect(assessLaneOf('heap', text).verdict).not.toBe('leak');
  });
});

describe('a lazy collector', () => {
  it('shows a level with three marks in a day', () => {
    const text = 'every 4h for 12h seed 2\nfloor 9M noise 20k';
    const heap = assessLaneOf('heap', text);
    expect([heap.verdict, heap.smallestDetectable]).toEqual(['no-growth', (1 * MIB) / 8]);
  });

  it('shows nothing with three marks that differ by a mebibyte', () => {
    expect(assessLaneOf('heap', 'every 4h for 12h seed 2\nfloor 9M +100k/h').verdict).toBe('undetermined');
  });

  it('with few observations says how many are missing, and how long they take at the pace of those there are', () => {
    const text = 'every 20m for 3h seed 2\nfloor 9M +3M/h noise 400k';
    const { statistic, threshold } = assessLaneOf('heap', text).evidence[0].numbers;
    const { needed } = assessLaneOf('heap', text);
    expect(needed?.what).toBe(
      `more observations of the live heap: ${statistic} of ${threshold} blocks so far`,
    );
    expect(Number(statistic)).toBeLessThan(Number(threshold));
    const missing = Number(threshold) - Number(statistic);
    expect(needed?.millis).toBeCloseTo((missing * 3 * HOUR_MILLIS) / Number(statistic), -6);
  });
});

describe('too little is said to be too little', () => {
  it('within the first half hour nothing is called, and the time that is needed is named', () => {
    const heap = assessLaneOf('heap', `${HEAD} floor 64M +60M/h noise 500k`, { atHours: 0.4 });
    expect(heap.verdict).toBe('undetermined');
    expect(heap.isSuspect).toBe(true);
    expect(heap.needed?.millis).toBeCloseTo((0.5 + 5 / 60 - 0.4) * HOUR_MILLIS, -3);
  });

  it('an empty table has no lanes and needs gauges', () => {
    const nothing = assess({ table: drawGauges('every 1m for 0h'), atMillis: 0, memoryLimitBytes: null });
    expect(nothing.lanes).toEqual([]);
    expect(nothing.needed?.what).toContain('gauges');
  });

  it('what is detectable shrinks with the time watched', () => {
    const text = `${DAYS} floor 200M noise 2M phi 0.3`;
    const after = (atHours: number): number =>
      assessLaneOf('heap', text, { atHours }).smallestDetectable ?? Infinity;
    expect(after(12) / after(48)).toBeGreaterThan(3);
  });

  it('a leak of twice what is detectable is called', () => {
    const steady = assessLaneOf('heap', `${DAYS} floor 200M noise 2M phi 0.3`).smallestDetectable ?? 0;
    const rate = ((2 * steady) / MIB).toFixed(3);
    expect(assessLaneOf('heap', `${DAYS} floor 200M +${rate}M/h noise 2M phi 0.3`).verdict).toBe('leak');
  });

  it('names the gauges that are missing', () => {
    const { missing } = assessDrawing('every 1m for 1h\ngoroutines 5');
    expect(missing.map((entry) => entry.source)).toEqual([
      'go_memstats_next_gc_bytes',
      'process_resident_memory_bytes',
      'process_open_fds',
      'a request counter',
    ]);
  });
});

describe('an assessment', () => {
  const text = `${HEAD} floor 64M +10M/h noise 500k\nrssBytes 90M +20M/h\ngoroutines 12 noise 1`;

  it('knows nothing of later rows', () => {
    const table = drawGauges(text);
    const early = DRAWN_START_MILLIS + 2 * HOUR_MILLIS;
    const cut = table.slice(0, early);
    const ask = (from: typeof cut) =>
      JSON.stringify(assess({ table: from, atMillis: early, memoryLimitBytes: null }));
    expect(ask(table)).toBe(ask(cut));
  });

  it('is the same bytes for the same table', () => {
    expect(JSON.stringify(assessDrawing(text))).toBe(JSON.stringify(assessDrawing(text)));
  });

  it('does not fit what came before a resolved incident', () => {
    const fixed = `${HEAD} floor 64M ramp 20M until 2h noise 300k`;
    const from = { heap: DRAWN_START_MILLIS + 2.1 * HOUR_MILLIS };
    expect(assessLaneOf('heap', fixed, { ignoreBefore: from }).verdict).toBe('no-growth');
  });

  it('forecasts when the memory limit is reached, in RSS', () => {
    const limit = 400 * MIB;
    const { exhaustion } = assessDrawing(
      `${HEAD} floor 64M +10M/h noise 300k\nheapInuseBytes 128M +20M/h\nheapIdleBytes 0\nheapReleasedBytes 0\nrssBytes 148M +20M/h`,
      { memoryLimitBytes: limit },
    );
    // RSS is 148 + 80 MiB after four hours and grows by 20 MiB/h: 8.6 h to go.
    const hours = ((exhaustion?.at ?? 0) - DRAWN_START_MILLIS) / HOUR_MILLIS - 4;
    expect(exhaustion?.resource).toBe('memory-limit');
    expect(Math.abs(hours - 8.6)).toBeLessThan(0.6);
    expect(exhaustion?.low).toBeLessThan(exhaustion?.at ?? 0);
  });

  it('holds the true time in most of its 80 % intervals, and is near it', () => {
    const draw = (seed: number) =>
      assessDrawing(
        `every 1m for 12h seed ${seed}\nload 3000 day 6h 900 noise 150\nfloor 64M +5M/h perload 4k noise 2M phi 0.6\nheapInuseBytes 128M +10M/h\nheapIdleBytes 0\nheapReleasedBytes 0\nrssBytes 148M +10M/h perload 4k noise 4M phi 0.6`,
        { memoryLimitBytes: 600 * MIB },
      ).exhaustion;
    const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
    // RSS is 148 + 120 MiB and 12 MiB for the load after twelve hours, and grows by 10 MiB/h.
    const truth = (600 - 148 - 120 - 12) / 10;
    const left = (at: number | null | undefined) => ((at ?? NaN) - DRAWN_START_MILLIS) / HOUR_MILLIS - 12;
    const held = seeds.map(draw).filter((time) => left(time?.low) < truth && truth < left(time?.high));
    const errors = seeds.map((seed) => Math.abs(left(draw(seed)?.at) / truth - 1)).sort((a, b) => a - b);
    expect(held.length).toBeGreaterThanOrEqual(13);
    expect(errors[10]).toBeLessThan(0.15);
  });

  it('lets the limit of the cgroup win over the configured one', () => {
    const small = assessDrawing(`${text}\nmemoryLimitBytes 200M`, { memoryLimitBytes: 4096 * MIB });
    expect(small.exhaustion?.limit).toBe(200 * MIB);
  });

  it('sees descriptors run out', () => {
    const { exhaustion } = assessDrawing(`${HEAD} openFds 20 +100/h noise 1\nmaxFds 1024`);
    expect(exhaustion?.resource).toBe('max-fds');
  });

  it('warns early when a limit comes near, whatever the verdict', () => {
    const steep =
      'every 1m for 2h30m age 5h seed 3\nfloor 100M +90M/h from 6h30m noise 300k\nrssBytes 210M +180M/h from 6h30m';
    const late = assessDrawing(steep, { memoryLimitBytes: 520 * MIB });
    expect(late.isExhausting).toBe(true);
    expect(assessDrawing(steep, { memoryLimitBytes: 8192 * MIB }).isExhausting).toBe(false);
  });
});
