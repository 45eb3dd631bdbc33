// What source says about a leak.
import type { SourceNode } from '../../gosource/source-index.ts';
import type { GoFile } from '../../gosource/declarations.ts';
import type { Keeper } from './keeper.ts';

/** What keeps it alive: a declaration, or the statement that stores it. */
export interface Holder extends SourceNode {
  /** As people call it: `Table.byOrder`, `answers`. */
  readonly name: string;
}

export interface SourceAnswer {
  readonly pattern: string;
  readonly holders: readonly Holder[];
  readonly fix: { readonly file: GoFile; readonly line: number; readonly text: string };
  /** How well the sources fit this explanation, 0 to 1; answers are compared by it. */
  readonly confidence: number;
  /** Holds although something bounds the container: what bounds it misses these entries. */
  readonly isDespiteBound?: boolean;
  /** Something is taken from the container where it is added to, once there is too much, and nothing shows that this misses any. */
  readonly isBounded?: boolean;
  /** The container, where it is one. */
  readonly keeper?: Keeper;
}

/** Largest confidence; the earlier of equals. */
export function pickBest(answers: readonly (SourceAnswer | null)[]): SourceAnswer | null {
  let best: SourceAnswer | null = null;
  for (const answer of answers) {
    if (answer !== null && (best === null || answer.confidence > best.confidence)) best = answer;
  }
  return best;
}

/** Line of a node. */
export function lineOf({ file, node }: SourceNode): number {
  return file.tree.line(node);
}

/** `hub.go:41` */
export function shortPlace(at: SourceNode): string {
  return `${at.file.path.slice(at.file.path.lastIndexOf('/') + 1)}:${lineOf(at)}`;
}

/** One line of source, shortened, as people quote it. */
export function quote({ file, node }: SourceNode, characters = 60): string {
  const text = file.tree.textOf(node).replace(/\s+/g, ' ');
  const cut = text.indexOf(' {');
  const short = cut > 0 && text.length > characters ? text.slice(0, cut) : text;
  return short.length > characters ? `${short.slice(0, characters - 1)}…` : short;
}
