// Holder, pattern and fix of a leak from the sources of its service. START HERE.
import { WorkSpentError } from '../../gosource/work-budget.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import type { Culprit, LeakClass } from '../../model/finding.ts';
import { packageOf } from '../../profile/frames.ts';
import { pickBest, type SourceAnswer } from './answer.ts';
import { explainChain } from './chains.ts';
import { explainFinalizer } from './finalizers.ts';
import { explainGoroutine } from './blocked-goroutine.ts';
import { explainHeap } from './heap-answer.ts';
import { explainLockedThread } from './kept-calls.ts';
import { explainUnsampledOpener } from './unsampled-opener.ts';
import { locate, type Located } from './locate.ts';
import { explainRegistration } from './registrations.ts';
import {
  explainLibraryUse,
  explainOutside,
  explainResource,
  explainResourcesAround,
  explainTransport,
} from './resource-answer.ts';

/** Culprits looked at: those behind the first few explain little of the growth. */
const MAX_CULPRITS = 6;
/** A later culprit has to fit better: the first one is where most of the growth is. */
const LATER_CULPRIT = 0.93;

/**
 * What the sources say about a leak of this class with these culprits, most important first; null = nothing, also where
 * finding out takes more work than any program's sources.
 */
export function explainSource(
  analysis: SourceAnalysis,
  kind: LeakClass,
  culprits: readonly Culprit[],
): SourceAnswer | null {
  try {
    return explainCulprits(analysis, kind, culprits);
  } catch (error) {
    if (error instanceof WorkSpentError) return null;
    throw error;
  }
}

function explainCulprits(
  analysis: SourceAnalysis,
  kind: LeakClass,
  culprits: readonly Culprit[],
): SourceAnswer | null {
  const all = culprits.filter(({ role }) => role !== 'holds').slice(0, MAX_CULPRITS);
  const [first] = all;
  if (kind === 'fd' && all.length === 0) return explainUnsampledOpener(analysis);
  const answers = all.map((culprit, i): SourceAnswer | null => {
    const located = locate(analysis, culprit);
    const answer =
      located === null ? explainAbsent(analysis, culprit) : explainLocated(analysis, kind, located);
    if (answer === null) return null;
    const weight = LATER_CULPRIT ** i * (i > 0 ? weighLater(first, culprit) : 1);
    return { ...answer, confidence: answer.confidence * weight };
  });
  return pickBest(answers);
}

/** What brings a small part of the growth, or what waiting goroutines keep besides, explains little of the leak. */
function weighLater(first: Culprit, later: Culprit): number {
  const isWait = first.role === 'blocks' || first.role === 'creates';
  if (isWait && later.role === 'allocates') return 0.5;
  const isSmall = first.role === 'allocates' && (later.share ?? 1) < 0.5 * (first.share ?? 1);
  return isSmall ? 0.2 : 1;
}

function explainLocated(analysis: SourceAnalysis, kind: LeakClass, located: Located): SourceAnswer | null {
  switch (kind) {
    case 'thread':
      return pickBest([explainThread(located), explainGoroutine(analysis, located)]);
    case 'goroutine':
      return located.culprit.role === 'allocates'
        ? pickBest([explainResource(analysis, located, true), explainHeap(analysis, located)])
        : (explainGoroutine(analysis, located) ?? explainResource(analysis, located, true));
    case 'fd':
      return pickBest([
        explainResource(analysis, located, true) ?? explainResourcesAround(analysis, located),
        explainTransport(analysis, located),
        lower(explainHeap(analysis, located), 0.6),
      ]);
    case 'native':
      return (
        explainOutside(located.file, located.line) ??
        explainFinalizer(analysis, located) ??
        explainResource(analysis, located, true)
      );
    case 'heap':
      return (
        pickBest([
          explainResource(analysis, located, false),
          explainFinalizer(analysis, located),
          explainChain(analysis, located),
          explainRegistration(analysis, located),
          explainHeap(analysis, located),
        ]) ?? explainResource(analysis, located, true)
      );
    case 'retention':
      return null;
  }
}

function explainThread({ file, declaration }: Located): SourceAnswer | null {
  return declaration === null ? null : explainLockedThread(file, declaration.body);
}

/** Code of a library: what counts is who uses it. */
function explainAbsent(analysis: SourceAnalysis, culprit: Culprit): SourceAnswer | null {
  const importPath = packageOf(culprit.function);
  if (importPath === '' || importPath === 'main' || analysis.index.hasPackage(importPath)) return null;
  return explainLibraryUse(analysis, importPath);
}

function lower(answer: SourceAnswer | null, factor: number): SourceAnswer | null {
  return answer === null ? null : { ...answer, confidence: answer.confidence * factor };
}
