// Goroutines that never end: the statement that they wait in, and who should have let them go.
import type { GoFile } from '../../gosource/declarations.ts';
import { findExits } from '../../gosource/paths.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { formatPlace, functionKey } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { pickBest, shortPlace, type SourceAnswer } from './answer.ts';
import { studyChannel, type ChannelStudy } from './channels.ts';
import { findLoopExits, isShutdown, receivedChannel } from './conditions.ts';
import { explainReceive } from './blocked-receive.ts';
import { findStarts } from './goroutine-start.ts';
import { explainEndlessLoop } from './endless-goroutine.ts';
import type { Located } from './locate.ts';
import { explainCondition, explainLock, explainWait } from './locks.ts';
import { explainUncalledClose } from './uncalled-close.ts';
import { holdersOf, isTimer, type WaitingGoroutine } from './waiting.ts';

/** What keeps the goroutines that wait at this place. */
export function explainGoroutine(analysis: SourceAnalysis, located: Located): SourceAnswer | null {
  const { file, line } = located;
  const waiting: WaitingGoroutine = {
    analysis,
    file,
    node: findWait(file, line),
    starts: [],
    isOnPath: () => true,
  };
  // Asleep, or in a call: it is the loop around that never ends.
  const isElsewhere = waiting.node === NO_NODE;
  const node = isElsewhere ? located.statement : waiting.node;
  if (node === NO_NODE) return null;
  const known = { ...waiting, node, starts: findStarts(analysis, file, node) };
  if (isElsewhere) return explainEndlessLoop(known);
  return explainWaiting(known) ?? explainStart(known);
}

function explainWaiting(waiting: WaitingGoroutine): SourceAnswer | null {
  const { file, node } = waiting;
  const { tree } = file;
  switch (tree.kind(node)) {
    case 'send_statement':
      return explainSend(waiting, tree.child(node, 'channel'));
    case 'unary_expression': {
      const channel = tree.child(node, 'operand');
      return explainReceive(waiting, channel) ?? explainDoneContext(waiting, channel);
    }
    case 'for_statement': {
      const [clause] = tree.children(node).filter((child) => tree.kind(child) === 'range_clause');
      const range = tree.child(clause ?? NO_NODE, 'right');
      return isTimer(waiting, range) ? explainEndlessLoop(waiting) : explainReceive(waiting, range);
    }
    case 'select_statement':
      return pickBest([explainEndlessLoop(waiting), explainSelect(waiting)]);
    case 'call_expression':
      return pickBest([explainLock(waiting), explainWait(waiting), explainCondition(waiting)]);
    default:
      return null;
  }
}

/** The node on a line that a goroutine can wait in. */
function findWait(file: GoFile, line: number): NodeRow {
  const { tree } = file;
  let found = NO_NODE;
  for (const node of tree.descendants(tree.root)) {
    if (tree.line(node) > line) break;
    const isWaiting = isWait(file, node);
    const isOnLine =
      tree.line(node) === line || (tree.kind(node) === 'call_expression' && tree.endLine(node) === line);
    if (isWaiting && isOnLine) return refine(file, node);
    // A select is charged to its own line, in some versions of Go to that of a case.
    if (tree.kind(node) === 'select_statement' && tree.endLine(node) >= line) found = node;
  }
  return found;
}

function isWait(file: GoFile, node: NodeRow): boolean {
  const { tree } = file;
  switch (tree.kind(node)) {
    case 'send_statement':
    case 'select_statement':
      return true;
    case 'unary_expression':
      return tree.textOf(tree.child(node, 'operator')) === '<-';
    case 'for_statement':
      return tree.childOfKind(node, 'range_clause') !== NO_NODE;
    case 'call_expression':
      return /\.(?:R?Lock|Wait|Acquire)$/.test(tree.textOf(tree.child(node, 'function')));
    default:
      return false;
  }
}

