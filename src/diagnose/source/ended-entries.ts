// Entries that are ended where they are, and not taken out: closed, cancelled, or told of by an event that nobody removes for.
import type { GoFile } from '../../gosource/declarations.ts';
import { functionAt, functionKey, type SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { quote, shortPlace, type SourceAnswer } from './answer.ts';
import type { ContainerStudy } from './container-study.ts';

const ENDING = /^(?:Close|Stop|Cancel|Shutdown|Release|Abort|Kill|Terminate|Disconnect)$/i;
/** Events after which an entry is over. */
const OVER =
  /cancel|fail|abort|reject|expire|close|end|done|refund|drop|leave|left|disconnect|error|timeout|delete|remove|revoke|lost|complete|finish|quit/i;

/** `if p, ok := m[k]; ok { close(p.done) }`: what is found is ended, and stays where it was found. */
export function findEndedEntry(study: ContainerStudy): SourceAnswer | null {
  const { place, removals, holders } = study;
  for (const { file, node } of lookups(study)) {
    const around = functionAt(file, node);
    if (around === null || around === study.adder) continue;
    const end = findEnd(study, file, node);
    if (end === NO_NODE || isRemovedNear(study, { file, node: end })) continue;
    return {
      pattern: 'missing-delete-on-path',
      holders,
      fix: {
        file,
        line: file.tree.line(end),
        text: `Remove the entry of ${place.name} here as well (${shortPlace({ file, node: end })}): ${functionKey(around)} ends it with \`${quote({ file, node: end }, 40)}\` and leaves it in.`,
      },
      confidence: removals.length === 0 ? 0.87 : 0.6,
    };
  }
  return null;
}

/** A switch with a case that removes, and another case for an end that only looks the entry up. */
export function findForgottenCase(study: ContainerStudy): SourceAnswer | null {
  const { place, removals, holders } = study;
  for (const { file, node } of lookups(study)) {
    const { tree } = file;
    const own = tree.enclosing(node, 'expression_case');
    const choice = tree.parent(own);
    const label = tree.child(own, 'value');
    if (own === NO_NODE || !OVER.test(tree.textOf(label).slice(0, 200))) continue;
    const inSwitch = removals.filter(
      ({ operation }) => operation.file === file && tree.contains(choice, operation.node),
    );
    if (inSwitch.length === 0 || inSwitch.some(({ operation }) => tree.contains(own, operation.node)))
      continue;
    return {
      pattern: 'missing-delete-on-path',
      holders,
      fix: {
        file,
        line: tree.line(node),
        text: `Remove the entry of ${place.name} in the case ${quote({ file, node: label }, 40)} as well (${shortPlace({ file, node })}): another case of the switch does (${shortPlace(inSwitch[0].operation)}), this one leaves it in.`,
      },
      confidence: 0.66,
    };
  }
  return null;
}

/** `m[k]` where the container is read. */
function lookups({ analysis, place }: ContainerStudy): SourceNode[] {
  return analysis.operations.occurrencesOf(place).flatMap(({ file, node }) => {
    const { tree } = file;
    const index = tree.parent(node);
    const isRead =
      tree.kind(index) === 'index_expression' &&
      tree.field(node) === 'operand' &&
      tree.field(tree.parent(index)) !== 'left';
    return isRead ? [{ file, node: index }] : [];
  });
}

/** Where the entry that was looked up is ended: `p.Close()`, `close(p.done)`, `cancel()`; NO_NODE when it is not. */
function findEnd({ analysis }: ContainerStudy, file: GoFile, lookup: NodeRow): NodeRow {
  const { tree } = file;
  const list = tree.parent(lookup);
  const [name] = tree.field(list) === 'right' ? tree.children(tree.child(tree.parent(list), 'left')) : [];
  if (name === undefined || tree.kind(name) !== 'identifier') return NO_NODE;
  const local = analysis.index.locals(file).resolve(tree.textOf(name), name);
  if (local === null) return NO_NODE;
  for (const use of analysis.index.locals(file).uses(local)) {
    const call = tree.enclosing(use, 'call_expression');
    if (call === NO_NODE || use < lookup) continue;
    const called = tree.child(call, 'function');
    const [argument] = tree.children(tree.child(call, 'arguments'));
    const isClosed =
      tree.textOf(called) === 'close' && argument !== undefined && tree.contains(argument, use);
    const isOwn = called === use; // a function that ends it
    const isMethod =
      tree.kind(called) === 'selector_expression' &&
      tree.contains(called, use) &&
      ENDING.test(tree.textOf(tree.child(called, 'field')));
    if (isClosed || isMethod || (isOwn && ENDING.test(local.name))) return call;
  }
  return NO_NODE;
}

/** Removed in the same function, in one that it calls, or by its callers. */
function isRemovedNear(
  { analysis, removals, removers }: ContainerStudy,
  { file, node }: SourceNode,
): boolean {
  const around = functionAt(file, node);
  if (around === null) return true;
  if (removals.some(({ declaration }) => declaration === around)) return true;
  if (analysis.calls.reaches(around, removers, 2)) return true;
  return analysis.calls.callsOf(around).some(({ caller }) => caller !== null && removers.has(caller));
}
