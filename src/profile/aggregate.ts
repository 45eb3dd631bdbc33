// Erasing what a granularity does not show, so that frames which differ in nothing else are one.
// Source: google/pprof profile.Aggregate and internal/driver aggregate.
import {
  MAPPING_HAS_FILENAMES,
  MAPPING_HAS_FUNCTIONS,
  MAPPING_HAS_INLINE_FRAMES,
  MAPPING_HAS_LINE_NUMBERS,
  type Int64Column,
  type Profile,
  type Uint64Column,
} from '../pprof/tables.ts';
import { keepLines } from './frame-edits.ts';
import type { Granularity } from './reports/options.ts';

export interface Aggregation {
  readonly granularity: Granularity;
  /** Keeps only the real function of a location, which then stands for all that was inlined into it. */
  readonly noInlines: boolean;
  /** Keeps columns where lines are kept. */
  readonly showColumns: boolean;
}

const SHOWN: Readonly<Record<Granularity, { name: boolean; file: boolean; line: boolean }>> = {
  functions: { name: true, file: false, line: false },
  filefunctions: { name: true, file: true, line: false },
  files: { name: false, file: true, line: false },
  lines: { name: true, file: true, line: true },
  addresses: { name: true, file: true, line: true },
};

/** The profile with names, files, lines, columns and addresses left only where the granularity shows them. */
export function aggregateFrames(profile: Profile, aggregation: Aggregation): Profile {
  const { granularity, noInlines, showColumns } = aggregation;
  if (granularity === 'addresses' && !noInlines) return profile;
  const shown = SHOWN[granularity];
  const { functions, locations, lines, mappings } = noInlines ? keepLastLines(profile) : profile;
  const flags =
    (shown.name ? MAPPING_HAS_FUNCTIONS : 0) |
    (shown.file ? MAPPING_HAS_FILENAMES : 0) |
    (shown.line ? MAPPING_HAS_LINE_NUMBERS : 0) |
    (noInlines ? 0 : MAPPING_HAS_INLINE_FRAMES);
  return {
    ...profile,
    mappings: { ...mappings, flags: mappings.flags.map((old) => old & flags) },
    functions: {
      ...functions,
      name: shown.name ? functions.name : erased(functions.name),
      systemName: shown.name ? functions.systemName : erased(functions.systemName),
      file: shown.file ? functions.file : erased(functions.file),
    },
    locations: {
      ...locations,
      address: granularity === 'addresses' ? locations.address : zeros(locations.address),
    },
    lines: {
      ...lines,
      line: shown.line ? lines.line : zeros(lines.line),
      column: shown.line && showColumns ? lines.column : zeros(lines.column),
    },
  };
}

function keepLastLines(profile: Profile): Profile {
  const { locations } = profile;
  const isKept = new Uint8Array(profile.lines.length);
  for (let row = 0; row < locations.length; row++)
    if (locations.lineStart[row + 1] > locations.lineStart[row]) isKept[locations.lineStart[row + 1] - 1] = 1;
  return keepLines(profile, isKept);
}

/** Row 0 of the strings is ''. */
function erased<Column extends Int32Array>(column: Column): Column {
  return new Int32Array(column.length) as Column;
}

function zeros(column: Int64Column | Uint64Column): Float64Array {
  return new Float64Array(column.length);
}
