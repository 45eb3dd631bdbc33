// The memory map behind the samples of old text profiles: /proc/PID/maps, or gperftools' shorter form. Source: google/pprof
// profile/legacy_profile.go (ParseProcMaps, remapMappingIDs) and profile.go (massageMappings).
import { PlimsollError } from '../../base/errors.ts';
import { parseHex64 } from './go-numbers.ts';

export interface MapEntry {
  start: bigint;
  limit: bigint;
  offset: bigint;
  file: string;
  buildId: string;
}

/** `$name` replacements that a map may define; each is looked for in every further line. */
const MAX_ATTRIBUTES = 64;
/** A process has 65,530 mappings at most unless told otherwise. */
const MAX_ENTRIES = 262_144;
/** Characters of a line with its names put in: a name that holds itself twice doubles it with every line. */
const MAX_EXPANDED_LINE = 1_048_576;

/** Go's `\s` and `\S`; those of JavaScript differ. */
const BLANK = String.raw`[\t\n\f\r ]`;
const WORD = String.raw`[^\t\n\f\r ]+`;
const HEX = String.raw`[\da-fA-F]`;
/**
 * Start and limit; or digits with nothing between them, of which the last is the limit, or with `0x` between them. The
 * look-aheads say what backtracking would find in the end, so that matching takes time in proportion to the line.
 */
const RANGE =
  `^${BLANK}*(?:0x)?(?:(?<start>${HEX}+)(?!${HEX})(?:${BLANK}|-)?${BLANK}*(?:0x)?(?<limit>${HEX}+)(?!${HEX})` +
  `|(?<front>${HEX}+)(?:0x(?<back>${HEX}+)|(?<last>${HEX}))(?!${HEX})):?`;
const PERMISSIONS = `(?:${BLANK}+(?<permissions>[-rwxp]+))?`;
/** `00400000-0040b000 r-xp 00000000 fd:01 41038 /bin/cat`: offset, device, inode, file. */
const PROC_MAPS = new RegExp(
  `${RANGE}${PERMISSIONS}(?:${BLANK}+(?<offset>${HEX}+))?` +
    `${BLANK}+${HEX}+:${HEX}+${BLANK}+\\d+(?:${BLANK}+(?<file>${WORD}))?`,
);
/** `40000-80000: /path/to/binary (@FF00) abc123456`: file, offset, build id. */
const BRIEF_MAPS = new RegExp(
  `${RANGE}${PERMISSIONS}(?:${BLANK}+(?<file>${WORD}))?` +
    `(?:${BLANK}+\\(@(?<offset>${HEX}+)\\))?(?:${BLANK}+(?<buildId>${HEX}+))?`,
);
/** What glog puts before a line. */
const LOG_PREFIX = /^[^[\]]+:\d+\][\t\n\f\r ]/;

export const MEMORY_MAP_STARTS = ['--- Memory map: ---', 'MAPPED_LIBRARIES:'] as const;

export function isMemoryMapStart(line: string): boolean {
  return MEMORY_MAP_STARTS.some((start) => line.includes(start));
}

/** Executable entries, in order. Lines that are none are passed over. */
export function parseMemoryMap(next: () => string | null): MapEntry[] {
  const entries: MapEntry[] = [];
  const attributes = new Map<string, string>();
  let placeholders: RegExp | null = null;
  for (let raw = next(); raw !== null && entries.length < MAX_ENTRIES; raw = next()) {
    const logged = raw.replace(LOG_PREFIX, '');
    const line = placeholders === null ? logged : expand(logged, placeholders, attributes);
    const entry = parseEntry(line);
    if (entry === 'data') continue;
    if (entry !== null) {
      entries.push(entry);
      continue;
    }
    const equals = line.indexOf('=');
    const name = `$${line.slice(0, equals).trim()}`;
    if (equals === -1 || attributes.has(name) || attributes.size >= MAX_ATTRIBUTES) continue;
    attributes.set(name, line.slice(equals + 1).trim());
    placeholders = new RegExp([...attributes.keys()].map(escapeExpression).join('|'), 'g');
  }
  return entries;
}

function expand(line: string, names: RegExp, values: ReadonlyMap<string, string>): string {
  let length = line.length;
  return line.replace(names, (name) => {
    const value = values.get(name) ?? name;
    length += value.length;
    if (length > MAX_EXPANDED_LINE)
      throw new PlimsollError('PROFILE_TOO_LARGE', 'pprof', 'a line of the memory map grows without end', {
        field: 'memory map',
        value: line.slice(0, 200),
      });
    return value;
  });
}

function escapeExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** `data` = a mapping without code. */
function parseEntry(line: string): MapEntry | 'data' | null {
  const found = (PROC_MAPS.exec(line) ?? BRIEF_MAPS.exec(line))?.groups as MapGroups | undefined;
  if (found === undefined) return null;
  if (found.permissions?.includes('x') === false) return 'data';
  const start = parseHex64(found.start ?? found.front ?? '');
  const limit = parseHex64(found.limit ?? found.back ?? found.last ?? '');
  const offset = parseHex64(found.offset ?? '0');
  if (start === null || limit === null || offset === null) return null;
  return { start, limit, offset, file: found.file ?? '', buildId: found.buildId ?? '' };
}

