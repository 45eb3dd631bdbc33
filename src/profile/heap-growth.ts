// Growth of heap sites between two snapshots over one interner, summed over groups of sites. All in columns: a row is a
// stack and object size, and rows that saw the same happen share one estimate.
import type { Bytes } from '../base/units.ts';
import { NO_ROW } from '../pprof/tables.ts';
import { estimateGrowth, recoverSampleCount, samplingProbability } from './sampling.ts';
import { doubled, pushNumber, readNumber, SequenceInterner } from './sequence-interner.ts';
import type { HeapSnapshot, InternedStack } from './snapshot.ts';

/** Index of the object size in the cells of a pair (stack, size), and of an estimate (size, before, after, allocated). */
const PAIR_SIZE = 1;
const ESTIMATE_SIZE = 0;

/** Rows of two snapshots over one interner, paired by stack and object size. */
export class SitePairs {
  /** [stack, size size] */
  readonly #pairs = new SequenceInterner();
  readonly #inUseBefore: Float64Array;
  readonly #inUseAfter: Float64Array;
  readonly #allocatedBefore: Float64Array;
  readonly #allocatedAfter: Float64Array;

  constructor(before: HeapSnapshot, after: HeapSnapshot) {
    const most = before.length + after.length;
    this.#inUseBefore = new Float64Array(most);
    this.#allocatedBefore = new Float64Array(most);
    this.#inUseAfter = new Float64Array(most);
    this.#allocatedAfter = new Float64Array(most);
    this.#add(before, this.#inUseBefore, this.#allocatedBefore);
    this.#add(after, this.#inUseAfter, this.#allocatedAfter);
  }

  /** Rows, in the order in which the snapshots show them, the earlier first. */
  get length(): number {
    return this.#pairs.count;
  }

  stack(row: number): InternedStack {
    return this.#pairs.at(row, 0) as InternedStack;
  }

