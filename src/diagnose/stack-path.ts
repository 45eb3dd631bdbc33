// Which frames of a stack answer for it. Runtime and standard library do what they are told; libraries mostly too.
import { ownerOf, type FrameOwner } from '../profile/frames.ts';
import type { Frame, InternedStack, StackReader } from '../profile/snapshot.ts';

/** Whose code the owners of a stack are. */
export type OwnerKind = 'application' | 'library' | 'standard';

/**
 * A stack read for diagnosis.
 *
 *     leaf  bytes.growSlice < bufio.NewWriter < lib.(*Pool).open < orders/store.Put < main.serve < net/http... root
 *     owners        [ main.serve, orders/store.Put ]      outermost first
 *     deepestLibrary  lib.(*Pool).open                    below the last owner
 */
export interface StackPath {
  readonly stack: InternedStack;
  /** Equal for stacks that diagnosis does not tell apart: owners with lines, deepest library function. */
  readonly key: string;
  /** Number of `key` in this reader, from 0: compares faster. */
  readonly keyRow: number;
  /** Leaf first, as the profile has them. */
  readonly frames: readonly Frame[];
  readonly kind: OwnerKind;
  /** Frames a developer would look at, outermost first; empty only for a stack without frames. */
  readonly owners: readonly Frame[];
  /** Those of `owners` that are application code. */
  readonly applicationFrames: ReadonlySet<Frame>;
  /** Deepest third-party frame below the innermost owner: the library function that allocates or waits. */
  readonly deepestLibrary: Frame | null;
}

export interface PathReader {
  path(stack: InternedStack): StackPath;
}

/** Reads each stack once; the cache is bounded by the interner, whose stacks it describes. */
export function createPathReader(stacks: StackReader, module: string | null): PathReader {
  const cache = new Map<InternedStack, StackPath>();
  const keyRows = new Map<string, number>();
  return {
    path(stack) {
      const known = cache.get(stack);
      if (known !== undefined) return known;
      const path = addKey(readPath(stack, stacks.frames(stack), module), keyRows);
      cache.set(stack, path);
      return path;
    },
  };
}

/**
 * An HTTP server calls handlers through these: what is entered below them works for no application frame above.
 * So a library's middleware answers for itself (a metrics handler that keeps a series for every label), unlike a
 * driver that database/sql calls on behalf of the query above it.
 */
const DISPATCH = /^net\/http\.(\(\*?\w+\)|\w+)\.ServeHTTP$/;

/** Packages whose functions are tools in the hand of their caller, never the place to look at. */
const TOOL_PACKAGES = new Set(
  'bufio bytes strings slices maps sort sync reflect errors fmt io strconv unicode utf8 cmp iter unique'.split(
    ' ',
  ),
);

type PathWithoutKey = Omit<StackPath, 'key' | 'keyRow'>;

function addKey(path: PathWithoutKey, keyRows: Map<string, number>): StackPath {
  const owners = path.owners.map((frame) => `${frame.function}:${frame.line}`).join('<');
  const key = `${owners}|${path.deepestLibrary?.function ?? ''}`;
  const keyRow = keyRows.get(key) ?? keyRows.size;
  keyRows.set(key, keyRow);
  return { ...path, key, keyRow };
}

