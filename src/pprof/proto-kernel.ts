// The WebAssembly module of kernel/ seen from here: bytes into its memory, columns out of it. It takes what nearly all
// encoders write. null means that decode-proto.ts has to read the profile, and to say what is wrong where something is.
import { StringTable } from '../base/string-table.ts';
import type { Bytes } from '../base/units.ts';
import { FUNCTION, LOCATION, MAPPING, SAMPLE, SAMPLE_TYPE, STRING_TABLE } from './profile-outline.ts';
import { MAX_TABLE_BYTES } from './table-budget.ts';
import type {
  IndexColumn,
  LabelTable,
  LocationIndex,
  Profile,
  ProfileHeader,
  SampleTable,
  ShortIndexColumn,
  StringIndex,
} from './tables.ts';

/** What the module exports; see kernel/. Places and sizes in bytes of its memory. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** From here on data may lie. */
  readonly DATA: { readonly value: number };
  init(): void;
  inflate(inAt: number, inEnd: number, outAt: number, outEnd: number): number;
  outline(start: number, end: number): number;
  layout(base: number): number;
  decode(start: number, end: number): number;
  gather(): number;
  beginParts(inAt: number): number;
  inputRoom(): number;
  inflatePart(added: number, isWhole: number): number;
  decodePart(): number;
}

/** What the steps of a profile that is read in parts answer, see kernel/parts.ts. */
const DAMAGED = -1;
const FULL = 0;
const ENDED = 1;
const NOTHING = new Uint8Array(0);
/** Samples of one step, and so many cells lie between the columns of two sample types. */
const PART_ROWS = 4096;

const PAGE: Bytes = 65_536;
/** What the module may look at behind compressed bytes, and write behind plain ones. */
const SLACK: Bytes = 512;

/** Words of the module's state: counts and single fields by field number, then lengths and columns (kernel/columns.ts). */
const STATE: Bytes = 28_672;
const STATE_WORDS = 128;
const STRINGS_SIZE_TOTAL = 24 + STRING_TABLE;
const OUT = 32;
const STACK_COUNT = OUT + 1;
const CELL_COUNT = OUT + 2;
const LABEL_COUNT = OUT + 3;
const LINE_COUNT = OUT + 4;
const STRING_BYTES = OUT + 5;
const STRING_SIZE = OUT + 6;
const STRING_START = OUT + 8;
const STRING_END = OUT + 9;
const FUNCTION_NAME = OUT + 10;
const FUNCTION_SYSTEM_NAME = OUT + 11;
const FUNCTION_FILE = OUT + 12;
const FUNCTION_START_LINE = OUT + 13;
const LOCATION_MAPPING = OUT + 14;
const LOCATION_ADDRESS = OUT + 15;
const LOCATION_LINE_START = OUT + 16;
const LOCATION_IS_FOLDED = OUT + 17;
const LINE_FUNCTION = OUT + 18;
const LINE_LINE = OUT + 19;
const LINE_COLUMN = OUT + 20;
const SAMPLE_STACK = OUT + 21;
const SAMPLE_LABEL_START = OUT + 22;
const SAMPLE_VALUES = OUT + 23;
const LABEL_KEY = OUT + 24;
const LABEL_TEXT = OUT + 25;
const LABEL_UNIT = OUT + 26;
const LABEL_NUMBER = OUT + 27;
const STACK_START = OUT + 28;
const STACK_LOCATION = OUT + 29;
const TYPE_TYPE = OUT + 30;
const TYPE_UNIT = OUT + 31;
const MAPPING_START = OUT + 35;
const MAPPING_LIMIT = OUT + 36;
const MAPPING_OFFSET = OUT + 37;
const MAPPING_FILE = OUT + 38;
const MAPPING_BUILD_ID = OUT + 39;
const MAPPING_FLAGS = OUT + 40;
const WIDE = OUT + 41;
const REST = OUT + 42;
const REST_SIZE = OUT + 43;
const PLAIN_FROM = OUT + 44;
const PLAIN_TO = OUT + 45;
const LARGEST_LOCATION = OUT + 46;
const LARGEST_STRING = OUT + 47;
const HAS_UNITS = OUT + 48;
const STACK_HASH = OUT + 49;
const INPUT_TO = OUT + 50;
/** Columns of 64 bits where doubles do not do, as bits of WIDE. */
const WIDE_ADDRESS = 1;
const WIDE_START = 2;
const WIDE_LIMIT = 4;
const WIDE_OFFSET = 8;
/** Numbers of the profile itself, by field number: words of 64 bits, or the lower half of them. */
const WIDE_SCALARS = 48;
const SCALARS = 96;
const DROP_FRAMES = SCALARS + 2 * 7;
const KEEP_FRAMES = SCALARS + 2 * 8;
const TIME_NANOS = WIDE_SCALARS + 9;
const DURATION_NANOS = WIDE_SCALARS + 10;
const PERIOD = WIDE_SCALARS + 12;
const PERIOD_TYPE = SCALARS + 2 * 11;
const PERIOD_UNIT = PERIOD_TYPE + 1;
const DEFAULT_SAMPLE_TYPE = SCALARS + 2 * 14;
const DOC_URL = SCALARS + 2 * 15;