/** A communication of a select waits with the whole select. */
function refine(file: GoFile, node: NodeRow): NodeRow {
  const { tree } = file;
  const communication = tree.enclosing(node, 'communication_case', 'block');
  const isInSelect =
    tree.kind(communication) === 'communication_case' &&
    tree.contains(tree.child(communication, 'communication'), node);
  return isInSelect ? tree.parent(communication) : node;
}

/** Nobody receives: the receiver has left, or takes fewer than are sent. */
function explainSend(waiting: WaitingGoroutine, channel: NodeRow): SourceAnswer | null {
  const study = studyChannel(waiting.analysis, waiting.file, channel);
  if (study === null) return null;
  return pickBest([
    explainSemaphore(waiting, study),
    explainLeftReceiver(waiting, study),
    explainUnbufferedAnswer(waiting, study),
    explainPlainSend(waiting, study),
  ]);
}

/** A channel as a semaphore: somebody takes a slot and leaves without giving it back. */
function explainSemaphore(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer | null {
  if (!study.isBuffered) return null;
  for (const send of study.sends) {
    // Taken and given back by the same function; an answer is received by another one.
    const around = innermostFunction(send.file, send.node);
    const own = study.receives.filter(
      ({ file, node }) => file === send.file && innermostFunction(file, giverOf(file, node)) === around,
    );
    if (own.length === 0) continue;
    const nodes = new Set(own.map(({ node }) => node));
    const [exit] = findExits({ file: send.file, from: send.node, isGood: (node) => nodes.has(node) });
    if (exit === undefined) continue;
    const at = { file: send.file, node: exit.node };
    return {
      pattern: 'goroutine-blocked-send',
      holders: holdersOf(waiting, study),
      fix: {
        file: send.file,
        line: send.file.tree.line(send.node),
        text: `Give the slot of ${study.place.name} back in a defer right behind taking it: the way out at ${shortPlace(at)} keeps it.`,
      },
      confidence: 0.9,
    };
  }
  return null;
}

function innermostFunction(file: GoFile, node: NodeRow): NodeRow {
  return file.tree.enclosing(
    file.tree.parent(node),
    'func_literal',
    'function_declaration',
    'method_declaration',
  );
}

/** A deferred closure gives back for the function around it. */
function giverOf(file: GoFile, node: NodeRow): NodeRow {
  const { tree } = file;
  const deferred = tree.enclosing(node, 'defer_statement');
  return deferred === NO_NODE ? node : deferred;
}

/** A receiving loop that ends on an error while senders go on. */
function explainLeftReceiver(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer | null {
  if (study.place.kind === 'local') return null;
  for (const receive of study.receives) {
    const { tree } = receive.file;
    const loop =
      tree.kind(receive.node) === 'for_statement'
        ? receive.node
        : tree.enclosing(receive.node, 'for_statement');
    if (loop === NO_NODE) continue;
    const ending = findLoopExits(receive.file, loop).find(
      (node) => !isShutdown(waiting.analysis, receive.file, node),
    );
    if (ending === undefined) continue;
    const at = { file: receive.file, node: ending };
    return {
      pattern: 'goroutine-blocked-send',
      holders: holdersOf(waiting, study),
      fix: {
        file: receive.file,
        line: tree.line(ending),
        text: `Go on receiving from ${study.place.name} here, or tell the senders: after the way out at ${shortPlace(at)} nobody receives any more.`,
      },
      confidence: 0.88,
    };
  }
  return null;
}

/** One answer of a goroutine on a channel of the function that started it, which may be gone by then. */
function explainUnbufferedAnswer(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer | null {
  const { file, node } = waiting;
  if (study.place.kind !== 'local' || study.make === null || study.isBuffered) return null;
  const closure = file.tree.enclosing(node, 'func_literal', 'function_declaration', 'method_declaration');
  const loop = file.tree.enclosing(node, 'for_statement');
  const isLooping = loop !== NO_NODE && file.tree.contains(closure, loop);
  const made = study.make;
  const text = isLooping
    ? `Send to ${study.place.name} in a select with the context's Done, so that the goroutine ends when its receiver has left (${receiverPlace(study)}).`
    : `Give ${study.place.name} a buffer for every sender (make it with the number of goroutines as capacity), so that a send does not wait for a receiver that has left (${receiverPlace(study)}).`;
  return {
    pattern: 'goroutine-blocked-send',
    holders: holdersOf(waiting, study),
    fix: isLooping
      ? { file, line: file.tree.line(node), text }
      : { file: made.file, line: made.file.tree.line(made.node), text },
    confidence: 0.85,
  };
}

function receiverPlace({ receives }: ChannelStudy): string {
  return receives.length > 0
    ? `it receives at ${shortPlace(receives[0])}`
    : 'nothing receives in the sources';
}

function explainPlainSend(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer {
  const { file, node } = waiting;
  // With room for a value of everybody nobody has to wait.
  const isOnce =
    file.tree.kind(file.tree.enclosing(node, 'for_statement', 'func_literal')) !== 'for_statement';
  const hasRoom = study.isBuffered && study.place.kind === 'local' && isOnce;
  return {
    pattern: 'goroutine-blocked-send',
    holders: holdersOf(waiting, study),
    fix: {
      file,
      line: file.tree.line(node),
      text: `Send to ${study.place.name} in a select with a way out (the context's Done, or default): here the goroutine waits for a receiver that may never come.`,
    },
    confidence: hasRoom ? 0.2 : 0.45,
  };
}

/** `<-ctx.Done()` alone: a context that nobody ends. */
function explainDoneContext(waiting: WaitingGoroutine, channel: NodeRow): SourceAnswer | null {
  return /\.Done\(\)$/.test(waiting.file.tree.textOf(channel)) ? explainEndlessLoop(waiting) : null;
}

/** A select outside of any loop, or one whose channels nobody serves. */
function explainSelect(waiting: WaitingGoroutine): SourceAnswer | null {
  const { file, node, analysis } = waiting;
  const { tree } = file;
  const hasOther = hasWayOut(waiting);
  const answers = tree.children(node).flatMap((branch) => {
    const communication = tree.child(branch, 'communication');
    if (tree.kind(communication) === 'send_statement')
      return hasOther ? [] : [explainSend(waiting, tree.child(communication, 'channel'))];
    const channel = receivedChannel(file, communication);
    const study = studyChannel(analysis, file, channel);
    return study === null ? [] : [explainUncalledClose(waiting, study)];
  });
  const best = pickBest(answers);
  return best === null ? null : { ...best, confidence: best.confidence * 0.8 };
}

/** Is there a case, or a way out of the loop around, by which the goroutine is let go without this one? */
function hasWayOut({ analysis, file, node }: WaitingGoroutine): boolean {
  const { tree } = file;
  if (tree.kind(node) !== 'select_statement') return false;
  return tree.children(node).some((branch) => {
    const channel = receivedChannel(file, tree.child(branch, 'communication'));
    if (tree.kind(branch) === 'default_case') return true;
    if (channel === NO_NODE) return false;
    const type = analysis.types.underlying(analysis.types.typeOf({ file, node: channel }));
    return (
      /\.Done\(\)$/.test(tree.textOf(channel)) || (type.kind === 'chan' && type.element.kind === 'struct')
    );
  });
}

/** Nothing better is known: a place to look at. */
function explainStart(waiting: WaitingGoroutine): SourceAnswer | null {
  const [start] = waiting.starts;
  if (start === undefined || hasWayOut(waiting)) return null;
  const starter = start.starter === null ? '' : ` by ${functionKey(start.starter)}`;
  return {
    pattern: 'goroutine-no-exit',
    holders: holdersOf(waiting, null),
    fix: {
      file: start.file,
      line: start.file.tree.line(start.node),
      text: `Give the goroutine that is started here${starter} a way to end: it waits at ${shortPlace({ file: waiting.file, node: waiting.node })} (${formatPlace(start)}).`,
    },
    confidence: 0.2,
  };
}
