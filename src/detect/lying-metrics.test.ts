// Metrics lie sometimes: what they say then must not accuse a service, nor hide a leak.
import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS, SECOND_MILLIS } from '../base/units.ts';
import { GaugeHistory } from '../series/gauge-history.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { drawCollections, hoursOf } from '../testing/drawn-collections.ts';
import { drawGauges, drawReadings } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';
import type { Assessment, Lane, LaneAssessment } from './assessment.ts';

function assessHistory(table: GaugeHistory): Assessment {
  const atMillis = table.timeMillis[table.length - 1];
  return assess({ table, atMillis, memoryLimitBytes: null });
}

function laneOf({ lanes }: Assessment, name: Lane): LaneAssessment {
  const lane = lanes.find((candidate) => candidate.lane === name);
  if (lane === undefined) throw new Error(`no ${name} lane`);
  return lane;
}

const HEAD = 'every 1m for 8h seed 5\nload 3000 day 6h 600 noise 150\n';

describe('GOGC=off', () => {
  /** Nothing is collected until the heap comes near GOMEMLIMIT; what survives each mark is `live`. */
  function sawtooth(everyHours: number, live: (hours: number) => number): GaugeHistory {
    const history = new GaugeHistory();
    for (const { atMillis, reading } of drawReadings(`${HEAD} goroutines 40 noise 2`)) {
      const hours = (atMillis - (history.timeMillis[0] ?? atMillis)) / HOUR_MILLIS;
      const sinceMark = (hours / everyHours) % 1;
      history.append(atMillis, {
        ...reading,
        gogcPercent: -1,
        goMemLimitBytes: 256 * MIB,
        nextGcBytes: 250 * MIB,
        gcCyclesTotal: 1 + Math.floor(hours / everyHours),
        heapAllocBytes: Math.round(live(hours) + sinceMark * (250 * MIB - live(hours))),
      });
    }
    return history;
  }

  it('makes the goal say nothing: the level is what is left after a mark', () => {
    const heap = laneOf(assessHistory(sawtooth(1 / 6, () => 40 * MIB)), 'heap');
    expect(heap.verdict).toBe('no-growth');
    expect(heap.evidence[0]?.numbers.source).toBe('minimum');
    expect(heap.level).toBeLessThan(80 * MIB);
  });

  it('does not hide a leak below the goal that stands still', () => {
    const heap = laneOf(assessHistory(sawtooth(1 / 6, (hours) => (40 + 12 * hours) * MIB)), 'heap');
    expect(heap.verdict).toBe('leak');
    expect((heap.growth?.low ?? Infinity) / MIB).toBeLessThan(12);
    expect((heap.growth?.high ?? 0) / MIB).toBeGreaterThan(12);
  });

  it('leaves a heap that is hardly ever marked without a word, instead of calling garbage a leak', () => {
    const { lanes } = assessHistory(sawtooth(4, () => 40 * MIB));
    expect(lanes.find(({ lane }) => lane === 'heap')?.verdict ?? 'none').not.toBe('leak');
  });
});

describe('GOGC that changes at run time', () => {
  it('does not hide a leak', () => {
    const table = drawGauges(`${HEAD} floor 64M +6M/h noise 300k\ngogcPercent 100 step 100 at 3h`);
    const goal = table.column('nextGcBytes');
    const gogc = table.column('gogcPercent');
    for (let row = 0; goal && gogc && row < table.length; row++) goal[row] *= (1 + gogc[row] / 100) / 2;
    const heap = laneOf(assessHistory(table), 'heap');
    expect(heap.verdict).toBe('leak');
    expect((heap.growth?.perHour ?? 0) / MIB).toBeGreaterThan(5);
    expect((heap.growth?.perHour ?? 0) / MIB).toBeLessThan(7);
  });
});

describe('a leak below a collector that nobody tells of', () => {
  const leaking = (hour: number) => 64 + 3 * hour;
  const expectRate = ({ lanes }: Assessment): void => {
    const heap = lanes.find(({ lane }) => lane === 'heap');
    expect(heap?.verdict).toBe('leak');
    expect((heap?.growth?.low ?? Infinity) / MIB).toBeLessThan(3);
    expect((heap?.growth?.high ?? 0) / MIB).toBeGreaterThan(3);
    expect((heap?.growth?.perHour ?? 0) / MIB).toBeCloseTo(3, 0);
  };

  it.each([1, 2, 3])('is told at its rate where GOGC was changed at run time, seed %d', (seed) => {
    const goal = (live: number, hour: number) => (hour < 20 ? 2 : 1.5) * live;
    const assessment = assessHistory(drawCollections({ hours: 40, live: leaking, goal, seed }));
    expectRate(assessment);
    expect(hoursOf(laneOf(assessment, 'heap').onsetAtMillis ?? NaN)).toBeLessThan(1);
  });

  it.each([1, 2, 3])('is told at its rate with GOGC=off below a limit, seed %d', (seed) => {
    const beside = (hour: number, { goal }: { goal: number }) => ({ rssBytes: (goal + 40) * MIB });
    const table = drawCollections({ hours: 48, live: leaking, goal: () => 400, beside, seed });
    const assessment = assess({
      table,
      atMillis: table.timeMillis[table.length - 1],
      memoryLimitBytes: 512 * MIB,
    });
    expectRate(assessment);
    // Resident memory stands at the limit all the while: what runs out is what that leaves for live bytes, after 112 h.
    expect(assessment.exhaustion?.resource).toBe('gomemlimit');
    const left = ((assessment.exhaustion?.at ?? NaN) - assessment.atMillis) / HOUR_MILLIS;
    expect(left).toBeGreaterThan(55);
    expect(left).toBeLessThan(75);
  });
});

