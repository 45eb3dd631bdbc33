// Loops of goroutines: what would end them, and who does not see to it.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import { returnedValues, statementOf } from '../../gosource/places.ts';
import { functionAt, functionKey, type SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { pickBest, shortPlace, type SourceAnswer } from './answer.ts';
import { studyChannel, type ChannelStudy } from './channels.ts';
import { findLoopExits, receivedChannel } from './conditions.ts';
import { findDroppedHandle, findReturnedUndo } from './dropped-handle.ts';
import { checkRelease, deferLine } from './release-check.ts';
import { explainSkippedClose, explainSkippedEnd } from './skipped-close.ts';
import { explainUncalledClose, explainUncalledMethod, explainUnclosedField } from './uncalled-close.ts';
import { holdersOf, type WaitingGoroutine } from './waiting.ts';

/** The ways out of the loop (or of the only wait), and who would open them; without any, the loop itself. */
export function explainEndlessLoop(waiting: WaitingGoroutine): SourceAnswer | null {
  const { file, node } = waiting;
  const { tree } = file;
  const closure = tree.enclosing(node, 'func_literal', 'function_declaration', 'method_declaration');
  const around = tree.enclosing(node, 'for_statement');
  const loop = around !== NO_NODE && tree.contains(closure, around) ? around : NO_NODE;
  const ways = findWaysOut(waiting, loop);
  const answers = ways.flatMap((channel) => explainWayOut(waiting, channel));
  if (ways.length === 0 && loop !== NO_NODE) answers.push(explainNoWayOut(waiting, loop));
  return pickBest(answers);
}

/** Channels whose receipt leaves the loop; of a single wait the channel itself. */
function findWaysOut({ file, node }: WaitingGoroutine, loop: NodeRow): NodeRow[] {
  const { tree } = file;
  if (loop === NO_NODE) {
    if (tree.kind(node) === 'unary_expression') return [tree.child(node, 'operand')];
    return tree
      .children(node)
      .map((branch) => receivedChannel(file, tree.child(branch, 'communication')))
      .filter((channel) => channel !== NO_NODE);
  }
  const found: NodeRow[] = [];
  for (const leaving of findLoopExits(file, loop)) {
    const branch = tree.enclosing(leaving, 'communication_case');
    const channel = receivedChannel(file, tree.child(branch, 'communication'));
    // A way out that does not hang on a channel (an error, a count) may well be taken.
    found.push(branch !== NO_NODE && tree.contains(loop, branch) ? channel : NO_NODE);
  }
  return found;
}

function explainWayOut(waiting: WaitingGoroutine, channel: NodeRow): SourceAnswer[] {
  const { analysis, file } = waiting;
  if (channel === NO_NODE) return [];
  const { tree } = file;
  const context = contextOf(file, channel);
  if (context !== NO_NODE) return explainContext(waiting, { file, node: context }, 0);
  if (tree.kind(channel) === 'call_expression') return [];
  const study = studyChannel(analysis, file, channel);
  if (study === null) return [];
  const found = [
    explainReturnedClose(waiting, study),
    explainSkippedClose(waiting, study, 'goroutine-no-exit'),
    explainUncalledClose(waiting, study),
    explainUnclosedField(waiting, study),
    explainSkippedEnd(waiting, study, 'goroutine-no-exit'),
    explainNeverClosed(waiting, study),
  ];
  return found.filter((answer) => answer !== null);
}

/** `ctx` of `ctx.Done()`. */
function contextOf(file: GoFile, channel: NodeRow): NodeRow {
  const { tree } = file;
  const selector = tree.child(channel, 'function');
  return tree.kind(channel) === 'call_expression' && tree.textOf(tree.child(selector, 'field')) === 'Done'
    ? tree.child(selector, 'operand')
    : NO_NODE;
}

/** The starting function returns a closure that closes the channel, and a caller drops it. */
function explainReturnedClose(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer | null {
  const { analysis } = waiting;
  for (const close of study.closes) {
    const giver = functionAt(close.file, close.node);
    if (giver === null) continue;
    const release = findReturnedUndo(
      analysis,
      giver,
      (file, node) => file === close.file && node === close.node,
    );
    if (release === null) continue;
    const found = findDroppedHandle({
      analysis,
      giver,
      release,
      holders: holdersOf(waiting, study),
      pattern: 'goroutine-no-exit',
      consequence: 'the goroutine that it started goes on for ever',
      isOnPath: waiting.isOnPath,
    });
    if (found !== null) return found;
  }
  return null;
}

function explainNeverClosed(waiting: WaitingGoroutine, study: ChannelStudy): SourceAnswer | null {
  if (study.closes.length > 0 || study.sends.length > 0 || study.make === null) return null;
  const at = { file: study.make.file, node: statementOf(study.make.file, study.make.node) };
  return {
    pattern: 'goroutine-no-exit',
    holders: holdersOf(waiting, study),
    fix: {
      file: at.file,
      line: at.file.tree.line(study.make.node),
      text: `Close ${study.place.name} when the goroutine is to end: nothing in the sources closes it or sends to it.`,
    },
    confidence: 0.8,
  };
}

/** Which context ends it, and does anybody end that one? */
function explainContext(waiting: WaitingGoroutine, context: SourceNode, depth: number): SourceAnswer[] {
  const { analysis } = waiting;
  const { file, node } = context;
  const { tree } = file;
  if (depth > 4) return [];
  if (tree.kind(node) === 'call_expression') return explainRootContext(waiting, context);
  if (tree.kind(node) === 'selector_expression') return explainContextField(waiting, context);
  if (tree.kind(node) !== 'identifier') return [];
  const local = analysis.index.locals(file).resolve(tree.textOf(node), node);
  if (local === null) return [];
  const given = analysis.places.assignedTo(file, local);
  if (local.kind === 'parameter' && given.length === 0) {
    const declaration = file.functions.find((f) => f.node === local.scope);
    if (declaration === undefined) return [];
    return analysis.places
      .argumentsFor(declaration, local)
      .flatMap((argument) => explainContext(waiting, argument, depth + 1));
  }
  return given.flatMap((value) => explainGivenContext(waiting, value, depth));
}

function explainGivenContext(waiting: WaitingGoroutine, value: SourceNode, depth: number): SourceAnswer[] {
  if (value.file.tree.kind(value.node) !== 'call_expression')
    return explainContext(waiting, value, depth + 1);
  const callee = waiting.analysis.types.calleeOf(value);
  if (
    callee.kind === 'external' &&
    /^context\.With(?:Cancel|CancelCause|Timeout|Deadline)$/.test(callee.key)
  ) {
    const answer = explainCancel(waiting, value, callee.key);
    return answer === null ? [] : [answer];
  }
  return explainContext(waiting, value, depth + 1);
}

/** A cancel function that is dropped, or skipped on some way. */
function explainCancel(waiting: WaitingGoroutine, call: SourceNode, key: string): SourceAnswer | null {
  const state = checkRelease(waiting.analysis, call.file, call.node, {
    result: 1,
    methods: null,
    field: null,
  });
  if (state.kind === 'released' || state.kind === 'handed-on') return null;
  const isBounded = /Timeout|Deadline/.test(key);
  return {
    pattern: 'context-not-cancelled',
    holders: [...holdersOf(waiting, null), { ...call, name: 'cancel' }],
    fix: {
      file: call.file,
      line: deferLine(call.file, call.node),
      text: `Defer the cancel function right behind ${key} (${shortPlace(call)}): without it the goroutine waits for a context that nobody ends.`,
    },
    confidence: isBounded ? 0.5 : 0.92,
  };
}

/** `context.Background()` handed to something that waits for its end. */
function explainRootContext(waiting: WaitingGoroutine, { file, node }: SourceNode): SourceAnswer[] {
  const callee = waiting.analysis.types.calleeOf({ file, node });
  const isRoot =
    callee.kind === 'external' && /^context\.(?:Background|TODO|WithoutCancel)$/.test(callee.key);
  const around = functionAt(file, node);
  if (!isRoot || around === null || /^(?:main|init)$/.test(around.name)) return [];
  return [
    {
      pattern: 'goroutine-no-exit',
      holders: [...holdersOf(waiting, null), { file, node: statementOf(file, node), name: 'context' }],
      fix: {
        file,
        line: file.tree.line(node),
        text: `Hand over a context that ends with the request instead of ${file.tree.textOf(node)}: the goroutine waits for its end, which never comes.`,
      },
      confidence: 0.86,
    },
  ];
}

/** A context kept in a field: its cancel function is called by a method that owners may forget. */
function explainContextField(waiting: WaitingGoroutine, { file, node }: SourceNode): SourceAnswer[] {
  const { analysis } = waiting;
  const type = analysis.types.typeOf({ file, node: file.tree.child(node, 'operand') });
  if (type.kind !== 'named') return [];
  const endings: SourceNode[] = [];
  for (const method of analysis.index.package(type.path)?.functions.values() ?? []) {
    const methodFile = analysis.index.file(method.path);
    if (method.receiverType !== type.name || methodFile === null) continue;
    for (const call of methodFile.tree.descendants(method.body, 'call_expression')) {
      if (
        /\.(?:cancel|stop|close)\w*$/i.test(methodFile.tree.textOf(methodFile.tree.child(call, 'function')))
      ) {
        endings.push({ file: methodFile, node: call });
      }
    }
  }
  const answer = explainUncalledMethod(waiting, null, endings);
  return answer === null ? [] : [answer];
}

function explainNoWayOut(waiting: WaitingGoroutine, loop: NodeRow): SourceAnswer {
  const { file } = waiting;
  const at = { file, node: loop };
  const [start] = waiting.starts;
  const starter: FunctionDeclaration | null = start?.starter ?? null;
  const by = starter === null ? '' : ` that ${functionKey(starter)} starts`;
  const hasHandle = starter !== null && returnedValues(file, starter.body, 0).length > 0;
  return {
    pattern: 'goroutine-no-exit',
    holders: holdersOf(waiting, null),
    fix: {
      file,
      line: file.tree.line(loop),
      text: `Give the loop at ${shortPlace(at)} a way out (a case for the context's Done or a stop channel${hasHandle ? ' that its owner closes' : ''}): the goroutine${by} has none.`,
    },
    confidence: 0.82,
  };
}
