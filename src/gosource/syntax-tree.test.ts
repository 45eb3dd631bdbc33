import { describe, expect, it } from 'vitest';
import { openGoParser } from '../workspace/go-parser.ts';
import { NO_NODE, SyntaxTree, type NodeRow } from './syntax-tree.ts';

const parser = await openGoParser();

function parse(text: string): SyntaxTree {
  const columns = parser.parse(text);
  if (columns === null) throw new Error('not parsed');
  return new SyntaxTree(text, columns);
}

/** `kind(field) text` of every node, indented. */
function render(tree: SyntaxTree, node: NodeRow, depth = 0): string {
  const field = tree.field(node);
  const children = tree.children(node);
  const leaf = children.length === 0 ? ` ${tree.textOf(node)}` : '';
  const head = `${'  '.repeat(depth)}${tree.kind(node)}${field === '' ? '' : `(${field})`}${leaf}`;
  return [head, ...children.map((child) => render(tree, child, depth + 1))].join('\n');
}

describe('SyntaxTree', () => {
  it('keeps roles, operators and order of a statement', () => {
    const tree = parse('package a\nfunc f() {\n\tx := <-ch // wait\n}\n');
    const [statement] = tree.descendants(tree.root, 'short_var_declaration');
    expect(render(tree, statement ?? NO_NODE)).toBe(
      [
        'short_var_declaration',
        '  expression_list(left)',
        '    identifier x',
        '  expression_list(right)',
        '    unary_expression',
        '      <-(operator) <-',
        '      identifier(operand) ch',
      ].join('\n'),
    );
    expect(tree.line(statement ?? NO_NODE)).toBe(3);
  });

  it('reads type parameters and instantiated receivers', () => {
    const tree = parse(
      'package a\ntype L[K comparable, V any] struct{ m map[K]V }\nfunc (l *L[K, V]) Put(k K, v V) { l.m[k] = v }\n',
    );
    expect([...tree.descendants(tree.root, 'ERROR')]).toEqual([]);
    const [method] = tree.descendants(tree.root, 'method_declaration');
    expect(tree.textOf(tree.child(method ?? NO_NODE, 'name'))).toBe('Put');
  });

  it('finds the declarations around a broken one', () => {
    const tree = parse('package a\nfunc before() { }\nfunc broken() { if x := }\nfunc after() { }\n');
    const names = [...tree.descendants(tree.root, 'function_declaration')].map((node) =>
      tree.textOf(tree.child(node, 'name')),
    );
    expect(names).toContain('before');
    expect(names).toContain('after');
  });

  it('gives up on a file that is nested without end', () => {
    expect(parser.parse(`package a\nvar x = ${'('.repeat(50_000)}1${')'.repeat(50_000)}`)).toBeNull();
  });

  it('gives up on a text that is not Go before it has searched for long', () => {
    const noise = Array.from(
      { length: 300_000 },
      (_, i) => '{}()[]<>:=;,.*&func if x y '[(i * 7919 + ((i * i) % 101)) % 27],
    );
    expect(parser.parse(noise.join(''))).toBeNull();
  });

  it('counts lines of the text, not of the bytes', () => {
    const tree = parse('package a\n// größer 😀\nvar x = "é😀" + y\n');
    const [last] = [...tree.descendants(tree.root, 'identifier')].filter((node) => tree.textOf(node) === 'y');
    expect(tree.line(last ?? NO_NODE)).toBe(3);
  });
});
