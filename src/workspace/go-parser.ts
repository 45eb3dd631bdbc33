// Go's grammar as WebAssembly, loaded when the first source is looked at (docs/decisions/0005).
import { createRequire } from 'node:module';
import { areBracketsPaired } from '../gosource/brackets.ts';
import { KindTable, readTree } from '../gosource/read-tree.ts';
import type { GoParser, SyntaxColumns } from '../gosource/syntax-tree.ts';

/** Characters of a file that are parsed; what is longer was generated, and keeps nothing. */
export const MAX_PARSED_CHARACTERS = 1024 * 1024;

/**
 * tree-sitter asks now and then whether to go on: 4 to 12 times a thousand characters in Go's own sources, up to 55 where
 * statements have no blanks between. In a text that is not Go it searches, at up to 70 milliseconds a step; one grammar
 * gap in a real file costs a handful.
 */
const MAX_STEPS_PER_CHARACTER = 0.06;
const MAX_STEPS_AFTER_ERROR = 100;

let opened: Promise<GoParser> | null = null;

/** The parser, one for the process. @throws Error when the package is damaged: it is installed with Plimsoll. */
export function openGoParser(): Promise<GoParser> {
  opened ??= load();
  return opened;
}

async function load(): Promise<GoParser> {
  // A CommonJS bundle; it finds tree-sitter.wasm beside itself.
  const { default: treeSitter } = await import('@vscode/tree-sitter-wasm');
  await treeSitter.Parser.init();
  const grammar = createRequire(import.meta.url).resolve('@vscode/tree-sitter-wasm/wasm/tree-sitter-go.wasm');
  const parser = new treeSitter.Parser();
  parser.setLanguage(await treeSitter.Language.load(grammar));
  const table = new KindTable();
  return {
    parse(text: string): SyntaxColumns | null {
      if (text.length > MAX_PARSED_CHARACTERS || !areBracketsPaired(text)) return null;
      const tree = parser.parse(text, null, { progressCallback: giveUpAfter(text.length) });
      if (tree === null) {
        parser.reset(); // else the next file would go on where this one was given up
        return null;
      }
      const cursor = tree.walk();
      try {
        return readTree(cursor, table);
      } finally {
        cursor.delete();
        tree.delete();
      }
    },
  };
}

function giveUpAfter(characters: number): (state: { readonly hasError: boolean }) => boolean {
  let steps = 0;
  let stepsAfterError = 0;
  return ({ hasError }) => {
    if (hasError) stepsAfterError++;
    return ++steps > 100 + characters * MAX_STEPS_PER_CHARACTER || stepsAfterError > MAX_STEPS_AFTER_ERROR;
  };
}
