import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { drawAssessment } from '../testing/drawn-assessment.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { findBoundSigns, isLimitNear, weighBound } from './bound-signs.ts';
import { readProfiles } from './profile-evidence.ts';
import { THRESHOLDS } from './thresholds.ts';

const HTTP = 'net/http.(*conn).serve > net/http.HandlerFunc.ServeHTTP';
const PUT = `${HTTP} > main.handle > main.(*store).Put`;
const ENTRIES = `${PUT} | 1024 | ${ramp(12, 4)}`;

function read(drawing: string) {
  const profiles = readProfiles(drawSnapshots(drawing), null, 0, false);
  return { profiles, cause: profiles.heapCauses[0] };
}

function signs(heap: string, goroutines = ''): string[] {
  const { profiles, cause } = read(`heap\n${heap}\ngoroutines\n${goroutines}`);
  return findBoundSigns(cause, profiles).map(({ kind, function: name }) => `${kind} ${name}`);
}

const waiting = (stack: string, counts: string) => `${stack} > runtime.selectgo > runtime.gopark | ${counts}`;
const always = (count: number) => Array.from({ length: 12 }, () => count).join(' ');

describe('signs of a bound', () => {
  it('are none beside a map that only grows', () => {
    expect(signs(ENTRIES)).toEqual([]);
  });

  it('are an element of a list for each object, counted with what sampling leaves open', () => {
    // 1 KiB x 44 samples are 22,550 objects; as many elements of 48 B are two samples.
    const list = (place: string, samples: string) =>
      `${place} > container/list.(*List).PushFront > container/list.(*List).insertValue | 48 | ${samples}`;
    const found = ['order container/list.(*List).insertValue'];
    expect(signs(`${ENTRIES}\n${list(`${HTTP} > main.handle`, '0 0 0 0 1 1 1 1 2 2 2 2')}`)).toEqual(found);
    // A list that is kept elsewhere, one that does not grow, and one with fifty elements for each object.
    expect(signs(`${ENTRIES}\n${list(`${HTTP} > main.other`, '0 0 0 0 1 1 1 1 2 2 2 2')}`)).toEqual([]);
    expect(signs(`${ENTRIES}\n${list(`${HTTP} > main.handle`, always(2))}`)).toEqual([]);
    const many = ENTRIES.replaceAll('1024', '65536');
    expect(signs(`${many}\n${list(`${HTTP} > main.handle`, '0 0 0 0 1 1 1 1 2 2 2 2')}`)).toEqual([]);
  });

  it('are a goroutine of the same type that waits for its time, while it lives and is no worker', () => {
    const found = ['sweeper main.(*store).expire'];
    expect(signs(ENTRIES, waiting('main.(*store).expire', always(1)))).toEqual(found);
    expect(signs(ENTRIES, waiting('main.(*other).expire', always(1)))).toEqual([]);
    expect(signs(ENTRIES, waiting('main.(*store).expire', '1 1 1 1 1 1 1 1 1 1 1 0'))).toEqual([]);
    expect(signs(ENTRIES, waiting('main.(*store).expire', always(64)))).toEqual([]);
    const reading = `main.(*store).accept > internal/poll.runtime_pollWait | ${always(1)}`;
    expect(signs(ENTRIES, reading)).toEqual([]);
  });

  it('are a closure of the same package, unless that is main, which holds everything', () => {
    const entries = ENTRIES.replace('main.(*store).Put', 'shop/tokens.Issue');
    const closure = (name: string) => waiting(`${name}.init.0.func1.1`, always(1));
    expect(signs(entries, closure('shop/tokens'))).toEqual(['sweeper shop/tokens.init.0.func1.1']);
    expect(signs(entries, closure('shop/other'))).toEqual([]);
    expect(signs(ENTRIES, closure('main'))).toEqual([]);
  });

  it('are a name for taking away, as a word of its own', () => {
    const name = (called: string) => signs(ENTRIES.replace('main.(*store).Put', called));
    expect(name('shop/internal/lru.(*Cache[go.shape.*uint8]).Add')).toHaveLength(1);
    expect(name('shop/tokens.(*ttlMap).Put')).toHaveLength(1);
    expect(name('shop/tokens.(*bottle).Put')).toEqual([]);
    expect(name('shop/cache.(*Cache).Put')).toEqual([]);
  });

  it('are less kept of what came later, since the earlier begins to go', () => {
    const lines = (alive: string, allocated: string) => signs(`${PUT} | 1024 | ${alive} | ${allocated}`);
    const found = ['lifetime main.(*store).Put'];
    expect(lines('0 21 40 66 75 102', '0 22 48 102 165 221')).toEqual(found);
    // The same share from beginning to end: a leak on one path of five.
    expect(lines('0 5 10 15 20 25', '0 22 48 72 98 121')).toEqual([]);
  });
});

