// A goroutine that waits for a value: nobody sends it, or nobody closes the channel.
import { functionAt, functionKey, type SourceNode } from '../../gosource/source-index.ts';
import { statementOf } from '../../gosource/places.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { pickBest, shortPlace, type SourceAnswer } from './answer.ts';
import { studyChannel, type ChannelStudy } from './channels.ts';
import { explainSkippedClose, explainSkippedEnd } from './skipped-close.ts';
import { isMentioned } from './sweepers.ts';
import { explainUncalledClose } from './uncalled-close.ts';
import { holdersOf, type WaitingGoroutine } from './waiting.ts';

/** Nobody sends or closes; null when the channel is not known. */
export function explainReceive(waiting: WaitingGoroutine, channel: NodeRow): SourceAnswer | null {
  const { analysis, file, node } = waiting;
  const study = studyChannel(analysis, file, channel);
  if (study === null) return null;
  if (study.isElement) return explainWorkerOfKey(waiting, study);
  return pickBest([
    explainSkippedClose(waiting, study, 'goroutine-blocked-receive'),
    explainUncalledClose(waiting, study),
    explainSkippedEnd(waiting, study, 'goroutine-blocked-receive'),
    explainSkippedSend(waiting, study),
    {
      pattern: 'goroutine-blocked-receive',
      holders: holdersOf(waiting, study),
      fix: describeMissingClose(waiting, study, node),
      confidence: isServed(waiting, study) ? 0.2 : 0.75,
    },
  ]);
}

/** Somebody closes it; or a single receive waits for a value, and somebody sends one: no more than a place to look at. */
function isServed({ file, node }: WaitingGoroutine, { closes, sends }: ChannelStudy): boolean {
  return closes.length > 0 || (file.tree.kind(node) !== 'for_statement' && sends.length > 0);
}

/** A goroutine for every key, each at a channel of its own in a container: it stays as long as its key. */
function explainWorkerOfKey(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer | null {
  const { analysis, file, node, starts } = waiting;
  const enders = study.closes.flatMap((close) => functionAt(close.file, close.node) ?? []);
  if (enders.some((ender) => isMentioned(analysis, ender))) return null;
  const [ender] = enders;
  const at: SourceNode = starts[0] ?? { file, node };
  const how =
    ender === undefined
      ? 'close its channel and take it out: nothing in the sources does'
      : `nothing calls ${functionKey(ender)}, which would close its channel`;
  return {
    pattern: 'goroutine-blocked-receive',
    holders: holdersOf(waiting, study),
    fix: {
      file: at.file,
      line: at.file.tree.line(at.node),
      text: `End the goroutine that is started here for an entry of ${study.place.name} when the entry is over (${how}), or let it end by itself after a while without work: it waits at ${shortPlace({ file, node })}.`,
    },
    confidence: 0.8,
  };
}

/** Behind the last send, where one function makes the channel and sends to it; else behind where it is made, or sent to. */
function describeMissingClose(
  waiting: WaitingGoroutine,
  study: ChannelStudy,
  node: NodeRow,
): SourceAnswer['fix'] {
  const why = `${study.closes.length === 0 ? 'nothing in the sources closes it' : 'some way may leave it open'}, so whoever receives at ${shortPlace({ file: waiting.file, node })} waits for ever`;
  const last = findLastSend(study);
  if (last !== null) {
    return {
      file: last.file,
      line: last.file.tree.endLine(last.node),
      text: `Close ${study.place.name} behind the last send (${shortPlace(last)}): ${why}.`,
    };
  }
  const sender = study.sends[0];
  const isLocal = study.place.kind === 'local' && study.make !== null;
  const at: SourceNode =
    isLocal && study.make !== null ? study.make : (sender ?? { file: waiting.file, node });
  return {
    file: at.file,
    line: at.file.tree.line(at.node),
    text: `Close ${study.place.name} when no more is sent (defer close behind ${shortPlace(at)}): ${why}.`,
  };
}

/** The statement of the making function that all sending is over behind; null where others send. */
function findLastSend({ make, sends, place }: ChannelStudy): SourceNode | null {
  if (make === null || place.kind !== 'local' || sends.length === 0) return null;
  const { file } = make;
  const { tree } = file;
  const FUNCTIONS = ['func_literal', 'function_declaration', 'method_declaration'];
  const home = tree.enclosing(make.node, ...FUNCTIONS);
  const isHere = sends.every(
    (send) => send.file === file && tree.enclosing(send.node, ...FUNCTIONS) === home,
  );
  if (!isHere) return null;
  const block = tree.parent(statementOf(file, make.node));
  let last = sends[sends.length - 1].node;
  while (last !== NO_NODE && tree.parent(last) !== block) last = tree.parent(last);
  return last === NO_NODE ? null : { file, node: last };
}

/** A sender that leaves before it sends what this goroutine waits for. */
function explainSkippedSend(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer | null {
  for (const send of study.sends) {
    const { tree } = send.file;
    const around = tree.enclosing(send.node, 'func_literal', 'function_declaration', 'method_declaration');
    if (around === NO_NODE || tree.enclosing(send.node, 'for_statement') > around) continue;
    const leaving = [...tree.descendants(tree.child(around, 'body'), 'return_statement')].find(
      (node) => node < send.node,
    );
    if (leaving === undefined) continue;
    const at = { file: send.file, node: leaving };
    return {
      pattern: 'goroutine-blocked-receive',
      holders: holdersOf(waiting, study),
      fix: {
        file: send.file,
        line: tree.line(leaving),
        text: `Send to ${study.place.name} (or close it) before leaving at ${shortPlace(at)}: whoever waits at ${shortPlace({ file: waiting.file, node: waiting.node })} gets nothing on this way.`,
      },
      confidence: 0.84,
    };
  }
  return null;
}
