import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../../base/units.ts';
import { assess } from '../../detect/assess.ts';
import { describeFleetSummary } from '../../model/fleet-text.ts';
import { drawGauges } from '../../testing/series-from-text.ts';
import { ScreenedFleets } from './screened-fleets.ts';

/** Twelve replicas of one service, of two hours to a week, scraped for this long. */
function screen(scraped: string, floor: (ageHours: number) => string, service = 'orders') {
  const ages = [2, 3, 5, 8, 12, 20, 30, 45, 70, 100, 130, 168];
  const fleets = new ScreenedFleets(ages.map(() => service));
  ages.forEach((age, seed) => {
    const history = drawGauges(`every 1m for ${scraped} seed ${seed + 1} age ${age}h\n${floor(age)}`);
    const atMillis = history.timeMillis.at(-1) ?? 0;
    fleets.note(service, 'v1', assess({ table: history, atMillis, memoryLimitBytes: null }), history);
  });
  return fleets;
}

describe('a fleet that is screened', () => {
  it('shows a leak by the ages of its replicas, from a single scrape', () => {
    const [fleet] = screen('0h', () => 'floor 64M +0.5M/h noise 900k').describe();
    const heap = fleet?.byAge.find(({ lane }) => lane === 'heap');
    expect(heap).toMatchObject({
      replicas: 12,
      youngestMillis: 2 * HOUR_MILLIS,
      oldestMillis: 168 * HOUR_MILLIS,
    });
    expect(heap?.growth.low).toBeLessThan(0.5 * MIB);
    expect(heap?.growth.high).toBeGreaterThan(0.5 * MIB);
    expect(fleet && describeFleetSummary(fleet)).toEqual([
      expect.stringMatching(
        /^over 12 replicas, 2 h to 7 d old, the live heap rises with age by .*, without a bend so far/,
      ),
    ]);
  });

  it('shows a cache that fills as one, and nothing where nothing grows', () => {
    const [filling] = screen('0h', () => 'floor 64M fill 80M tau 9h noise 900k').describe();
    expect(filling && describeFleetSummary(filling)).toEqual([
      expect.stringContaining('as a cache that fills would'),
    ]);
    const [steady] = screen('0h', () => 'floor 64M noise 900k').describe();
    expect(steady && describeFleetSummary(steady)).toEqual([]);
  });

  it('tells the growth that replicas have in common more exactly than each of them', () => {
    const [fleet] = screen('3h', () => 'floor 64M +1M/h noise 900k').describe();
    const heap = fleet?.pooled.find(({ lane }) => lane === 'heap');
    expect(heap?.growth.low).toBeGreaterThan(0.8 * MIB);
    expect(heap?.growth.high).toBeLessThan(1.2 * MIB);
    expect(fleet && describeFleetSummary(fleet)[0]).toMatch(
      /^in 12 replicas of v1 the live heap grows by .*\/h .* each$/,
    );
  });

  it('asks for more evidence where more services are screened, those that are still to come included', () => {
    const services = (count: number) => new ScreenedFleets(Array.from({ length: count }, (_, i) => `s${i}`));
    expect(services(400).control()).toMatchObject({ services: 400 });
    expect(services(400).control().evidence).toBeGreaterThan(services(10).control().evidence + 7);
  });

  it('says nothing of services with one replica', () => {
    const fleets = new ScreenedFleets(['a', 'b']);
    const history = drawGauges('every 1m for 3h\nfloor 64M');
    for (const service of ['a', 'b'])
      fleets.note(
        service,
        null,
        assess({ table: history, atMillis: history.timeMillis.at(-1) ?? 0, memoryLimitBytes: null }),
        history,
      );
    expect(fleets.describe()).toEqual([]);
  });
});