/** What the expressions above may name. */
type MapGroups = Readonly<
  Partial<
    Record<
      'start' | 'limit' | 'front' | 'back' | 'last' | 'permissions' | 'offset' | 'file' | 'buildId',
      string
    >
  >
>;

/** Joins entries that were one mapping, and puts the program first. */
export function massageMap(entries: readonly MapEntry[]): MapEntry[] {
  const joined: MapEntry[] = [];
  for (const entry of entries) {
    const last = joined.at(-1);
    if (last !== undefined && continues(last, entry)) {
      last.limit = entry.limit;
      if (entry.file !== '') last.file = entry.file;
      if (entry.buildId !== '') last.buildId = entry.buildId;
    } else joined.push({ ...entry });
  }
  const main = joined.findIndex(({ file }) => {
    const name = file.replaceAll('(deleted)', '').trim();
    return name !== '' && !/[.]so$|[.]so[._][0-9]+/.test(name) && !name.startsWith('[');
  });
  if (main > 0) [joined[0], joined[main]] = [joined[main], joined[0]];
  return joined;
}

function continues(a: MapEntry, b: MapEntry): boolean {
  if (a.file !== '' && b.file !== '' && a.file !== b.file) return false;
  if (a.buildId !== '' && b.buildId !== '' && a.buildId !== b.buildId) return false;
  if (a.limit !== b.start) return false;
  return a.offset === 0n || b.offset === 0n || a.offset + (a.limit - a.start) === b.offset;
}

/** Where the code of a program linked in the usual way begins. */
const USUAL_START = 0x400000n;

const ALL_LIMIT = 2n ** 64n - 1n;

/**
 * The entry of each address; -1 for address 0. Addresses outside all entries get one of their own behind the others, that
 * holds everything: Go writes no map. Entries whose first part is missing are mended.
 */
export function mapAddresses(
  entries: MapEntry[],
  addresses: readonly bigint[],
): { entries: MapEntry[]; entryOf: Int32Array } {
  const [first, second] = entries;
  if (first?.file.startsWith('/anon_hugepage') === true && first.limit === second?.start) entries.shift();
  const main = entries.at(0);
  if (main !== undefined && main.start - main.offset === USUAL_START) {
    main.start = USUAL_START;
    main.offset = 0n;
  }
  const index = new EntryIndex(entries);
  let fake = -1;
  const entryOf = Int32Array.from(addresses, (address) => {
    if (address === 0n) return -1;
    // Once there is an entry that holds everything, none is mended any more, but for the one address outside of it.
    const row = fake === -1 || address === ALL_LIMIT ? index.findOrMend(address) : index.find(address);
    if (row !== -1) return row;
    if (fake === -1) {
      const all = { start: 0n, limit: ALL_LIMIT, offset: 0n, file: '', buildId: '' };
      fake = entries.push(all) - 1;
    }
    return fake;
  });
  return { entries, entryOf };
}

/** Comparisons that looking up addresses may take where entries overlap: seconds, and far more than real maps need. */
const MAX_COMPARISONS = 1e9;

/** The first entry, in their order, that holds an address. */
class EntryIndex {
  readonly #entries: readonly MapEntry[];
  /** Rows by start, when no two overlap: then there is one answer at most. */
  #sorted: readonly number[] | null = null;
  #comparisons = 0;

  constructor(entries: readonly MapEntry[]) {
    this.#entries = [...entries];
    this.#sort();
  }

  find(address: bigint): number {
    return this.#sorted === null ? this.#scan(address) : this.#search(this.#sorted, address);
  }

  findOrMend(address: bigint): number {
    const row = this.find(address);
    return row === -1 ? this.#mend(address) : row;
  }

  #sort(): void {
    const entries = this.#entries;
    this.#pay(entries.length);
    const rows = entries.map((_, row) => row).filter((row) => entries[row].start < entries[row].limit);
    rows.sort((a, b) => (entries[a].start < entries[b].start ? -1 : 1));
    const isOverlap = rows.some((row, at) => at > 0 && entries[rows[at - 1]].limit > entries[row].start);
    this.#sorted = isOverlap ? null : rows;
  }

  #search(sorted: readonly number[], address: bigint): number {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[sorted[middle]].limit <= address) low = middle + 1;
      else high = middle;
    }
    const row = low < sorted.length ? sorted[low] : -1;
    return row !== -1 && this.#entries[row].start <= address ? row : -1;
  }

  #scan(address: bigint): number {
    this.#pay(this.#entries.length);
    return this.#entries.findIndex(({ start, limit }) => start <= address && address < limit);
  }

  /** Old handlers left out the first part of mappings that were split. */
  #mend(address: bigint): number {
    this.#pay(this.#entries.length);
    const row = this.#entries.findIndex(
      ({ start, offset }) => offset !== 0n && start - offset <= address && address < start,
    );
    if (row === -1) return -1;
    const entry = this.#entries[row];
    entry.start -= entry.offset;
    entry.offset = 0n;
    this.#sort();
    return row;
  }

  #pay(comparisons: number): void {
    this.#comparisons += comparisons;
    if (this.#comparisons > MAX_COMPARISONS)
      throw new PlimsollError('PROFILE_TOO_LARGE', 'pprof', 'too many addresses for its memory map', {
        field: 'memory map',
        value: `${this.#entries.length} entries`,
      });
  }
}
