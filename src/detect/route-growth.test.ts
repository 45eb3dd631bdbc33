import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, KIB, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { RouteHistory } from '../series/route-history.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { measureRouteGrowth, type RouteGrowth } from './route-growth.ts';

interface Drawn {
  /** Requests a minute by route, from the minute and a random number in [0, 1). */
  readonly rates: Readonly<Record<string, (minute: number, random: number) => number>>;
  /** Bytes that each request of a route leaves behind. */
  readonly leaves?: Readonly<Record<string, number>>;
  readonly bytesPerHour?: number;
  /** Noise of the live heap in bytes, and how much of it stays to the next minute. */
  readonly noise?: number;
  readonly stays?: number;
  readonly hours?: number;
  readonly seed?: number;
}

function measure({ rates, leaves = {}, bytesPerHour = 0, ...more }: Drawn): RouteGrowth | null {
  const { noise = MIB, stays = 0.3, hours = 8, seed = 1 } = more;
  const random = seededRandom(seed);
  const history = new RouteHistory();
  const total = new Map(Object.keys(rates).map((route) => [route, 1000]));
  const [timeMillis, value]: [number[], number[]] = [[], []];
  let drift = 0;
  for (let minute = 0; minute <= hours * 60; minute++) {
    let live = 50 * MIB + (bytesPerHour * minute) / 60;
    for (const [route, rate] of Object.entries(rates)) {
      const done = (total.get(route) ?? 0) + Math.max(0, Math.round(rate(minute, random())));
      total.set(route, done);
      live += (leaves[route] ?? 0) * (done - 1000);
    }
    drift = stays * drift + noise * (random() + random() + random() - 1.5);
    history.append(minute * MINUTE_MILLIS, total);
    timeMillis.push(minute * MINUTE_MILLIS);
    value.push(live + drift);
  }
  const table = history.upTo(hours * HOUR_MILLIS);
  if (table === null) return null;
  return measureRouteGrowth(
    { timeMillis: Float64Array.from(timeMillis), value: Float64Array.from(value) },
    table,
  );
}

/** Load that comes in hours of its own. */
const bursts = (phase: number, most: number) => (minute: number, random: number) =>
  most * (0.2 + random * 0.3 + (Math.sin((2 * Math.PI * (minute + 60 * phase)) / 170) > 0.3 ? 1 : 0));

const SHOP = { '/cart': bursts(0, 60), '/orders': bursts(1, 40), '/health': () => 6 };

describe('growth by route', () => {
  it('names the route that leaves something behind, with its share and bytes for each request', () => {
    const found = measure({ rates: SHOP, leaves: { '/orders': 4 * KIB }, bytesPerHour: MIB });
    expect(found?.route).toBe('/orders');
    expect(found?.perRequest?.low).toBeLessThan(4 * KIB);
    expect(found?.perRequest?.high).toBeGreaterThan(4 * KIB);
    expect(found?.share?.low).toBeGreaterThan(0.5);
  });

  it('names none where growth goes by time', () => {
    expect(measure({ rates: SHOP, bytesPerHour: 8 * MIB })).toMatchObject({ route: null, together: [] });
  });

  it('names none where the load is even: time explains it as well', () => {
    const rates = { '/cart': () => 60, '/orders': () => 40 };
    expect(measure({ rates, leaves: { '/orders': 4 * KIB } })?.route ?? null).toBeNull();
  });

  it('says which routes rise together instead of choosing one', () => {
    const rates = {
      '/cart': bursts(0, 60),
      '/pay': (m: number, r: number) => 2 * bursts(0, 60)(m, r / 9 + 0.4),
      '/x': bursts(2, 50),
    };
    const found = measure({
      rates: { ...rates, '/cart': (m) => bursts(0, 60)(m, 0.4) },
      leaves: { '/pay': 4 * KIB },
    });
    expect(found?.route).toBeNull();
    expect([...(found?.together ?? [])].sort()).toEqual(['/cart', '/pay']);
  });

  it('holds the truth in its interval, and names no route by chance', () => {
    const seeds = Array.from({ length: 60 }, (_, i) => i + 1);
    const leaking = seeds.map((seed) =>
      measure({ rates: SHOP, leaves: { '/cart': 2 * KIB }, noise: 2 * MIB, stays: 0.8, seed }),
    );
    const named = leaking.filter((found) => found?.route !== null);
    expect(named.every((found) => found?.route === '/cart')).toBe(true);
    expect(named.length).toBeGreaterThan(25);
    const holding = named.filter((found) => {
      const perRequest = found?.perRequest ?? { low: NaN, high: NaN };
      return perRequest.low < 2 * KIB && perRequest.high > 2 * KIB;
    });
    expect(holding.length).toBeGreaterThanOrEqual(0.9 * named.length);
    for (const stays of [0.3, 0.9, 0.99, 1]) {
      const quiet = seeds.map((seed) =>
        measure({ rates: SHOP, bytesPerHour: 4 * MIB, noise: MIB, stays, seed }),
      );
      expect(quiet.filter((found) => (found?.route ?? null) !== null).length).toBeLessThanOrEqual(1);
    }
  });

  it('waits until routes are known for most of the time', () => {
    expect(measure({ rates: SHOP, hours: 0.05 })).toBeNull();
  });
});
