import { describe, expect, it } from 'vitest';
import type { GaugeReading } from '../base/gauges.ts';
import { MIB } from '../base/units.ts';
import { GaugeHistory } from './gauge-history.ts';
import { computeLedger } from './ledger.ts';
import { computeNativeBytes } from './native-bytes.ts';

const GO: GaugeReading = {
  heapAllocBytes: 30 * MIB,
  heapInuseBytes: 34 * MIB,
  heapIdleBytes: 10 * MIB,
  heapReleasedBytes: 4 * MIB,
  heapSysBytes: 44 * MIB,
  stackInuseBytes: 2 * MIB,
  stackSysBytes: 2 * MIB,
  sysBytes: 52 * MIB,
};
const PROC: GaugeReading = { rssBytes: 70 * MIB, rssAnonBytes: 60 * MIB, rssFileBytes: 10 * MIB };

function historyOf(...readings: GaugeReading[]): GaugeHistory {
  const history = new GaugeHistory();
  readings.forEach((reading, i) => history.append(i * 60_000, reading));
  return history;
}

const inMegabytes = (ledger: object | null) =>
  Object.fromEntries(
    Object.entries(ledger ?? {}).map(([name, bytes]) => [
      name,
      typeof bytes === 'number' ? bytes / MIB : bytes,
    ]),
  );

describe('native memory', () => {
  it('is what is resident beside what Go holds, which OpenTelemetry gives as one number', () => {
    const table = historyOf({ rssBytes: 70 * MIB, goResidentBytes: 48 * MIB });
    expect(computeNativeBytes(table, { from: 0, to: 1 })?.value[0]).toBe(22 * MIB);
    expect(computeLedger(table, 0, 20 * MIB)?.nativeBytes).toBe(22 * MIB);
  });
});

describe('mappings that Go has named', () => {
  it('tell native and untouched apart, which both hide in one difference otherwise', () => {
    const named = historyOf({ ...GO, ...PROC, goTouchedBytes: 36 * MIB });
    const ledger = computeLedger(named, 0, 20 * MIB);
    expect(inMegabytes(ledger)).toMatchObject({ nativeBytes: 24, untouchedBytes: 12, residualBytes: 0 });
    expect(computeNativeBytes(named, { from: 0, to: 1 })?.value[0]).toBe(24 * MIB);
  });

  it('give native memory of a process that says nothing itself', () => {
    const silent = historyOf({ ...PROC, goTouchedBytes: 36 * MIB });
    expect(computeNativeBytes(silent, { from: 0, to: 1 })?.value[0]).toBe(24 * MIB);
    expect(computeLedger(silent, 0, null)?.nativeBytes).toBe(24 * MIB);
  });
});

