import { describe, expect, it } from 'vitest';
import { openGoParser } from '../workspace/go-parser.ts';
import { findExitsWithout } from './exits.ts';
import { NO_NODE, SyntaxTree } from './syntax-tree.ts';

const parser = await openGoParser();

/** Statements by which f is left after `add()` without `remove()`; `end` for the end of its body. */
function exitsOf(body: string): string[] {
  const text = `package a\nfunc f() error {\n${body}\n}\n`;
  const columns = parser.parse(text);
  if (columns === null) throw new Error('not parsed');
  const tree = new SyntaxTree(text, columns);
  const add = [...tree.descendants(tree.root, 'call_expression')].find((n) =>
    tree.textOf(n).startsWith('add('),
  );
  const found = findExitsWithout(tree, add ?? NO_NODE, {
    does: (node) =>
      [...tree.descendants(node, 'call_expression')].some((call) => tree.textOf(call).startsWith('remove(')),
    isImpossible: (condition) => tree.textOf(condition) === 'failed != nil',
  });
  return found.map((node) => (tree.kind(node) === 'block' ? 'end' : tree.textOf(node)));
}

describe('findExitsWithout', () => {
  it.each([
    ['a return between the two', 'add()\nif bad() { return err }\nremove()\nreturn nil', ['return err']],
    ['no call at all', 'add()\nwork()', ['end']],
    ['only one branch does it', 'add()\nif ok { remove() } else { log() }', ['end']],
    [
      'a case of a select',
      'add()\nselect { case <-a: remove()\ncase <-b: return late }\nreturn nil',
      ['return late'],
    ],
    ['a loop that may not run', 'add()\nfor range xs { remove() }\nreturn nil', ['return nil']],
    [
      'a break out of an endless loop',
      'add()\nfor { if x { break }; remove(); return ok }\nreturn 1',
      ['return 1'],
    ],
    ['a break by label', 'L: for { add(); select { case <-a: break L }\nremove() }\nreturn 2', ['return 2']],
    ['a continue of the loop around', 'for _, x := range xs { add(); if x { continue }; remove() }', ['end']],
    ['a switch without default', 'add()\nswitch x { case 1: remove() }', ['end']],
  ])('finds %s', (_title, body, expected) => {
    expect(exitsOf(body)).toEqual(expected);
  });

  it.each([
    ['all branches do it', 'add()\nif ok { remove() } else { remove() }'],
    ['it is deferred', 'add()\ndefer remove()\nif bad() { return err }\nreturn nil'],
    ['it was deferred before', 'defer func() { remove() }()\nadd()\nreturn nil'],
    ['the condition does it', 'add()\nif err := remove(); err != nil { return err }\nreturn nil'],
    ['adding itself failed', 'add()\nif failed != nil { return failed }\nremove()'],
    ['the program ends', 'add()\nif bad() { log.Fatal(1) }\nif worse() { panic(2) }\nremove()'],
    ['a loop never ends', 'add()\nfor { select { case <-a: work() } }'],
    ['the value that is returned does it', 'add()\nreturn remove()'],
    ['a switch does it in every case', 'add()\nswitch x { case 1: remove()\ndefault: remove() }\nreturn nil'],
  ])('finds nothing when %s', (_title, body) => {
    expect(exitsOf(body)).toEqual([]);
  });
});
