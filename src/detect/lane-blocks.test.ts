import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
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
