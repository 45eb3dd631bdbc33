import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Report } from '../model/report.ts';
import type { Series } from '../model/status.ts';
import { fakeIncidents, fakeTargets } from '../testing/fake-fleet.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { whyNoAlert, type WatchRecord } from './why-no-alert.ts';

const KILLED = Date.UTC(2026, 0, 2);
const LIMIT = 512 * MIB;
const [TARGET] = fakeTargets(KILLED).filter(({ service }) => service === 'orders');

interface Life {
  /** MiB resident by hours before the kill. */
  rss?: (hours: number) => number | null;
  /** MiB of live heap. */
  floor?: (hours: number) => number | null;
  hours?: number;
  /** The last reading, before the kill. */
  blindMillis?: Millis;
  restart?: Millis;
}

/** One reading a minute up to the kill. */
function drawSeries({ rss, floor, hours = 6, blindMillis = 0, restart }: Life): Series {
  const from = KILLED - hours * HOUR_MILLIS;
  const rows = Math.floor((hours * HOUR_MILLIS - blindMillis) / MINUTE_MILLIS);
  const time = Array.from({ length: rows }, (_, row) => from + row * MINUTE_MILLIS);
  const random = seededRandom(3);
  const column = (mib: (hours: number) => number | null) =>
    time.map((at) => {
      const value = mib((KILLED - at) / HOUR_MILLIS);
      return value === null ? null : value * MIB * (1 + 0.01 * random());
    });
  return {
    ...{ service: 'orders', instance: '10.0.0.11:6060', from, to: KILLED, time },
    values: { rssBytes: column(rss ?? (() => 400)), liveFloorBytes: column(floor ?? (() => 300)) },
    ...{ limitBytes: LIMIT, goMemLimitBytes: null, fits: [], forecast: null, ledger: null },
    marks: restart === undefined ? [] : [{ at: restart, kind: 'restart', text: 'process restarted' }],
  };
}

function record(life: Life, more: Partial<WatchRecord> = {}): WatchRecord {
  const snapshots = [{ kind: 'heap', takenAt: KILLED - HOUR_MILLIS }];
  return {
    ...{ target: TARGET ?? null, series: drawSeries(life), incidents: [], report: null, snapshots },
    ...more,
  };
}
const why = (life: Life, more: Partial<WatchRecord> = {}) =>
  whyNoAlert(KILLED, LIMIT, record(life, more)).why;

describe('what the kernel and the watch say of one process', () => {
  const disagreement = (life: Life, held: number) =>
    whyNoAlert(KILLED, LIMIT, record(life), { pid: 4242, heldBytes: held * MIB }).disagreement;

  it('is shown from both, with what may be the reason, where they are far apart', () => {
    expect(disagreement({ rss: () => 60 }, 491)).toMatch(
      /^the kernel says that process 4242 held 491 MiB, the watch read 60(?:\.\d)? MiB 1 min before: a burst .* or another process/,
    );
    expect(disagreement({ rss: () => 400 }, 90)).toMatch(
      /held 90 MiB, .* 40\d(?:\.\d)? MiB .*: another process/,
    );
    expect(disagreement({ rss: () => 60, blindMillis: HOUR_MILLIS }, 491)).toMatch(/: the reading is old$/);
  });

  it('is nothing where they agree, or one of them does not say', () => {
    expect(disagreement({ rss: () => 400 }, 491)).toBeNull();
    expect(disagreement({ rss: () => null }, 491)).toBeNull();
    expect(whyNoAlert(KILLED, LIMIT, record({})).disagreement).toBeNull();
  });
});

