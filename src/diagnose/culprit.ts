// Frames as the report shows them: file below the module's root where the function lies in the module.
import type { Culprit } from '../model/finding.ts';
import { packageOf } from '../profile/frames.ts';
import type { Frame, InternedStack, StackReader } from '../profile/snapshot.ts';
import type { Interval } from './statistics.ts';

/** Import path of the main module and where its root lies on the machine that built it, as far as known. */
export interface ModulePlace {
  readonly module: string | null;
  /** Directory with a trailing slash, or null. */
  readonly root: string | null;
}

/** Frames looked through for one that shows where the module lies; any frame of a non-main package does. */
const MAX_STACKS_SEARCHED = 5000;

/** Finds the module's root from any frame of a package below it: its file ends with the package's directory. */
export function locateModule(module: string | null, stacks: StackReader): ModulePlace {
  if (module === null) return { module, root: null };
  for (let stack = 0; stack < Math.min(stacks.size, MAX_STACKS_SEARCHED); stack++) {
    for (const frame of stacks.frames(stack as InternedStack)) {
      const below = directoryInModule(frame.function, module);
      if (below === null) continue;
      const directory = frame.file.slice(0, frame.file.lastIndexOf('/') + 1);
      if (directory.endsWith(`/${below}`) || below === '') {
        return { module, root: directory.slice(0, directory.length - below.length) };
      }
    }
  }
  return { module, root: null };
}

/** `example.com/m/sub.F` in module `example.com/m` -> `sub/`; null when the function lies elsewhere. */
function directoryInModule(name: string, module: string): string | null {
  const path = packageOf(name);
  if (path === module) return '';
  return path.startsWith(`${module}/`) ? `${path.slice(module.length + 1)}/` : null;
}

/** File of a frame relative to the module's root where it lies in the module, else as the profile spells it. */
export function relateFile(frame: Frame, place: ModulePlace): string | null {
  if (frame.file === '') return null;
  if (place.module === null) return frame.file;
  const base = frame.file.slice(frame.file.lastIndexOf('/') + 1);
  const directory = directoryInModule(frame.function, place.module);
  if (directory !== null) return `${directory}${base}`;
  // The main package's import path is not in the profile, but its file is.
  if (packageOf(frame.function) !== 'main') return frame.file;
  if (frame.file.startsWith(`${place.module}/`)) return frame.file.slice(place.module.length + 1);
  if (place.root !== null && frame.file.startsWith(place.root)) return frame.file.slice(place.root.length);
  return frame.file;
}

/** A frame in its role; share and path where they are known. */
export function describeCulprit(
  frame: Frame,
  role: Culprit['role'],
  place: ModulePlace,
  known: { readonly share?: Interval | null; readonly path?: readonly Frame[] } = {},
): Culprit {
  return {
    role,
    function: frame.function,
    file: relateFile(frame, place),
    profileFile: frame.file === '' ? null : frame.file,
    line: frame.line > 0 ? frame.line : null,
    share: known.share?.value ?? null,
    low: known.share?.low ?? null,
    high: known.share?.high ?? null,
    ...(known.path === undefined
      ? {}
      : {
          path: known.path.map((each) => each.function),
          pathLines: known.path.map((each) => Math.max(0, each.line)),
        }),
  };
}
