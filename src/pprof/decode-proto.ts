// profile.proto straight into columns: the outline of the message, then strings, mappings, functions, locations and
// samples, each part before those that point to it. Accepts what google/pprof accepts [profile/encode.go,
// profile/proto.go, CheckValid]; refuses every truncation that leaves an invalid message.
import { PlimsollError } from '../base/errors.ts';
import { StringTable } from '../base/string-table.ts';
import { decodeFunctions, decodeMappings } from './decode-entities.ts';
import { decodeHeader, decodeSampleTypes } from './decode-header.ts';
import { decodeLocations } from './decode-locations.ts';
import { decodeSamples } from './decode-samples.ts';
import {
  FUNCTION,
  LOCATION,
  MAPPING,
  SAMPLE,
  SAMPLE_TYPE,
  STRING_TABLE,
  fieldPath,
  readOutline,
} from './profile-outline.ts';
import { TableBudget } from './table-budget.ts';
import type { ProtoKernel } from './proto-kernel.ts';
import type { Profile } from './tables.ts';
import { WireReader } from './wire-reader.ts';

/** Row numbers and offsets are Int32; a larger message could not be addressed. */
export const MAX_PROFILE_BYTES = 0x7fffffff;

/** How much larger than its strings the stretch may be that holds them, before they are copied one by one. */
const MAX_STRETCH = 2;

/**
 * Decodes a profile.proto message.
 *
 * @param bytes decompressed. The result keeps a copy of the string bytes only.
 * @param maxTableBytes bound of what is allocated for the tables, see MAX_TABLE_BYTES.
 * @param kernel reads the profile if it is of the usual kind; null = it is read here in any case.
 * @throws PlimsollError PROFILE_INVALID with byte offset, field and value; PROFILE_TOO_LARGE beyond 2 GiB or when the
 *   tables would take more than they may.
 */
export function decodeProto(
  bytes: Uint8Array,
  maxTableBytes?: number,
  kernel: ProtoKernel | null = null,
): Profile {
  if (bytes.length > MAX_PROFILE_BYTES)
    throw new PlimsollError('PROFILE_TOO_LARGE', 'pprof', `${bytes.length} bytes, at most 2 GiB`);
  const placed = kernel?.place(bytes) ?? null;
  const usual = placed === null ? null : (kernel?.decode(placed, maxTableBytes) ?? null);
  if (usual !== null) return usual;
  const budget = new TableBudget(maxTableBytes);
  // A Buffer of Node is one, too, but its slices are no copies, and code that is compiled for one is thrown away for the other.
  const reader = new WireReader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  const outline = readOutline(reader, budget);
  const { offsets } = outline;
  const strings = sliceStrings(reader, offsets[STRING_TABLE], budget);
  const stringCount = strings.length;
  const sampleTypes = decodeSampleTypes(reader, offsets[SAMPLE_TYPE], stringCount, budget);
  const header = decodeHeader(reader, outline, stringCount);
  const { mappings, mappingIds } = decodeMappings(reader, offsets[MAPPING], stringCount, budget);
  const { functions, functionIds } = decodeFunctions(reader, offsets[FUNCTION], stringCount, budget);
  const { locations, lines, locationIds } = decodeLocations(
    reader,
    offsets[LOCATION],
    mappingIds,
    functionIds,
    budget,
  );
  const { samples, labels, stacks } = decodeSamples(reader, offsets[SAMPLE], {
    typeCount: sampleTypes.length,
    stringCount,
    locationIds,
    budget,
  });
  return { header, strings, sampleTypes, samples, labels, stacks, locations, lines, functions, mappings };
}

/** A copy of the bytes of all strings and the rows where they lie in it. */
function sliceStrings(reader: WireReader, offsets: Int32Array, budget: TableBudget): StringTable {
  const field = fieldPath(STRING_TABLE);
  const count = offsets.length;
  if (count === 0)
    throw reader.error('there is no string table: this is no profile', field, reader.bytes.length);
  // The offsets become the starts: nobody needs them again.
  const start = offsets;
  const end = budget.int32(count, field);
  let total = 0;
  for (let row = 0; row < count; row++) {
    reader.pos = offsets[row];
    const length = reader.length(field);
    start[row] = reader.pos;
    end[row] = reader.pos + length;
    total += length;
  }
  if (start[0] !== end[0]) throw reader.error('the first string must be empty', field, start[0]);
  const origin = start[0];
  const stretch = end[count - 1] - origin;
  if (stretch > (total + count * 2) * MAX_STRETCH) return gatherStrings(reader, start, end, total, budget);
  for (let row = 0; row < count; row++) {
    start[row] -= origin;
    end[row] -= origin;
  }
  const bytes = budget.uint8(stretch, field);
  bytes.set(reader.bytes.subarray(origin, origin + stretch));
  return new StringTable(bytes, start, end);
}

/** Strings that lie apart, put together. */
function gatherStrings(
  reader: WireReader,
  start: Int32Array,
  end: Int32Array,
  total: number,
  budget: TableBudget,
): StringTable {
  const bytes = budget.uint8(total, fieldPath(STRING_TABLE));
  let at = 0;
  for (let row = 0; row < start.length; row++) {
    bytes.set(reader.bytes.subarray(start[row], end[row]), at);
    const length = end[row] - start[row];
    start[row] = at;
    at += length;
    end[row] = at;
  }
  return new StringTable(bytes, start, end);
}
