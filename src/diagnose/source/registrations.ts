// Registries of libraries that keep what they are given until it is taken off.
import { allocationsAt } from '../../gosource/allocations.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionAt, functionKey, type SourceNode } from '../../gosource/source-index.ts';
import { lineOf, shortPlace, type SourceAnswer } from './answer.ts';
import { callPicker, type Located } from './locate.ts';
import { runsOnce } from './start-up.ts';

interface Registry {
  readonly adding: RegExp;
  /** Name of the function that takes off again, '' where there is none. */
  readonly removing: string;
}

const REGISTRIES: readonly Registry[] = [
  { adding: /\/prometheus\.(?:Registry\.|Registerer\.)?(?:Must)?Register$/, removing: 'Unregister' },
  { adding: /^expvar\.(?:Publish|New\w+)$/, removing: '' },
  { adding: /^net\/http\.(?:ServeMux\.)?Handle(?:Func)?$/, removing: '' },
];

/** What is made on the culprit's line goes into a registry that nothing is taken out of. */
export function explainRegistration(analysis: SourceAnalysis, located: Located): SourceAnswer | null {
  const { file, line, culprit } = located;
  for (const node of allocationsAt(file, line)) {
    const callee =
      file.tree.kind(node) === 'call_expression' ? analysis.types.calleeOf({ file, node }) : null;
    const own = callee?.kind === 'external' ? [{ callee: callee.key, at: { file, node } }] : [];
    const sinks = analysis
      .follow({ file, node }, callPicker(culprit))
      .filter(({ kind }) => kind === 'library');
    for (const { callee: key, at } of [...own, ...sinks]) {
      const registry = REGISTRIES.find(
        ({ adding, removing }) => adding.test(key) && (removing !== '' || at.node === node),
      );
      const answer = registry === undefined ? null : describe(analysis, registry, key, at);
      if (answer !== null) return answer;
    }
  }
  return null;
}

function describe(
  analysis: SourceAnalysis,
  { removing }: Registry,
  key: string,
  at: SourceNode,
): SourceAnswer | null {
  const around = functionAt(at.file, at.node);
  if (around === null || runsOnce(analysis, at)) return null;
  if (removing !== '' && analysis.index.filesMentioning(`.${removing}(`).length > 0) return null;
  const name = key.slice(key.lastIndexOf('/') + 1);
  const text =
    removing === ''
      ? `Register once, when the service starts: ${functionKey(around)} does it again and again, and ${name} keeps all of them for ever.`
      : `Take off what is registered here (${shortPlace(at)}) with ${removing} when it is over: nothing in the sources does, and ${name} keeps all of them.`;
  return {
    pattern: 'never-unregistered',
    holders: [{ ...at, name }],
    fix: { file: at.file, line: lineOf(at), text },
    confidence: 0.8,
  };
}
