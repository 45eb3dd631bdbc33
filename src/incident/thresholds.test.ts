import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Alert } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import type { MeasuredTarget, PlainMeasures, Thresholds } from '../model/threshold.ts';
import { drawAlert } from '../testing/drawn-alert.ts';
import { findCrossings, thresholdFingerprint, thresholdOf } from './thresholds.ts';

const SET: Thresholds = {
  growthPercent: 20,
  growthBytesPerHour: 50 * MIB,
  nativeBytes: 200 * MIB,
  windowMillis: HOUR_MILLIS,
};
const CALM: PlainMeasures = { growth: { percent: 1, bytesPerHour: MIB }, nativeBytes: MIB };

const at = (instance: string, over: Partial<PlainMeasures> | null, thresholds = SET): MeasuredTarget => ({
  target: { service: 'orders', instance },
  thresholds,
  measures: over && { ...CALM, ...over },
});
const growing = (percent: number, bytesPerHour = 0) => ({ growth: { percent, bytesPerHour } });
const firing = (instances: string[]): Alert =>
  drawAlert({ kind: 'threshold', fingerprint: thresholdFingerprint('orders', 'growthPercent'), instances });
const told = (incidents: readonly Incident[]) =>
  incidents.map(({ instance, state, finding }) => `${instance} ${state} ${finding.summary}`);

describe('plain thresholds', () => {
  it('are crossed by what is above them, the furthest first, and claim no leak', () => {
    const crossings = findCrossings(
      [
        at('a', growing(21)),
        at('b', growing(20)),
        at('c', growing(45, 51 * MIB)),
        at('d', { nativeBytes: 300 * MIB }),
      ],
      [],
      5,
      new Map(),
    );
    expect(told(crossings)).toEqual([
      'c open The live heap has grown by 45 % in 1 h: more than 20 %.',
      'd open Outside the Go runtime are 300 MiB: more than 200 MiB.',
      'a open The live heap has grown by 21 % in 1 h: more than 20 %.',
      'c open The live heap has grown by 51 MiB/h over 1 h: more than 50 MiB/h.',
    ]);
    for (const { finding } of crossings)
      expect(finding).toMatchObject({ verdict: 'undetermined', growth: null, culprits: [] });
  });

  it('are not crossed where they are not set, or nothing is known', () => {
    const off = { ...SET, growthPercent: null };
    expect(
      findCrossings([at('a', growing(99), off), at('b', null), at('c', { growth: null })], [], 5, new Map()),
    ).toEqual([]);
  });

  it('go on firing until the value is clearly below, in the instance that crossed them', () => {
    expect(
      told(findCrossings([at('a', growing(19)), at('b', growing(19))], [firing(['a'])], 5, new Map())),
    ).toEqual(['a open The live heap has grown by 19 % in 1 h: more than 20 %.']);
  });

  it.each([
    ['below the threshold', [at('a', growing(18))]],
    ['not measured any more', [at('a', null)]],
    ['the threshold is not set any more', [at('a', growing(99), { ...SET, growthPercent: null })]],
    ['not set or not measured any more', []],
  ])('are over when %s', (why, measured) => {
    const lastMeasured = new Map([[thresholdFingerprint('orders', 'growthPercent'), 9 - HOUR_MILLIS]]);
    const [over, ...others] = findCrossings(measured, [firing(['a'])], 9, lastMeasured);
    expect(over).toMatchObject({ state: 'resolved', resolvedAt: 9, history: [{ what: 'resolved', why }] });
    expect(others).toEqual([]);
  });

  it.each([
    ['has no value yet', [at('a', null), at('b', growing(1))]],
    ['is younger than the window', [at('a', { growth: null })]],
    ['is not found yet', []],
  ])('go on for a window where a process %s, as after a restart, and no longer', (_, measured) => {
    const lastMeasured = new Map<string, number>();
    const states = (atMillis: number) =>
      findCrossings(measured, [firing(['a'])], atMillis, lastMeasured).map(
        ({ instance, state }) => `${instance} ${state}`,
      );
    expect(states(9)).toEqual(['a open']);
    expect(states(8 + HOUR_MILLIS)).toEqual(['a open']);
    expect(states(9 + HOUR_MILLIS)).toEqual(['a resolved']);
    // Whoever was measured in between waits anew.
    findCrossings([at('a', growing(99))], [firing(['a'])], 10 + HOUR_MILLIS, lastMeasured);
    expect(states(9 + 2 * HOUR_MILLIS)).toEqual(['a open']);
  });

  it('are known by their alert', () => {
    expect(thresholdOf(firing([]))).toBe('growthPercent');
    expect(thresholdOf(drawAlert())).toBeNull();
  });
});
