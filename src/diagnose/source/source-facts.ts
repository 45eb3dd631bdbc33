// What source says, as plain data: what crosses threads, is kept for the next report, and joins a finding.
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import type { Culprit, Finding, LeakClass } from '../../model/finding.ts';
import { formatPlace, NO_CODE } from '../../model/finding-text.ts';
import { shortPlace } from './answer.ts';
import { explainSource } from './explain-source.ts';
import { areUnrelated, type Keeper } from './keeper.ts';

export interface SourceQuestion {
  readonly kind: LeakClass;
  readonly culprits: readonly Culprit[];
}

export interface SourceFacts {
  /** How well the sources fit, 0 to 1. */
  readonly confidence: number;
  readonly pattern: string | null;
  /** Role `holds`: the storing statement (or the wait), then the declaration. */
  readonly holders: readonly Culprit[];
  readonly fix: Finding['fix'];
  /** The container that keeps it, where the sources show that it is bounded; null where they show no bound. */
  readonly bound: string | null;
  /** The container that keeps it, to compare answers by; missing where it is none. */
  readonly keeper?: Keeper;
}

/** Do the sources show two containers that have nothing to do with each other, neither of them bounded? */
export function areKeptApart(a: SourceFacts, b: SourceFacts): boolean {
  const isTold = ({ pattern, bound }: SourceFacts) => pattern !== null && bound === null;
  if (!isTold(a) || !isTold(b) || a.keeper === undefined || b.keeper === undefined) return false;
  return areUnrelated(a.keeper, b.keeper);
}

/** Statement and declaration are enough to look at. */
const MAX_HOLDERS = 2;
/** Below this an answer says where the memory is, and no more. */
const SURE_ENOUGH = 0.25;

/**
 * What the sources say about a leak with these culprits; null when they say nothing.
 *
 * @param module import path that files are made relative to, as everywhere in a report; '' when unknown.
 */
export function findSourceFacts(
  analysis: SourceAnalysis,
  kind: LeakClass,
  culprits: readonly Culprit[],
  module: string,
): SourceFacts | null {
  const answer = explainSource(analysis, kind, culprits);
  if (answer === null) return null;
  const inModule = (path: string): string =>
    module !== '' && path.startsWith(`${module}/`) ? path.slice(module.length + 1) : path;
  const seen = new Set<string>();
  const holders = answer.holders
    .filter((holder) => !seen.has(shortPlace(holder)) && seen.add(shortPlace(holder)))
    .slice(0, MAX_HOLDERS)
    .map(({ name, file, node }): Culprit => ({
      role: 'holds',
      function: name,
      file: inModule(file.path),
      profileFile: null,
      line: file.tree.line(node),
      share: null,
      low: null,
      high: null,
    }));
  const { confidence, pattern, keeper } = answer;
  const kept = keeper === undefined ? {} : { keeper };
  const bound = answer.isBounded === true ? (holders[0]?.function ?? null) : null;
  if (confidence < SURE_ENOUGH) return { confidence, pattern: null, holders, fix: null, bound, ...kept };
  const { file, line, text } = answer.fix;
  return { confidence, pattern, holders, fix: { text, file: inModule(file.path), line }, bound, ...kept };
}

/** The finding with holders behind its culprits, the pattern and the fix. */
export function addSourceFacts(finding: Finding, facts: SourceFacts): Finding {
  const culprits = [...finding.culprits.filter(({ role }) => role !== 'holds'), ...facts.holders];
  const [holder] = facts.holders;
  const isUnsampled = finding.culprits.length === 0 && holder !== undefined;
  return {
    ...finding,
    culprits,
    pattern: facts.pattern ?? finding.pattern,
    fix: facts.fix ?? finding.fix,
    summary: isUnsampled
      ? finding.summary.replace(
          NO_CODE,
          `; no profile shows the code, the sources point to ${formatPlace(holder)}`,
        )
      : finding.summary,
  };
}
