// profile.proto straight into columns: one walk over the message to find its parts, then strings, mappings,
// functions, locations and samples, each part before those that point to it. Accepts what google/pprof accepts
// [profile/encode.go, profile/proto.go, CheckValid]; refuses every truncation that leaves an invalid message.
import { PlimsollError } from '../base/errors.ts';
import { StringTable, type StringIndex } from '../base/string-table.ts';
import { Int32Builder } from './columns.ts';
import { decodeFunctions, decodeLocations, decodeMappings } from './decode-entities.ts';
import { decodeSamples } from './decode-samples.ts';
import type { IndexColumn, Profile, ProfileHeader, ValueTypeTable } from './tables.ts';
import { WireReader, type FieldNames } from './wire-reader.ts';

/** Row numbers and offsets are Int32; a larger message could not be addressed. */
export const MAX_PROFILE_BYTES = 0x7fffffff;

// prettier-ignore
const PROFILE_FIELDS: FieldNames = [
  null, 'sample_type', 'sample', 'mapping', 'location', 'function', 'string_table', 'drop_frames', 'keep_frames',
  'time_nanos', 'duration_nanos', 'period_type', 'period', 'comment', 'default_sample_type', 'doc_url',
];
const VALUE_TYPE_FIELDS: FieldNames = [null, 'type', 'unit'];

/** Where the parts of a Profile message are: offsets of the length of each sub-message. */
interface Outline {
  readonly sampleType: Int32Builder;
  readonly sample: Int32Builder;
  readonly mapping: Int32Builder;
  readonly location: Int32Builder;
  readonly function: Int32Builder;
  readonly stringStart: Int32Builder;
  readonly stringEnd: Int32Builder;
  /** Offset of the value of a scalar field by field number; 0 = absent (a value never begins at byte 0). */
  readonly scalar: Int32Array;
  /** Offsets of single comment indices. */
  readonly comment: Int32Builder;
}

/**
 * Decodes a profile.proto message.
 *
 * @param bytes decompressed. The result keeps a copy of the string bytes only.
 * @throws PlimsollError PROFILE_INVALID with byte offset, field and value; PROFILE_TOO_LARGE beyond 2 GiB.
 */
export function decodeProto(bytes: Uint8Array): Profile {
  if (bytes.length > MAX_PROFILE_BYTES)
    throw new PlimsollError('PROFILE_TOO_LARGE', 'pprof', `${bytes.length} bytes, at most 2 GiB`);
  const reader = new WireReader(bytes);
  const outline = readOutline(reader);
  const strings = sliceStrings(reader, outline);
  const sampleTypes = decodeSampleTypes(reader, outline.sampleType, strings.length);
  const header = decodeHeader(reader, outline, strings.length);
  const { mappings, mappingIds } = decodeMappings(reader, outline.mapping, strings.length);
  const { functions, functionIds } = decodeFunctions(reader, outline.function, strings.length);
  const { locations, lines, locationIds } = decodeLocations(
    reader,
    outline.location,
    mappingIds,
    functionIds,
  );
  const { samples, labels, stacks } = decodeSamples(reader, outline.sample, {
    typeCount: sampleTypes.length,
    stringCount: strings.length,
    locationIds,
  });
  return { header, strings, sampleTypes, samples, labels, stacks, locations, lines, functions, mappings };
}

function readOutline(reader: WireReader): Outline {
  const outline: Outline = {
    sampleType: new Int32Builder(),
    sample: new Int32Builder(1024),
    mapping: new Int32Builder(),
    location: new Int32Builder(1024),
    function: new Int32Builder(1024),
    stringStart: new Int32Builder(1024),
    stringEnd: new Int32Builder(1024),
    scalar: new Int32Array(16),
    comment: new Int32Builder(),
  };
  while (!reader.isAtEnd) {
    const tag = reader.tag('profile');
    // prettier-ignore
    switch (tag) {
      case 0x0a: noteMessage(reader, outline.sampleType, 'profile.sample_type'); break;
      case 0x12: noteMessage(reader, outline.sample, 'profile.sample'); break;
      case 0x1a: noteMessage(reader, outline.mapping, 'profile.mapping'); break;
      case 0x22: noteMessage(reader, outline.location, 'profile.location'); break;
      case 0x2a: noteMessage(reader, outline.function, 'profile.function'); break;
      case 0x32: {
        const length = reader.length('profile.string_table');
        outline.stringStart.push(reader.pos);
        outline.stringEnd.push(reader.pos + length);
        reader.pos += length;
        break;
      }
      case 0x5a: {
        outline.scalar[11] = reader.pos;
        reader.skipBytes('profile.period_type');
        break;
      }
      case 0x38: case 0x40: case 0x48: case 0x50: case 0x60: case 0x70: case 0x78:
        noteScalar(reader, outline, tag >>> 3);
        break;
      case 0x68: outline.comment.push(reader.pos); reader.varint('profile.comment'); break;
      case 0x6a: noteComments(reader, outline.comment); break;
      default: reader.skip(tag, 'profile', PROFILE_FIELDS);
    }
  }
  return outline;
}

