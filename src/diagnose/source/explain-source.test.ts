import { describe, expect, it } from 'vitest';
import { SourceAnalysis } from '../../gosource/source-analysis.ts';
import type { Culprit } from '../../model/finding.ts';
import { drawSources } from '../../testing/drawn-sources.ts';
import { openGoParser } from '../../workspace/go-parser.ts';
import { findSourceFacts } from './source-facts.ts';

const parser = await openGoParser();
const SOURCE = `
package m

import "time"

var kept [][]byte

func Keep() {
	kept = append(kept, make([]byte, 100))
	for len(kept) > 10 {
		kept = kept[1:]
	}
}

func Deliver() {
	t := time.NewTicker(time.Second)
	<-t.C
}
`;
const culprit = (role: Culprit['role'], name: string, line: number, share: number | null): Culprit => ({
  role,
  function: `m.${name}`,
  file: 'm.go',
  profileFile: '/build/m/m.go',
  line,
  share,
  low: null,
  high: null,
});
const patternOf = (kind: 'heap' | 'goroutine', culprits: readonly Culprit[]) =>
  findSourceFacts(new SourceAnalysis(drawSources(SOURCE), parser, 'm'), kind, culprits, 'm')?.pattern ?? null;

describe('the explanation of a leak', () => {
  it('comes from code that brings much of it, not from what a second leak adds', () => {
    const ticker = (share: number) => [
      culprit('allocates', 'Keep', 9, 0.8),
      culprit('allocates', 'Deliver', 16, share),
    ];
    expect(patternOf('heap', ticker(0.19))).not.toBe('ticker-not-stopped');
    expect(patternOf('heap', ticker(0.7))).toBe('ticker-not-stopped');
  });

  it('sees a bound in what makes room, not in what a caller may undo with', () => {
    const hooks = (undo: string) => `
package m

type Feed struct{ hooks []func() }

func (f *Feed) OnChange(size int) func() {
	page := make([]byte, size)
	f.hooks = append(f.hooks, func() { page[0]++ })
	${undo}
}
`;
    const trim = 'for len(f.hooks) > 100 {\n\t\tf.hooks = f.hooks[1:]\n\t}';
    const boundOf = (undo: string) =>
      findSourceFacts(
        new SourceAnalysis(drawSources(hooks(undo)), parser, 'm'),
        'heap',
        [culprit('allocates', '(*Feed).OnChange', 7, 1)],
        'm',
      )?.bound;
    expect(boundOf(`return func() {\n\t${trim}\n\t}`)).toBeNull();
    expect(patternOf('heap', [culprit('allocates', 'Keep', 9, 1)])).toBeNull();
  });
});
