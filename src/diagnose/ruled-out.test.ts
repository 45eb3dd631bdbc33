import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { LedgerChange } from '../detect/ledger-change.ts';
import { drawAssessment } from '../testing/drawn-assessment.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { findCauses } from './combine.ts';
import { readProfiles } from './profile-evidence.ts';
import { collectRuledOut } from './ruled-out.ts';

const SITE = 'heap\nmain.main > orders/store.Put';

/** Explanations excluded for a heap leak of 10 MiB/h with these profiles, and this change of the ledger. */
function excluded(drawing: string, change: Partial<LedgerChange> | null = null): Record<string, string> {
  const ledgerChange = change && {
    fromMillis: 0,
    toMillis: 2 * HOUR_MILLIS,
    hours: 1.6,
    liveBytes: 16 * MIB,
    garbageBytes: 8 * MIB,
    retainedBytes: 2 * MIB,
    floorSource: 'goal' as const,
    gogcChanges: 0,
    ...change,
  };
  const assessment = drawAssessment(
    2 * HOUR_MILLIS,
    { heap: { verdict: 'leak', perHour: 10 * MIB, level: 250 * MIB } },
    { ledgerChange },
  );
  const profiles = readProfiles(drawSnapshots(drawing), null, 0, true);
  const [cause] = findCauses({ assessment, calls: new Map([['heap', 'confirmed' as const]]), profiles });
  return Object.fromEntries(
    collectRuledOut(cause, assessment).map(({ explanation, why }) => [explanation, why]),
  );
}

describe('collectRuledOut', () => {
  it('rules out warm-up and buffers by their numbers, and not where the numbers do not', () => {
    const names = (drawing: string) => Object.keys(excluded(drawing));
    expect(names(`${SITE} | 512 | ${ramp(12, 3)}`)).toEqual(['buffers that come and go', 'warm-up']);
    expect(names(`${SITE} | 512 | 0 20 40 40 40 40 40 40 40 40 40 40`)).toEqual(['buffers that come and go']);
  });

  const grown = `${SITE} | 512 | ${ramp(12, 3)}`;

  it.each<[string, boolean, Partial<LedgerChange>]>([
    ['what survives grew as claimed, and garbage by less', true, {}],
    [
      'what survives grew by less than half of what is claimed',
      false,
      { liveBytes: 6 * MIB, garbageBytes: 0 },
    ],
    ['garbage grew by more than what survives', false, { garbageBytes: 17 * MIB }],
    ['garbage is not known', false, { garbageBytes: null }],
    ['GOGC changed, and the goal is all that tells of the live heap', false, { gogcChanges: 1 }],
    ['GOGC changed, and the runtime says what is live', true, { gogcChanges: 1, floorSource: 'live' }],
  ])('GC pacing, where %s: %s', (_, isExcluded, change) => {
    expect('GC pacing' in excluded(grown, change)).toBe(isExcluded);
  });

  it.each<[string, boolean, Partial<LedgerChange>]>([
    ['idle and fragmented memory grew by an eighth', true, {}],
    ['it grew by half of what objects did', false, { retainedBytes: 8 * MIB }],
    ['it shrank', true, { retainedBytes: -8 * MIB }],
    ['it is not known', false, { retainedBytes: null }],
    ['objects hold less than before', false, { liveBytes: -MIB }],
  ])('allocator retention, where %s: %s', (_, isExcluded, change) => {
    expect('allocator retention' in excluded(grown, change)).toBe(isExcluded);
  });

  it('says statistic and threshold of both', () => {
    const why = excluded(grown, {});
    expect(why['GC pacing']).toContain('grew by 16 MiB, 100 % of the growth claimed (at least 50 %)');
    expect(why['allocator retention']).toContain('2 MiB, 13 % of the 16 MiB');
    expect(why['allocator retention']).toContain('at most 25 %');
  });
});
