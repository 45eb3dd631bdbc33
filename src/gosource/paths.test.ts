import { describe, expect, it } from 'vitest';
import { drawSources } from '../testing/drawn-sources.ts';
import { openGoParser } from '../workspace/go-parser.ts';
import { calledName } from './call-graph.ts';
import { findExits } from './paths.ts';
import { SourceIndex } from './source-index.ts';
import { NO_NODE } from './syntax-tree.ts';

const parser = await openGoParser();

/** Ways out of a function body behind `add()` that do not pass `done()`, as `line kind`. Line 1 is the body's first. */
function exits(body: string): string[] {
  const index = new SourceIndex(drawSources(`func f() {${body}}\n`), parser, 'm');
  const file = index.file('m/m.go');
  if (file === null) throw new Error('no file');
  const { tree } = file;
  const calls = (name: string) =>
    [...tree.descendants(tree.root, 'call_expression')].filter((n) => calledName(file, n) === name);
  const found = findExits({
    file,
    from: calls('add')[0] ?? NO_NODE,
    isGood: (node) => tree.kind(node) === 'call_expression' && calledName(file, node) === 'done',
  });
  return found.map(({ node, kind }) => `${tree.line(node) - 2} ${kind}`);
}

describe('findExits', () => {
  it('finds the early return, not the one behind the call', () => {
    expect(
      exits(`
	add()
	if bad {
		return
	}
	done()
	return
`),
    ).toEqual(['3 return']);
  });

  it('finds nothing where the call is deferred or handed to a goroutine', () => {
    expect(exits('\n\tadd()\n\tdefer done()\n\tif bad {\n\t\treturn\n\t}\n')).toEqual([]);
    expect(exits('\n\tadd()\n\tgo func() { defer done(); work() }()\n\treturn\n')).toEqual([]);
  });

  it('takes the return right behind a failed call for what it is', () => {
    expect(exits('\n\tx, err := add()\n\tif err != nil {\n\t\treturn\n\t}\n\tdefer done()\n')).toEqual([]);
    expect(exits('\n\tif err := add(); err != nil {\n\t\treturn\n\t}\n\tdone()\n')).toEqual([]);
    expect(exits('\n\tx, err := add()\n\tif x.bad {\n\t\treturn\n\t}\n\tdone()\n')).toEqual(['3 return']);
  });

  it('knows a failed call by the condition that it succeeded, too', () => {
    expect(exits('\n\tx, err := add()\n\tif err == nil {\n\t\tdone()\n\t}\n\twork()\n')).toEqual([]);
    expect(exits('\n\tif x, ok := add(); ok && x != nil {\n\t\tdone()\n\t}\n\treturn\n')).toEqual([]);
    expect(exits('\n\tx, err := add()\n\tif err == nil && x.good {\n\t\tdone()\n\t}\n\treturn\n')).toEqual([
      '5 return',
    ]);
    expect(exits('\n\tx, err := add()\n\tif err == nil {\n\t\twork()\n\t}\n\treturn\n')).toEqual([
      '5 return',
    ]);
  });

  it('does not take a condition that other things meet as well for a failed call', () => {
    expect(exits('\n\tx, err := add()\n\tif err != nil || x.bad {\n\t\treturn\n\t}\n\tdone()\n')).toEqual([
      '3 return',
    ]);
    expect(exits('\n\tx, err := add()\n\tif err != nil && !x.bad {\n\t\treturn\n\t}\n\tdone()\n')).toEqual(
      [],
    );
  });

  it('remembers that the call failed until its error is another one', () => {
    expect(
      exits('\n\tx, err := add()\n\ttook := since(t)\n\tif err != nil {\n\t\treturn\n\t}\n\tdone()\n'),
    ).toEqual([]);
    expect(
      exits('\n\tx, err := add()\n\t_, err = more()\n\tif err != nil {\n\t\treturn\n\t}\n\tdone()\n'),
    ).toEqual(['4 return']);
  });

  it('follows continue out of a loop, break out of a select only', () => {
    expect(
      exits('\n\tfor range jobs {\n\t\tadd()\n\t\tif bad {\n\t\t\tcontinue\n\t\t}\n\t\tdone()\n\t}\n'),
    ).toEqual(['4 continue']);
    expect(
      exits(
        '\n\tadd()\n\tselect {\n\tcase <-a:\n\t\tbreak\n\tcase <-b:\n\t\tdone()\n\t\treturn\n\t}\n\tdone()\n',
      ),
    ).toEqual([]);
  });

  it('sees a case of a select that returns too early', () => {
    expect(
      exits(`
	add()
	for i := 0; i < 3; i++ {
		select {
		case <-sub:
			use()
		case <-ctx:
			return
		}
	}
	done()
`),
    ).toEqual(['7 return']);
  });

  it('knows that an endless loop is left by break only, and a panic not at all', () => {
    expect(exits('\n\tadd()\n\tfor {\n\t\twork()\n\t}\n')).toEqual([]);
    expect(exits('\n\tadd()\n\tfor {\n\t\tif bad {\n\t\t\tbreak\n\t\t}\n\t}\n')).toEqual(['0 end']);
    expect(exits('\n\tadd()\n\tif bad {\n\t\tpanic("x")\n\t}\n\tdone()\n')).toEqual([]);
  });
});
