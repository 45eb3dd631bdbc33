// Compressed profiles that are too large to be decoded in the memory of the kernel as a whole: it gives samples part by part,
// which are put together here, in memory that can be transferred. What is no sample is a message of its own, without
// samples, that decode-proto.ts reads in the end.
import { PlimsollError } from '../base/errors.ts';
import type { Bytes } from '../base/units.ts';
import { decodeProto } from './decode-proto.ts';
import type { ProfilePart, ProtoKernel } from './proto-kernel.ts';
import { StackRows } from './stack-rows.ts';
import { MAX_TABLE_BYTES, TableBudget } from './table-budget.ts';
import type { LabelTable, Profile, SampleTable } from './tables.ts';

/** Rows of locations that fit into 16 bits. */
const MAX_LOCATIONS = 65_536;

/** Share of a usual profile that is no sample, and a little more. */
const REST_SHARE = 1 / 6;
/** When an estimate was too low. */
const GROWTH = 1.25;
/** Unused cells that a finished column may keep, as a share of the used ones. */
const MAX_WASTE = 1 / 8;

/**
 * Decompresses and decodes a profile.proto message in parts. The tables are those that decodeProto makes.
 *
 * @param compressed DEFLATE data without its frame.
 * @param size of what comes out.
 * @param takePlain sees all plain bytes, piece by piece; false = give up.
 * @returns null when it is not of the usual kind, damaged, of another size, or its tables are larger than they may be.
 */
export function decodeInParts(
  kernel: ProtoKernel,
  compressed: Uint8Array,
  size: Bytes,
  takePlain: (plain: Uint8Array) => boolean,
  maxTableBytes: Bytes = MAX_TABLE_BYTES,
): Profile | null {
  try {
    const columns = readParts(kernel, compressed, size, takePlain, maxTableBytes);
    if (columns === null) return null;
    const largest = kernel.largestRows();
    const rest = decodeProto(columns.rest, maxTableBytes, kernel);
    const { locations, strings, sampleTypes } = rest;
    const isSound =
      locations.id === null && // ids that count from 1
      locations.length <= MAX_LOCATIONS &&
      (columns.isWithoutCells || largest.location < locations.length) &&
      largest.string < strings.length &&
      (columns.length === 0 || columns.types === sampleTypes.length);
    return isSound && columns.length > 0 ? { ...rest, ...columns.finish() } : null;
  } catch (error) {
    // Its place would be one in what is left without samples.
    if (error instanceof PlimsollError) return null;
    throw error;
  }
}

function readParts(
  kernel: ProtoKernel,
  compressed: Uint8Array,
  size: Bytes,
  takePlain: (plain: Uint8Array) => boolean,
  maxTableBytes: Bytes,
): PartColumns | null {
  if (!kernel.beginParts(compressed)) return null;
  const columns = new PartColumns(new TableBudget(maxTableBytes), size);
  let done: Bytes = 0;
  for (;;) {
    const inflated = kernel.inflatePart();
    if (inflated === null) return null;
    done += inflated.plain.length;
    if (done > size || !takePlain(inflated.plain)) return null;
    for (let isDone = false; !isDone;) {
      const decoded = kernel.decodePart();
      if (decoded === null) return null;
      columns.append(decoded.part, done / size);
      ({ isDone } = decoded);
    }
    if (inflated.isLast) return done === size ? columns : null;
  }
}

/** The tables of samples, as they grow. */
class PartColumns {
  readonly #budget: TableBudget;
  #values: readonly Float64Array[] = [];
  #stack: Int32Array = new Int32Array(0);
  #labelStart: Int32Array = new Int32Array(1);
  #stacks: StackRows | null = null;
  #key: Int32Array = new Int32Array(0);
  #text: Int32Array = new Int32Array(0);
  #unit: Int32Array = new Int32Array(0);
  #number: Float64Array = new Float64Array(0);
  #labels = 0;
  #rest: Uint8Array;
  #restSize: Bytes = 0;
  /** Samples so far. */
  length = 0;
  isWithoutCells = true;

  /** @param size of the plain bytes. */
  constructor(budget: TableBudget, size: Bytes) {
    this.#budget = budget;
    this.#rest = budget.uint8(Math.ceil(size * REST_SHARE), 'profile');
  }

  get types(): number {
    return this.#values.length;
  }

  /** What was no sample. */
  get rest(): Uint8Array {
    return this.#rest.subarray(0, this.#restSize);
  }

