// Leaks as services have them, drawn as Go source, and the two things that must hold of each.
import { describe, expect, it } from 'vitest';
import type { LeakClass } from '../model/finding.ts';
import type { GoParser } from '../gosource/syntax-tree.ts';
import { explainDrawn } from './source-shape.ts';

/** From here on users read the sentence. */
const TELLS = 0.25;

/** One leak, several files, and its healthy twin, which differs in the one detail that decides. */
export interface ServiceShape {
  readonly name: string;
  readonly kind: LeakClass;
  readonly pattern: string;
  /** See drawSources and explainDrawn. */
  readonly source: string;
  /** Parts of the source that are replaced to make the twin. */
  readonly twin: readonly (readonly [string, string])[];
}

/** Tests: holder, fix and pattern of each shape are named, and of its twin nothing is said. */
export function describeServiceShapes(
  title: string,
  parser: GoParser,
  shapes: readonly ServiceShape[],
): void {
  describe(title, () => {
    it.each(shapes)('names holder and fix of $name', ({ source, pattern, kind }) => {
      const answer = explainDrawn(source, kind, parser);
      expect({ holder: answer.holder, fix: answer.fix, pattern: answer.pattern }).toEqual({
        holder: 'right',
        fix: 'right',
        pattern,
      });
      expect(answer.confidence).toBeGreaterThanOrEqual(TELLS);
    });

    it.each(shapes)('says nothing of the twin of $name', ({ source, twin, kind }) => {
      const healthy = twin.reduce((text, [from, to]) => {
        expect(text).toContain(from);
        return text.replace(from, () => to);
      }, source);
      const answer = explainDrawn(healthy, kind, parser);
      expect(answer.confidence < TELLS ? 'quiet' : `${answer.pattern} ${answer.advice}`).toBe('quiet');
    });
  });
}