  objectBytes(row: number): Bytes {
    return readNumber(this.#pairs, row, PAIR_SIZE);
  }

  /** Objects in use, or ever allocated. */
  before(row: number, isAllocation: boolean): number {
    return (isAllocation ? this.#allocatedBefore : this.#inUseBefore)[row];
  }

  after(row: number, isAllocation: boolean): number {
    return (isAllocation ? this.#allocatedAfter : this.#inUseAfter)[row];
  }

  #add(snapshot: HeapSnapshot, inUse: Float64Array, allocated: Float64Array): void {
    for (let row = 0; row < snapshot.length; row++) {
      this.#pairs.push(snapshot.stack[row]);
      pushNumber(this.#pairs, snapshot.objectBytes[row]);
      const pair = this.#pairs.intern();
      inUse[pair] += snapshot.inuseObjects[row];
      allocated[pair] += snapshot.allocObjects[row];
    }
  }
}

/**
 * Estimates by what they are made of. Most sites of a large profile saw the same: one or two samples of a common size.
 *
 *     keys   [size size, before before, after after, allocated allocated]
 *     bytes, below, above    in the unit asked for; below and above are squares of the distances to the limits
 */
class GrowthEstimates {
  readonly #keys = new SequenceInterner();
  readonly #periodBytes: Bytes;
  readonly #isObjects: boolean;
  #bytes: Float64Array = new Float64Array(64);
  #below: Float64Array = new Float64Array(64);
  #above: Float64Array = new Float64Array(64);

  constructor(periodBytes: Bytes, isObjects: boolean) {
    this.#periodBytes = periodBytes;
    this.#isObjects = isObjects;
  }

  bytes(row: number): number {
    return this.#bytes[row];
  }

  below(row: number): number {
    return this.#below[row];
  }

  above(row: number): number {
    return this.#above[row];
  }

  /** Arguments are recorded objects. */
  row(objectBytes: Bytes, before: number, after: number, allocated: number): number {
    pushNumber(this.#keys, objectBytes);
    pushNumber(this.#keys, before);
    pushNumber(this.#keys, after);
    // No more than are alive after can be born in between and alive: more allocations change nothing.
    pushNumber(this.#keys, Math.min(after, allocated));
    const known = this.#keys.count;
    const row = this.#keys.intern();
    if (row === known) this.#fill(row);
    return row;
  }

  #fill(row: number): void {
    const objectBytes = readNumber(this.#keys, row, ESTIMATE_SIZE);
    const estimate = estimateGrowth({
      objectBytes,
      periodBytes: this.#periodBytes,
      samplesBefore: readNumber(this.#keys, row, ESTIMATE_SIZE + 2),
      samplesAfter: readNumber(this.#keys, row, ESTIMATE_SIZE + 4),
      allocatedSamples: readNumber(this.#keys, row, ESTIMATE_SIZE + 6),
    });
    if (row === this.#bytes.length) {
      this.#bytes = doubled(this.#bytes);
      this.#below = doubled(this.#below);
      this.#above = doubled(this.#above);
    }
    // Objects are bytes over the size of one.
    const by = 1 / (this.#isObjects ? objectBytes : 1);
    const bytes = estimate.bytes * by;
    this.#bytes[row] = bytes;
    // A part in which nothing happened carries no noise into the sum, as in sumGrowth.
    if (estimate.births + estimate.deaths === 0) return;
    this.#below[row] = (bytes - estimate.low * by) ** 2;
    this.#above[row] = (estimate.high * by - bytes) ** 2;
  }
}

/** Sums of one group of sites. */
export interface GrowthSum {
  readonly before: number;
  readonly after: number;
  readonly low: number;
  readonly high: number;
}

/** Sums over groups of sites, which are independent: values add up, so do the squares of the distances to the limits. */
export class GrowthSums {
  readonly #pairs: SitePairs;
  readonly #isAllocation: boolean;
  readonly #isObjects: boolean;
  /** Of a row of the pairs; NO_ROW = its size is not known, it is left out. */
  readonly #estimateOf: Int32Array;
  readonly #estimates: GrowthEstimates;
  readonly #before: Float64Array;
  readonly #after: Float64Array;
  readonly #bytes: Float64Array;
  readonly #below: Float64Array;
  readonly #above: Float64Array;

  /** @param type name of the sample type; those of objects count objects, the others bytes. */
  constructor(pairs: SitePairs, type: string, periodBytes: Bytes, groups: number) {
    this.#pairs = pairs;
    this.#isAllocation = type.startsWith('alloc_');
    this.#isObjects = type.endsWith('objects');
    this.#estimates = new GrowthEstimates(periodBytes, this.#isObjects);
    this.#estimateOf = new Int32Array(pairs.length).fill(NO_ROW);
    for (let row = 0; row < pairs.length; row++) this.#estimateOf[row] = this.#estimate(row, periodBytes);
    this.#before = new Float64Array(groups);
    this.#after = new Float64Array(groups);
    this.#bytes = new Float64Array(groups);
    this.#below = new Float64Array(groups);
    this.#above = new Float64Array(groups);
  }

  /** Adds a row of the pairs to a group. */
  add(group: number, row: number): void {
    const estimate = this.#estimateOf[row];
    if (estimate === NO_ROW) return;
    const size = this.#pairs.objectBytes(row);
    const unit = this.#isObjects ? size : 1;
    this.#before[group] += (this.#pairs.before(row, this.#isAllocation) * size) / unit;
    this.#after[group] += (this.#pairs.after(row, this.#isAllocation) * size) / unit;
    this.#bytes[group] += this.#estimates.bytes(estimate);
    this.#below[group] += this.#estimates.below(estimate);
    this.#above[group] += this.#estimates.above(estimate);
  }

  sum(group: number): GrowthSum {
    const bytes = this.#bytes[group];
    return {
      before: this.#before[group],
      after: this.#after[group],
      low: bytes - Math.sqrt(this.#below[group]),
      high: bytes + Math.sqrt(this.#above[group]),
    };
  }

  #estimate(row: number, periodBytes: Bytes): number {
    const size = this.#pairs.objectBytes(row);
    if (!(size > 0)) return NO_ROW;
    const p = samplingProbability(size, periodBytes);
    const allocatedBefore = recoverSampleCount(this.#pairs.before(row, true), p);
    const allocatedAfter = recoverSampleCount(this.#pairs.after(row, true), p);
    return this.#estimates.row(
      size,
      recoverSampleCount(this.#pairs.before(row, this.#isAllocation), p),
      recoverSampleCount(this.#pairs.after(row, this.#isAllocation), p),
      Math.max(0, allocatedAfter - allocatedBefore),
    );
  }
}
