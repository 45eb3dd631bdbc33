// From a tree-sitter cursor to columns: one pass over the tree, no recursion, a bound on nodes.
import type { SyntaxColumns } from './syntax-tree.ts';

/** The part of tree-sitter's TreeCursor that is used. */
export interface TreeCursorLike {
  readonly nodeTypeId: number;
  readonly nodeIsNamed: boolean;
  readonly nodeType: string;
  readonly currentFieldName: string | null;
  readonly startIndex: number;
  readonly endIndex: number;
  gotoFirstChild(): boolean;
  gotoNextSibling(): boolean;
  gotoParent(): boolean;
}

/** Nodes kept of one file: three of five are named, and a file of the largest size read has about 700,000. */
export const MAX_NODES_PER_FILE = 1_000_000;

/** Nodes deeper than this are generated or hostile; the file is left out rather than half read. */
const MAX_DEPTH = 2000;

/** Kinds of one grammar: filled as they are met, shared by all files. */
export class KindTable {
  readonly kinds: string[] = [];
  readonly fields: string[] = [''];
  readonly #byId = new Map<number, number>();
  readonly #byField = new Map<string, number>();

  kindRow(cursor: TreeCursorLike): number {
    const id = cursor.nodeTypeId;
    let row = this.#byId.get(id);
    if (row === undefined) {
      row = this.kinds.push(cursor.nodeType) - 1;
      this.#byId.set(id, row);
    }
    return row;
  }

  fieldRow(name: string | null): number {
    if (name === null) return 0;
    let row = this.#byField.get(name);
    if (row === undefined) {
      row = this.fields.push(name) - 1;
      this.#byField.set(name, row);
    }
    return row;
  }
}

/**
 * Copies named nodes and those with a role (operators).
 * @returns null when there are more nodes or levels than are looked at.
 */
export function readTree(cursor: TreeCursorLike, table: KindTable): SyntaxColumns | null {
  const columns = new GrowingColumns();
  const open: number[] = [];
  for (;;) {
    const isKept = cursor.nodeIsNamed || cursor.currentFieldName !== null;
    if (isKept) {
      if (columns.length >= MAX_NODES_PER_FILE || open.length > MAX_DEPTH) return null;
      const parent = open.length > 0 ? open[open.length - 1] : -1;
      const row = columns.add(cursor, table, parent);
      if (cursor.gotoFirstChild()) {
        open.push(row);
        continue;
      }
      columns.close(row);
    }
    // What is left out (punctuation) has no children that are named.
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent()) return columns.finish(table);
      const closed = open.pop();
      if (closed === undefined) return columns.finish(table);
      columns.close(closed);
    }
  }
}

class GrowingColumns {
  length = 0;
  #capacity = 1024;
  #kind = new Uint16Array(1024);
  #field = new Uint8Array(1024);
  #start = new Int32Array(1024);
  #end = new Int32Array(1024);
  #parent = new Int32Array(1024);
  #after = new Int32Array(1024);

  add(cursor: TreeCursorLike, table: KindTable, parent: number): number {
    if (this.length === this.#capacity) this.#grow();
    const row = this.length++;
    this.#kind[row] = table.kindRow(cursor);
    this.#field[row] = table.fieldRow(cursor.currentFieldName);
    this.#start[row] = cursor.startIndex;
    this.#end[row] = cursor.endIndex;
    this.#parent[row] = parent;
    return row;
  }

  /** All below `row` was added. */
  close(row: number): void {
    this.#after[row] = this.length;
  }

  finish(table: KindTable): SyntaxColumns {
    const { length } = this;
    for (let row = 0; row < length; row++) if (this.#after[row] === 0) this.#after[row] = length;
    return {
      length,
      kind: this.#kind.slice(0, length),
      field: this.#field.slice(0, length),
      start: this.#start.slice(0, length),
      end: this.#end.slice(0, length),
      parent: this.#parent.slice(0, length),
      after: this.#after.slice(0, length),
      kinds: table.kinds,
      fields: table.fields,
    };
  }

  #grow(): void {
    this.#capacity *= 2;
    const copy = <T extends Int32Array | Uint16Array | Uint8Array>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.#kind = copy(new Uint16Array(this.#capacity), this.#kind);
    this.#field = copy(new Uint8Array(this.#capacity), this.#field);
    this.#start = copy(new Int32Array(this.#capacity), this.#start);
    this.#end = copy(new Int32Array(this.#capacity), this.#end);
    this.#parent = copy(new Int32Array(this.#capacity), this.#parent);
    this.#after = copy(new Int32Array(this.#capacity), this.#after);
  }
}
