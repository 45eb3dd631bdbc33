import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import type { Blocks } from '../series/blocks.ts';
import { median } from '../series/stats/quantiles.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { prepareBlocks } from './lane-blocks.ts';

/** One digit a block of five minutes. */
function blocksOf(drawn: string) {
  const value = Float64Array.from(drawn, Number);
  const timeMillis = value.map((_, i) => (i + 0.5) * 300_000);
  const source = {
    points: { timeMillis, value },
    work: null,
    isFromStart: true,
    noiseFloor: 0.5,
    resolution: 0,
  };
  return prepareBlocks(source, {
    fromMillis: 0,
    toMillis: Math.max(2 * HOUR_MILLIS, drawn.length * 300_000),
  });
}

describe('spikes', () => {
  it.each([
    ['what rose and came back is set aside', '111121119111211112111211', 1],
    ['what rose and stayed is kept', '111121119999899989998999', 0],
    ['what rose at the end is not known to have come back', '111121111111211112111119', 0],
    ['spikes that come all the time are the way the series behaves', '119111911191119111911191', 0],
    ['a steady rise has none', '011122233344455566677788', 0],
  ])('%s', (_, drawn, spikes) => {
    const prepared = blocksOf(drawn);
    expect(prepared.spikes).toBe(spikes);
    expect(prepared.blocks.length).toBe(drawn.length - spikes);
  });
});

/** Four observations to a block of five minutes, four hours long. */
function preparePoints(valueAt: (minutes: number, random: () => number) => number, isFloor: boolean) {
  const random = seededRandom(7);
  const timeMillis = Float64Array.from({ length: 192 }, (_, i) => (i + 0.5) * 75_000);
  const value = timeMillis.map((at) => valueAt(at / 60_000, random));
  const source = {
    points: { timeMillis, value },
    work: null,
    isFromStart: true,
    noiseFloor: 0.01,
    resolution: 0,
    isFloor,
  };
  return prepareBlocks(source, { fromMillis: 0, toMillis: 4 * HOUR_MILLIS }).blocks;
}

/** Median distance to the line that rises by 2 an hour. */
const distance = ({ value, timeMillis }: Blocks) =>
  median(value.map((cell, i) => Math.abs(cell - (2 * timeMillis[i]) / HOUR_MILLIS)));

describe('what comes and goes on top of what is kept', () => {
  const rise = (minutes: number) => minutes / 30;
  const withBuffers = (minutes: number, random: () => number) =>
    rise(minutes) + (random() < 0.4 ? 0.8 + 0.8 * random() : 0) + 0.05 * random();
  const withNoise = (minutes: number, random: () => number) =>
    rise(minutes) + random() + random() + random() + random() - 2;

  it('is left out of a floor, whose lower values say what is kept', () => {
    expect(distance(preparePoints(withBuffers, true))).toBeLessThan(0.1);
    expect(distance(preparePoints(withBuffers, false))).toBeGreaterThan(
      1.5 * distance(preparePoints(withBuffers, true)),
    );
  });

  it('is no matter of symmetric noise, nor of what can fall as well', () => {
    expect(preparePoints(withNoise, true)).toEqual(preparePoints(withNoise, false));
    expect(preparePoints(withBuffers, false)).not.toEqual(preparePoints(withBuffers, true));
  });
});
