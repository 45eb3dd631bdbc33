// Goroutines that wait for a lock or a group: somebody left without giving it back.
import type { GoFile } from '../../gosource/declarations.ts';
import { findExits } from '../../gosource/paths.ts';
import { statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import type { SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type SourceAnswer } from './answer.ts';
import { findEarlyExit } from './paired-calls.ts';
import { holdersOf, type WaitingGoroutine } from './waiting.ts';

const LOCKING = /\.(?:Lock|RLock|Acquire)$/;
const UNLOCKING: Readonly<Record<string, string>> = { Lock: 'Unlock', RLock: 'RUnlock', Acquire: 'Release' };

/** A lock that is taken and, on some way, not given back. */
export function explainLock(waiting: WaitingGoroutine): SourceAnswer | null {
  const { analysis, file, node } = waiting;
  const mutex = methodOperand(file, node, LOCKING);
  if (mutex === NO_NODE) return null;
  for (const lock of callsOn(analysis, { file, node: mutex }, LOCKING)) {
    const { tree } = lock.file;
    const selector = tree.child(lock.node, 'function');
    const method = tree.textOf(tree.child(selector, 'field'));
    const release = `${tree.textOf(tree.child(selector, 'operand'))}.${UNLOCKING[method] ?? 'Unlock'}`;
    const exits = findExits({
      file: lock.file,
      from: lock.node,
      isGood: (inner) => tree.kind(inner) === 'selector_expression' && tree.textOf(inner) === release,
    });
    const [exit] = exits;
    if (exit === undefined || isLockHelper(lock)) continue;
    const at = { file: lock.file, node: exit.node };
    return {
      pattern: 'goroutine-blocked-lock',
      holders: [{ ...lock, name: tree.textOf(tree.child(selector, 'operand')) }, ...holdersOf(waiting, null)],
      fix: {
        file: lock.file,
        line: tree.endLine(statementOf(lock.file, lock.node)),
        text: `Defer ${release}() right behind taking the lock: the way out at ${shortPlace(at)} keeps it, and everybody else waits for ever.`,
      },
      confidence: 0.9,
    };
  }
  return null;
}

/** A function that only locks, for its callers. */
function isLockHelper({ file, node }: SourceNode): boolean {
  return /(?:lock|acquire|begin|enter)/i.test(
    file.functions.find((f) => file.tree.contains(f.node, node))?.name ?? '',
  );
}

/** A group whose Done is skipped by somebody who leaves early. */
export function explainWait(waiting: WaitingGoroutine): SourceAnswer | null {
  const { analysis, file, node } = waiting;
  const group = methodOperand(file, node, /\.Wait$/);
  if (group === NO_NODE) return null;
  const dones = callsOn(analysis, { file, node: group }, /\.Done$/);
  const uncounted = explainUncounted(waiting, group, dones);
  if (uncounted !== null) return uncounted;
  for (const done of dones) {
    const { tree } = done.file;
    const isDone = (inner: NodeRow) =>
      dones.some((other) => other.file === done.file && other.node === inner);
    if (tree.enclosing(done.node, 'defer_statement') !== NO_NODE) continue;
    const around = tree.enclosing(done.node, 'func_literal', 'function_declaration', 'method_declaration');
    const exit = findEarlyExit(analysis, done, isDone);
    if (exit === NO_NODE) continue;
    const at = { file: done.file, node: exit };
    return {
      pattern: 'waitgroup-never-done',
      holders: [{ ...done, name: tree.textOf(group) }, ...holdersOf(waiting, null)],
      fix: {
        file: done.file,
        line: tree.line(tree.child(around, 'body')) + 1,
        text: `Defer ${tree.textOf(tree.child(done.node, 'function'))}() at the beginning of the goroutine: the way out at ${shortPlace(at)} skips it, and Wait never returns.`,
      },
      confidence: 0.88,
    };
  }
  return null;
}

/** `wg.Add(1)`, and a way out in front of the goroutine that was counted. */
function explainUncounted(
  waiting: WaitingGoroutine,
  group: NodeRow,
  dones: readonly SourceNode[],
): SourceAnswer | null {
  const { analysis, file } = waiting;
  for (const add of callsOn(analysis, { file, node: group }, /\.Add$/)) {
    const { tree } = add.file;
    const isStarted = (inner: NodeRow) =>
      (tree.kind(inner) === 'go_statement' && !/\.Wait\(\)/.test(tree.textOf(inner))) ||
      /\.(?:Go|Submit|Done)$/.test(tree.textOf(tree.child(inner, 'function')).slice(-12)) ||
      dones.some((done) => done.file === add.file && done.node === inner);
    const home = tree.enclosing(add.node, 'func_literal', 'function_declaration', 'method_declaration');
    const isHere = [...tree.descendants(home)].some((inner) => inner > add.node && isStarted(inner));
    const loop = tree.enclosing(add.node, 'for_statement');
    const within = loop > home ? { within: tree.child(loop, 'body') } : {};
    const exit = findExits({ file: add.file, from: add.node, isGood: isStarted, ...within }).find(
      ({ kind }) => kind !== 'end',
    );
    if (!isHere || exit === undefined) continue;
    const at = { file: add.file, node: exit.node };
    return {
      pattern: 'waitgroup-never-done',
      holders: [{ ...add, name: file.tree.textOf(group) }, ...holdersOf(waiting, null)],
      fix: {
        file: add.file,
        line: tree.line(add.node),
        text: `Count right in front of the go statement: the ${exit.kind} at ${shortPlace(at)} leaves after ${tree.textOf(add.node)} without starting what would call Done, and Wait never returns.`,
      },
      confidence: 0.88,
    };
  }
  return null;
}

/** A condition that is signalled to one of several who wait, or to nobody. */
export function explainCondition(waiting: WaitingGoroutine): SourceAnswer | null {
  const { analysis, file, node } = waiting;
  const condition = methodOperand(file, node, /\.Wait$/);
  const type = analysis.types.typeOf({ file, node: condition });
  if (type.kind !== 'named' || type.path !== 'sync' || type.name !== 'Cond') return null;
  const [signal] = callsOn(analysis, { file, node: condition }, /\.Signal$/);
  const at = signal ?? { file, node };
  const name = file.tree.textOf(condition);
  return {
    pattern: 'goroutine-blocked-wait',
    holders: [...holdersOf(waiting, null), ...(signal === undefined ? [] : [{ ...signal, name }])],
    fix: {
      file: at.file,
      line: at.file.tree.line(at.node),
      text:
        signal === undefined
          ? `Wake those who wait for ${name} on every way that changes what they wait for: nothing signals it.`
          : `Wake all who wait for ${name} with Broadcast: Signal at ${shortPlace(signal)} wakes one, and the others wait for ever.`,
    },
    confidence: signal === undefined ? 0.5 : 0.7,
  };
}

/** `s.mu` of `s.mu.Lock()`. */
function methodOperand(file: GoFile, call: NodeRow, method: RegExp): NodeRow {
  const { tree } = file;
  const selector = tree.child(call, 'function');
  return tree.kind(selector) === 'selector_expression' && method.test(tree.textOf(selector))
    ? tree.child(selector, 'operand')
    : NO_NODE;
}

/** Calls of such methods on the place that an expression means. */
function callsOn(analysis: SourceAnalysis, expression: SourceNode, method: RegExp): SourceNode[] {
  const keys = new Set(analysis.places.referencesOf(expression).map(({ place }) => place.key));
  const found: SourceNode[] = [];
  for (const { place } of analysis.places.referencesOf(expression)) {
    for (const occurrence of analysis.operations.occurrencesOf(place)) {
      const { tree } = occurrence.file;
      const selector = tree.parent(occurrence.node);
      const call = tree.parent(selector);
      if (
        tree.kind(call) === 'call_expression' &&
        tree.field(selector) === 'function' &&
        method.test(tree.textOf(selector))
      ) {
        found.push({ file: occurrence.file, node: call });
      }
    }
  }
  return keys.size > 0 ? found : [];
}
