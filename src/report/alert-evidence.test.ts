import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Evidence } from '../model/finding.ts';
import { writeEvidenceLines } from './alert-evidence.ts';

const entry = (question: string, numbers: Evidence['numbers'], over: Partial<Evidence> = {}): Evidence => ({
  question,
  prediction: 'p',
  test: 'a statistic',
  numbers,
  outcome: 'supports',
  ...over,
});
const DATA = { fromMillis: 0, toMillis: 4 * HOUR_MILLIS };
const WATCHED = entry('Was the heap series watched for long enough?', { statistic: 4, threshold: 1 });
const GROWS = entry('Does the heap series grow?', { statistic: 24.7, threshold: 7.5, ...DATA });
const LARGE = entry('Is the growth of the heap series large enough to matter?', {
  statistic: 30 * MIB,
  threshold: MIB,
  unit: 'bytes',
});
const BOUND = entry('Is the growth of the heap series without bound?', { statistic: 26.8, threshold: 10 });
const SITE = entry('Which code allocates what stays?', {
  statistic: 7.55,
  threshold: 3.62,
  grownBytes: 29 * MIB,
  lowBytes: 22 * MIB,
  highBytes: 37 * MIB,
  sampledBirths: 57,
  sampledDeaths: 0,
});

describe('evidence in an alert', () => {
  it('says in three lines what was measured, the number, and what is enough', () => {
    expect(writeEvidenceLines([WATCHED, GROWS, BOUND, LARGE, SITE])).toEqual([
      'The live heap (what is left after a collection) grew by 30 MiB in 4 h: 24.7 times the error of that measurement (7.5 times is enough).',
      'Growth without an end fits better than a cache that fills, one step or the load: 26.8 points of evidence (BIC; 10 are enough).',
      'Profiles saw 57 objects allocated in this code and 0 freed; what it holds grew by 29 MiB (22 MiB to 37 MiB): 7.55 times what chance explains (3.62 times is enough).',
    ]);
  });

  it('counts goroutines and descriptors as such', () => {
    const growth = { statistic: 1340, threshold: 60, unit: 'goroutines' };
    const lines = writeEvidenceLines([
      entry('Does the goroutine series grow?', { statistic: 1676, threshold: 7.5, ...DATA }),
      entry('Is the growth of the goroutine series large enough to matter?', growth),
      entry('Which goroutines come and never go?', {
        statistic: 35.6,
        threshold: 5,
        grown: 1266,
        now: 1323,
        waits: 'select',
      }),
      entry('What comes with each descriptor?', { grownFds: 531, grownGoroutines: 1062 }),
    ]);
    expect(lines).toEqual([
      'The number of goroutines grew by 1340 in 4 h: 1676 times the error of that measurement (7.5 times is enough).',
      '531 more descriptors came with 1062 more goroutines, as connections do.',
      'Profiles count 1266 more goroutines in this code, 1323 by now, waiting in select: 35.6 times what chance explains (5 times is enough).',
    ]);
  });

  it('gives what it has no words for as it stands, and what speaks against it last', () => {
    const against = entry('Is it idle?', { statistic: 1, threshold: 2 }, { outcome: 'contradicts' });
    const open = entry('Is it known?', {}, { outcome: 'open' });
    const other = entry('Which code calls C?', { statistic: 2, threshold: 1 });
    expect(writeEvidenceLines([against, WATCHED, open, other])).toEqual([
      'Which code calls C? a statistic: statistic 2, threshold 1',
      'Is it idle? a statistic: statistic 1, threshold 2',
    ]);
  });

  it('claims no number that the evidence does not have', () => {
    const old = entry('Does the heap series grow?', { z: 9 });
    expect(writeEvidenceLines([old])).toEqual(['Does the heap series grow? a statistic: z 9']);
  });
});
