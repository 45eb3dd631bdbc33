// Who started the goroutines of a group, as a dump (debug=2) says it: profiles do not carry the `go` statement.
import { isStandardLibrary } from '../profile/frames.ts';
import type { Frame, GoroutineOrigins } from '../profile/snapshot.ts';
import type { GoroutineGroup } from './goroutine-growth.ts';
import { waitPlaceOf, type PathReader } from './stack-path.ts';
import { THRESHOLDS } from './thresholds.ts';

export interface Creator {
  /** The `go` statement that most of them were started by. */
  readonly frame: Frame;
  /** Goroutines of the group in the dump, and its share of them. */
  readonly goroutines: number;
  readonly share: number;
  /** Longest wait in whole minutes, of those that it started. */
  readonly longestMinutes: number;
  /** What most of those wait for, in the runtime's words. */
  readonly reason: string;
  readonly takenAtMillis: number;
}

/** By `placeKey`, and by `rootKey` for groups whose place the dump does not have. */
export type Creators = ReadonlyMap<string, Creator>;

/** Folds the rows of a dump to the groups of profiles. */
export function foldCreators(origins: GoroutineOrigins | null, reader: PathReader): Creators {
  const creators = new Map<string, Creator>();
  if (origins === null) return creators;
  const counts = new Map<string, Map<string, Creator>>();
  for (let row = 0; row < origins.length; row++) {
    const place = waitPlaceOf(reader.path(origins.stack[row]));
    if (place === null) continue;
    for (const key of [placeKey(place), rootKey(place)]) addRow(counts, key, origins, row);
  }
  for (const [key, byFrame] of counts) {
    const all = [...byFrame.values()].reduce((sum, { goroutines }) => sum + goroutines, 0);
    // Rows come most goroutines first: so does the first of equals.
    const [most] = [...byFrame.entries()].sort(([, a], [, b]) => b.goroutines - a.goroutines);
    const share = most[1].goroutines / all;
    if (most[0] !== '' && share >= THRESHOLDS.majority) {
      creators.set(key, { ...most[1], goroutines: all, share });
    }
  }
  return creators;
}

function addRow(
  counts: Map<string, Map<string, Creator>>,
  key: string,
  origins: GoroutineOrigins,
  row: number,
): void {
  const frame = origins.createdBy[row];
  const name = frame === null ? '' : `${frame.function}\t${frame.file}:${frame.line}`;
  const byFrame = counts.get(key) ?? new Map<string, Creator>();
  counts.set(key, byFrame);
  const known = byFrame.get(name);
  byFrame.set(name, {
    frame: frame ?? { function: '', file: '', line: 0 },
    goroutines: (known?.goroutines ?? 0) + origins.count[row],
    share: 1,
    longestMinutes: Math.max(known?.longestMinutes ?? 0, origins.longestMinutes[row]),
    reason: known?.reason ?? origins.reason[row],
    takenAtMillis: origins.takenAtMillis,
  });
}

/** Null where no dump has these goroutines, most have no creator in common, or only Go's own code started a library's. */
export function findCreator(creators: Creators, group: GoroutineGroup): Creator | null {
  const found = creators.get(placeKey(group)) ?? creators.get(rootKey(group)) ?? null;
  if (found === null) return null;
  // time.AfterFunc, net/http's server: what they start says more by its own name.
  const isPlumbing = isStandardLibrary(found.frame.function) && !isStandardLibrary(group.root.function);
  return isPlumbing ? null : found;
}

type Place = Pick<GoroutineGroup, 'root' | 'waitsIn'>;

function placeKey({ root, waitsIn }: Place): string {
  return `${root.function}\t${waitsIn.function}:${waitsIn.line}`;
}

function rootKey({ root }: Place): string {
  return root.function;
}
