// Goroutines by who created them, where they wait and for what: what a person wants to know of ten thousand stacks.
import { numberAt } from '../pprof/columns.ts';
import { GOROUTINE_LEAKED, GOROUTINE_LOCKED_TO_THREAD, type GoroutineDump } from '../pprof/goroutine-dump.ts';
import { NO_ROW, type Profile } from '../pprof/tables.ts';
import { compareText } from './compare-text.ts';
import { ownerOf } from './frames.ts';
import type { Frame } from './snapshot.ts';
import { readWaitReason } from './wait-reason.ts';

/** Goroutines that have creator, outermost function, place and reason in common. */
export interface GoroutineGroup {
  readonly count: number;
  /** In the runtime's words; `running` where the stack shows no wait. */
  readonly reason: string;
  /** Innermost frame that is not the standard library's; the outermost frame where all are. */
  readonly waitsIn: Frame;
  /** The goroutine's own function. */
  readonly root: Frame;
  /** The `go` statement; null where the form does not say (all but debug=2), and for the main goroutine. */
  readonly createdBy: Frame | null;
  /** Shortest and longest wait; null where the form does not say. */
  readonly minutes: { readonly least: number; readonly most: number } | null;
  /** Proved dead by the collector (Go 1.26 and later). */
  readonly leaked: number;
  readonly lockedToThread: number;
}

interface OpenGroup {
  count: number;
  readonly reason: string;
  readonly waitsIn: Frame;
  readonly root: Frame;
  readonly createdBy: Frame | null;
  least: number;
  most: number;
  leaked: number;
  lockedToThread: number;
}

const UNKNOWN: Frame = { function: '<unknown>', file: '', line: 0 };

/** Groups of several profiles and dumps together, largest first, then by place. */
export class GoroutineGrouper {
  readonly #groups = new Map<string, OpenGroup>();

  /** @param column of `profile.samples.values` that counts goroutines. */
  /** @param showsWaits false where the runtime's frames were left out: what a goroutine waits for is not known then. */
  addProfile(profile: Profile, column: number, showsWaits = true): void {
    const { samples, stacks } = profile;
    const framesOf = frameReader(profile);
    for (let sample = 0; sample < samples.length; sample++) {
      const count = numberAt(samples.values[column], sample);
      if (count === 0) continue;
      const stack = samples.stack[sample];
      const frames: Frame[] = [];
      for (let at = stacks.locationStart[stack]; at < stacks.locationStart[stack + 1]; at++)
        frames.push(...framesOf(stacks.location[at]));
      const reason = showsWaits ? readWaitReason(frames) : 'state not told';
      this.#open(frames, reason, null).count += count;
    }
  }

  addDump(dump: GoroutineDump): void {
    const { goroutines, stacks, frames, strings } = dump;
    const frameAt = (row: number): Frame => ({
      function: strings.get(frames.function[row]),
      file: strings.get(frames.file[row]),
      line: frames.line[row],
    });
    for (let row = 0; row < goroutines.length; row++) {
      const stack = goroutines.stack[row];
      const path: Frame[] = [];
      for (let at = stacks.frameStart[stack]; at < stacks.frameStart[stack + 1]; at++)
        path.push(frameAt(stacks.frame[at]));
      const creator = goroutines.createdBy[row] as number;
      const reason = strings.get(goroutines.waitReason[row]);
      const group = this.#open(path, reason, creator === NO_ROW ? null : frameAt(creator));
      const minutes = goroutines.waitMinutes[row];
      group.count++;
      group.least = Math.min(group.least, minutes);
      group.most = Math.max(group.most, minutes);
      if ((goroutines.flags[row] & GOROUTINE_LEAKED) !== 0) group.leaked++;
      if ((goroutines.flags[row] & GOROUTINE_LOCKED_TO_THREAD) !== 0) group.lockedToThread++;
    }
  }

  finish(): GoroutineGroup[] {
    return [...this.#groups]
      .sort(([a, x], [b, y]) => y.count - x.count || compareText(a, b))
      .map(([, group]) => ({
        count: group.count,
        reason: group.reason,
        waitsIn: group.waitsIn,
        root: group.root,
        createdBy: group.createdBy,
        minutes: group.most < 0 ? null : { least: group.least, most: group.most },
        leaked: group.leaked,
        lockedToThread: group.lockedToThread,
      }));
  }

  #open(frames: readonly Frame[], reason: string, createdBy: Frame | null): OpenGroup {
    const root = frames.at(-1) ?? UNKNOWN;
    const waitsIn = placeOf(frames) ?? root;
    const key = [describeFrame(waitsIn), root.function, reason, createdBy && describeFrame(createdBy)].join(
      '\n',
    );
    let group = this.#groups.get(key);
    if (group === undefined) {
      const counts = { count: 0, least: Infinity, most: -1, leaked: 0, lockedToThread: 0 };
      group = { reason, waitsIn, root, createdBy, ...counts };
      this.#groups.set(key, group);
    }
    return group;
  }
}

/** `main.work (/src/main.go:12)`. */
export function describeFrame({ function: name, file, line }: Frame): string {
  if (file === '') return name;
  return `${name} (${file}${line > 0 ? `:${line}` : ''})`;
}

function placeOf(frames: readonly Frame[]): Frame | undefined {
  const owners = frames.map((frame) => ownerOf(frame, null));
  const application = owners.indexOf('application');
  if (application >= 0) return frames[application];
  return frames[owners.indexOf('third-party')];
}

/** Frames of a location, innermost first; read once. */
function frameReader({ locations, lines, functions, strings }: Profile): (location: number) => Frame[] {
  const known: (Frame[] | undefined)[] = [];
  return (location) =>
    (known[location] ??= Array.from(
      { length: locations.lineStart[location + 1] - locations.lineStart[location] },
      (_, i) => {
        const line = locations.lineStart[location] + i;
        const row = lines.function[line];
        return {
          function: strings.get(functions.name[row]) || UNKNOWN.function,
          file: strings.get(functions.file[row]),
          line: numberAt(lines.line, line),
        };
      },
    ));
}
