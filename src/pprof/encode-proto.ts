// Columns back to profile.proto, in the field order of runtime/pprof, so that `go tool pprof` opens what we keep.
import type { Int64Column, Profile, Uint64Column } from './tables.ts';
import { MAPPING_HAS_FUNCTIONS } from './tables.ts';
import { WireWriter } from './wire-writer.ts';

/**
 * Encodes a profile as an uncompressed profile.proto message. Ids are kept; strings keep their rows.
 * Decoding the result gives equal tables.
 */
export function encodeProfile(profile: Profile): Uint8Array {
  const writer = new WireWriter();
  const { sampleTypes, header } = profile;
  for (let row = 0; row < sampleTypes.length; row++)
    writeValueType(writer, 1, sampleTypes.type[row], sampleTypes.unit[row]);
  writeSamples(writer, profile);
  writeMappings(writer, profile);
  writeLocations(writer, profile);
  writeFunctions(writer, profile);
  const { strings } = profile;
  for (let row = 0; row < strings.length; row++)
    writer.bytes(6, strings.bytes.subarray(strings.start[row], strings.end[row]));
  writer.integer(7, header.dropFrames);
  writer.integer(8, header.keepFrames);
  writer.integer(9, header.timeNanos);
  writer.integer(10, header.durationNanos);
  if (header.periodType !== 0 || header.periodUnit !== 0)
    writeValueType(writer, 11, header.periodType, header.periodUnit);
  writer.integer(12, header.period);
  if (header.comment.length > 0)
    writer.message(13, () => {
      for (const row of header.comment) writer.value(row);
    });
  writer.integer(14, header.defaultSampleType);
  writer.integer(15, header.docUrl);
  return writer.finish();
}

function writeValueType(writer: WireWriter, field: number, type: number, unit: number): void {
  writer.message(field, () => {
    writer.integer(1, type);
    writer.integer(2, unit);
  });
}

function idAt(ids: Uint64Column | null, row: number): number | bigint {
  return ids === null ? row + 1 : ids[row];
}

function writeSamples(writer: WireWriter, profile: Profile): void {
  const { samples, stacks, locations } = profile;
  for (let row = 0; row < samples.length; row++) {
    const stack = samples.stack[row];
    const from = stacks.locationStart[stack];
    const to = stacks.locationStart[stack + 1];
    writer.message(2, () => {
      if (to > from)
        writer.message(1, () => {
          for (let at = from; at < to; at++) writer.value(idAt(locations.id, stacks.location[at]));
        });
      writer.message(2, () => writeValues(writer, samples.values, row));
      writeLabels(writer, profile, row);
    });
  }
}

function writeValues(writer: WireWriter, values: readonly Int64Column[], row: number): void {
  for (const column of values) writer.value(column[row]);
}

function writeLabels(writer: WireWriter, { samples, labels }: Profile, sample: number): void {
  for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) {
    writer.message(3, () => {
      writer.integer(1, labels.key[row]);
      if (labels.text[row] >= 0) writer.integer(2, labels.text[row]);
      else {
        writer.integer(3, labels.number[row]);
        writer.integer(4, labels.unit[row]);
      }
    });
  }
}

function writeMappings(writer: WireWriter, { mappings }: Profile): void {
  for (let row = 0; row < mappings.length; row++) {
    writer.message(3, () => {
      writer.integer(1, idAt(mappings.id, row));
      writer.integer(2, mappings.start[row]);
      writer.integer(3, mappings.limit[row]);
      writer.integer(4, mappings.offset[row]);
      writer.integer(5, mappings.file[row]);
      writer.integer(6, mappings.buildId[row]);
      // Fields 7 to 10 are the four flags in the order of their bits.
      for (let bit = 0; bit < 4; bit++)
        writer.integer(7 + bit, (mappings.flags[row] & (MAPPING_HAS_FUNCTIONS << bit)) === 0 ? 0 : 1);
    });
  }
}

function writeLocations(writer: WireWriter, { locations, lines, mappings }: Profile): void {
  // Function ids are not kept: nothing shows them, so they are always row + 1.
  for (let row = 0; row < locations.length; row++) {
    const mapping = locations.mapping[row];
    writer.message(4, () => {
      writer.integer(1, idAt(locations.id, row));
      if (mapping >= 0) writer.integer(2, idAt(mappings.id, mapping));
      writer.integer(3, locations.address[row]);
      for (let line = locations.lineStart[row]; line < locations.lineStart[row + 1]; line++)
        writer.message(4, () => {
          writer.integer(1, lines.function[line] + 1);
          writer.integer(2, lines.line[line]);
          writer.integer(3, lines.column[line]);
        });
      writer.integer(5, locations.isFolded[row]);
    });
  }
}

function writeFunctions(writer: WireWriter, { functions }: Profile): void {
  for (let row = 0; row < functions.length; row++) {
    writer.message(5, () => {
      writer.integer(1, row + 1);
      writer.integer(2, functions.name[row]);
      writer.integer(3, functions.systemName[row]);
      writer.integer(4, functions.file[row]);
      writer.integer(5, functions.startLine[row]);
    });
  }
}
