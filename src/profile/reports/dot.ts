// `dot`: the call graph for Graphviz. Source: google/pprof internal/graph ComposeDot.
import type { Profile } from '../../pprof/tables.ts';
import {
  adjacencyOf,
  cumValue,
  edgeValue,
  flatTotal,
  flatValue,
  nodeName,
  sortEdges,
  type Graph,
} from '../graph/graph.ts';
import type { NodeInfo } from '../graph/node-infos.ts';
import { sortTags, tagCum, tagFlat, type NodeTag } from '../graph/node-tags.ts';
import { absolute, isZero } from '../graph/sums.ts';
import {
  buildTrimmedGraph,
  chooseUnit,
  MAX_NODE_TAGS,
  type GraphShape,
  type TrimmedGraph,
} from '../graph/trim-graph.ts';
import { percentage } from '../measurement.ts';
import { dotColour } from './dot-colour.ts';
import { collapseTags, type DrawnTag } from './dot-tags.ts';
import { baseName, formatValue, reportLabels } from './header.ts';
import type { ReportOptions } from './options.ts';
import { printableName } from './printable-name.ts';
import { shortenFunctionName } from './short-names.ts';

const SHAPE: GraphShape = { isVisual: true, mayBeTree: true, withObjects: false, edges: 'all' };

/** What becomes of texts that pprof puts between quotes as they are: names of files, of labels, of units. */
type Escape = (text: string) => string;
const asPprof: Escape = (text) => text;

/** So that Graphviz can read them, whatever they are. Line breaks between labels stay. */
export const asGraphvizReads: Escape = (text) => text.replace(/\\(?!n)/g, '\\\\').replaceAll('"', '\\"');

export function* renderDot(
  profile: Profile,
  given: ReportOptions,
  escape: Escape = asPprof,
): Generator<string> {
  const trimmed = buildTrimmedGraph(profile, given, SHAPE);
  const { graph, originalCount, droppedNodes, droppedEdges } = trimmed;
  const options = chooseUnit(graph, given);
  const labels = reportLabels(profile, options, {
    flatTotal: flatTotal(graph),
    nodeCount: graph.nodes.length,
    originalCount,
    droppedNodes,
    droppedEdges,
    isGraph: true,
  });
  const title = escape(options.title);
  yield `digraph "${title === '' ? 'unnamed' : title}" {\nnode [style=filled fillcolor="#f8f8f8"]\n`;
  yield legend(labels, title);
  if (graph.nodes.length > 0) yield* new DotGraph(trimmed, options, escape).lines();
  yield '}\n';
}

function legend(labels: readonly string[], title: string): string {
  const tooltip = title === '' ? '' : ` tooltip="${title}"`;
  const text = labels.map(escapeDot).join('\\l');
  return `subgraph cluster_L { "${escapeDot(labels[0])}" [shape=box fontsize=16 label="${text}\\l"${tooltip}] }\n`;
}

class DotGraph {
  readonly #graph: Graph;
  readonly #options: ReportOptions;
  readonly #escape: Escape;
  readonly #tagCutoff: number | bigint;
  readonly #id: Int32Array;
  readonly #maxFlat: number;

  constructor({ graph, tagCutoff }: TrimmedGraph, options: ReportOptions, escape: Escape) {
    this.#escape = escape;
    this.#graph = graph;
    this.#options = options;
    this.#tagCutoff = tagCutoff;
    // Nodes that are not shown are 0: pprof draws edges to them all the same.
    this.#id = new Int32Array(graph.info.length);
    let maxFlat = 0;
    for (const [row, node] of graph.nodes.entries()) {
      this.#id[node] = row + 1;
      maxFlat = Math.max(maxFlat, Math.abs(Number(flatValue(graph, node))));
    }
    this.#maxFlat = maxFlat;
  }

