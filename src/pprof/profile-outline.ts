// Where the parts of a Profile message are. One walk counts them, so that every table is allocated once and at its size;
// a second one notes the offsets.
import { PlimsollError } from '../base/errors.ts';
import { Int32Builder } from './columns.ts';
import type { TableBudget } from './table-budget.ts';
import { WIRE_BYTES, WireReader, type FieldNames } from './wire-reader.ts';

// prettier-ignore
export const PROFILE_FIELDS: FieldNames = [
  null, 'sample_type', 'sample', 'mapping', 'location', 'function', 'string_table', 'drop_frames', 'keep_frames',
  'time_nanos', 'duration_nanos', 'period_type', 'period', 'comment', 'default_sample_type', 'doc_url',
];

export const SAMPLE_TYPE = 1;
export const SAMPLE = 2;
export const MAPPING = 3;
export const LOCATION = 4;
export const FUNCTION = 5;
export const STRING_TABLE = 6;
const TIME_NANOS = 9;
const PERIOD_TYPE = 11;
const COMMENT = 13;

/** Fields 1 to 6 are the repeated ones that tables are made of. */
const TABLES = 7;

/** Where offsets go while fields are only counted. */
const UNREAD: readonly Int32Array[] = Array.from({ length: TABLES }, () => new Int32Array(1));

/** `profile.sample` and so on, made once. */
const FIELD_PATHS: readonly string[] = PROFILE_FIELDS.map((name) => `profile.${name}`);

export interface ProfileOutline {
  /** By field number: offsets of the length of each sub-message or string, in the order of the input. */
  readonly offsets: readonly Int32Array[];
  /** Offset of the value of a scalar field by field number; 0 = absent (a value never begins at byte 0). */
  readonly scalar: Int32Array;
  /** Offsets of single comment indices. */
  readonly comment: Int32Array;
}

/** Name of a top-level field for errors. */
export function fieldPath(field: number): string {
  return FIELD_PATHS[field] ?? `profile.(field ${field})`;
}

/** @throws PlimsollError PROFILE_INVALID, PROFILE_TOO_LARGE. */
export function readOutline(reader: WireReader, budget: TableBudget): ProfileOutline {
  const walk = new OutlineWalk(reader, budget);
  walk.count();
  return walk.fill();
}

function isTable(tag: number): boolean {
  return (tag & 7) === WIRE_BYTES && tag > 7 && tag < TABLES * 8;
}

/**
 * Goes past fields 1 to 6 of at most 16 KiB, counts each and notes where it is.
 * @param step of the rows in `offsets`: 1, or 0 for whoever only counts and has one cell for each field.
 * @returns where something else begins, at most the end.
 */
function skipTables(
  bytes: Uint8Array,
  start: number,
  counts: Int32Array,
  offsets: readonly Int32Array[],
  step: 0 | 1,
): number {
  const end = bytes.length - 2;
  let pos = start;
  while (pos < end) {
    const tag = bytes[pos];
    if (!isTable(tag)) return pos;
    let length = bytes[pos + 1];
    let content = pos + 2;
    if (length >= 0x80) {
      const second = bytes[pos + 2];
      if (second >= 0x80) return pos;
      length = (length & 0x7f) | (second << 7);
      content++;
    }
    if (content + length > bytes.length) return pos;
    const field = tag >>> 3;
    const row = counts[field]++;
    offsets[field][row * step] = pos + 1;
    pos = content + length;
  }
  return pos;
}

class OutlineWalk {
  readonly #reader: WireReader;
  readonly #budget: TableBudget;
  readonly #counts: Int32Array;
  readonly #scalar: Int32Array;
  readonly #comment: Int32Builder;

  constructor(reader: WireReader, budget: TableBudget) {
    this.#reader = reader;
    this.#budget = budget;
    this.#counts = budget.int32(TABLES, 'profile');
    this.#scalar = budget.int32(PROFILE_FIELDS.length, 'profile');
    this.#comment = new Int32Builder(1, budget);
  }

  /** Checks the framing of all top-level fields, counts the repeated ones and notes the others. */
  count(): void {
    const reader = this.#reader;
    const counts = this.#counts;
    for (;;) {
      reader.pos = skipTables(reader.bytes, reader.pos, counts, UNREAD, 0);
      if (reader.isAtEnd) return;
      const tag = reader.tag('profile');
      if (isTable(tag)) {
        reader.skipBytes(FIELD_PATHS[tag >>> 3]);
        counts[tag >>> 3]++;
      } else this.#noteRest(tag);
    }
  }

  fill(): ProfileOutline {
    const reader = this.#reader;
    const offsets: Int32Array[] = [];
    for (let field = 0; field < TABLES; field++) {
      offsets.push(this.#budget.int32(this.#counts[field], fieldPath(field)));
    }
    const next = this.#counts.fill(0);
    reader.pos = 0;
    for (;;) {
      reader.pos = skipTables(reader.bytes, reader.pos, next, offsets, 1);
      if (reader.isAtEnd) return { offsets, scalar: this.#scalar, comment: this.#comment.finish() };
      const tag = reader.tag('profile');
      if (isTable(tag)) {
        offsets[tag >>> 3][next[tag >>> 3]++] = reader.pos;
        reader.skipBytes(FIELD_PATHS[tag >>> 3]);
      } else reader.skip(tag, 'profile', []);
    }
  }

  #noteRest(tag: number): void {
    const reader = this.#reader;
    // prettier-ignore
    switch (tag) {
      case 0x38: case 0x40: case 0x48: case 0x50: case 0x60: case 0x70: case 0x78:
        this.#noteScalar(tag >>> 3);
        break;
      case 0x5a:
        this.#scalar[PERIOD_TYPE] = reader.pos;
        reader.skipBytes('profile.period_type');
        break;
      case 0x68: this.#comment.push(reader.pos); reader.varint('profile.comment'); break;
      case 0x6a: this.#noteComments(); break;
      default: reader.skip(tag, 'profile', PROFILE_FIELDS);
    }
  }

  /** Scalars: the last one wins, as everywhere in protocol buffers, except that two times mean two glued profiles. */
  #noteScalar(field: number): void {
    const reader = this.#reader;
    const name = FIELD_PATHS[field];
    const start = reader.pos;
    if (field === TIME_NANOS && this.#scalar[field] !== 0) {
      reader.pos = this.#scalar[field];
      const isKnown = reader.int64(name) !== 0n;
      reader.pos = start;
      if (isKnown) throw this.#gluedError(name);
    }
    this.#scalar[field] = start;
    reader.varint(name);
  }

  #gluedError(name: string): PlimsollError {
    return this.#reader.error(
      'a second time: several profiles were glued together',
      name,
      this.#reader.tagStart,
    );
  }

  #noteComments(): void {
    const reader = this.#reader;
    const name = FIELD_PATHS[COMMENT];
    const outer = reader.enter(name);
    while (!reader.isAtEnd) {
      this.#comment.push(reader.pos);
      reader.varint(name);
    }
    reader.limit = outer;
  }
}
