// What a condition or a way out means: nothing there, the end of the service, or a failure.
import type { GoFile } from '../../gosource/declarations.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';

/** Channels and contexts that end things when the service ends. */
const SHUTDOWN = /(?:\.Done\(\)|\b\w*(?:done|stop|quit|clos|exit|shutdown|cancel|term)\w*)/i;
const TIMER_CHANNEL = /(?:\.C\b|tick|timer|time\.After)/i;

/** Is the leaving statement one of an orderly end: a done channel, a context, a closed channel? */
export function isShutdown(analysis: SourceAnalysis, file: GoFile, leaving: NodeRow): boolean {
  const { tree } = file;
  const communication = tree.child(tree.enclosing(leaving, 'communication_case'), 'communication');
  const condition = nearestCondition(file, leaving);
  // The nearer of the two decides: an error check inside a ticker's case is no orderly end.
  if (condition !== NO_NODE && condition > communication) {
    const text = tree.textOf(condition);
    if (
      (/^!\s*(?:ok|open|more)\b/.test(text) && !isGiven(analysis, file, condition)) ||
      /\.Err\(\)\s*!=\s*nil/.test(text)
    )
      return true;
    return (
      /\bErrClosed\b|\bErrServerClosed\b|context\.Canceled/.test(text) ||
      /^!?\w*\.?(?:closed|stopped|done|closing)\b/i.test(text)
    );
  }
  if (communication === NO_NODE) return false;
  const channel = receivedChannel(file, communication);
  const text = tree.textOf(channel);
  if (TIMER_CHANNEL.test(text)) return false;
  if (SHUTDOWN.test(text)) return true;
  const type = analysis.types.underlying(analysis.types.typeOf({ file, node: channel }));
  return type.kind === 'chan' && type.element.kind === 'struct';
}

/** Channel expression of `v := <-ch` or `<-ch`. */
export function receivedChannel(file: GoFile, node: NodeRow): NodeRow {
  for (const unary of file.tree.descendants(node, 'unary_expression')) {
    if (file.tree.textOf(file.tree.child(unary, 'operator')) === '<-')
      return file.tree.child(unary, 'operand');
  }
  return NO_NODE;
}

/** Condition of the `if` whose branch a node stands in; NO_NODE outside of any, in its own function. */
export function nearestCondition(file: GoFile, node: NodeRow): NodeRow {
  const { tree } = file;
  for (let at = node; at !== NO_NODE; at = tree.parent(at)) {
    const kind = tree.kind(at);
    if (kind === 'func_literal' || kind.endsWith('_declaration')) return NO_NODE;
    const parent = tree.parent(at);
    if (tree.kind(parent) === 'if_statement' && /^(?:consequence|alternative)$/.test(tree.field(at))) {
      return tree.child(parent, 'condition');
    }
  }
  return NO_NODE;
}

/** `if !ok`, `if x == nil`, `if len(x) == 0`: there is nothing to take away. */
export function isNothingThere(analysis: SourceAnalysis, file: GoFile, condition: NodeRow): boolean {
  const text = file.tree.textOf(condition).trim();
  return (
    (/^!\s*\w+$/.test(text) && !isGiven(analysis, file, condition)) ||
    /^[\w.]+\s*==\s*nil$/.test(text) ||
    /^len\(.*\)\s*==\s*0$/.test(text) ||
    /\.Len\(\)\s*==\s*0$/.test(text)
  );
}

/** A parameter says how something went, not whether something was found. */
function isGiven(analysis: SourceAnalysis, file: GoFile, condition: NodeRow): boolean {
  const [name] = file.tree.descendants(condition, 'identifier');
  if (name === undefined) return false;
  return analysis.index.locals(file).resolve(file.tree.textOf(name), name)?.kind === 'parameter';
}

/** Statements that leave the loop: returns, and breaks that do not only leave a switch or select inside it. */
export function findLoopExits(file: GoFile, loop: NodeRow): NodeRow[] {
  const { tree } = file;
  const found: NodeRow[] = [];
  for (const node of tree.descendants(
    tree.child(loop, 'body'),
    'return_statement',
    'break_statement',
    'goto_statement',
  )) {
    const closure = tree.enclosing(tree.parent(node), 'func_literal');
    if (closure !== NO_NODE && tree.contains(loop, closure)) continue;
    if (tree.kind(node) === 'break_statement' && tree.children(node).length === 0) {
      const target = tree.enclosing(
        tree.parent(node),
        'for_statement',
        'select_statement',
        'expression_switch_statement',
        'type_switch_statement',
      );
      if (target !== loop) continue;
    }
    found.push(node);
  }
  return found;
}

/** A loop that goes on until something in it leaves: `for {`, `for range ticker.C`. */
export function isEndlessLoop(analysis: SourceAnalysis, file: GoFile, loop: NodeRow): boolean {
  const { tree } = file;
  const body = tree.child(loop, 'body');
  const [header] = tree.children(loop).filter((child) => child !== body);
  if (header === undefined) return true;
  if (tree.kind(header) === 'for_clause') return tree.child(header, 'condition') === NO_NODE;
  if (tree.kind(header) !== 'range_clause') return /^true$|\.Err\(\)\s*==\s*nil/.test(tree.textOf(header));
  return (
    analysis.types.underlying(analysis.types.typeOf({ file, node: tree.child(header, 'right') })).kind ===
    'chan'
  );
}

/** `time.Now().After(e.expires)`, `now.Sub(e.seen) > ttl`: is something old enough? */
export function isAgeCheck(condition: string): boolean {
  return (
    /\.(?:After|Before|Compare)\(|\btime\.(?:Since|Until)\(|\.Sub\(|\.Unix(?:Nano|Milli|Micro)?\(\)/.test(
      condition,
    ) || /expir|\bttl\b|deadline|\bmaxAge\b|\bidle\b/i.test(condition)
  );
}
