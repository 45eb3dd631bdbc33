// Go's grammar as WebAssembly, loaded when the first source is looked at (docs/decisions/0005).
import { createRequire } from 'node:module';
import { KindTable, readTree } from '../gosource/read-tree.ts';
import type { GoParser, SyntaxColumns } from '../gosource/syntax-tree.ts';

/** Characters of a file that are parsed; no person wrote a longer one. */
export const MAX_PARSED_CHARACTERS = 2 * 1024 * 1024;

/** tree-sitter asks this often whether to go on; a normal file of the largest size takes a tenth of it. */
const MAX_PARSE_STEPS = 20_000;

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
      if (text.length > MAX_PARSED_CHARACTERS) return null;
      let steps = 0;
      const tree = parser.parse(text, null, { progressCallback: () => ++steps > MAX_PARSE_STEPS });
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
