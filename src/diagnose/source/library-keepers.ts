// What is handed to an object of a library that keeps it: a cache, a scheduler, a logger's hooks.
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { functionAt, functionKey } from '../../gosource/source-index.ts';
import type { Place } from '../../gosource/places.ts';
import type { Sink } from '../../gosource/sink.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { isStandardLibrary } from '../../profile/frames.ts';
import { lineOf, shortPlace, type SourceAnswer } from './answer.ts';
import { runsOnce } from './start-up.ts';

/** Methods that keep what they are given, by their names. */
const KEEPING =
  /\.(?:Add|Set|Put|Store|Insert|Push|Append|Register|Schedule|Subscribe|Attach|Bind|Watch|Handle|Use|On)(?:[A-Z]\w*)?$/;
/** ... and those that let go again. */
const LETTING_GO =
  /^(?:Remove|Del|Unregister|Unsubscribe|Evict|Purge|Clear|Pop|Flush|Detach|Cancel|Reset|Drop)/;

/** The nearest of the libraries' objects that a value is handed to, when the object outlives the call; null without one. */
export function explainLibraryKeeper(analysis: SourceAnalysis, sinks: readonly Sink[]): SourceAnswer | null {
  for (const { kind, callee, at } of sinks) {
    if (kind !== 'library' || !KEEPING.test(callee) || isStandardLibrary(callee)) continue;
    const around = functionAt(at.file, at.node);
    const place = findKeeper(analysis, callee, at);
    if (place === null || around === null || runsOnce(analysis, at)) continue;
    const name = callee.slice(callee.lastIndexOf('/') + 1);
    return {
      pattern: 'never-unregistered',
      holders: [
        { ...at, name: place.name },
        { ...place.at, name: place.name },
      ],
      fix: {
        file: at.file,
        line: lineOf(at),
        text: `Take what ${name} is given here (${shortPlace(at)}) out of ${place.name} again, or give it a bound or a lifetime: ${functionKey(around)} hands it more each time, and nothing in the sources takes anything out.`,
      },
      confidence: isLetGo(analysis, place) ? 0.2 : 0.45,
    };
  }
  return null;
}

/** Field or package variable that the object is kept in. */
function findKeeper(analysis: SourceAnalysis, callee: string, { file, node }: Sink['at']): Place | null {
  for (const call of file.tree.descendants(node, 'call_expression')) {
    const target = analysis.types.calleeOf({ file, node: call });
    if (target.kind !== 'external' || target.key !== callee || target.receiver === NO_NODE) continue;
    const reference = analysis.places
      .referencesOf({ file, node: target.receiver })
      .find(({ place }) => place.kind !== 'local');
    if (reference !== undefined) return reference.place;
  }
  return null;
}

/** Does anybody call a method of the object that takes something out? */
function isLetGo(analysis: SourceAnalysis, place: Place): boolean {
  return analysis.operations.occurrencesOf(place).some(({ file, node }) => {
    const selector: NodeRow = file.tree.parent(node);
    return LETTING_GO.test(file.tree.textOf(file.tree.child(selector, 'field')));
  });
}
