import { describe, expect, it } from 'vitest';
import { unitKey } from '../../src/model/finding-text.ts';
import { ledgerParts } from './ledger-data.ts';
import { settleOrder } from './settle-order.ts';
import { turnOn } from './turn-on.ts';
import {
  formatEvidenceKey,
  formatEvidenceValue,
  formatInterval,
  formatRate,
  formatShare,
  isMoment,
  shortFunction,
} from './words.ts';

describe('words', () => {
  it.each([
    ['github.com/acme/orders/sub.(*Hub).Subscribe', 'sub.(*Hub).Subscribe'],
    ['main.main', 'main.main'],
    ['example.com/a/b.Map[go.shape.struct { x/y.Z }].Put', 'b.Map[go.shape.struct { x/y.Z }].Put'],
  ])('shorten the function %s from the left', (name, expected) => {
    expect(shortFunction(name)).toBe(expected);
  });

  it('give rates and intervals their unit, counts their own', () => {
    expect(formatRate(31_457_280, 'bytes')).toBe('30 MiB/h');
    expect(formatRate(3870, 'goroutines')).toBe('3870 goroutines/h');
    expect(
      formatInterval({ unit: 'bytes', perHour: 0, low: -1_048_576, high: 2_097_152, confidence: 0.95 }),
    ).toBe('-1 MiB to 2 MiB');
  });

  it.each([
    [0, '0 %'],
    [0.0042, '0.4 %'],
    [0.05, '5 %'],
    [0.934, '93 %'],
    [1.2, '120 %'],
  ])('round the share %d to what it is worth', (share, expected) => {
    expect(formatShare(share)).toBe(expected);
  });

  it('read the unit of a number from its name', () => {
    expect(formatEvidenceValue('heldBytes', 2_097_152)).toBe('2 MiB');
    expect(formatEvidenceValue('windowMillis', 7_200_000)).toBe('2 h');
    expect(formatEvidenceValue('goroutines', 27_884)).toBe('27,884');
    expect(formatEvidenceValue('z', 31.234)).toBe('31.2');
    expect(formatEvidenceValue('goroutinesPerHour', 175.4)).toBe('175/h');
    expect(formatEvidenceValue(unitKey('statistic', 'bytes'), 2_097_152)).toBe('2 MiB');
    expect(formatEvidenceValue(unitKey('z', 'bytes'), 31.234)).toBe('31.2');
    expect(formatEvidenceValue('z', null)).toBe('not known');
    expect(formatEvidenceKey('smallestDetectable')).toBe('smallest detectable');
    expect(formatEvidenceKey('fromMillis')).toBe('from');
    expect(isMoment('fromMillis', 1_795_214_386_300)).toBe(true);
    expect(isMoment('windowMillis', 7_200_000)).toBe(false);
    expect(isMoment('statistic', 1_795_214_386_300)).toBe(false);
  });
});

describe('the order of rows', () => {
  const wanted = ['new', 'b', 'a'];
  it('is the wanted one while nobody points at it', () => {
    expect(settleOrder(['a', 'b', 'gone'], wanted, false)).toEqual(wanted);
  });
  it('stands still under the pointer; who is gone leaves, who is new comes last', () => {
    expect(settleOrder(['a', 'b', 'gone'], wanted, true)).toEqual(['a', 'b', 'new']);
  });
});

describe('the ledger', () => {
  it('keeps its order, drops totals, and shows parts that are not known or not ours', () => {
    const parts = ledgerParts({ rssBytes: 9, idleBytes: 3, liveBytes: 5, nativeBytes: null, shared: 1 });
    expect(parts.map((p) => `${p.label} ${p.bytes}`)).toEqual([
      'Live 5',
      'Idle 3',
      'Native null',
      'shared 1',
    ]);
  });

  it('takes away what is counted and not resident, and leaves such rows out where there is nothing of it', () => {
    const parts = ledgerParts({ liveBytes: 5, untouchedBytes: 2, swappedBytes: 0, lazyFreeBytes: null });
    expect(parts.map((p) => `${p.label} ${p.bytes}`)).toEqual(['Live 5', 'less never written -2']);
  });
});

describe('missing evidence', () => {
  it.each([
    'go_memstats_next_gc_bytes',
    '/gc/heap/live:bytes',
    'process_resident_memory_bytes',
    'go_goroutines',
    'process_open_fds',
    'a request counter',
    'heap profile',
  ])('comes with a way to turn on %s', (source) => {
    expect(turnOn(source)?.code).toBeTruthy();
  });

  it('promises nothing for what we do not know', () => {
    expect(turnOn('the phase of the moon')).toBe(null);
  });
});