/** How much larger than its strings the stretch may be that holds them; decode-proto.ts puts others together. */
const MAX_STRETCH = 2;

/** A column without cells: making a view takes as long as decoding a frame. */
const NO_ROWS = new Int32Array(0);
const noRows = <Row extends number>(): IndexColumn<Row> => NO_ROWS as IndexColumn<Row>;
/** Most profiles have none. */
const NO_LABELS: LabelTable = {
  length: 0,
  key: noRows(),
  text: noRows(),
  number: new Float64Array(0),
  unit: noRows(),
};

/** `copied`: the module is used again for other profiles. `kept`: its memory becomes that of the one profile's columns. */
export type KernelUse = 'copied' | 'kept';

/** Some samples of a profile as columns, and what lay between them; valid until the next step. */
export interface ProfilePart {
  readonly samples: number;
  /** By sample type. */
  readonly values: readonly Float64Array[];
  /** Labels of the part; `labelStart` has a cell more than there are samples. */
  readonly labelStart: Int32Array;
  readonly labelKey: Int32Array;
  readonly labelText: Int32Array;
  readonly labelNumber: Float64Array;
  /** Null = all 0. */
  readonly labelUnit: Int32Array | null;
  /** Of each sample's stack in `cells`, not compared with each other; one cell more than there are samples. */
  readonly stackStart: Int32Array;
  /** What hashLocation makes of the stack of each sample. */
  readonly stackHash: Int32Array;
  readonly cells: Uint16Array;
  /** Fields of the message that are no samples. */
  readonly rest: Uint8Array;
}

/** The largest rows that samples so far point to. */
export interface LargestRows {
  readonly location: number;
  readonly string: number;
}

/** Plain bytes in the memory of a kernel. */
export interface PlacedBytes {
  readonly start: Bytes;
  readonly end: Bytes;
}

export class ProtoKernel {
  readonly #exports: KernelExports;
  readonly #use: KernelUse;
  readonly #maxBytes: Bytes;
  /** The memory, as long as it has not grown. */
  #bytes: Uint8Array;
  #state: Int32Array;
  #wideState: BigInt64Array;
  /** What a profile that is read in parts still has to come. */
  #compressed: Uint8Array = NOTHING;

  /** @param maxBytes of memory that it may take. */
  constructor(exports: KernelExports, use: KernelUse, maxBytes: Bytes) {
    this.#exports = exports;
    this.#use = use;
    this.#maxBytes = maxBytes;
    exports.init();
    this.#bytes = new Uint8Array(exports.memory.buffer);
    this.#state = new Int32Array(exports.memory.buffer, STATE, STATE_WORDS);
    this.#wideState = new BigInt64Array(exports.memory.buffer, STATE, STATE_WORDS / 2);
  }

  /** Copies plain bytes into the memory; null = they do not fit. */
  place(plain: Uint8Array): PlacedBytes | null {
    const start = this.#exports.DATA.value;
    const end = start + plain.length;
    if (!this.#reserve(end + SLACK)) return null;
    this.#bytes.set(plain, start);
    return { start, end };
  }

  /**
   * Decompresses DEFLATE data without its frame into the memory.
   * @param size of what comes out.
   * @returns null when it is damaged or of another size, or does not fit.
   */
  inflate(compressed: Uint8Array, size: Bytes): PlacedBytes | null {
    const start = this.#exports.DATA.value;
    const end = start + size;
    // Behind the plain bytes, where the columns will lie: nobody needs it by then.
    const from = end + SLACK;
    const to = from + compressed.length;
    if (!this.#reserve(to + SLACK)) return null;
    this.#bytes.set(compressed, from);
    const read = this.#exports.inflate(from, to, start, end);
    return read === compressed.length ? { start, end } : null;
  }

  /** What was placed; valid until the next call of anything. */
  view({ start, end }: PlacedBytes): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer, start, end - start);
  }

