// From a frame of a profile to the source it means.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, functionKey } from '../../gosource/source-index.ts';
import { statementAt } from '../../gosource/allocations.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
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
  const names = (culprit.path ?? []).map((name) => ({ name, path: packageOf(name) }));
  return (declaration) =>
    names.some(
      ({ name, path }) => (path === declaration.importPath || path === 'main') && isCalled(declaration, name),
    );
}