function readPath(stack: InternedStack, frames: readonly Frame[], module: string | null): PathWithoutKey {
  const origins = frames.map((frame) => (isGlue(frame) ? 'runtime' : ownerOf(frame, module)));
  const applicationAt = origins.indexOf('application');
  if (applicationAt >= 0) {
    const owners: Frame[] = [];
    for (let i = frames.length - 1; i >= 0; i--) {
      const isMiddleware =
        origins[i] === 'third-party' && i + 1 < frames.length && DISPATCH.test(frames[i + 1].function);
      if (origins[i] === 'application' || isMiddleware) owners.push(frames[i]);
    }
    const last = owners[owners.length - 1];
    const deepest = origins.findIndex((origin) => origin === 'third-party');
    const isBelow = deepest >= 0 && deepest < frames.indexOf(last);
    return {
      stack,
      frames,
      kind: 'application',
      owners,
      applicationFrames: new Set(frames.filter((_, i) => origins[i] === 'application')),
      deepestLibrary: isBelow ? frames[deepest] : null,
    };
  }
  const library = frames.filter((_, i) => origins[i] === 'third-party').reverse();
  return {
    stack,
    frames,
    kind: library.length > 0 ? 'library' : 'standard',
    owners: library.length > 0 ? library : standardOwners(frames, origins),
    applicationFrames: new Set(),
    deepestLibrary: null,
  };
}

/** What cgo generates around each call stands in the package, but nobody wrote it. */
function isGlue(frame: Frame): boolean {
  return /\._C(func|macro)_|\._cgo/.test(frame.function);
}

/** No code but Go's own: the frames that say what it was for, without tools and the runtime, outermost first. */
function standardOwners(frames: readonly Frame[], origins: readonly FrameOwner[]): Frame[] {
  const telling = frames.filter((frame, i) => origins[i] === 'standard-library' && !isTool(frame.function));
  if (telling.length > 0) return telling.reverse();
  return frames.length > 0 ? [frames[frames.length - 1]] : [];
}

function isTool(name: string): boolean {
  if (name.startsWith('internal/')) return true;
  const dot = name.indexOf('.');
  return TOOL_PACKAGES.has(name.slice(0, dot < 0 ? undefined : dot));
}

/** Innermost owner: the function that this stack's growth is first charged to. */
export function getOwner(path: StackPath): Frame | null {
  return path.owners.length > 0 ? path.owners[path.owners.length - 1] : null;
}

/** A method that servers call for each request: middleware calls the next one so as well, and is not its cause. */
const HANDLER = /\.ServeHTTP$/;

/** Each path is compared with many others, and gone with its reader. */
const ENTERED = new WeakMap<StackPath, ReadonlySet<string>>();

/** Functions of the owners from the innermost handler down; all of them where none is on the stack. */
function listEntered(path: StackPath): ReadonlySet<string> {
  const known = ENTERED.get(path);
  if (known !== undefined) return known;
  const { frames, owners } = path;
  const handler = frames.findIndex((frame) => HANDLER.test(frame.function));
  const within = handler < 0 ? frames : frames.slice(0, handler + 1);
  const entered = new Set(within);
  const names = new Set(owners.filter((frame) => entered.has(frame)).map((frame) => frame.function));
  ENTERED.set(path, names);
  return names;
}

/** Is there a function that both stacks are in, within what one request enters? Not one that only starts both. */
export function shareEntered(a: StackPath, b: StackPath): boolean {
  const entered = listEntered(a);
  const starter = startsBoth(a, b) ? a.owners[0].function : null;
  return [...listEntered(b)].some((name) => name !== starter && entered.has(name));
}

/** `go func() { worker.Run(ctx) }()`: a goroutine's outermost function that calls different ones from one line starts components. */
function startsBoth(a: StackPath, b: StackPath): boolean {
  if (a.owners.length < 2 || b.owners.length < 2) return false;
  const [[first, next], [other, otherNext]] = [a.owners, b.owners];
  const isOneCall = first.function === other.function && first.line === other.line && first.line > 0;
  return isOneCall && next.function !== otherNext.function;
}

/** Where a goroutine began and where it waits: what groups are told apart by. */
export function waitPlaceOf(path: StackPath): { readonly root: Frame; readonly waitsIn: Frame } | null {
  const root = path.frames[path.frames.length - 1];
  // Below Go's own goroutines everything is plumbing: net.(*netFD).Read says less than persistConn.readLoop.
  const waitsIn = path.kind === 'standard' ? root : getOwner(path);
  return root === undefined || waitsIn === null ? null : { root, waitsIn };
}
