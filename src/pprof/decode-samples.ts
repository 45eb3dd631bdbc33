// Samples of profile.proto: stacks, values and labels.
import { Int32Builder, Int64Builder } from './columns.ts';
import type { IdMap } from './id-map.ts';
import { StackRows } from './stack-rows.ts';
import { NO_ROW, type LabelTable, type SampleTable, type StackTable } from './tables.ts';
import type { FieldNames, WireReader } from './wire-reader.ts';

const SAMPLE_FIELDS: FieldNames = [null, 'location_id', 'value', 'label'];
const LABEL_FIELDS: FieldNames = [null, 'key', 'str', 'num', 'num_unit'];

interface SampleContext {
  readonly typeCount: number;
  readonly stringCount: number;
  readonly locationIds: IdMap;
}

/** What grows while samples are read. */
interface SampleBuilders {
  readonly stacks: StackRows;
  readonly values: readonly Int64Builder[];
  readonly labels: LabelBuilders;
}

interface LabelBuilders {
  readonly key: Int32Builder;
  readonly text: Int32Builder;
  readonly number: Int64Builder;
  readonly unit: Int32Builder;
}

export function decodeSamples(
  reader: WireReader,
  offsets: Int32Builder,
  context: SampleContext,
): { samples: SampleTable; labels: LabelTable; stacks: StackTable } {
  const count = offsets.length;
  const { typeCount } = context;
  if (typeCount === 0 && count > 0)
    throw reader.error('samples without a sample type', 'profile.sample_type', offsets.at(0));
  const stack = new Int32Array(count);
  const labelStart = new Int32Array(count + 1);
  const builders: SampleBuilders = {
    stacks: new StackRows(),
    values: Array.from({ length: typeCount }, () => new Int64Builder(count)),
    labels: {
      key: new Int32Builder(),
      text: new Int32Builder(),
      number: new Int64Builder(),
      unit: new Int32Builder(),
    },
  };
  for (let row = 0; row < count; row++) {
    reader.pos = offsets.at(row);
    const outer = reader.enter('profile.sample');
    const found = decodeSample(reader, context, builders);
    reader.limit = outer;
    if (found !== typeCount) {
      const fact = `${found} values for ${typeCount} sample types`;
      throw reader.error(fact, 'sample.value', offsets.at(row), `${found}`);
    }
    stack[row] = builders.stacks.close();
    labelStart[row + 1] = builders.labels.key.length;
  }
  const { labels } = builders;
  return {
    samples: {
      length: count,
      stack: stack as SampleTable['stack'],
      values: builders.values.map((column) => column.finish()),
      labelStart,
    },
    labels: {
      length: labels.key.length,
      key: labels.key.finishIndex(),
      text: labels.text.finishIndex(),
      number: labels.number.finish(),
      unit: labels.unit.finishIndex(),
    },
    stacks: builders.stacks.finish(),
  };
}

/** Reads one sample to the reader's limit; returns how many values it has. */
function decodeSample(reader: WireReader, context: SampleContext, builders: SampleBuilders): number {
  let valueCount = 0;
  while (!reader.isAtEnd) {
    const tag = reader.tag('sample');
    // prettier-ignore
    switch (tag) {
      case 0x0a: {
        const outer = reader.enter('sample.location_id');
        while (reader.pos < reader.limit) readLocation(reader, context, builders.stacks);
        reader.limit = outer;
        break;
      }
      case 0x08: readLocation(reader, context, builders.stacks); break;
      case 0x12: {
        const outer = reader.enter('sample.value');
        while (reader.pos < reader.limit) readValue(reader, builders.values, valueCount++);
        reader.limit = outer;
        break;
      }
      case 0x10: readValue(reader, builders.values, valueCount++); break;
      case 0x1a: decodeLabel(reader, context.stringCount, builders.labels); break;
      default: reader.skip(tag, 'sample', SAMPLE_FIELDS);
    }
  }
  return valueCount;
}

function readLocation(reader: WireReader, context: SampleContext, stacks: StackRows): void {
  const start = reader.pos;
  const low = reader.varint('sample.location_id');
  const row = context.locationIds.get(reader.high, low);
  if (row === NO_ROW) {
    const id = reader.signedText(reader.high, low);
    throw reader.error(`there is no location with id ${id}`, 'sample.location_id', start, id);
  }
  stacks.push(row);
}

function readValue(reader: WireReader, values: readonly Int64Builder[], index: number): void {
  const low = reader.varint('sample.value');
  // One value too many is counted and refused at the end of the sample.
  if (index < values.length) values[index].pushWords(reader.high, low);
}

/** A label is text if `str` is set, else a number; a number 0 without a unit cannot be told from nothing. */
function decodeLabel(reader: WireReader, stringCount: number, labels: LabelBuilders): void {
  let key = 0;
  let text = 0;
  let unit = 0;
  let numberLow = 0;
  let numberHigh = 0;
  const outer = reader.enter('sample.label');
  while (!reader.isAtEnd) {
    const tag = reader.tag('label');
    // prettier-ignore
    switch (tag) {
      case 0x08: key = reader.index(stringCount, 'label.key'); break;
      case 0x10: text = reader.index(stringCount, 'label.str'); break;
      case 0x18: numberLow = reader.varint('label.num'); numberHigh = reader.high; break;
      case 0x20: unit = reader.index(stringCount, 'label.num_unit'); break;
      default: reader.skip(tag, 'label', LABEL_FIELDS);
    }
  }
  reader.limit = outer;
  const isNumber = text === 0;
  if (isNumber && numberLow === 0 && numberHigh === 0 && unit === 0) return;
  labels.key.push(key);
  labels.text.push(isNumber ? NO_ROW : text);
  labels.number.pushWords(isNumber ? numberHigh : 0, isNumber ? numberLow : 0);
  labels.unit.push(isNumber ? unit : 0);
}
