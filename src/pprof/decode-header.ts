// What profile.proto says once per profile, and what its values mean.
import type { StringIndex } from '../base/string-table.ts';
import { Int32Builder } from './columns.ts';
import { fieldPath, type ProfileOutline } from './profile-outline.ts';
import type { TableBudget } from './table-budget.ts';
import type { IndexColumn, ProfileHeader, ValueTypeTable } from './tables.ts';
import type { FieldNames, WireReader } from './wire-reader.ts';

const VALUE_TYPE_FIELDS: FieldNames = [null, 'type', 'unit'];

export function decodeSampleTypes(
  reader: WireReader,
  offsets: Int32Array,
  stringCount: number,
  budget: TableBudget,
): ValueTypeTable {
  const type = new Int32Builder(offsets.length, budget);
  const unit = new Int32Builder(offsets.length, budget);
  for (const offset of offsets) {
    const value = decodeValueType(reader, offset, 'profile.sample_type', stringCount);
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
    if (tag === 0x08) type = reader.index(stringCount, `${message}.type`, tag);
    else if (tag === 0x10) unit = reader.index(stringCount, `${message}.unit`, tag);
    else reader.skip(tag, message, VALUE_TYPE_FIELDS);
  }
  reader.limit = outer;
  return { type: type as StringIndex, unit: unit as StringIndex };
}

/** @param outline of which the numbers by field number and the comments are looked at. */
export function decodeHeader(
  reader: WireReader,
  outline: Pick<ProfileOutline, 'scalar' | 'comment'>,
  stringCount: number,
): ProfileHeader {
  const { scalar } = outline;
  const integer = (field: number): bigint => {
    if (scalar[field] === 0) return 0n;
    reader.pos = scalar[field];
    return reader.int64(fieldPath(field));
  };
  const string = (field: number): StringIndex => {
    if (scalar[field] === 0) return 0 as StringIndex;
    reader.pos = scalar[field];
    return reader.index(stringCount, fieldPath(field)) as StringIndex;
  };
  const periodType =
    scalar[11] === 0
      ? { type: 0 as StringIndex, unit: 0 as StringIndex }
      : decodeValueType(reader, scalar[11], 'profile.period_type', stringCount);
  const comment = outline.comment;
  for (let i = 0; i < comment.length; i++) {
    reader.pos = comment[i];
    comment[i] = reader.index(stringCount, 'profile.comment');
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
    comment: comment as IndexColumn<StringIndex>,
  };
}
