// Objects whose finalizer never runs: others point back to them (a cycle stays), or one that waits for ever is before theirs.
import type { GoFile } from '../../gosource/declarations.ts';
import type { GoType } from '../../gosource/go-type.ts';
import { statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { allocationsAt } from '../../gosource/allocations.ts';
import type { SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type Holder, type SourceAnswer } from './answer.ts';
import type { Located } from './locate.ts';

/** Structs between an object and the one that points back to it. */
const MAX_LEVELS = 3;

interface Named {
  readonly path: string;
  readonly name: string;
}

/** What is made on the culprit's line has a finalizer that waits for ever, or something that it holds points back to it. */
export function explainFinalizer(analysis: SourceAnalysis, { file, line }: Located): SourceAnswer | null {
  for (const node of allocationsAt(file, line)) {
    const type = analysis.types.typeOf({ file, node });
    if (type.kind !== 'named') continue;
    const finalizer = findFinalizer(analysis, type);
    if (finalizer === null) continue;
    const stuck = findUnreadSend(analysis, finalizer);
    if (stuck !== null) return explainStuck(finalizer, stuck);
    const back = findWayBack(analysis, type);
    if (back === null) continue;
    const statement = { file: finalizer.file, node: statementOf(finalizer.file, finalizer.node) };
    return {
      pattern: 'finalizer-in-cycle',
      holders: [
        { ...back, node: statementOf(back.file, back.node), name: type.name },
        { ...statement, name: 'runtime.SetFinalizer' },
      ],
      fix: {
        file: finalizer.file,
        line: finalizer.file.tree.line(finalizer.node),
        text: `Put what the finalizer frees into an object of its own without pointers to others, and set the finalizer on that: what ${type.name} holds points back to it (${shortPlace(back)}), and a finalizer in a cycle never runs.`,
      },
      confidence: 0.8,
    };
  }
  return null;
}

/** `runtime.SetFinalizer(x, ...)` with an x of this type. */
function findFinalizer(analysis: SourceAnalysis, type: Named): SourceNode | null {
  for (const file of analysis.index.filesMentioning('SetFinalizer')) {
    for (const node of file.tree.descendants(file.tree.root, 'call_expression')) {
      const callee = analysis.types.calleeOf({ file, node });
      if (callee.kind !== 'external' || callee.key !== 'runtime.SetFinalizer') continue;
      const [object] = file.tree.children(file.tree.child(node, 'arguments'));
      const given = analysis.types.typeOf({ file, node: object ?? NO_NODE });
      if (given.kind === 'named' && given.name === type.name && given.path === type.path)
        return { file, node };
    }
  }
  return null;
}

/** The finalizer is a closure that sends to a channel from which nothing in the sources receives. */
function findUnreadSend(analysis: SourceAnalysis, { file, node }: SourceNode): Holder | null {
  const { tree } = file;
  const [, run] = tree.children(tree.child(node, 'arguments'));
  if (run === undefined || tree.kind(run) !== 'func_literal') return null;
  for (const send of tree.descendants(run, 'send_statement')) {
    // In a case of a select another way may be open.
    if (tree.kind(tree.parent(send)) === 'communication_case') continue;
    const [reference] = analysis.places.referencesOf({ file, node: tree.child(send, 'channel') });
    if (reference === undefined) continue;
    const isRead = analysis.operations.operationsOf(reference.place).some(({ kind }) => kind === 'remove');
    if (!isRead) return { file, node: send, name: reference.place.name };
  }
  return null;
}

/** One goroutine runs all finalizers, one behind the other. */
function explainStuck(finalizer: SourceNode, stuck: Holder): SourceAnswer {
  const { file, node } = finalizer;
  return {
    pattern: 'finalizer-blocked',
    holders: [stuck, { file, node: statementOf(file, node), name: 'runtime.SetFinalizer' }],
    fix: {
      file,
      line: file.tree.line(stuck.node),
      text: `Do not wait in a finalizer: nothing in the sources receives from ${stuck.name}, and once the finalizer waits at ${shortPlace(stuck)}, no other one runs, and everything that has one stays. Send in a select with a default, or free without telling anybody.`,
    },
    confidence: 0.85,
  };
}

/** Where a struct that the type holds is given a pointer to it. */
function findWayBack(analysis: SourceAnalysis, type: Named): SourceNode | null {
  const seen = new Set([formatType(type)]);
  let edge: Named[] = [type];
  for (let level = 0; level < MAX_LEVELS; level++) {
    edge = edge
      .flatMap((holder) => heldTypes(analysis, holder))
      .filter((held) => {
        const key = formatType(held);
        return !seen.has(key) && seen.add(key);
      });
    for (const held of edge) {
      const back = findPointer(analysis, held, type);
      if (back !== null) return back;
    }
  }
  return null;
}

/** Structs of the sources in the fields of a struct, also as elements. */
function heldTypes(analysis: SourceAnalysis, { path, name }: Named): Named[] {
  const struct = analysis.types.underlying({ kind: 'named', path, name });
  const file = struct.kind === 'struct' ? analysis.index.file(struct.file) : null;
  if (struct.kind !== 'struct' || file === null) return [];
  return [...file.tree.descendants(struct.node, 'field_declaration')].flatMap((field) => {
    const written = file.tree.child(field, 'type');
    return namedIn(analysis.types.typeFromNode({ file, node: written })).filter(
      (held) => analysis.index.package(held.path)?.types.has(held.name) === true,
    );
  });
}

function namedIn(type: GoType, depth = 0): Named[] {
  if (depth > MAX_LEVELS) return [];
  if (type.kind === 'named') return [type];
  const elements = 'element' in type ? namedIn(type.element, depth + 1) : [];
  return type.kind === 'map' ? [...elements, ...namedIn(type.key, depth + 1)] : elements;
}

/** `&Node{tree: t}` or `n.tree = t` with a t of the type. */
function findPointer(analysis: SourceAnalysis, holder: Named, target: Named): SourceNode | null {
  for (const file of analysis.index.package(holder.path)?.files ?? []) {
    const { tree } = file;
    for (const node of tree.descendants(tree.root, 'keyed_element', 'assignment_statement')) {
      const isIn =
        tree.kind(node) === 'keyed_element'
          ? isFieldIn(analysis, file, node, holder)
          : isSet(analysis, file, node, holder);
      if (isIn && hasType(analysis, file, valueOf(file, node), target)) return { file, node };
    }
  }
  return null;
}

function isFieldIn(analysis: SourceAnalysis, file: GoFile, element: NodeRow, holder: Named): boolean {
  return hasType(analysis, file, file.tree.enclosing(element, 'composite_literal'), holder);
}

function isSet(analysis: SourceAnalysis, file: GoFile, statement: NodeRow, holder: Named): boolean {
  const { tree } = file;
  const [target] = tree.children(tree.child(statement, 'left'));
  return target !== undefined && hasType(analysis, file, tree.child(target, 'operand'), holder);
}

function valueOf({ tree }: GoFile, node: NodeRow): NodeRow {
  const value = tree.child(node, tree.kind(node) === 'keyed_element' ? 'value' : 'right');
  return /^(?:literal_element|expression_list)$/.test(tree.kind(value))
    ? (tree.children(value)[0] ?? NO_NODE)
    : value;
}

function hasType(analysis: SourceAnalysis, file: GoFile, node: NodeRow, wanted: Named): boolean {
  const type = analysis.types.typeOf({ file, node });
  return type.kind === 'named' && type.name === wanted.name && type.path === wanted.path;
}

function formatType({ path, name }: Named): string {
  return `${path}.${name}`;
}
