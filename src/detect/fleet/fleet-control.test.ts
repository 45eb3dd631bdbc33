import { describe, expect, it } from 'vitest';
import { LEAK_EVIDENCE } from '../thresholds.ts';
import { FALSE_SHARE, evidenceForFleet } from './fleet-control.ts';

/** Services without evidence, and the evidence ratios of those that have some. */
const fleet = (services: number, ...ratios: number[]) => [
  ...ratios,
  ...Array.from({ length: services - ratios.length }, () => -Infinity),
];

describe('what the number of services asks of a claim', () => {
  it('is nothing more for one that is watched alone', () => {
    expect(evidenceForFleet(fleet(1))).toBeLessThan(LEAK_EVIDENCE);
    expect(evidenceForFleet([])).toBe(0);
  });

  it('grows by the logarithm of their number: for a thousand about 20 instead of 8', () => {
    expect(evidenceForFleet(fleet(1000))).toBeCloseTo(2 * Math.log(1000 / FALSE_SHARE), 12);
    expect(evidenceForFleet(fleet(1000))).toBeGreaterThan(19);
  });

  it('falls with the number of those that leak clearly: the tenth of ten needs a tenth of the odds', () => {
    const nine = Array.from({ length: 9 }, () => 60);
    const tenth = 2 * Math.log(1000 / (FALSE_SHARE * 10));
    expect(evidenceForFleet(fleet(1000, ...nine, tenth))).toBeCloseTo(tenth, 12);
    // One that falls just short does not carry itself; nine need no more than for nine.
    expect(evidenceForFleet(fleet(1000, ...nine, tenth - 0.01))).toBeCloseTo(
      2 * Math.log(1000 / (FALSE_SHARE * 9)),
      12,
    );
  });

  it('claims no service of a thousand without growth more than once in twenty fleets', () => {
    // Under no growth a Bayes factor exceeds x once in x times: D = 2 ln(1/u) is the worst that is allowed.
    let state = 1;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const accused = Array.from({ length: 400 }, () => {
      const ratios = Array.from({ length: 1000 }, () => -2 * Math.log(random()));
      const needed = evidenceForFleet(ratios);
      return ratios.some((ratio) => ratio >= needed);
    });
    expect(accused.filter(Boolean).length).toBeLessThanOrEqual(400 * FALSE_SHARE * 1.4);
  });

  it('takes no evidence for none', () => {
    expect(evidenceForFleet([NaN, 30])).toBe(evidenceForFleet([-Infinity, 30]));
  });
});
