// Descriptors that leak without a profile to show it: what opens them takes a few hundred bytes, and is rarely sampled.
import { statementOf } from '../../gosource/places.ts';
import { functionAt } from '../../gosource/source-index.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import type { Culprit } from '../../model/finding.ts';
import type { SourceAnswer } from './answer.ts';
import type { Located } from './locate.ts';
import { explainResource } from './resource-answer.ts';
import { findResource, takesDescriptor } from './resource-table.ts';
import { runsOnce } from './start-up.ts';

/** As calls of what takes a descriptor are spelled. */
const OPENERS = ['os.', 'net.', 'http.', 'tls.', '.Query', '.Prepare', '.Begin', '.Conn(', '.Do('] as const;
/** Good enough to look at first; a profile would be surer. */
const UNSAMPLED = 0.6;

/**
 * The one call in the sources that opens a descriptor again and again and does not see to its end; null where there is none, or
 * more than one: then nothing tells them apart.
 */
export function explainUnsampledOpener(analysis: SourceAnalysis): SourceAnswer | null {
  const found = new Map<string, SourceAnswer>();
  const files = new Set(OPENERS.flatMap((name) => analysis.index.filesMentioning(name)));
  for (const file of files) {
    for (const node of file.tree.descendants(file.tree.root, 'call_expression')) {
      const callee = analysis.types.calleeOf({ file, node });
      const kind = callee.kind === 'external' ? findResource(callee.key) : null;
      if (kind === null || !takesDescriptor(kind) || runsOnce(analysis, { file, node })) continue;
      const located: Located = {
        culprit: NOBODY,
        file,
        line: file.tree.line(node),
        statement: statementOf(file, node),
        declaration: functionAt(file, node),
      };
      const answer = explainResource(analysis, located, false);
      if (answer !== null) found.set(`${file.path}:${located.line}`, answer);
      if (found.size > 1) return null;
    }
  }
  const [only] = found.values();
  return only === undefined ? null : { ...only, confidence: only.confidence * UNSAMPLED };
}

/** No profile has a frame of it. */
const NOBODY: Culprit = {
  role: 'creates',
  function: '',
  file: null,
  line: null,
  share: null,
  low: null,
  high: null,
};
