// `list`: the source of functions with the values of their lines. Source: google/pprof internal/report printSource.
import type { Profile } from '../../pprof/tables.ts';
import { compareText } from '../compare-text.ts';
import { sumNodes } from '../graph/build-graph.ts';
import type { Graph } from '../graph/graph.ts';
import type { NodeInfo } from '../graph/node-infos.ts';
import { graphTask, type GraphShape } from '../graph/trim-graph.ts';
import { percentage } from '../measurement.ts';
import { splitList, trimPath } from '../trim-path.ts';
import { formatValue } from './header.ts';
import { padLeft } from '../text-width.ts';
import type { ReportOptions } from './options.ts';
import { noMatch } from './tree.ts';

const SHAPE: GraphShape = { isVisual: false, mayBeTree: false, withObjects: true, edges: 'none' };
/** Lines shown before the first and behind the last that has a value. */
const MARGIN = 5;

/** The source of one function in one file, with what its lines are worth. */
export interface ListedRoutine {
  readonly name: string;
  readonly file: string;
  readonly flat: bigint;
  readonly cum: bigint;
  /** Why there is no source; null = it is there. */
  readonly fault: string | null;
  readonly lines: readonly ListedLine[];
}

export interface ListedLine {
  readonly line: number;
  readonly flat: bigint;
  readonly cum: bigint;
  readonly text: string;
}

/** One function that matches; without a file it has no routines. */
export interface ListedFunction {
  readonly name: string;
  readonly routines: readonly ListedRoutine[];
}

/** Functions that match `options.symbol`, by name, each with its files by name. */
export function* listFunctions(profile: Profile, options: ReportOptions): Generator<ListedFunction> {
  const graph = sumNodes(graphTask(profile, options, SHAPE));
  const functions = new Map<string, number[]>();
  for (const node of graph.nodes) {
    const { name } = infoOf(graph, node);
    if (options.symbol?.test(name) === true) addTo(functions, name, node);
  }
  const sources = new Sources(options);
  for (const [name, nodes] of [...functions].sort(([a], [b]) => compareText(a, b))) {
    const files = new Map<string, number[]>();
    for (const node of nodes) {
      const { file } = infoOf(graph, node);
      if (file !== '') addTo(files, file, node);
    }
    const sorted = [...files].sort(([a], [b]) => compareText(a, b));
    yield {
      name,
      routines: sorted.map(([file, own]) => listRoutine(graph, { name, file, nodes: own, sources })),
    };
  }
}

/** @throws PlimsollError REPORT_EMPTY when no function matches the expression. */
export function renderList(profile: Profile, options: ReportOptions): string[] {
  const text = [`Total: ${formatValue(options, options.total)}\n`];
  for (const { name, routines } of listFunctions(profile, options)) {
    if (routines.length === 0) text.push(`No source information for ${name}\n`);
    for (const routine of routines) text.push(...drawRoutine(routine, options));
  }
  if (text.length === 1) throw noMatch(options.symbol?.source ?? '');
  return text;
}

function infoOf(graph: Graph, node: number): NodeInfo {
  return graph.infos.at(graph.info[node]);
}

function addTo(groups: Map<string, number[]>, key: string, node: number): void {
  const nodes = groups.get(key);
  if (nodes === undefined) groups.set(key, [node]);
  else nodes.push(node);
}

interface Place {
  readonly name: string;
  readonly file: string;
  readonly nodes: readonly number[];
  readonly sources: Sources;
}

function listRoutine(graph: Graph, { name, file, nodes, sources }: Place): ListedRoutine {
  const flat = sum(nodes, (node) => graph.flat[node]);
  const cum = sum(nodes, (node) => graph.cum[node]);
  const { first, last } = range(nodes.map((node) => infoOf(graph, node)));
  // A function that begins behind all its lines (`//line`) shows none of them: its file is not asked for.
  const texts = first > last ? [] : sources.lines(file);
  if (typeof texts === 'string') return { name, file, flat, cum, fault: texts, lines: [] };
  const byLine = new Map<number, number[]>();
  for (const node of nodes) {
    const line = Number(infoOf(graph, node).line);
    byLine.set(line, [...(byLine.get(line) ?? []), node]);
  }
  const lines: ListedLine[] = [];
  for (let line = first; line <= last && line <= texts.length; line++) {
    const own = byLine.get(line) ?? [];
    lines.push({
      line,
      flat: sum(own, (node) => graph.flat[node]),
      cum: sum(own, (node) => graph.cum[node]),
      text: texts[line - 1],
    });
  }
  return { name, file, flat, cum, fault: null, lines };
}

function drawRoutine(
  { name, file, flat, cum, fault, lines }: ListedRoutine,
  options: ReportOptions,
): string[] {
  const text = [
    `ROUTINE ======================== ${name} in ${file}\n`,
    `${padLeft(formatValue(options, flat), 10)} ${padLeft(formatValue(options, cum), 10)} ` +
      `(flat, cum) ${percentage(cum, options.total)} of Total\n`,
  ];
  if (fault !== null) return [...text, ` Error: ${fault}\n`];
  const value = (amount: bigint): string => (amount === 0n ? '.' : formatValue(options, amount));
  for (const { line, flat: own, cum: whole, text: source } of lines)
    text.push(
      `${padLeft(value(own), 10)} ${padLeft(value(whole), 10)} ${String(line).padStart(6)}:${source}\n`,
    );
  return text;
}

/** From the first line of the function, where it is known, to a margin behind the last line with a value. */
function range(infos: readonly NodeInfo[]): { readonly first: number; readonly last: number } {
  let first = Infinity;
  let last = 0;
  for (const { line, startLine } of infos) {
    const start = Number(startLine) === 0 ? Number(line) - MARGIN : Number(startLine);
    first = Math.min(first, start);
    last = Math.max(last, Number(line) + MARGIN);
  }
  return { first: Math.max(1, first), last };
}

function sum(nodes: readonly number[], of: (node: number) => number | bigint): bigint {
  return nodes.reduce((all, node) => BigInt.asIntN(64, all + BigInt(of(node))), 0n);
}

/** Lines of files, looked up once each. */
class Sources {
  readonly #options: ReportOptions;
  readonly #known = new Map<string, readonly string[] | string>();

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  /** The lines, or why there are none. */
  lines(file: string): readonly string[] | string {
    let lines = this.#known.get(file);
    if (lines === undefined) this.#known.set(file, (lines = this.#read(file)));
    return lines;
  }

  #read(file: string): readonly string[] | string {
    const { host, sourcePath: given, trimPath: trim } = this.#options;
    const sourcePath = given === '' ? host.workingFolder() : given;
    const path = trimPath(file, trim, sourcePath);
    for (const candidate of candidates(path, sourcePath)) {
      const text = host.readSource(candidate);
      if (text !== null) return splitLines(text);
    }
    const library = host.readLibrarySource(file);
    if (library !== null) return splitLines(library);
    return path.startsWith('/')
      ? `open ${path}: no such file or directory`
      : `could not find file ${path} on path ${sourcePath}`;
  }
}

/** A relative path is looked for in every folder of the list and in all above it. */
function* candidates(path: string, sourcePath: string): Generator<string> {
  if (path.startsWith('/')) {
    yield path;
    return;
  }
  for (const start of splitList(sourcePath)) {
    let folder = start.replace(/\/+$/, '');
    for (;;) {
      yield `${folder}/${path}`;
      if (folder === '' || !folder.includes('/')) break;
      folder = folder.slice(0, folder.lastIndexOf('/'));
    }
  }
}

function splitLines(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
