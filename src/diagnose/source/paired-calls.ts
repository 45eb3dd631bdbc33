// Begin and Done, Subscribe and Unsubscribe: what one call adds another takes away, and some way skips the second.
import type { Call } from '../../gosource/call-graph.ts';
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import { findExits, type Exit } from '../../gosource/paths.ts';
import { statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { functionKey, type SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { shortPlace, type Holder, type SourceAnswer } from './answer.ts';
import { isNothingThere, isShutdown, nearestCondition } from './conditions.ts';
import type { Relay } from './relays.ts';

/** Functions between the call that adds and the place that does it: wrappers are short. */
const MAX_WRAPPERS = 3;
/** Functions between a call and the removal that it leads to. */
const MAX_REACH = 2;

export interface Pair {
  readonly analysis: SourceAnalysis;
  /** Functions that add; at first the one that stores. */
  readonly adder: FunctionDeclaration;
  /** Functions that take away. */
  readonly removers: ReadonlySet<FunctionDeclaration>;
  /** The removing nodes themselves, by `path#node`. */
  readonly removals?: ReadonlySet<string>;
  readonly holders: readonly Holder[];
  readonly isOnPath: (declaration: FunctionDeclaration) => boolean;
  /** What is left: `an entry of Table.byOrder`. */
  readonly what: string;
  readonly pattern: string;
  /** Where sends stand for the calls. */
  readonly relay?: Relay | null;
}

interface Skipped {
  readonly call: Call;
  readonly exits: readonly Exit[];
  readonly wrapper: FunctionDeclaration;
}

/** A function that calls both, with a way between them that leaves early: the removal belongs into a defer. */
export function findSkippedRemoval(pair: Pair): SourceAnswer | null {
  const isRemoving = createRemovalTest(pair);
  const found = findSkips(pair, pair.adder, isRemoving, 0);
  const [best] = found.sort((a, b) => rank(pair, b) - rank(pair, a));
  if (best === undefined) return null;
  const { file, node } = best.call;
  const { tree } = file;
  const [exit] = best.exits;
  const remover = [...pair.removers][0];
  const line = tree.endLine(statementOf(file, node));
  const leaving = exit === undefined ? '' : describeExit(file, exit);
  const isSent = tree.kind(node) === 'send_statement';
  const beginning =
    isSent && pair.relay ? `sending to ${pair.relay.joining.name}` : functionKey(best.wrapper);
  return {
    pattern: pair.pattern,
    holders: [...pair.holders, { file, node: statementOf(file, node), name: functionKey(best.wrapper) }],
    fix: {
      file,
      line,
      text: `${remover === undefined ? 'Remove it' : describeRemoval(pair, best)} in a defer right behind ${beginning} (${shortPlace(best.call)}): ${leaving} leaves ${pair.what} behind.`,
    },
    confidence: pair.isOnPath(best.call.caller ?? best.wrapper) ? 0.93 : 0.88,
  };
}

function describeRemoval(pair: Pair, { call }: Skipped): string {
  const { tree } = call.file;
  if (pair.relay) return `Send to ${pair.relay.leaving.name}`;
  const scope = call.caller?.body ?? tree.root;
  for (const inner of pair.analysis.calls.callsIn(call.file, scope, null)) {
    const callee = pair.analysis.types.calleeOf({ file: call.file, node: inner });
    const remover =
      callee.kind === 'known' ? callee.functions.find((f) => reachesRemoval(pair, f)) : undefined;
    if (remover !== undefined) return `Call ${functionKey(remover)}`;
  }
  return `Call ${functionKey([...pair.removers][0])}`;
}

function describeExit(file: GoFile, exit: Exit): string {
  const where = shortPlace({ file, node: exit.node });
  if (exit.kind === 'end') return 'one way through the function';
  return `the ${exit.kind} at ${where}`;
}

function rank(pair: Pair, { call, exits }: Skipped): number {
  return (
    (call.caller !== null && pair.isOnPath(call.caller) ? 10 : 0) +
    exits.filter(({ kind }) => kind === 'return').length
  );
}

/** Callers of `adder` that also remove, but not on every way; through wrappers that only add. */
function findSkips(
  pair: Pair,
  adder: FunctionDeclaration,
  isRemoving: (file: GoFile, node: NodeRow) => boolean,
  depth: number,
): Skipped[] {
  return sitesOf(pair, adder, depth).flatMap((call): Skipped[] => {
    const { file, node, caller } = call;
    if (caller === null || caller === adder) return [];
    const { tree } = file;
    // A closure is run by somebody else at another time: what the function around it removes is not for this call.
    const around = tree.enclosing(node, 'func_literal');
    const scope = around === NO_NODE ? caller.body : around;
    const removals = [...tree.descendants(scope, 'call_expression', 'send_statement')].filter(
      (inner) => isRemoving(file, inner) && isRunHere(file, inner, scope),
    );
    if (removals.length === 0) {
      return depth < MAX_WRAPPERS && around === NO_NODE ? findSkips(pair, caller, isRemoving, depth + 1) : [];
    }
    if (isCoveredBefore(file, node, caller, isRemoving)) return [];
    // What ends before it begins is the one of last time: `old.Stop(); s.current = Start()`.
    if (removals.every((removal) => removal < node)) return [];
    const isGood = (inner: NodeRow) => isRemoving(file, inner) && isRunHere(file, inner, scope);
    const exits = findExits({ file, from: node, isGood });
    return exits.length > 0 ? [{ call, exits, wrapper: adder }] : [];
  });
}

/** Does every caller of `adder` remove on every way, or hand the duty on to callers who all do? */
export function isEverywherePaired(pair: Pair, adder = pair.adder, depth = 0): boolean {
  const isRemoving = createRemovalTest(pair);
  const sites = sitesOf(pair, adder, depth);
  return (
    sites.length > 0 &&
    sites.every(({ file, node, caller }) => {
      if (caller === null || caller === adder) return false;
      if (isCoveredBefore(file, node, caller, isRemoving)) return true;
      const around = file.tree.enclosing(node, 'func_literal');
      const scope = around === NO_NODE ? caller.body : around;
      const isGood = (inner: NodeRow) => isRemoving(file, inner) && isRunHere(file, inner, scope);
      const isRemoved = [...file.tree.descendants(scope, 'call_expression', 'send_statement')].some(
        (inner) => inner > node && isGood(inner),
      );
      if (!isRemoved) return depth < MAX_WRAPPERS && isEverywherePaired(pair, caller, depth + 1);
      return findExits({ file, from: node, isGood }).length === 0;
    })
  );
}

/** Not in a closure that somebody else gets, to run it whenever he likes. */
function isRunHere(file: GoFile, node: NodeRow, scope: NodeRow): boolean {
  const { tree } = file;
  for (let at = tree.parent(node); at !== NO_NODE && at !== scope; at = tree.parent(at)) {
    if (tree.kind(at) !== 'func_literal') continue;
    const isCalled = tree.field(at) === 'function' || isRunSoon(file, tree.parent(tree.parent(at)));
    if (!isCalled) return false;
  }
  return true;
}

/** `once.Do(f)`, `group.Go(f)`, `context.AfterFunc(ctx, f)` see to it that the closure runs. */
function isRunSoon({ tree }: GoFile, call: NodeRow): boolean {
  return /(?:^|\.)(?:Do|Go|AfterFunc|Cleanup|OnceFunc|defer\w*)$/.test(
    tree.textOf(tree.child(call, 'function')),
  );
}

/** Where `adder` is called, or told to add. */
function sitesOf(pair: Pair, adder: FunctionDeclaration, depth: number): readonly Call[] {
  return depth === 0 && pair.relay ? pair.relay.joins : pair.analysis.calls.callsOf(adder);
}

/** A defer in front of the call covers it as well. */
function isCoveredBefore(
  file: GoFile,
  call: NodeRow,
  caller: FunctionDeclaration,
  isRemoving: (file: GoFile, node: NodeRow) => boolean,
): boolean {
  const { tree } = file;
  for (const deferred of tree.descendants(caller.body, 'defer_statement')) {
    if (deferred > call) break;
    const inside = [...tree.descendants(deferred, 'call_expression', 'send_statement')];
    if (inside.some((inner) => isRemoving(file, inner))) return true;
  }
  return false;
}

/** Is a node a call that leads to a removal? Answers are kept: the same functions are called again and again. */
function createRemovalTest(pair: Pair): (file: GoFile, node: NodeRow) => boolean {
  const known = new Map<string, boolean>();
  const leaves = new Set(pair.relay?.leaves.map(({ file, node }) => `${file.path}#${node}`));
  return (file, node) => {
    const id = `${file.path}#${node}`;
    if (leaves.has(id) || pair.removals?.has(id) === true) return true;
    if (file.tree.kind(node) !== 'call_expression') return false;
    let isRemoving = known.get(id);
    if (isRemoving === undefined) {
      const callee = pair.analysis.types.calleeOf({ file, node });
      isRemoving =
        callee.kind === 'known' && callee.functions.some((f) => f !== pair.adder && reachesRemoval(pair, f));
      known.set(id, isRemoving);
    }
    return isRemoving;
  };
}

function reachesRemoval(pair: Pair, declaration: FunctionDeclaration): boolean {
  if (pair.removers.has(declaration)) return true;
  // A function that adds as well is no removal, whatever else it leads to.
  const { calls } = pair.analysis;
  if (calls.reaches(declaration, new Set([pair.adder]), MAX_REACH)) return false;
  return calls.reaches(declaration, pair.removers, MAX_REACH);
}

/** Somebody who removes what others added, and leaves early or skips it on a condition. */
export function findSkippingRemover(pair: Pair): SourceAnswer | null {
  const isRemoving = createRemovalTest(pair);
  for (const remover of pair.removers) {
    for (const call of pair.analysis.calls.callsOf(remover)) {
      if (call.isDeferred || call.caller === null) continue;
      const exit = findEarlyExit(pair.analysis, call, (node) => isRemoving(call.file, node));
      if (exit === NO_NODE) continue;
      const at = { file: call.file, node: exit };
      return {
        pattern: pair.pattern,
        holders: pair.holders,
        fix: {
          file: call.file,
          line: call.file.tree.line(exit),
          text: `Call ${functionKey(remover)} before leaving at ${shortPlace(at)} too: this way leaves ${pair.what} behind.`,
        },
        confidence: 0.62,
      };
    }
  }
  return null;
}

interface EarlyExitOptions {
  /** Is the end of the service a good reason to leave? Yes unless told. */
  readonly isShutdownFine?: boolean;
  /** Ways out on which the entry is meant to stay. */
  readonly isKept?: (leaving: NodeRow) => boolean;
}

/**
 * A way out in front of `node` that is no orderly end, not for want of anything to remove, and not behind something
 * `isGood` as well; NO_NODE when there is none.
 */
export function findEarlyExit(
  analysis: SourceAnalysis,
  at: SourceNode,
  isGood: (node: NodeRow) => boolean,
  options: EarlyExitOptions = {},
): NodeRow {
  const { file, node } = at;
  const { tree } = file;
  const around = tree.enclosing(
    node,
    'for_statement',
    'func_literal',
    'function_declaration',
    'method_declaration',
  );
  const region = tree.child(around, 'body');
  for (const leaving of tree.descendants(
    region,
    'return_statement',
    'continue_statement',
    'break_statement',
  )) {
    if (leaving > node) break;
    const closure = tree.enclosing(tree.parent(leaving), 'func_literal');
    if (closure !== NO_NODE && tree.contains(region, closure)) continue;
    const condition = nearestCondition(file, leaving);
    if (condition !== NO_NODE && isNothingThere(analysis, file, condition)) continue;
    if (options.isShutdownFine !== false && isShutdown(analysis, file, leaving)) continue;
    if (isPreceded(file, leaving, region, isGood) || options.isKept?.(leaving) === true) continue;
    return leaving;
  }
  return NO_NODE;
}

/** Does something good stand in front of a statement, in a block around it, or in the statement itself? */
function isPreceded(
  file: GoFile,
  statement: NodeRow,
  region: NodeRow,
  isGood: (node: NodeRow) => boolean,
): boolean {
  const { tree } = file;
  for (let at = statement; at !== NO_NODE && at !== region; at = tree.parent(at)) {
    const siblings = /^(?:statement_list|block)$/.test(tree.kind(tree.parent(at)))
      ? tree.children(tree.parent(at)).filter((sibling) => sibling < at)
      : [];
    for (const before of at === statement ? [...siblings, at] : siblings) {
      for (const node of tree.descendants(before)) if (isGood(node)) return true;
    }
  }
  return false;
}
