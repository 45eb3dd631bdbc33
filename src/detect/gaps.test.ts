import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';
import type { Lane, LaneAssessment } from './assessment.ts';

function lookAt(text: string, lane: Lane, hours: readonly number[]): LaneAssessment[] {
  const table = drawGauges(text);
  return hours.map((at) => {
    const atMillis = DRAWN_START_MILLIS + at * HOUR_MILLIS;
    const found = assess({ table, atMillis, memoryLimitBytes: null }).lanes.find((one) => one.lane === lane);
    if (!found) throw new Error(`no ${lane} lane at ${at} h`);
    return found;
  });
}

const verdictsOf = (lanes: readonly LaneAssessment[]) => [...new Set(lanes.map(({ verdict }) => verdict))];
const widthOf = ({ growth }: LaneAssessment) =>
  growth === null ? Infinity : (growth.high - growth.low) / growth.perHour;

const HEAD = 'every 1m for 10h seed 3\nload 3000 noise 150\n';
/** Some minutes of scrapes, then hours without. */
const SCRAPS = 'missing 30m 90m\nmissing 95m 5h\nmissing 5h6m 6h50m\nmissing 7h 9h\n';
const HOURLY = [1, 2, 3, 4, 5, 6, 7, 8]
  .map((hour) => `missing ${hour - 1}h${hour === 1 ? 10 : 4}m ${hour}h\n`)
  .join('');

describe('missed scrapes', () => {
  it('leave a leak of descriptors decided that was decided, at a rate as certain as before', () => {
    const before = lookAt(`${HEAD}openFds 12 +95/h`, 'fd', [2]);
    const since = lookAt(`${HEAD}missing 2h 5h\nopenFds 12 +95/h`, 'fd', [2, 2.5, 3, 4, 4.9, 5.2, 6, 8, 10]);
    expect(verdictsOf(since)).toEqual(['leak']);
    for (const lane of since) {
      expect(widthOf(lane)).toBeLessThan(1.1 * widthOf(before[0]));
      expect(lane.growth?.perHour).toBeCloseTo(95, 0);
    }
  });

  it('leave a leak visible in what is between them', () => {
    const hours = [2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(verdictsOf(lookAt(`${HEAD}${SCRAPS}openFds 12 +95/h`, 'fd', hours))).toEqual(['leak']);
    const heap = lookAt(`${HEAD}${SCRAPS}floor 14M +9.5M/h noise 500k`, 'heap', [5, 6, 7, 8, 9, 10]);
    expect(verdictsOf(heap)).toEqual(['leak']);
    for (const { growth } of heap) {
      expect(growth?.low).toBeLessThan(9.5 * MIB);
      expect(growth?.high).toBeGreaterThan(9.5 * MIB);
    }
  });

  it('take nothing away again that there was to see, however little each hour brings', () => {
    const hours = [2.05, 3.05, 4.05, 5.05, 6.05, 7.05, 8.05, 9, 10];
    const lanes = lookAt(`${HEAD}${HOURLY}openFds 12 +95/h`, 'fd', hours);
    const first = lanes.findIndex(({ verdict }) => verdict === 'leak');
    expect(first).toBeGreaterThanOrEqual(0);
    expect(first).toBeLessThanOrEqual(2);
    expect(verdictsOf(lanes.slice(first))).toEqual(['leak']);
  });

  it('make no leak of what is bounded, nor of slow noise', () => {
    const hours = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    for (const seed of [1, 2, 3, 4, 5]) {
      const head = `every 1m for 10h seed ${seed}\nload 3000 noise 150\n${SCRAPS}`;
      expect(verdictsOf(lookAt(`${head}floor 44M noise 3M phi 0.97`, 'heap', hours))).not.toContain('leak');
      expect(verdictsOf(lookAt(`${head}floor 14M fill 38M tau 1h noise 1M`, 'heap', hours))).not.toContain(
        'leak',
      );
      expect(verdictsOf(lookAt(`${head}openFds 100 noise 12 phi 0.97`, 'fd', hours))).not.toContain('leak');
    }
  });

  it('do not hide a step, nor does the time that passes after it', () => {
    const step = `${HEAD}missing 1h10m 3h\nmissing 3h20m 5h\nmissing 5h4m 7h\nfloor 14M step 38M at 50m noise 1500k`;
    expect(verdictsOf(lookAt(step, 'heap', [4, 5, 6, 7, 8, 9, 10]))).toEqual(['step']);
  });

  it('are no time that was watched', () => {
    const [lane] = lookAt(`${HEAD}missing 30m 3h\nopenFds 12 +95/h`, 'fd', [2.9]);
    expect(lane.verdict).toBe('undetermined');
    // 25 of the first 30 minutes after the warm-up.
    expect(lane.needed?.millis).toBe(5 * 60_000);
  });
});

describe('what is undetermined', () => {
  it('says how long it takes wherever that can be reckoned, and never asks for blocks that are there', () => {
    const drawings = [
      `${HEAD}floor 64M noise 8M phi 0.9`,
      `${HEAD}floor 14M step 38M at 50m noise 300k`,
      'every 5m for 10h seed 3\nfloor 14M step 38M at 50m noise 300k',
      'every 40m for 10h seed 3\nload 3000 noise 150\nfloor 14M step 38M at 50m noise 300k',
      `${HEAD}${HOURLY}floor 64M noise 8M phi 0.9`,
    ];
    for (const text of drawings) {
      for (const lane of lookAt(text, 'heap', [0.7, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10])) {
        if (lane.verdict !== 'undetermined') continue;
        expect(lane.needed?.millis).toBeGreaterThan(0);
        const counted = /(\d+) of (\d+) blocks/.exec(lane.needed?.what ?? '');
        if (counted) expect(Number(counted[1])).toBeLessThan(Number(counted[2]));
      }
    }
  });
});
