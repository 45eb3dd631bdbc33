// Metrics that keep a series for every value of a label.
import type { GoFile } from '../../gosource/declarations.ts';
import { returnedValues, statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import type { SourceNode } from '../../gosource/source-index.ts';
import { NO_NODE, type NodeRow } from '../../gosource/syntax-tree.ts';
import { quote, shortPlace, type SourceAnswer } from './answer.ts';

/** What clients choose, or what is different each time. */
const OPEN =
  /\.URL\b|RequestURI|RemoteAddr|UserAgent\(|Referer\(|Header\.Get\(|\.(?:FormValue|PathValue|Param|QueryParam|Query)\(|\.Error\(\)|Sprint\w*\(|\.Method$|(?:^|\.|\b)\w*(?:[iI][dD]|uuid|UUID|[tT]oken|[eE]mail|[sS]ession|[aA]ddr|IP|[uU]ser(?:name)?|[pP]ath|URL|[kK]ey)$/;
/** What there are few of, whoever calls. */
const FIXED =
  /^(?:strconv\.FormatBool|http\.StatusText)\(|^strconv\.(?:Itoa|FormatInt)\(.*(?:[sS]tatus|[cC]ode)|\.Pattern$|(?:^|\.)\w*(?:[rR]oute|[pP]attern|[sS]tatus|[cC]ode|[sS]tate|[rR]esult|[oO]utcome|[kK]ind)(?:\(\)|\.String\(\))?$/;

/** `latency.WithLabelValues(r.URL.Path)`; null where all values come from a fixed set. */
export function explainLabels(
  analysis: SourceAnalysis,
  { file, node }: SourceNode,
  key: string,
): SourceAnswer | null {
  const { tree } = file;
  if (!/\.(?:(?:Get|Curry)?(?:Metric)?With(?:LabelValues)?|WithLabels)$/.test(key)) return null;
  const values = labelValues(file, node).filter((value) => !isFixed(analysis, file, value));
  if (values.length === 0) return null;
  const open = values.filter((value) => OPEN.test(textOf(file, value)));
  const named = (open.length > 0 ? open : values).map((value) => quote({ file, node: value }, 40));
  const receiver = tree.child(tree.child(node, 'function'), 'operand');
  const [reference] = analysis.places.referencesOf({ file, node: receiver });
  const name = tree.textOf(receiver);
  return {
    pattern: 'metric-unbounded-label',
    holders: [
      { file, node: statementOf(file, node), name },
      ...(reference === undefined ? [] : [{ ...reference.place.at, name }]),
    ],
    fix: {
      file,
      line: tree.line(node),
      text: `Use label values from a fixed set instead of ${named.join(' and ')} (a route instead of a path, "other" for what is unknown): ${name} keeps a series for every value that it gets at ${shortPlace({ file, node })}.`,
    },
    confidence: open.length > 0 ? 0.8 : 0.5,
  };
}

/** Arguments, or the values of a `Labels{...}` literal. */
function labelValues({ tree }: GoFile, call: NodeRow): NodeRow[] {
  return tree.children(tree.child(call, 'arguments')).flatMap((argument) => {
    if (tree.kind(argument) !== 'composite_literal') return [argument];
    return [...tree.descendants(argument, 'keyed_element')].map((element) => {
      const value = tree.child(element, 'value');
      return tree.kind(value) === 'literal_element' ? (tree.children(value)[0] ?? NO_NODE) : value;
    });
  });
}

/** Written in the source, a constant, or by its name one of few. */
function isFixed(analysis: SourceAnalysis, file: GoFile, value: NodeRow): boolean {
  const { tree } = file;
  if (/_literal$/.test(tree.kind(value)) && tree.kind(value) !== 'composite_literal') return true;
  const text = textOf(file, value);
  if (FIXED.test(text)) return true;
  if (tree.kind(value) === 'selector_expression') {
    const imported = analysis.types.packageOf(file, tree.child(value, 'operand'));
    return imported !== null && isConstant(analysis, imported, tree.textOf(tree.child(value, 'field')));
  }
  if (tree.kind(value) === 'call_expression') return givesLiterals(analysis, file, value);
  if (tree.kind(value) !== 'identifier') return false;
  const local = analysis.index.locals(file).resolve(text, value);
  if (local === null) return isConstant(analysis, file.importPath, text);
  const given = analysis.places.assignedTo(file, local);
  return given.length > 0 && given.every((from) => /_literal$/.test(from.file.tree.kind(from.node)));
}

/** A function of the sources that only gives what is written in it. */
function givesLiterals(analysis: SourceAnalysis, file: GoFile, call: NodeRow): boolean {
  const callee = analysis.types.calleeOf({ file, node: call });
  const [declaration] = callee.kind === 'known' ? callee.functions : [];
  const home = declaration === undefined ? null : analysis.index.file(declaration.path);
  if (declaration === undefined || home === null) return false;
  const values = returnedValues(home, declaration.body, 0);
  return values.length > 0 && values.every((value) => /_literal$/.test(home.tree.kind(value)));
}

/** A package's name that no variable of the sources has. */
function isConstant(analysis: SourceAnalysis, importPath: string, name: string): boolean {
  const pkg = analysis.index.package(importPath);
  return pkg === null ? importPath === 'net/http' : !pkg.variables.has(name);
}

function textOf({ tree }: GoFile, node: NodeRow): string {
  return tree.textOf(node).replace(/\s+/g, ' ').slice(0, 200);
}