  *lines(): Generator<string> {
    const { outgoing } = adjacencyOf(this.#graph);
    const hasBoxes = new Set<number>();
    const edges: number[] = [];
    for (const node of this.#graph.nodes) {
      yield this.#node(node);
      const boxes = this.#boxes(node, outgoing[node].length > 0);
      if (boxes !== '') hasBoxes.add(node);
      yield boxes;
      edges.push(...outgoing[node]);
    }
    for (const edge of sortEdges(this.#graph, edges))
      yield this.#edge(edge, hasBoxes.has(this.#graph.edges.caller[edge]));
  }

  #value(value: number | bigint): string {
    return this.#escape(formatValue(this.#options, value));
  }

  #share(value: number | bigint): string {
    return percentage(value, this.#options.total).trim();
  }

  #node(node: number): string {
    const flat = flatValue(this.#graph, node);
    const cum = cumValue(this.#graph, node);
    const info = this.#graph.infos.at(this.#graph.info[node]);
    let label = multilineName(info, this.#escape);
    label += isZero(flat) ? '0' : `${this.#value(flat)} (${this.#share(flat)})`;
    let shown = this.#value(flat);
    if (BigInt(cum) !== BigInt(flat)) {
      shown = this.#value(cum);
      label += `${isZero(flat) ? ' ' : '\\n'}of ${shown} (${this.#share(cum)})`;
    }
    const score = Number(cum) / Math.abs(Number(this.#options.total));
    return (
      `N${this.#id[node]} [label="${label}" id="node${this.#id[node]}" fontsize=${this.#fontSize(flat)} shape=box` +
      ` tooltip="${escapeDot(nodeName(this.#graph, node))} (${shown})"` +
      ` color="${dotColour(score, false)}" fillcolor="${dotColour(score, true)}"]\n`
    );
  }

  /** From 8 to 24, by the root of the share: large differences show, small values stay readable. */
  #fontSize(flat: number | bigint): number {
    const size = Math.abs(Number(flat));
    if (this.#maxFlat === 0 || size === 0 || size > this.#maxFlat) return 8;
    return 8 + Math.ceil(16 * Math.sqrt(size / this.#maxFlat));
  }

  /** Boxes for the tags of a node: at most four texts, and below each, or the node itself, four ranges of numbers. */
  #boxes(node: number, hasCallees: boolean): string {
    const tags = this.#graph.tags?.of(node, this.#tagCutoff) ?? [];
    if (tags.length === 0) return '';
    const numbers = new Map<string, NodeTag[]>();
    for (const tag of tags) {
      if (tag.kind.number === null) continue;
      numbers.set(tag.kind.labels, [...(numbers.get(tag.kind.labels) ?? []), tag]);
    }
    const texts = tags.filter(({ kind }) => kind.number === null);
    const id = this.#id[node];
    let boxes = '';
    for (const [row, tag] of sortTags(texts, hasCallees).slice(0, MAX_NODE_TAGS).entries()) {
      // A leaf stands for callees that were taken out, too.
      const weight = hasCallees ? tagFlat(tag) : tagCum(tag);
      if (isZero(weight)) continue;
      const shown = this.#value(weight);
      boxes += box(`N${id}`, `N${id}_${row}`, { label: this.#escape(tag.kind.name), shown, style: '' });
      const below = numbers.get(tag.kind.labels);
      if (below !== undefined) boxes += this.#numberBoxes(below, hasCallees, `N${id}_${row}`);
    }
    const own = numbers.get('');
    return own === undefined ? boxes : boxes + this.#numberBoxes(own, hasCallees, `N${id}`);
  }

  #numberBoxes(tags: readonly NodeTag[], hasCallees: boolean, source: string): string {
    let boxes = '';
    for (const [row, tag] of collapseTags(tags, MAX_NODE_TAGS, hasCallees).entries()) {
      const isFlat = hasCallees || BigInt(tag.flat) === BigInt(tag.cum);
      const weight: DrawnTag['flat'] = isFlat ? tag.flat : tag.cum;
      if (isZero(weight)) continue;
      const style = isFlat ? '' : ' style="dotted"';
      boxes += box(source, `N${source}_${row}`, {
        label: this.#escape(tag.name),
        shown: this.#value(weight),
        style,
      });
    }
    return boxes;
  }

  #edge(edge: number, hasBoxes: boolean): string {
    const { edges } = this.#graph;
    const value = edgeValue(this.#graph, edge);
    const shown = this.#value(value);
    const inline = edges.isInline[edge] === 1 ? '\\n (inline)' : '';
    const { total } = this.#options;
    let attributes = `label=" ${shown}${inline}"`;
    if (total !== 0n) {
      const share = (of: bigint): number => 1 + Number(least(absolute(times(value, of) / total), of));
      const [weight, width] = [share(100n), share(5n)];
      if (weight > 1) attributes += ` weight=${weight}`;
      if (width > 1) attributes += ` penwidth=${width}`;
      attributes += ` color="${dotColour(Number(value) / Math.abs(Number(total)), false)}"`;
    }
    const isResidual = edges.isResidual[edge] === 1;
    const [caller, callee] = [edges.caller[edge], edges.callee[edge]];
    const names = [caller, callee].map((node) => escapeDot(nodeName(this.#graph, node)));
    const tooltip = `"${names[0]} ${isResidual ? '...' : '->'} ${names[1]} (${shown})"`;
    attributes += ` tooltip=${tooltip} labeltooltip=${tooltip}`;
    if (isResidual) attributes += ' style="dotted"';
    if (hasBoxes) attributes += ' minlen=2';
    return `N${this.#id[caller]} -> N${this.#id[callee]} [${attributes}]\n`;
  }
}

function times(value: number | bigint, by: bigint): bigint {
  return BigInt.asIntN(64, BigInt(value) * by);
}

function least(a: number | bigint, b: bigint): bigint {
  return BigInt(a) < b ? BigInt(a) : b;
}

function box(
  source: string,
  id: string,
  { label, shown, style }: { readonly label: string; readonly shown: string; readonly style: string },
): string {
  return (
    `${id} [label = "${label}" id="${id}" fontsize=8 shape=box3d tooltip="${shown}"]\n` +
    `${source} -> ${id} [label=" ${shown}" weight=100 tooltip="${shown}" labeltooltip="${shown}"${style}]\n`
  );
}

/** The name in lines: package and method apart, files without their folders. */
function multilineName(info: NodeInfo, escape: Escape): string {
  const name = escapeDot(shortenFunctionName(info.name))
    .replaceAll('::', '\\n')
    // Type arguments that Go leaves out stay in one piece.
    .replaceAll('[...]', '[…]')
    .replaceAll('.', '\\n');
  const parts = { ...info, name, file: info.file === '' ? '' : escape(baseName(info.file)) };
  return `${joinLines(parts)}\\n`;
}

function joinLines(info: NodeInfo): string {
  const address =
    Number(info.address) === 0 ? [] : [printableName({ ...info, name: 'x', file: '', line: 0 }).slice(0, 16)];
  const rest = { ...info, address: 0 };
  const file = printableName({ ...rest, name: '' });
  const hasPlace = Number(info.line) !== 0 || info.file !== '' || info.name === '';
  return [...address, ...(info.name === '' ? [] : [info.name]), ...(hasPlace ? [file] : [])].join('\\n');
}

/** Quotes, backslashes, and line breaks, which Graphviz would centre. */
function escapeDot(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\l');
}
