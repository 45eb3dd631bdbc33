// Gauges of a process whose garbage collector runs: what is alive and the goal are given by the hour, and the rest follows.
import type { GaugeReading } from '../base/gauges.ts';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { GaugeHistory } from '../series/gauge-history.ts';
import { DRAWN_START_MILLIS } from './series-from-text.ts';
import { seededRandom } from './seeded-random.ts';

/** Sizes in MiB, times in hours since the process started. */
export interface CollectedProcess {
  readonly hours: number;
  readonly live: (hour: number) => number;
  readonly goal: (live: number, hour: number) => number;
  readonly allocatedPerMinute?: number | ((hour: number) => number);
  /** Gauges beside those of the collector, given what it did. */
  readonly beside?: (hour: number, heap: { readonly live: number; readonly goal: number }) => GaugeReading;
  readonly seed?: number;
}

/** The runtime forces a collection after two minutes without one. */
const FORCED_MINUTES = 2;
/** Half-width of the noise of what is alive. */
const NOISE = 0.5;

/** A scrape a minute, each where its collection happens to stand. */
export function drawCollections({
  hours,
  live,
  goal,
  allocatedPerMinute = 300,
  beside,
  seed = 3,
}: CollectedProcess): GaugeHistory {
  const random = seededRandom(seed);
  const history = new GaugeHistory();
  let collections = 0;
  let allocated = 0;
  for (let minute = 0; minute <= hours * 60; minute++) {
    const hour = minute / 60;
    const alive = live(hour) + NOISE * (2 * random() - 1);
    const next = goal(alive, hour);
    const perMinute = typeof allocatedPerMinute === 'number' ? allocatedPerMinute : allocatedPerMinute(hour);
    const room = Math.min(next - alive, FORCED_MINUTES * perMinute);
    // Allocation is never quite even: else scrapes would meet each collection at the same place.
    const done = perMinute * (0.9 + 0.2 * random());
    collections += done / room;
    allocated += done;
    history.append(DRAWN_START_MILLIS + minute * MINUTE_MILLIS, {
      processStartMillis: DRAWN_START_MILLIS,
      nextGcBytes: next * MIB,
      heapAllocBytes: (alive + (collections % 1) * room) * MIB,
      gcCyclesTotal: Math.floor(collections),
      allocatedBytesTotal: allocated * MIB,
      ...beside?.(hour, { live: alive, goal: next }),
    });
  }
  return history;
}

/** Hours of a time since the first scrape of what is drawn here. */
export function hoursOf(atMillis: number): number {
  return (atMillis - DRAWN_START_MILLIS) / HOUR_MILLIS;
}
