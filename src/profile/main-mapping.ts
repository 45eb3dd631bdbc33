// The first mapping stands for the program. Source: google/pprof internal/driver locateBinaries, unsourceMappings.
import type { StringIndex } from '../base/string-table.ts';
import type { IndexColumn, MappingIndex, MappingTable, Profile } from '../pprof/tables.ts';
import { StringAppender } from './append-strings.ts';

export interface MainBinary {
  /** Replaces the file of the first mapping; '' = keep. */
  readonly executable: string;
  /** For the first mapping where it has no build id; '' = keep. */
  readonly buildId: string;
}

/** The profile with a first mapping: one without any gets one that holds all locations. */
export function withMainMapping(profile: Profile, { executable, buildId }: MainBinary): Profile {
  const mapped = profile.mappings.length > 0 ? profile : mapAll(profile);
  if (executable === '' && buildId === '') return mapped;
  const appender = new StringAppender(mapped.strings);
  const file = mapped.mappings.file.slice() as IndexColumn<StringIndex>;
  const ids = mapped.mappings.buildId.slice() as IndexColumn<StringIndex>;
  if (executable !== '') file[0] = appender.row(executable);
  if (buildId !== '' && mapped.strings.get(ids[0]) === '') ids[0] = appender.row(buildId);
  return { ...mapped, strings: appender.finish(), mappings: { ...mapped.mappings, file, buildId: ids } };
}

function mapAll(profile: Profile): Profile {
  const mappings: MappingTable = {
    length: 1,
    id: null,
    start: new Float64Array(1),
    limit: new Float64Array(1),
    offset: new Float64Array(1),
    file: new Int32Array(1) as IndexColumn<StringIndex>,
    buildId: new Int32Array(1) as IndexColumn<StringIndex>,
    flags: new Uint8Array(1),
  };
  const mapping = new Int32Array(profile.locations.length) as IndexColumn<MappingIndex>;
  return { ...profile, mappings, locations: { ...profile.locations, mapping } };
}

/** Files of mappings that are URLs become '': pprof puts the source there while it looks for symbols. */
export function withoutUrlMappings(profile: Profile): Profile {
  const { mappings, strings } = profile;
  const isUrl = (row: number): boolean =>
    strings.get(mappings.buildId[row]) === '' && isAbsoluteUrl(strings.get(mappings.file[row]));
  const rows = Array.from({ length: mappings.length }, (_, row) => row);
  if (!rows.some(isUrl)) return profile;
  const file = Int32Array.from(rows, (row) =>
    isUrl(row) ? 0 : mappings.file[row],
  ) as IndexColumn<StringIndex>;
  return { ...profile, mappings: { ...mappings, file } };
}

/** Has a scheme, whatever it is: `http://x`, but also `inode:12`. */
function isAbsoluteUrl(text: string): boolean {
  // Control characters and broken escapes are refused by Go's url.Parse.
  return (
    /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && !/[\0-\x1f\x7f]/.test(text) && !/%(?![0-9A-Fa-f]{2})/.test(text)
  );
}
