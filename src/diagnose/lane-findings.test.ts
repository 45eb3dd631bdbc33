import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Assessment } from '../detect/assessment.ts';
import type { Evidence } from '../model/finding.ts';
import { drawAssessment, type DrawnLane } from '../testing/drawn-assessment.ts';
import { describeLanes } from './lane-findings.ts';

/** The answer to one question about the heap, some hours after the start. */
function ask(
  question: string,
  heap: DrawnLane,
  rest: Partial<Assessment> = {},
  hours = 2,
): Evidence | undefined {
  const assessment = drawAssessment(hours * HOUR_MILLIS, { heap }, rest);
  const [finding] = describeLanes('orders', assessment, null, new Set());
  return finding.evidence.find((entry) => entry.question === question);
}

describe('where it will stop', () => {
  const cache = (level: number) =>
    ask('Where will it stop?', {
      verdict: 'filling-to-bound',
      predictedBound: 100 * MIB,
      level: level * MIB,
    });

  it('is the bound while the level stays below it, and not once it has gone past', () => {
    expect(cache(60)).toMatchObject({
      outcome: 'supports',
      numbers: { statistic: 0.6, boundBytes: 100 * MIB },
    });
    expect(cache(130)).toMatchObject({ outcome: 'contradicts', numbers: { statistic: 1.3, threshold: 1.2 } });
  });
});

describe('the summary of what fills', () => {
  const tell = (predictedBound: number | null) => {
    const heap = { verdict: 'filling-to-bound', predictedBound, level: 60 * MIB } as const;
    return describeLanes('orders', drawAssessment(2 * HOUR_MILLIS, { heap }), null, new Set())[0].summary;
  };

  it('names the bound and how full it is, and nothing where no bound is known', () => {
    expect(tell(80 * MIB)).toMatch(/ It fills to 80 MiB, and is 75 % there\.$/);
    expect(tell(null)).not.toMatch(/fills to \d/);
  });
});

describe('the bound of what may fill', () => {
  const tell = (verdict: 'filling-to-bound' | 'undetermined' | 'load-driven', high: number | null) => {
    const boundRange = { low: 70 * MIB, high };
    const heap = { verdict, isSuspect: true, predictedBound: 80 * MIB, boundRange, level: 60 * MIB };
    const assessment = drawAssessment(2 * HOUR_MILLIS, { heap });
    return describeLanes('orders', assessment, null, new Set())[0];
  };

  it('is told with its interval, also while growth may go on, and for nothing else', () => {
    expect(tell('filling-to-bound', 90 * MIB).summary).toMatch(
      / It fills to 80 MiB \(70 MiB to 90 MiB\), and is 75 % there\.$/,
    );
    expect(tell('undetermined', 90 * MIB).summary).toMatch(
      / If it bends as it seems to, it stops at 80 MiB \(70 MiB to 90 MiB\); it is 75 % there\.$/,
    );
    expect(tell('undetermined', null).summary).toContain('80 MiB (70 MiB or without an end)');
    expect(tell('load-driven', 90 * MIB).summary).not.toContain('80 MiB');
  });

  it('is evidence with both ends in bytes, open while growth may go on', () => {
    const asked = (verdict: 'filling-to-bound' | 'undetermined') =>
      tell(verdict, 90 * MIB).evidence.find(({ question }) => question === 'Where will it stop?');
    const numbers = { boundBytes: 80 * MIB, lowBytes: 70 * MIB, highBytes: 90 * MIB, levelBytes: 60 * MIB };
    expect(asked('filling-to-bound')).toMatchObject({ outcome: 'supports', numbers });
    expect(asked('undetermined')).toMatchObject({ outcome: 'open', numbers });
  });
});

describe('whether it is a cache that still fills evenly', () => {
  const asked = (watchedHours: number, leftHours: number, lane: DrawnLane = {}) => {
    const at = (watchedHours + leftHours) * HOUR_MILLIS;
    const exhaustion = { resource: 'memory-limit', at, low: 0, high: null, confidence: 0.8 } as const;
    const heap = { verdict: 'leak', perHour: MIB, ...lane } as const;
    return ask('Is it a cache that still fills evenly?', heap, { exhaustion }, watchedHours);
  };

  it('stays open while little was watched of what is left, and is no after a fair part and more than a day', () => {
    const threshold = 0.4;
    expect(asked(32, 100)).toMatchObject({ outcome: 'open', numbers: { statistic: 0.32, threshold } });
    expect(asked(32, 64)).toMatchObject({ outcome: 'contradicts', numbers: { statistic: 0.5, threshold } });
    expect(asked(20, 40)).toMatchObject({ outcome: 'open', numbers: { statistic: 0.5, threshold } });
  });

  it('is no where the smallest cache that is not excluded has no room below the limit', () => {
    const open = (bytes: number) => ({ bend: { slowing: null, openBound: bytes, isRefill: false } });
    expect(asked(32, 100, open(99 * MIB))).toMatchObject({ outcome: 'open', numbers: { statistic: 0.32 } });
    expect(asked(32, 100, open(101 * MIB))).toMatchObject({
      outcome: 'contradicts',
      numbers: { statistic: 101 * MIB, threshold: 100 * MIB, unit: 'bytes' },
    });
  });

  it('is not asked where no limit is known', () => {
    expect(ask('Is it a cache that still fills evenly?', { verdict: 'leak', perHour: MIB })).toBeUndefined();
  });
});

describe('growth of the heap beside growth of what is counted, without profiles', () => {
  const open = (perHour: number): DrawnLane => ({ verdict: 'undetermined', isSuspect: true, perHour });
  const classes = (lanes: Parameters<typeof drawAssessment>[1]) =>
    describeLanes('orders', drawAssessment(2 * HOUR_MILLIS, lanes), null, new Set());

  it('is told as one, of what is counted, with what each of them would hold', () => {
    const [finding, ...others] = classes({ heap: open(8 * MIB), fd: open(34_000) });
    expect(others).toEqual([]);
    expect(finding.class).toBe('fd');
    expect(finding.evidence.at(-1)).toMatchObject({
      question: 'Do these descriptors account for the growth of the heap?',
      numbers: { statistic: 247, threshold: 65_536, unit: 'bytes' },
    });
  });

  it('is told as two where each would hold more than such things do', () => {
    const found = classes({ heap: open(80 * MIB), goroutine: open(30) });
    expect(found.map((finding) => finding.class).sort()).toEqual(['goroutine', 'heap']);
  });

  it('hides no heap that is explained otherwise', () => {
    const found = classes({ heap: { verdict: 'filling-to-bound', perHour: MIB }, goroutine: open(3000) });
    expect(found.map((finding) => finding.class).sort()).toEqual(['goroutine', 'heap']);
  });
});