describe('ledger', () => {
  it('splits RSS so that the parts add up, with nothing left over here', () => {
    expect(inMegabytes(computeLedger(historyOf({ ...GO, ...PROC }), 0, 20 * MIB))).toEqual({
      atMillis: 0,
      rssBytes: 70,
      liveBytes: 20,
      garbageBytes: 10,
      stackBytes: 2,
      runtimeBytes: 6,
      fragmentationBytes: 4,
      idleBytes: 6,
      untouchedBytes: 0,
      nativeBytes: 12,
      fileBackedBytes: 10,
      swappedBytes: null,
      lazyFreeBytes: null,
      residualBytes: 0,
    });
  });

  it('shows pages that Go counts and never touched as that, not as negative native memory', () => {
    const ledger = computeLedger(
      historyOf({ ...GO, ...PROC, rssBytes: 50 * MIB, rssAnonBytes: 40 * MIB }),
      0,
      20 * MIB,
    );
    expect(inMegabytes(ledger)).toMatchObject({ nativeBytes: 0, untouchedBytes: 8, residualBytes: 0 });
  });

  it('leaves unknown parts null and puts them into the residual', () => {
    const ledger = computeLedger(historyOf(PROC), 0, null);
    expect(inMegabytes(ledger)).toMatchObject({
      liveBytes: null,
      nativeBytes: null,
      fileBackedBytes: 10,
      residualBytes: 60,
    });
    expect(computeLedger(historyOf(GO), 0, 20 * MIB)).toBeNull();
  });

  it('adds up with pages that are swapped out or given back lazily', () => {
    const ledger = computeLedger(
      historyOf({ ...GO, ...PROC, swapBytes: 5 * MIB, lazyFreeBytes: 3 * MIB }),
      0,
      20 * MIB,
    );
    expect(inMegabytes(ledger)).toMatchObject({ nativeBytes: 14, swappedBytes: 5, residualBytes: 0 });
  });

  it('does not call lazily freed pages native in the rows between two readings of LazyFree', () => {
    // 200 MiB are taken and given back with MADV_FREE in turn: all the while they are resident.
    const full = { ...GO, ...PROC, rssBytes: 270 * MIB, rssAnonBytes: 260 * MIB, sysBytes: 252 * MIB };
    const freed = { ...full, heapReleasedBytes: 204 * MIB };
    const [read, readLater] = [
      { ...freed, lazyFreeBytes: 200 * MIB },
      { ...full, lazyFreeBytes: 0 },
    ];
    const table = historyOf(read, full, freed, readLater, ...Array<GaugeReading>(12).fill(freed), full);
    const told = Array.from({ length: table.length }, (_, row) => computeLedger(table, row, 20 * MIB));
    for (const parts of told) expect(inMegabytes(parts)).toMatchObject({ nativeBytes: 12, residualBytes: 0 });
    expect(told.map((parts) => (parts?.lazyFreeBytes ?? NaN) / MIB)).toEqual([
      ...[200, 0, 200, 0],
      ...Array<number>(12).fill(200),
      0,
    ]);
    const native = computeNativeBytes(table, { from: 0, to: table.length });
    expect(Array.from(native?.value ?? [], (bytes) => bytes / MIB)).toEqual(Array(17).fill(12));
  });

  it('calls native what rises beyond all that Go has released, read or not', () => {
    const lazy = { ...GO, ...PROC, lazyFreeBytes: 2 * MIB };
    const grown = { ...GO, ...PROC, rssBytes: 170 * MIB, rssAnonBytes: 160 * MIB };
    const parts = computeLedger(historyOf(lazy, grown), 1, 20 * MIB);
    expect(inMegabytes(parts)).toMatchObject({ nativeBytes: 108, lazyFreeBytes: 4, residualBytes: 0 });
  });

  it('leaves what two sources say at different instants in the residual, not clipped', () => {
    const ledger = computeLedger(historyOf({ ...GO, ...PROC, rssBytes: 67 * MIB }), 0, 20 * MIB);
    expect(inMegabytes(ledger)).toMatchObject({ rssBytes: 67, residualBytes: -3 });
  });

  it('looks a few rows back for a source that failed once', () => {
    const ledger = computeLedger(historyOf({ ...GO, ...PROC }, PROC), 1, 20 * MIB);
    expect(inMegabytes(ledger)).toMatchObject({ garbageBytes: 10 });
  });
});

describe('native memory', () => {
  const native = (reading: GaugeReading) => computeNativeBytes(historyOf(reading), { from: 0, to: 1 });

  it('is what is resident, anonymous and not claimed by Go', () => {
    expect(native({ ...GO, ...PROC })).toMatchObject({
      source: 'anonymous',
      value: Float64Array.of(12 * MIB),
    });
  });

  it('counts what is swapped out, and not what was given back lazily (MADV_FREE)', () => {
    const more = native({ ...GO, ...PROC, swapBytes: 3 * MIB, lazyFreeBytes: 5 * MIB });
    expect(more?.value).toEqual(Float64Array.of(10 * MIB));
  });

  it('takes RSS where /proc cannot be read, and nothing where Go says nothing', () => {
    expect(native({ ...GO, rssBytes: 70 * MIB })).toMatchObject({
      source: 'resident',
      value: Float64Array.of(22 * MIB),
    });
    expect(native(PROC)).toBeNull();
  });
});
