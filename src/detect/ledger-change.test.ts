import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { drawGauges } from '../testing/series-from-text.ts';
import { assess } from './assess.ts';

function changeOf(text: string) {
  const table = drawGauges(`every 1m for 4h seed 3\n${text}`);
  const atMillis = table.timeMillis[table.length - 1];
  return assess({ table, atMillis, memoryLimitBytes: null }).ledgerChange ?? null;
}

const HEAP = 'floor 64M +10M/h noise 300k\nrssBytes 200M +30M/h';

describe('the change of the ledger', () => {
  it('tells what survives from garbage and from what the allocator keeps', () => {
    const change = changeOf(
      `${HEAP}\nheapInuseBytes 160M +20M/h\nheapIdleBytes 8M +6M/h\nheapReleasedBytes 1M +1M/h`,
    );
    expect((change?.liveBytes ?? 0) / (change?.hours ?? 1) / MIB).toBeCloseTo(10, 0);
    expect(change?.garbageBytes ?? 0).toBeGreaterThan(0);
    // In use: 20 more an hour, less 15 of heap_alloc; idle: 5 more that were not given back.
    expect((change?.retainedBytes ?? 0) / (change?.hours ?? 1) / MIB).toBeGreaterThan(5);
    expect(change).toMatchObject({ floorSource: 'goal', gogcChanges: 0 });
  });

  it('is not known where nothing tells of it, nor of a heap that does not grow', () => {
    expect(changeOf(HEAP)).toMatchObject({ retainedBytes: null });
    expect(changeOf('floor 64M noise 300k\nrssBytes 200M')).toBeNull();
  });
});
