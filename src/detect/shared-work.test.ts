// What lanes and evaluations share (places of blocks, candidates, means of the load) is there to save time: an answer must be the
// same to the byte whatever was judged before it.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { GaugeHistory } from '../series/gauge-history.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { assess as assessAfterOthers, type AssessInput } from './assess.ts';

const MIB = 1024 * 1024;
const SHAPES: Record<string, (hours: number) => number> = {
  'a leak': (hours) => 40 + 5 * hours,
  'nothing that grows': () => 64,
  'a cache that fills': (hours) => 40 + 60 * -Math.expm1(-hours / 3),
  'a step': (hours) => (hours < 7 ? 40 : 70),
};

interface Service {
  readonly history: GaugeHistory;
  /** Scrapes up to this time are appended. */
  readonly watchUntil: (atMillis: Millis) => void;
}

/**
 * A service whose scrapes come late, fail for hours, and that is restarted now and then; goroutines and descriptors are each missing
 * from some rows, equally many, so that their series are as long and lie elsewhere.
 *
 * @param seed of when it is scraped and restarted.
 * @param valueSeed of what is read: services that differ only in it have their rows at the same times.
 */
function drawService(liveMib: (hours: number) => number, seed: number, valueSeed: number): Service {
  const when = seededRandom(seed);
  const random = seededRandom(valueSeed);
  const history = new GaugeHistory();
  let at = 0;
  let startMillis = 0;
  let downUntil = 0;
  let row = 0;
  const total = { requests: 0, cycles: 0, cpu: 0 };
  const watchUntil = (atMillis: Millis): void => {
    for (; at <= atMillis; at += MINUTE_MILLIS) {
      const load = 3000 * (1.2 + Math.sin((2 * Math.PI * at) / (24 * HOUR_MILLIS))) + 300 * random();
      if (when() < 0.002) {
        startMillis = at;
        total.requests = total.cycles = total.cpu = 0;
      }
      total.requests += Math.round(load);
      total.cycles += 1 + Math.floor(2 * random());
      total.cpu += load / 1000;
      if (when() < 0.004) downUntil = at + 3 * HOUR_MILLIS * when();
      if (at < downUntil || when() < 0.03) continue;
      row++;
      const live = liveMib((at - startMillis) / HOUR_MILLIS) * MIB * (1 + 0.02 * random());
      history.append(at + Math.floor(20_000 * when() ** 4), {
        liveHeapBytes: live,
        heapAllocBytes: live * (1 + random()),
        gcCyclesTotal: total.cycles,
        ...(row % 40 !== 7 && { goroutines: Math.round(20 + load / 200 + 3 * random()) }),
        ...(row % 40 !== 8 && { openFds: Math.round(12 + load / 300 + 2 * random()) }),
        rssBytes: 2.4 * live + 30 * MIB,
        cpuSecondsTotal: total.cpu,
        requestsTotal: total.requests,
        processStartMillis: startMillis,
        memoryLimitBytes: 2048 * MIB,
      });
    }
  };
  return { history, watchUntil };
}

const bytesOf = (answer: unknown): string =>
  JSON.stringify(answer, (_, value: unknown) => (value instanceof Float64Array ? [...value] : value));

describe('an assessment', () => {
  beforeEach(() => {
    vi.resetModules();
  });

  it.each(Object.keys(SHAPES))('of %s is the same after others as it is by itself', async (name) => {
    const seed = 1 + Object.keys(SHAPES).indexOf(name);
    const own = drawService(SHAPES[name], seed, seed);
    const twin = drawService(SHAPES['a leak'], seed, 10 + seed);
    const other = drawService(SHAPES['a leak'], 20 + seed, seed);
    const all = [own, twin, own, other, own];
    const inputAt = ({ history }: Service, atMillis: Millis): AssessInput => ({
      table: history,
      atMillis,
      memoryLimitBytes: null,
    });
    for (const hours of [2, 5, 5.1, 12, 26, 26.2, 50, 190, 190.2]) {
      const at = hours * HOUR_MILLIS;
      for (const service of [own, twin, other]) service.watchUntil(at);
      const answers = all.map((service) => bytesOf(assessAfterOthers(inputAt(service, at))));
      vi.resetModules();
      const fresh = await import('./assess.ts');
      const alone = bytesOf(fresh.assess(inputAt(own, at)));
      expect(answers.map((answer) => answer === alone)).toEqual(all.map((service) => service === own));
    }
  });
});