  /**
   * Decodes a profile.proto message that was placed. The tables are those that decodeProto makes.
   * @param maxTableBytes as there.
   * @returns null when it is not of the usual kind, or damaged.
   */
  decode({ start, end }: PlacedBytes, maxTableBytes = MAX_TABLE_BYTES): Profile | null {
    const kernel = this.#exports;
    if (kernel.outline(start, end) !== 0) return null;
    const top = kernel.layout(end + SLACK);
    // The strings are copied behind the columns in the end.
    if (top - end > maxTableBytes || !this.#reserve(top + end - start + SLACK)) return null;
    if (kernel.decode(start, end) !== 0) return null;
    const state = this.#state;
    const stretch = state[STRING_SIZE];
    const strings = state[STRING_TABLE];
    if (stretch > (state[STRINGS_SIZE_TOTAL] + strings * 2) * MAX_STRETCH) return null;
    return this.#tables();
  }

  /**
   * Begins to read a compressed profile in parts: then `inflatePart` until it says that this was the last one, and after each of
   * them `decodePart` until it says that no more samples are there.
   * @returns false when it does not fit.
   */
  beginParts(compressed: Uint8Array): boolean {
    this.#compressed = compressed;
    return this.#reserve(this.#exports.beginParts(this.#exports.DATA.value) + SLACK);
  }

  /**
   * Decompresses the next part.
   * @returns null when it is damaged, or one message is too large for a part. `plain` is valid until the next step.
   */
  inflatePart(): { readonly plain: Uint8Array; readonly isLast: boolean } | null {
    const compressed = this.#compressed;
    const piece = compressed.subarray(0, this.#exports.inputRoom());
    this.#bytes.set(piece, this.#state[INPUT_TO]);
    this.#compressed = compressed.subarray(piece.length);
    const found = this.#exports.inflatePart(piece.length, piece.length === compressed.length ? 1 : 0);
    if (found !== FULL) this.#compressed = NOTHING;
    if (found === DAMAGED) return null;
    const plain = this.#bytes.subarray(this.#state[PLAIN_FROM], this.#state[PLAIN_TO]);
    return { plain, isLast: found === ENDED };
  }

  /** Whether all that was decompressed is decoded, and what; null = it is not of the usual kind, or damaged. */
  decodePart(): { readonly part: ProfilePart; readonly isDone: boolean } | null {
    const found = this.#exports.decodePart();
    return found === DAMAGED ? null : { part: this.#part(), isDone: found === ENDED };
  }

  /** As of all parts so far. */
  largestRows(): LargestRows {
    return { location: this.#state[LARGEST_LOCATION], string: this.#state[LARGEST_STRING] };
  }

  #part(): ProfilePart {
    const state = this.#state;
    const { buffer } = this.#exports.memory;
    const samples = state[SAMPLE];
    const labels = state[LABEL_COUNT];
    const rows = (column: number, count: number) => new Int32Array(buffer, state[column], count);
    const values: Float64Array[] = [];
    for (let type = 0; type < state[SAMPLE_TYPE]; type++)
      values.push(new Float64Array(buffer, state[SAMPLE_VALUES] + type * PART_ROWS * 8, samples));
    return {
      samples,
      values,
      labelStart: rows(SAMPLE_LABEL_START, samples + 1),
      labelKey: rows(LABEL_KEY, labels),
      labelText: rows(LABEL_TEXT, labels),
      labelNumber: new Float64Array(buffer, state[LABEL_NUMBER], labels),
      labelUnit: state[HAS_UNITS] === 0 ? null : rows(LABEL_UNIT, labels),
      stackStart: rows(STACK_START, samples + 1),
      stackHash: rows(STACK_HASH, samples),
      cells: new Uint16Array(buffer, state[STACK_LOCATION], state[CELL_COUNT]),
      rest: new Uint8Array(buffer, state[REST], state[REST_SIZE]),
    };
  }

  #tables(): Profile {
    const state = this.#state;
    const isCopied = this.#use === 'copied';
    const from = isCopied ? state[TYPE_TYPE] : 0;
    const { buffer } = this.#exports.memory;
    const memory = isCopied ? buffer.slice(from, this.#exports.gather()) : buffer;
    const rows = <Row extends number>(column: number, count: number) =>
      new Int32Array(memory, state[column] - from, count) as IndexColumn<Row>;
    const doubles = (column: number, count: number) => new Float64Array(memory, state[column] - from, count);
    const addresses = (column: number, count: number, bit: number) =>
      (state[WIDE] & bit) === 0
        ? doubles(column, count)
        : new BigUint64Array(memory, state[column] - from, count);
    const types = state[SAMPLE_TYPE];
    const maps = state[MAPPING];
    const functions = state[FUNCTION];
    const locations = state[LOCATION];
    const lines = state[LINE_COUNT];
    const labels = state[LABEL_COUNT];
    const stacks = state[STACK_COUNT];
    const samples = state[SAMPLE];
    const strings = state[STRING_TABLE];
    const bytes = new Uint8Array(memory, state[STRING_BYTES] - from, state[STRING_SIZE]);
    return {
      header: this.#header(),
      sampleTypes: { length: types, type: rows(TYPE_TYPE, types), unit: rows(TYPE_UNIT, types) },
      strings: new StringTable(bytes, rows(STRING_START, strings), rows(STRING_END, strings)),
      samples: {
        length: samples,
        stack: rows(SAMPLE_STACK, samples),
        values: this.#values(memory, from),
        labelStart: rows(SAMPLE_LABEL_START, samples + 1),
      },
      labels:
        labels === 0
          ? NO_LABELS
          : {
              length: labels,
              key: rows(LABEL_KEY, labels),
              text: rows(LABEL_TEXT, labels),
              number: doubles(LABEL_NUMBER, labels),
              unit: rows(LABEL_UNIT, labels),
            },
      stacks: {
        length: stacks,
        locationStart: rows(STACK_START, stacks + 1),
        location: new Uint16Array(
          memory,
          state[STACK_LOCATION] - from,
          state[CELL_COUNT],
        ) as ShortIndexColumn<LocationIndex>,
      },
      locations: {
        length: locations,
        id: null,
        mapping: rows(LOCATION_MAPPING, locations),
        address: addresses(LOCATION_ADDRESS, locations, WIDE_ADDRESS),
        lineStart: rows(LOCATION_LINE_START, locations + 1),
        isFolded: new Uint8Array(memory, state[LOCATION_IS_FOLDED] - from, locations),
      },
      lines: {
        length: lines,
        function: rows(LINE_FUNCTION, lines),
        line: doubles(LINE_LINE, lines),
        column: doubles(LINE_COLUMN, lines),
      },
      functions: {
        length: functions,
        name: rows(FUNCTION_NAME, functions),
        systemName: rows(FUNCTION_SYSTEM_NAME, functions),
        file: rows(FUNCTION_FILE, functions),
        startLine: doubles(FUNCTION_START_LINE, functions),
      },
      mappings: {
        length: maps,
        id: null,
        start: addresses(MAPPING_START, maps, WIDE_START),
        limit: addresses(MAPPING_LIMIT, maps, WIDE_LIMIT),
        offset: addresses(MAPPING_OFFSET, maps, WIDE_OFFSET),
        file: rows(MAPPING_FILE, maps),
        buildId: rows(MAPPING_BUILD_ID, maps),
        flags: new Uint8Array(memory, state[MAPPING_FLAGS] - from, maps),
      },
    };
  }

  #header(): ProfileHeader {
    const state = this.#state;
    const wide = this.#wideState;
    const row = (word: number) => state[word] as StringIndex;
    return {
      periodType: row(PERIOD_TYPE),
      periodUnit: row(PERIOD_UNIT),
      period: wide[PERIOD],
      timeNanos: wide[TIME_NANOS],
      durationNanos: wide[DURATION_NANOS],
      defaultSampleType: row(DEFAULT_SAMPLE_TYPE),
      dropFrames: row(DROP_FRAMES),
      keepFrames: row(KEEP_FRAMES),
      docUrl: row(DOC_URL),
      comment: noRows(),
    };
  }

  /** One column behind the other. */
  #values(memory: ArrayBuffer, from: Bytes): SampleTable['values'] {
    const samples = this.#state[SAMPLE];
    const values: Float64Array[] = [];
    for (let type = 0; type < this.#state[SAMPLE_TYPE]; type++) {
      const at = this.#state[SAMPLE_VALUES] - from + type * samples * 8;
      values.push(new Float64Array(memory, at, samples));
    }
    return values;
  }

  /** Makes the memory at least so large; false = it may not be, or there is none. */
  #reserve(end: Bytes): boolean {
    const { memory } = this.#exports;
    const missing = end - memory.buffer.byteLength;
    if (missing <= 0) return true;
    if (end > this.#maxBytes) return false;
    try {
      memory.grow(Math.ceil(missing / PAGE));
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.#bytes = new Uint8Array(memory.buffer);
    this.#state = new Int32Array(memory.buffer, STATE, STATE_WORDS);
    this.#wideState = new BigInt64Array(memory.buffer, STATE, STATE_WORDS / 2);
    return true;
  }
}
