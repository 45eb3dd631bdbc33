// Samples of profile.proto: stacks, values and labels. This is nearly all of the work of decoding, so each sample is
// read by a fast path first, which knows the shapes that encoders write; where it meets anything else (values below 0
// or beyond 2^53, ids that do not count, unknown fields, damage) it gives up and the sample is read again with all care.
import type { IdMap } from './id-map.ts';
import { LabelColumns } from './label-columns.ts';
import {
  LABEL,
  LOCATION_ID,
  PACKED_LOCATION_IDS,
  PACKED_VALUES,
  VALUE,
  readSampleRun,
  type SampleColumns,
} from './sample-run.ts';
import { practiseStacks, StackRows } from './stack-rows.ts';
import type { TableBudget } from './table-budget.ts';
import { NO_ROW, type Int64Column, type LabelTable, type SampleTable, type StackTable } from './tables.ts';
import type { FieldNames, WireReader } from './wire-reader.ts';

const SAMPLE_FIELDS: FieldNames = [null, 'location_id', 'value', 'label'];

/** From so many on the loop is worth compiling. */
const MANY_SAMPLES = 2000;

/** A column costs something even without a cell. */
const COLUMN_BYTES = 256;

/** Samples that are looked at to guess how large the tables will be, and the share that is added to the guess. */
const PROBED_SAMPLES = 64;
const GUESS_MARGIN = 1.06;
/** A guess is no more than a message of the usual kind asks for; the tables can grow. */
const MAX_GUESSED_LOCATIONS = 64;
const MAX_GUESSED_LABELS = 4;

export interface SampleContext {
  readonly typeCount: number;
  readonly stringCount: number;
  readonly locationIds: IdMap;
  readonly budget: TableBudget;
}

export function decodeSamples(
  reader: WireReader,
  offsets: Int32Array,
  context: SampleContext,
): { samples: SampleTable; labels: LabelTable; stacks: StackTable } {
  if (context.typeCount === 0 && offsets.length > 0)
    throw reader.error('samples without a sample type', 'profile.sample_type', offsets[0]);
  if (offsets.length >= MANY_SAMPLES) practiseStacks();
  return new SampleDecoder(reader, offsets, context).decode();
}

/** How many locations and labels all samples will have, from a few of them, evenly spread. */
function guessShape(bytes: Uint8Array, offsets: Int32Array): { locations: number; labels: number } {
  const count = offsets.length;
  const probes = Math.min(count, PROBED_SAMPLES);
  let locations = 0;
  let labels = 0;
  for (let probe = 0; probe < probes; probe++) {
    let pos = offsets[Math.floor((probe * count) / probes)];
    const end = pos + 1 + bytes[pos];
    for (pos = pos + (bytes[pos] < 0x80 ? 1 : 2); pos < end && bytes[pos] <= LABEL;) {
      const tag = bytes[pos];
      const stop = pos + 2 + bytes[pos + 1];
      if (tag === LABEL) labels++;
      if (tag === PACKED_LOCATION_IDS)
        for (pos += 2; pos < stop; pos++) locations += bytes[pos] < 0x80 ? 1 : 0;
      else if (tag === LOCATION_ID) locations++;
      pos = stop;
    }
  }
  const share = count / Math.max(probes, 1);
  return {
    locations: Math.ceil(Math.min(locations * share, count * MAX_GUESSED_LOCATIONS) * GUESS_MARGIN) + 16,
    labels: Math.ceil(Math.min(labels * share, count * MAX_GUESSED_LABELS) * GUESS_MARGIN),
  };
}

class SampleDecoder {
  readonly #reader: WireReader;
  readonly #context: SampleContext;
  readonly #columns: SampleColumns;
  /** By sample type; NaN = the value is in the wide column. */
  readonly #narrow: readonly Float64Array[];
  /** By sample type: values that do not fit a double, in a column that exists only if there are any. */
  readonly #wide: (BigInt64Array | undefined)[] = [];