describe('an exec, which keeps pid and start time', () => {
  it('begins a new life: the level before it is no fall, and the growth before it no growth', () => {
    const history = new GaugeHistory();
    let started: number | undefined;
    for (const { atMillis, reading } of drawReadings(`${HEAD} restart 4h\nfloor 40M +8M/h noise 300k`)) {
      started ??= reading.processStartMillis ?? atMillis;
      history.append(atMillis, { ...reading, processStartMillis: started });
    }
    const assessment = assessHistory(history);
    expect(assessment.restarts).toBe(1);
    const heap = laneOf(assessment, 'heap');
    expect(heap.verdict).toBe('leak');
    expect((heap.growth?.perHour ?? 0) / MIB).toBeGreaterThan(7);
    expect((heap.growth?.perHour ?? 0) / MIB).toBeLessThan(9);
  });
});

describe('scrapes that come late, or not at all', () => {
  /** Each up to 50 s late, one in ten lost. */
  function late(text: string): GaugeHistory {
    const random = seededRandom(9);
    const history = new GaugeHistory();
    for (const { atMillis, reading } of drawReadings(text)) {
      const delay = random() * 50 * SECOND_MILLIS;
      if (random() >= 0.1) history.append(atMillis + delay, reading);
    }
    return history;
  }

  it('leave a steady service steady', () => {
    expect(laneOf(assessHistory(late(`${HEAD} floor 100M noise 1M`)), 'heap').verdict).toBe('no-growth');
  });

  it('leave a leak a leak, at its rate', () => {
    const heap = laneOf(assessHistory(late(`${HEAD} floor 100M +6M/h noise 1M`)), 'heap');
    expect(heap.verdict).toBe('leak');
    expect((heap.growth?.low ?? Infinity) / MIB).toBeLessThan(6);
    expect((heap.growth?.high ?? 0) / MIB).toBeGreaterThan(6);
  });
});

describe('a machine that stalls for seconds, after which connections pile up for a while', () => {
  const STALLS = [1, 2.5, 4, 5.5, 7].map((hours) => hours * 60);
  /** No scrape during the stall; then what waited is served at once. */
  function stalling(text: string): GaugeHistory {
    const history = new GaugeHistory();
    for (const { atMillis, reading } of drawReadings(text)) {
      const minutes = (atMillis - (history.timeMillis[0] ?? atMillis)) / MINUTE_MILLIS;
      const since = Math.min(...STALLS.map((at) => (minutes >= at ? minutes - at : Infinity)));
      if (since < 1) continue;
      const waiting = since < 5 ? 1 - since / 5 : 0;
      history.append(atMillis, {
        ...reading,
        goroutines: (reading.goroutines ?? 0) + Math.round(600 * waiting),
        openFds: (reading.openFds ?? 0) + Math.round(300 * waiting),
        nextGcBytes: (reading.nextGcBytes ?? 0) + 80 * MIB * waiting,
        heapAllocBytes: (reading.heapAllocBytes ?? 0) + 40 * MIB * waiting,
      });
    }
    return history;
  }

  const QUIET = `${HEAD} floor 80M noise 1M\ngoroutines 40 noise 2\nopenFds 30 noise 1`;

  it('is no leak of anything', () => {
    const verdicts = assessHistory(stalling(QUIET)).lanes.map(({ lane, verdict }) => [lane, verdict]);
    expect(verdicts.filter(([, verdict]) => verdict === 'leak')).toEqual([]);
    expect(assessHistory(stalling(QUIET)).isExhausting).toBe(false);
  });

  it('does not hide a leak of goroutines', () => {
    const table = stalling(`${HEAD} floor 80M noise 1M\ngoroutines 40 +60/h noise 2\nopenFds 30 noise 1`);
    expect(laneOf(assessHistory(table), 'goroutine').verdict).toBe('leak');
  });
});