function noteMessage(reader: WireReader, offsets: Int32Builder, field: string): void {
  offsets.push(reader.pos);
  reader.skipBytes(field);
}

/** Scalars: the last one wins, as everywhere in protocol buffers, except that two times mean two glued profiles. */
function noteScalar(reader: WireReader, outline: Outline, field: number): void {
  const name = `profile.${PROFILE_FIELDS[field]}`;
  if (field === 9 && outline.scalar[9] !== 0)
    throw reader.error('a second time: several profiles were glued together', name, reader.tagStart);
  outline.scalar[field] = reader.pos;
  reader.varint(name);
}

function noteComments(reader: WireReader, comment: Int32Builder): void {
  const outer = reader.enter('profile.comment');
  while (!reader.isAtEnd) {
    comment.push(reader.pos);
    reader.varint('profile.comment');
  }
  reader.limit = outer;
}

/** One copy of the stretch that holds the strings, with the rows where they lay. */
function sliceStrings(reader: WireReader, outline: Outline): StringTable {
  const start = outline.stringStart.finish();
  const end = outline.stringEnd.finish();
  const count = start.length;
  if (count === 0)
    throw reader.error(
      'there is no string table: this is no profile',
      'profile.string_table',
      reader.bytes.length,
    );
  if (start[0] !== end[0])
    throw reader.error('the first string must be empty', 'profile.string_table', start[0]);
  const origin = start[0];
  for (let row = 0; row < count; row++) {
    start[row] -= origin;
    end[row] -= origin;
  }
  return new StringTable(reader.bytes.slice(origin, origin + end[count - 1]), start, end);
}

function decodeSampleTypes(reader: WireReader, offsets: Int32Builder, stringCount: number): ValueTypeTable {
  const type = new Int32Builder(offsets.length);
  const unit = new Int32Builder(offsets.length);
  for (let row = 0; row < offsets.length; row++) {
    const value = decodeValueType(reader, offsets.at(row), 'profile.sample_type', stringCount);
    type.push(value.type);
    unit.push(value.unit);
  }
  return { length: offsets.length, type: type.finishIndex(), unit: unit.finishIndex() };
}

function decodeValueType(
  reader: WireReader,
  offset: number,
  message: string,
  stringCount: number,
): { type: StringIndex; unit: StringIndex } {
  let type = 0;
  let unit = 0;
  reader.pos = offset;
  const outer = reader.enter(message);
  while (!reader.isAtEnd) {
    const tag = reader.tag(message);
    if (tag === 0x08) type = reader.index(stringCount, `${message}.type`);
    else if (tag === 0x10) unit = reader.index(stringCount, `${message}.unit`);
    else reader.skip(tag, message, VALUE_TYPE_FIELDS);
  }
  reader.limit = outer;
  return { type: type as StringIndex, unit: unit as StringIndex };
}

function decodeHeader(reader: WireReader, outline: Outline, stringCount: number): ProfileHeader {
  const { scalar } = outline;
  const integer = (field: number): bigint => {
    if (scalar[field] === 0) return 0n;
    reader.pos = scalar[field];
    return reader.int64(`profile.${PROFILE_FIELDS[field]}`);
  };
  const string = (field: number): StringIndex => {
    if (scalar[field] === 0) return 0 as StringIndex;
    reader.pos = scalar[field];
    return reader.index(stringCount, `profile.${PROFILE_FIELDS[field]}`) as StringIndex;
  };
  const periodType =
    scalar[11] === 0
      ? { type: 0 as StringIndex, unit: 0 as StringIndex }
      : decodeValueType(reader, scalar[11], 'profile.period_type', stringCount);
  const comment = new Int32Builder(outline.comment.length);
  for (let i = 0; i < outline.comment.length; i++) {
    reader.pos = outline.comment.at(i);
    comment.push(reader.index(stringCount, 'profile.comment'));
  }
  return {
    periodType: periodType.type,
    periodUnit: periodType.unit,
    period: integer(12),
    timeNanos: integer(9),
    durationNanos: integer(10),
    defaultSampleType: string(14),
    dropFrames: string(7),
    keepFrames: string(8),
    docUrl: string(15),
    comment: comment.finish() as IndexColumn<StringIndex>,
  };
}