describe('the time that signs ask for', () => {
  const hold = (heap: string, goroutines: string) => {
    const { profiles, cause } = read(`heap\n${heap}\ngoroutines\n${goroutines}`);
    return weighBound(cause, drawAssessment(2 * HOUR_MILLIS), profiles);
  };
  const sweeper = waiting('main.(*store).expire', always(1));

  it('is none without any, more with one that may be chance, and most with two', () => {
    expect(hold(ENTRIES, '').holdMillis).toBe(0);
    expect(hold(ENTRIES, sweeper).holdMillis).toBe(THRESHOLDS.sweptHoldMillis);
    const named = ENTRIES.replace('Put', 'putExpiring');
    expect(hold(named, '').holdMillis).toBe(THRESHOLDS.boundedHoldMillis);
    expect(hold(named, sweeper).holdMillis).toBe(THRESHOLDS.boundedHoldMillis);
  });

  it('is none where the sources show which entries the bound misses', () => {
    const { profiles, cause } = read(`heap\n${ENTRIES}\ngoroutines\n${sweeper}`);
    const asked = (confidence: number) => {
      const said = { confidence, pattern: null, holders: [], fix: null, bound: null };
      return weighBound({ ...cause, said }, drawAssessment(2 * HOUR_MILLIS), profiles).holdMillis;
    };
    expect([0.35, 0.6].map(asked)).toEqual([THRESHOLDS.sweptHoldMillis, 0]);
  });

  it('is as long as for an order where the sources show that the holder is bounded, and no profile shows any sign', () => {
    const { profiles, cause } = read(`heap\n${ENTRIES}`);
    const asked = (confidence: number) => {
      const said = { confidence, pattern: null, holders: [], fix: null, bound: 'LRU.l' };
      return weighBound({ ...cause, said }, drawAssessment(2 * HOUR_MILLIS), profiles);
    };
    expect(asked(0.1)).toMatchObject({
      signs: [{ kind: 'source', function: 'LRU.l' }],
      holdMillis: THRESHOLDS.boundedHoldMillis,
    });
    expect(asked(0.6).holdMillis).toBe(0);
  });

  it('begins with the life of the process: what it holds fills anew in each', () => {
    const { profiles, cause } = read(`heap\n${ENTRIES}\ngoroutines\n${sweeper}`);
    const later = drawAssessment(9 * HOUR_MILLIS, {}, { incarnationStartMillis: 8 * HOUR_MILLIS });
    expect(weighBound(cause, later, profiles).watchedMillis).toBe(HOUR_MILLIS);
  });

  it('is over where the limit is within the hour', () => {
    const at = 2 * HOUR_MILLIS;
    const limitIn = (millis: number) =>
      drawAssessment(
        at,
        {},
        {
          exhaustion: { resource: 'memory-limit', at: at + millis, low: at, high: null, confidence: 0.8 },
        },
      );
    expect(isLimitNear(limitIn(50 * MINUTE_MILLIS))).toBe(true);
    expect(isLimitNear(limitIn(70 * MINUTE_MILLIS))).toBe(false);
    expect(isLimitNear(drawAssessment(at))).toBe(false);
  });
});
