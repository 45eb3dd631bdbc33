// YAML to nodes that can be walked: bounded in size, depth and aliases, every place known.
import {
  Composer,
  Document,
  Lexer,
  LineCounter,
  Parser,
  YAMLParseError,
  isAlias,
  isNode,
  isScalar,
  visit,
  type CST,
  type Node,
  type YAMLMap,
} from 'yaml';
import { MAX_PROBLEMS, type ConfigProblem } from './config-problem.ts';

/** A configuration file larger than this is a mistake; ten thousand targets fit. */
export const MAX_CONFIG_BYTES = 1024 * 1024;
/** Entries of the parser's stack; plimsoll.yaml needs ten. */
const MAX_DEPTH = 100;

export interface YamlDocument {
  readonly root: Node | null;
  /** What an alias stands for. */
  readonly follow: (node: Node | null) => Node | null;
  readonly placeOf: (node: Node | null) => { readonly line: number; readonly column: number } | null;
}

/** The document, or why it is none. */
export function parseYaml(text: string): YamlDocument | { readonly problems: readonly ConfigProblem[] } {
  const whole = (fact: string, fix: string) => ({
    problems: [{ line: null, column: null, field: '', found: null, fact, fix }],
  });
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES)
    return whole(`larger than ${MAX_CONFIG_BYTES} bytes`, 'Name the configuration of plimsoll.');
  const lines = new LineCounter();
  const document = compose(text, lines);
  if (document === null)
    return whole(`nested deeper than ${MAX_DEPTH} levels`, 'plimsoll.yaml has five levels at most.');
  const broken = [...document.errors, ...document.warnings]
    .slice(0, MAX_PROBLEMS)
    .map(({ message, pos }): ConfigProblem => {
      const { line, col } = lines.linePos(pos[0]);
      const fact = `not YAML: ${withoutText(message)}`;
      return {
        line,
        column: col,
        field: '',
        found: null,
        fact,
        fix: 'Check quotes, brackets and indentation here.',
      };
    });
  if (broken.length > 0) return { problems: broken };
  const anchors = resolveAliases(document);
  return {
    root: isNode(document.contents) ? document.contents : null,
    follow: (node) => (isAlias(node) ? (anchors.get(node) ?? null) : node),
    placeOf: (node) => {
      const start = node?.range?.[0];
      if (start === undefined) return null;
      const { line, col } = lines.linePos(start);
      return { line, column: col };
    },
  };
}

/** The parser quotes what it has found, which may be a secret. */
function withoutText(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/: .*$|"(?:[^"\\]|\\.)*"/g, '').trim();
}

/**
 * As the library's parseDocument, but null where it is too deep: composing is recursive, and a stack that is nearly full
 * makes Node abort inside a regular expression instead of throwing.
 */
function compose(text: string, lines: LineCounter): Document | null {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > MAX_DEPTH) return null;
  }
  for (const token of parser.end()) tokens.push(token);
  // Keys that stand twice are found by the reader: the library compares each with each.
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false });
  const [first, second] = [...composer.compose(tokens, true, text.length)];
  if (first === undefined) return new Document();
  if (second)
    first.errors.push(new YAMLParseError([second.range[0], second.range[1]], 'MULTIPLE_DOCS', SEVERAL));
  return first;
}

const SEVERAL = 'several documents in one file';

/** In one pass: the library looks through the whole document for each alias. */
function resolveAliases(document: Document): ReadonlyMap<Node, Node> {
  const named = new Map<string, Node>();
  const meant = new Map<Node, Node>();
  visit(document, {
    Alias: (_, alias) => {
      const node = named.get(alias.source);
      if (node) meant.set(alias, node);
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) named.set(node.anchor, node);
    },
  });
  return meant;
}

/** Key as text, key node and value node of each pair; a key that is no text is told as it stands. */
export function pairsOf(map: YAMLMap): { key: string; keyNode: Node | null; value: Node | null }[] {
  return map.items.map(({ key, value }) => ({
    key: isScalar(key) ? String(key.value) : '(a key that is no text)',
    keyNode: isNode(key) ? key : null,
    value: isNode(value) ? value : null,
  }));
}

/** Every text of a document, wherever it stands. */
export function textsOf(document: YamlDocument): string[] {
  const texts: string[] = [];
  if (document.root)
    visit(document.root, {
      Scalar: (_, node) => {
        if (typeof node.value === 'string') texts.push(node.value);
      },
    });
  return texts;
}
