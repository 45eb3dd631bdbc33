// Containers that are only filled, or from which something takes out and does not reach all.
import { functionAt, functionKey } from '../../gosource/source-index.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import type { ContainerStudy } from './container-study.ts';

const LISTENING = /subscri|listen|watch|notify|observer|handler|callback|hook|waiter/i;
/** Also what limiters and sessions are kept by. */
const CLIENTS = /client|peer|conn/i;

/** Is the container one of those who want to be told? */
export function isSubscription(study: ContainerStudy): boolean {
  const { adder, place } = study;
  if (LISTENING.test(place.name) || LISTENING.test(adder?.name ?? '')) return true;
  return CLIENTS.test(place.name) && isTold(study);
}

/** Its elements can be told something: functions, channels, structs that have one. */
function isTold({ analysis, place, sink }: ContainerStudy): boolean {
  const container = analysis.places.elementType(place.type, sink.depth);
  const types =
    container.kind === 'map'
      ? [container.key, container.element]
      : 'element' in container
        ? [container.element]
        : [];
  return types.some((type) => {
    if (type.kind === 'func' || type.kind === 'chan') return true;
    if (type.kind !== 'named') return false;
    const declaration = analysis.index.package(type.path)?.types.get(type.name);
    const file = declaration === undefined ? null : analysis.index.file(declaration.path);
    return (
      declaration !== undefined &&
      file !== null &&
      /\bchan\b|\bfunc\(/.test(file.tree.textOf(declaration.node))
    );
  });
}

/**
 * Filled, and never emptied as far as the sources show; or emptied by somebody who seems to do his work.
 *
 * @param isBalanced everybody who adds sees to it that it is taken out again: then this container is only a place to look at.
 */
export function explainUnbounded(study: ContainerStudy, isBalanced: boolean): SourceAnswer {
  const { analysis, place, sink, removals } = study;
  const { file, node } = sink.at;
  const isFreed = removals.length > 0;
  if (sink.isPart && !(isFreed && isBalanced)) return explainPinned(study);
  const adder = functionAt(file, node);
  const where = adder === null ? shortPlace(sink.at) : `${functionKey(adder)} (${shortPlace(sink.at)})`;
  const text = isFreed
    ? `Find out which entries of ${place.name} stay, or bound its size: ${where} adds them, and what takes them out (${formatShort(removals)}) does not reach all of them.`
    : `Bound ${place.name} or remove its entries when they are no longer needed: ${where} adds to it, and nothing in the sources takes anything out.`;
  return {
    pattern: isSubscription(study) && !isFreed ? 'subscription-never-removed' : shapeOf(analysis, study),
    holders: study.holders,
    fix: { file, line: file.tree.line(node), text },
    confidence: isBalanced ? 0.2 : isFreed ? 0.35 : 0.85,
  };
}

function shapeOf(analysis: ContainerStudy['analysis'], { place, sink }: ContainerStudy): string {
  const type = analysis.places.elementType(place.type, sink.depth);
  const isSlice = type.kind === 'slice' || (type.kind === 'named' && /container\/list/.test(type.path));
  if (!isSlice) return 'unbounded-map';
  return place.kind === 'variable' ? 'append-to-global' : 'unbounded-slice';
}

/** A piece of what the culprit made is kept, and with it all of that, however few pieces there are. */
function explainPinned({ place, sink, removals, isBounded, holders }: ContainerStudy): SourceAnswer {
  const { file, node } = sink.at;
  const isLimited = isBounded || removals.length > 0;
  const rest = isLimited ? '' : `, and bound ${place.name}: nothing in the sources takes anything out`;
  return {
    pattern: 'reslice-pins-array',
    holders,
    fix: {
      file,
      line: file.tree.line(node),
      text: `Store a copy (strings.Clone, bytes.Clone) here: what goes into ${place.name} (${shortPlace(sink.at)}) is a piece of something larger, and keeps all of it${rest}.`,
    },
    confidence: isLimited ? 0.6 : 0.85,
    isDespiteBound: true,
  };
}

function formatShort(removals: ContainerStudy['removals']): string {
  const places = [...new Set(removals.map(({ operation }) => shortPlace(operation)))];
  return places.slice(0, 3).join(', ');
}