  constructor(reader: WireReader, offsets: Int32Array, context: SampleContext) {
    const { budget, typeCount, stringCount, locationIds } = context;
    const { bytes, view } = reader;
    const count = offsets.length;
    budget.take(typeCount * COLUMN_BYTES, 'profile.sample');
    const guess = guessShape(bytes, offsets);
    this.#reader = reader;
    this.#context = context;
    this.#narrow = Array.from({ length: typeCount }, () => budget.float64(count, 'profile.sample'));
    this.#columns = {
      bytes,
      view,
      offsets,
      locations: locationIds.isCounting ? locationIds.rows : 0,
      stacks: new StackRows(count, guess.locations, locationIds.rows, budget),
      labels: new LabelColumns(stringCount, guess.labels, budget),
      values: this.#narrow,
      // Where a sample is nobody needs to know once it is read: its stack takes the cell.
      stack: offsets,
      labelStart: budget.int32(count + 1, 'profile.sample'),
    };
  }

  decode(): { samples: SampleTable; labels: LabelTable; stacks: StackTable } {
    const { stacks, labels, stack, labelStart, offsets } = this.#columns;
    const count = offsets.length;
    for (
      let row = readSampleRun(this.#columns, 0);
      row < count;
      row = readSampleRun(this.#columns, row + 1)
    ) {
      labels.truncate(labelStart[row]);
      this.#read(row);
      stack[row] = stacks.close();
      labelStart[row + 1] = labels.length;
    }
    return {
      samples: {
        length: count,
        stack: stack as SampleTable['stack'],
        values: this.#narrow.map((_, type) => this.#finishColumn(type)),
        labelStart,
      },
      labels: labels.finish(),
      stacks: stacks.finish(),
    };
  }

  /** Reads one sample, whatever it holds. */
  #read(row: number): void {
    const reader = this.#reader;
    const types = this.#narrow.length;
    reader.pos = this.#columns.offsets[row];
    const outer = reader.enter('profile.sample');
    let values = 0;
    while (!reader.isAtEnd) {
      const tag = reader.tag('sample');
      // prettier-ignore
      switch (tag) {
        case PACKED_LOCATION_IDS: {
          const limit = reader.enter('sample.location_id');
          while (reader.pos < reader.limit) this.#readLocation();
          reader.limit = limit;
          break;
        }
        case LOCATION_ID: this.#readLocation(); break;
        case PACKED_VALUES: {
          const limit = reader.enter('sample.value');
          while (reader.pos < reader.limit) this.#readValue(values++, row);
          reader.limit = limit;
          break;
        }
        case VALUE: this.#readValue(values++, row); break;
        case LABEL: {
          const limit = reader.enter('sample.label');
          this.#columns.labels.read(reader);
          reader.limit = limit;
          break;
        }
        default: reader.skip(tag, 'sample', SAMPLE_FIELDS);
      }
    }
    reader.limit = outer;
    if (values === types) return;
    const fact = `${values} values for ${types} sample types`;
    throw reader.error(fact, 'sample.value', this.#columns.offsets[row], `${values}`);
  }

  #readLocation(): void {
    const reader = this.#reader;
    const start = reader.pos;
    const low = reader.varint('sample.location_id');
    const row = this.#context.locationIds.get(reader.high, low);
    if (row === NO_ROW) {
      const id = reader.unsignedText(reader.high, low);
      throw reader.error(`there is no location with id ${id}`, 'sample.location_id', start, id);
    }
    this.#columns.stacks.push(row);
  }

  #readValue(type: number, row: number): void {
    const reader = this.#reader;
    const low = reader.varint('sample.value');
    // One value too many is counted and refused at the end of the sample.
    if (type >= this.#narrow.length) return;
    const value = (reader.high | 0) * 4294967296 + low;
    if (Number.isSafeInteger(value)) this.#narrow[type][row] = value;
    else {
      this.#narrow[type][row] = NaN;
      this.#wideColumn(type)[row] = (BigInt(reader.high | 0) << 32n) | BigInt(low);
    }
  }

  #wideColumn(type: number): BigInt64Array {
    const known = this.#wide[type];
    if (known !== undefined) return known;
    const count = this.#columns.offsets.length;
    this.#context.budget.take(count * 8, 'sample.value');
    return (this.#wide[type] = new BigInt64Array(count));
  }

  #finishColumn(type: number): Int64Column {
    const narrow = this.#narrow[type];
    const wide = this.#wide[type];
    if (wide === undefined) return narrow;
    for (let row = 0; row < narrow.length; row++)
      if (!Number.isNaN(narrow[row])) wide[row] = BigInt(narrow[row]);
    return wide;
  }
}
