// The parser's tree as columns: one walk copies what analysis needs, and the parser's own memory can be freed.
import { WorkBudget } from './work-budget.ts';

/** Row of a syntax tree; parents come before children. NO_NODE where there is none. */
export type NodeRow = number & { readonly __rowOf: 'SyntaxTree' };

export const NO_NODE = -1 as NodeRow;

/** A walk pays in steps of this many. */
const NODES_PER_PAYMENT = 256;
/** Text that is cut out and read costs less than nodes. */
const CHARACTERS_PER_NODE = 64;

/** What a parser gives for one file: see SyntaxTree for the columns. */
export interface SyntaxColumns {
  readonly length: number;
  /** Row -> index into `kinds`. */
  readonly kind: Uint16Array;
  /** Row -> index into `fields`, the node's role in its parent; 0 = none. */
  readonly field: Uint8Array;
  /** Row -> first character in the text (UTF-16), and one past the last. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** Row -> parent's row; -1 for the root. */
  readonly parent: Int32Array;
  /** Row -> one past the last row below it: the next sibling, if it has the same parent. */
  readonly after: Int32Array;
  /** Names of node kinds and fields as the tree-sitter grammar for Go spells them. */
  readonly kinds: readonly string[];
  readonly fields: readonly string[];
}

/** Parses one file. Passed in, so that this room needs no I/O. */
export interface GoParser {
  /** @returns null when the text cannot be parsed in bounded time and space; broken Go is parsed around. */
  parse(text: string): SyntaxColumns | null;
}

/**
 * Syntax of one Go file: named nodes, and operators.
 *
 *     x := make(chan T)      0 short_var_declaration
 *                            1   expression_list  (left)
 *                            2     identifier x
 *                            3   expression_list  (right)
 *                            4     call_expression
 *                            5       identifier make  (function)
 *                            6       argument_list    (arguments)
 *                            7         channel_type ...
 */
export class SyntaxTree {
  readonly text: string;
  readonly #columns: SyntaxColumns;
  readonly #budget: WorkBudget;
  #lineStarts: Int32Array | null = null;

  /** @param budget of the question that the tree is read for. */
  constructor(text: string, columns: SyntaxColumns, budget = new WorkBudget()) {
    this.text = text;
    this.#columns = columns;
    this.#budget = budget;
  }

  get length(): number {
    return this.#columns.length;
  }

  get root(): NodeRow {
    return this.#columns.length > 0 ? (0 as NodeRow) : NO_NODE;
  }

  /** Kind as the grammar spells it; '' for NO_NODE, so that a missing node is never of a kind. */
  kind(node: NodeRow): string {
    return node < 0 ? '' : this.#columns.kinds[this.#columns.kind[node]];
  }

  /** Role in the parent (`left`, `body`, `operand`); '' where it has none. */
  field(node: NodeRow): string {
    return node < 0 ? '' : this.#columns.fields[this.#columns.field[node]];
  }

  parent(node: NodeRow): NodeRow {
    return node < 0 ? NO_NODE : (this.#columns.parent[node] as NodeRow);
  }

  /** One past the last row below `node`: rows from `node` up to it are its subtree. */
  after(node: NodeRow): number {
    return node < 0 ? 0 : this.#columns.after[node];
  }

  start(node: NodeRow): number {
    return node < 0 ? 0 : this.#columns.start[node];
  }

  end(node: NodeRow): number {
    return node < 0 ? 0 : this.#columns.end[node];
  }

  textOf(node: NodeRow): string {
    if (node < 0) return '';
    const start = this.#columns.start[node];
    const end = this.#columns.end[node];
    this.#budget.spend((end - start) / CHARACTERS_PER_NODE);
    return this.text.slice(start, end);
  }

  /** Line of the first character, from 1; 0 for NO_NODE. */
  line(node: NodeRow): number {
    return node < 0 ? 0 : this.lineAt(this.#columns.start[node]);
  }

  /** Line of the last character. */
  endLine(node: NodeRow): number {
    return node < 0 ? 0 : this.lineAt(Math.max(this.#columns.start[node], this.#columns.end[node] - 1));
  }

  /** Line of a character, from 1. */
  lineAt(offset: number): number {
    const starts = (this.#lineStarts ??= findLineStarts(this.text));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** Direct children without comments. */
  children(node: NodeRow): NodeRow[] {
    const found: NodeRow[] = [];
    if (node < 0) return found;
    const { after, kind, kinds } = this.#columns;
    const end = after[node];
    for (let child = node + 1; child < end; child = after[child]) {
      if (kinds[kind[child]] !== 'comment') found.push(child as NodeRow);
    }
    this.#budget.spend(found.length);
    return found;
  }

  /** First child in this role, or NO_NODE. */
  child(node: NodeRow, field: string): NodeRow {
    if (node < 0) return NO_NODE;
    const columns = this.#columns;
    const end = columns.after[node];
    for (let child = node + 1; child < end; child = columns.after[child]) {
      if (columns.fields[columns.field[child]] === field) return child as NodeRow;
    }
    return NO_NODE;
  }

  /** First child of this kind, or NO_NODE. */
  childOfKind(node: NodeRow, kind: string): NodeRow {
    return this.children(node).find((child) => this.kind(child) === kind) ?? NO_NODE;
  }

  /** All nodes of these kinds below `node`, itself included, in the order of the text. */
  *descendants(node: NodeRow, ...kinds: readonly string[]): Generator<NodeRow> {
    if (node < 0) return;
    const end = this.#columns.after[node];
    let unpaid = 0;
    for (let row = node as number; row < end; row++) {
      if (++unpaid === NODES_PER_PAYMENT) {
        this.#budget.spend(unpaid);
        unpaid = 0;
      }
      if (kinds.length === 0 || kinds.includes(this.kind(row as NodeRow))) yield row as NodeRow;
    }
    this.#budget.spend(unpaid);
  }

  contains(outer: NodeRow, inner: NodeRow): boolean {
    return outer >= 0 && inner >= outer && inner < this.#columns.after[outer];
  }

  /** Nearest node of one of these kinds at or above `node`; NO_NODE when there is none. */
  enclosing(node: NodeRow, ...kinds: readonly string[]): NodeRow {
    let row = node;
    while (row >= 0 && !kinds.includes(this.kind(row))) row = this.parent(row);
    return row;
  }
}

function findLineStarts(text: string): Int32Array {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return Int32Array.from(starts);
}