describe('why there was no alert', () => {
  it('is that the service is not watched, with what to do', () => {
    const answer = whyNoAlert(KILLED, LIMIT, record({}, { target: null }));
    expect(answer).toMatchObject({ hadAlert: false, why: 'this watch does not watch the service' });
    expect(answer.missing[0]).toContain('plimsoll.yaml');
  });

  it('is that the watch was blind', () => {
    expect(why({ blindMillis: 20 * MINUTE_MILLIS })).toBe(
      'the watch was blind: its last gauges are 21 min older than the kill',
    );
  });

  it('is that the life was too young to judge, be it all of it or the one since a restart', () => {
    const text = 'the life was 30 min long as far as it was watched: growth is judged after 40 min';
    expect(why({ hours: 0.5 })).toBe(text);
    expect(why({ hours: 6, restart: KILLED - 30 * MINUTE_MILLIS })).toBe(text);
  });

  it('is a burst, where most came in the last minutes', () => {
    expect(why({ rss: (hours) => (hours > 0.05 ? 180 : 500) })).toMatch(
      /^memory jumped: 18\d(\.\d)? MiB five minutes before, with a limit of 512 MiB/,
    );
  });

  it('is a limit that is too small, where the heap was small and nothing grew', () => {
    expect(why({ rss: () => 480, floor: () => 150 })).toMatch(
      /^nothing grew: the live heap was 15\d MiB of a limit of 512 MiB; the limit is too small/,
    );
  });

  it('is noise, where growth does not stand out', () => {
    expect(why({ rss: () => 480, floor: () => 400 })).toBe(
      'growth did not stand out from the noise of this process',
    );
  });

  it('is that growth was not confirmed, with the growth that was seen', () => {
    const answer = whyNoAlert(KILLED, LIMIT, record({ rss: (hours) => 500 - 30 * hours }));
    expect(answer.why).toBe('it grew, but had not been confirmed as a leak within the 6 h of this life');
    expect(answer.growth?.low).toBeGreaterThan(25 * MIB);
    expect(answer.growth?.high).toBeLessThan(35 * MIB);
    expect(answer.seen).toContainEqual(expect.stringMatching(/^RSS grew 3\d(\.\d)? MiB\/h/));
    expect(answer.seen).toContain('a heap profile, 1 h before');
  });

  it('does not take growth that bends for noise', () => {
    const answer = whyNoAlert(KILLED, LIMIT, record({ rss: (hours) => 480 * Math.exp(-hours / 2) + 20 }));
    expect(answer.why).toBe('it grew, but had not been confirmed as a leak within the 6 h of this life');
    expect(answer.seen).toContainEqual(expect.stringMatching(/^RSS grew [^I]*\/h \([^I]* to [^I]*\)$/));
  });

  it('takes the verdict of the life that ended, and not that of the one after it', () => {
    const report = {
      verdict: 'undetermined',
      summary: 'Cannot tell yet.',
      needed: { what: 'a quiet hour', millis: null },
    };
    const life = { rss: (hours: number) => 500 - 30 * hours };
    expect(why(life, { report: { ...report, to: KILLED - 1000 } as Report })).toBe(
      'it could not be told yet: a quiet hour',
    );
    expect(why(life, { report: { ...report, to: KILLED + HOUR_MILLIS } as Report })).toMatch(/^it grew/);
  });

  it('does not hold where an incident stood, and says when it was taken back before', () => {
    const [incident] = fakeIncidents(KILLED).filter(({ id }) => id === 'inc-hub-11');
    if (!incident) throw new Error('no incident');
    const standing = whyNoAlert(KILLED, LIMIT, record({}, { incidents: [incident] }));
    expect(standing.hadAlert).toBe(true);
    expect(standing.why).toMatch(/^there was one, 3 h before: /);
    const muted = { ...incident, mutedUntil: KILLED + HOUR_MILLIS };
    expect(why({}, { incidents: [muted] })).toMatch(/; it was muted$/);
    const over = { ...incident, resolvedAt: KILLED - HOUR_MILLIS, resolvedBy: 'person' as const };
    const withdrawn = whyNoAlert(KILLED, LIMIT, record({}, { incidents: [over] }));
    expect(withdrawn.hadAlert).toBe(false);
    expect(withdrawn.why).toMatch(/^there had been one, but somebody resolved it 1 h before/);
    const later = { ...incident, openedAt: KILLED + 1 };
    expect(why({}, { incidents: [later] })).not.toMatch(/there (was|had been) one/);
  });

  it('says what was missing: the limit, gauges of the heap, profiles, and what fails', () => {
    if (!TARGET) throw new Error('no target');
    const error = { code: 'TARGET_REFUSED', stage: 'collect', message: 'nobody listens there', advice: '' };
    const failing = TARGET.sources.map((source) => ({ ...source, state: 'failing' as const, error }));
    const { missing } = whyNoAlert(
      KILLED,
      LIMIT,
      record(
        { floor: () => null },
        {
          target: { ...TARGET, limitBytes: null, sources: failing.slice(0, 1) },
          snapshots: [],
        },
      ),
    );
    expect(missing).toEqual([
      'the limit of 512 MiB: without it no time to the limit is told (--memory-limit)',
      'gauges of the Go heap',
      'a heap profile of any time',
      'metrics: nobody listens there',
    ]);
  });

  it('counts no reading after the kill', () => {
    const series = drawSeries({ rss: (hours) => 500 - 30 * hours });
    const later = [...series.time, KILLED + MINUTE_MILLIS];
    const values = { ...series.values, rssBytes: [...(series.values['rssBytes'] ?? []), 20 * MIB] };
    const { seen } = whyNoAlert(KILLED, LIMIT, record({}, { series: { ...series, time: later, values } }));
    expect(seen[0]).toBe('360 readings over 6 h of the life that was killed');
    expect(seen[1]).toMatch(/^RSS 49\d|^RSS 50\d/);
  });
});