  /** @param share (0 to 1) of the profile that was read with this part. */
  append(part: ProfilePart, share: number): void {
    this.#appendRest(part.rest);
    const from = this.length;
    const to = from + part.samples;
    if (part.samples === 0) return;
    this.#reserveSamples(to, part, share);
    for (let type = 0; type < part.values.length; type++) this.#values[type].set(part.values[type], from);
    for (let row = 0; row < part.samples; row++)
      this.#labelStart[from + row + 1] = this.#labels + part.labelStart[row + 1];
    this.#appendLabels(part, share);
    const stacks = (this.#stacks ??= new StackRows(
      Math.ceil(to / share),
      Math.ceil(part.cells.length / share),
      MAX_LOCATIONS,
      this.#budget,
    ));
    closeStacks(part, stacks, stacks.room(part.cells.length, share), this.#stack, from);
    if (part.cells.length > 0) this.isWithoutCells = false;
    this.length = to;
  }

  finish(): Pick<Profile, 'samples' | 'labels' | 'stacks'> {
    const { length } = this;
    const labels = this.#labels;
    return {
      samples: {
        length,
        stack: trim(this.#stack, length) as SampleTable['stack'],
        values: this.#values.map((column) => trim(column, length)),
        labelStart: trim(this.#labelStart, length + 1),
      },
      labels: {
        length: labels,
        key: trim(this.#key, labels) as LabelTable['key'],
        text: trim(this.#text, labels) as LabelTable['text'],
        number: trim(this.#number, labels),
        unit: trim(this.#unit, labels) as LabelTable['unit'],
      },
      stacks: (this.#stacks ?? new StackRows()).finish(),
    };
  }

  #appendRest(rest: Uint8Array): void {
    const size = this.#restSize + rest.length;
    if (size > this.#rest.length) {
      const capacity = Math.max(size, this.#rest.length * 2);
      this.#rest = grown(this.#rest, this.#budget.uint8(capacity, 'profile'));
    }
    this.#rest.set(rest, this.#restSize);
    this.#restSize = size;
  }

  #reserveSamples(needed: number, part: ProfilePart, share: number): void {
    if (needed <= this.#stack.length) return;
    const field = 'profile.sample';
    const budget = this.#budget;
    const capacity = capacityFor(needed, this.#stack.length, share);
    this.#stack = grown(this.#stack, budget.int32(capacity, field));
    this.#labelStart = grown(this.#labelStart, budget.int32(capacity + 1, field));
    this.#values = part.values.map((_, type) =>
      grown(this.#values[type] ?? new Float64Array(0), budget.float64(capacity, field)),
    );
  }

  #appendLabels(part: ProfilePart, share: number): void {
    const from = this.#labels;
    const to = from + part.labelKey.length;
    if (to === from) return;
    if (to > this.#key.length) {
      const capacity = capacityFor(to, this.#key.length, share);
      const field = 'sample.label';
      this.#key = grown(this.#key, this.#budget.int32(capacity, field));
      this.#text = grown(this.#text, this.#budget.int32(capacity, field));
      this.#unit = grown(this.#unit, this.#budget.int32(capacity, field));
      this.#number = grown(this.#number, this.#budget.float64(capacity, field));
    }
    this.#key.set(part.labelKey, from);
    this.#text.set(part.labelText, from);
    this.#number.set(part.labelNumber, from);
    // A page of zeros that nobody writes to takes no memory, and most numbers have no unit.
    if (part.labelUnit !== null) this.#unit.set(part.labelUnit, from);
    this.#labels = to;
  }
}

/** Rows that a table probably needs: as many for the rest of the profile as for what was read. */
function capacityFor(needed: number, before: number, share: number): number {
  return Math.max(Math.ceil(needed / share), Math.ceil(before * GROWTH));
}

function grown<Cells extends Int32Array | Float64Array | Uint8Array>(cells: Cells, larger: Cells): Cells {
  larger.set(cells);
  return larger;
}

/** The first cells, copied only where much would be left behind them. */
function trim<Cells extends Int32Array | Float64Array>(cells: Cells, length: number): Cells {
  const isWasteful = cells.length - length > length * MAX_WASTE;
  return (isWasteful ? cells.slice(0, length) : cells.subarray(0, length)) as Cells;
}

/** Stores the stacks of a part, equal ones once. */
function closeStacks(
  part: ProfilePart,
  stacks: StackRows,
  into: Int32Array | Uint16Array,
  rows: Int32Array,
  row: number,
): void {
  const { cells, stackStart, stackHash, samples } = part;
  const origin = stacks.length;
  // Most stacks differ: all are written at once, and moved down from the first on that is known.
  into.set(cells, origin);
  for (let sample = 0; sample < samples; sample++) {
    const from = origin + stackStart[sample];
    const to = origin + stackStart[sample + 1];
    const at = stacks.length;
    if (at !== from) for (let cell = from; cell < to; cell++) into[at + cell - from] = into[cell];
    rows[row + sample] = stacks.closeWritten(at + to - from, stackHash[sample]);
  }
}
