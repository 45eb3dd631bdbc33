// From a frame of a profile to the source it means.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, functionKey } from '../../gosource/source-index.ts';
import { statementAt } from '../../gosource/allocations.ts';
import { isCallOnLine } from '../../gosource/places.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import type { PickCalls } from '../../gosource/value-flow.ts';
import type { Culprit } from '../../model/finding.ts';
import { normalizeFunction, packageOf } from '../../profile/frames.ts';

/** A culprit found in the sources. */
export interface Located {
  readonly culprit: Culprit;
  readonly file: GoFile;
  readonly line: number;
  /** Innermost statement on the line, or NO_NODE. */
  readonly statement: NodeRow;
  readonly declaration: FunctionDeclaration | null;
}

/**
 * File and statement of a culprit. null when the file is not among the sources, or when the line lies in another function
 * than the profile says: then the sources are of another version, and every line would mislead.
 */
export function locate(analysis: SourceAnalysis, culprit: Culprit): Located | null {
  const importPath = packageOf(culprit.function);
  const name = culprit.profileFile ?? culprit.file;
  if (culprit.line === null || name === null || importPath === '') return null;
  const file = analysis.index.findFile(importPath, name);
  if (file === null) return null;
  const statement = statementAt(file, culprit.line);
  const declaration = statement === NO_NODE ? null : functionAt(file, statement);
  if (declaration !== null && !isCalled(declaration, culprit.function)) return null;
  return { culprit, file, line: culprit.line, statement, declaration };
}

/** Does a function of the sources have this name in profiles? Closures count for the function around them. */
export function isCalled(declaration: FunctionDeclaration, profileName: string): boolean {
  const stable = normalizeFunction(profileName);
  const own = stable.slice(stable.lastIndexOf('/') + 1).replace(/^[^.]*\.(?:v\d+\.)?/, '');
  const plain = own.replace(/[(*)]/g, '');
  const key = functionKey(declaration);
  // Package-level closures are `glob..func1`, and `init` has a number.
  return plain === key || plain.startsWith(`${key}.`) || plain.startsWith('glob') || plain.startsWith('init');
}

/** Functions on the way to a culprit, by the name that profiles give them. */
export function pathFilter(culprit: Culprit): (declaration: FunctionDeclaration) => boolean {
  const frames = readPath(culprit);
  return (declaration) => frames.some((frame) => isFrameOf(frame, declaration));
}

/**
 * Of the calls of a function, those that the way to a culprit goes through: by line, where the path has such a line (a
 * constructor has many callers, and most of them keep what it gives elsewhere); else those in a function on the path; else all.
 */
export function callPicker(culprit: Culprit): PickCalls {
  const frames = readPath(culprit);
  return (calls) => {
    const onPath = calls.flatMap((call) => {
      const { caller } = call;
      const within = caller === null ? [] : frames.filter((frame) => isFrameOf(frame, caller));
      return within.length === 0
        ? []
        : [{ call, isOnLine: within.some(({ line }) => isCallOnLine(call, line)) }];
    });
    const onLine = onPath.filter((each) => each.isOnLine);
    const picked = onLine.length > 0 ? onLine : onPath;
    return picked.length > 0 ? picked.map(({ call }) => call) : calls;
  };
}

interface PathFrame {
  readonly name: string;
  readonly importPath: string;
  /** 0 where unknown. */
  readonly line: number;
}

function readPath({ path = [], pathLines = [] }: Culprit): PathFrame[] {
  return path.map((name, i) => ({ name, importPath: packageOf(name), line: pathLines[i] ?? 0 }));
}

function isFrameOf({ name, importPath }: PathFrame, declaration: FunctionDeclaration): boolean {
  return (importPath === declaration.importPath || importPath === 'main') && isCalled(declaration, name);
}
