// The graph of a report: nodes with their own and their whole value, edges from caller to callee.
import { exactAt } from '../../pprof/columns.ts';
import type { Int64Column } from '../../pprof/tables.ts';
import type { NodeInfos } from './node-infos.ts';
import type { NodeTags } from './node-tags.ts';
import { compareAbsolute, isZero, mean } from './sums.ts';

/**
 * One row: one node. In a graph one per NodeInfo, in a call tree one per path.
 *
 *     main > a > b = 5, main > a = 2
 *     info  [ 0, 1, 2 ]       flat [ 0, 2, 5 ]      cum [ 7, 7, 5 ]
 *     edges caller [ 0, 1 ]   callee [ 1, 2 ]       weight [ 7, 5 ]
 */
export interface Graph {
  readonly infos: NodeInfos;
  /** Row in `infos` of each node. */
  readonly info: Int32Array;
  readonly flat: Int64Column;
  readonly cum: Int64Column;
  /** Divisors of a mean; null where nothing is divided. */
  readonly flatDivisor: Int64Column | null;
  readonly cumDivisor: Int64Column | null;
  readonly edges: EdgeTable;
  /** Tags of nodes, for pictures; null where none are drawn. */
  readonly tags: NodeTags | null;
  /** Nodes that are shown, in order. Edges may lead to others: those that add up to 0, or are negative. */
  nodes: number[];
}

/** One row: one call from node to node. Rows are taken out by `isGone`. */
export interface EdgeTable {
  readonly length: number;
  /** A trimmed call tree hangs children up elsewhere. */
  readonly caller: Int32Array;
  readonly callee: Int32Array;
  readonly weight: Int64Column;
  readonly weightDivisor: Int64Column | null;
  /** 1 = goes over nodes that were taken out. */
  readonly isResidual: Uint8Array;
  /** 1 = the callee was always inlined. */
  readonly isInline: Uint8Array;
  readonly isGone: Uint8Array;
}

export function flatValue(graph: Graph, node: number): number | bigint {
  return graph.flatDivisor === null ? graph.flat[node] : mean(graph.flat[node], graph.flatDivisor[node]);
}

export function cumValue(graph: Graph, node: number): number | bigint {
  return graph.cumDivisor === null ? graph.cum[node] : mean(graph.cum[node], graph.cumDivisor[node]);
}

export function edgeValue({ edges }: Graph, edge: number): number | bigint {
  return edges.weightDivisor === null
    ? edges.weight[edge]
    : mean(edges.weight[edge], edges.weightDivisor[edge]);
}

export function nodeName(graph: Graph, node: number): string {
  return graph.infos.printableName(graph.info[node]);
}

/** Sum of the flat values (divided ones) of the nodes that are shown. */
export function flatTotal(graph: Graph): bigint {
  let total = 0n;
  for (const node of graph.nodes) total = BigInt.asIntN(64, total + BigInt(flatValue(graph, node)));
  return total;
}

/** Sum of the flat values, undivided: what cut-offs refer to. */
export function flatSum(graph: Graph): bigint {
  let total = 0n;
  for (const node of graph.nodes) total = BigInt.asIntN(64, total + exactAt(graph.flat, node));
  return total;
}

/** Edges of every node that are still there, in order of the table. */
export interface Adjacency {
  readonly incoming: readonly number[][];
  readonly outgoing: readonly number[][];
}

export function adjacencyOf({ info, edges }: Graph): Adjacency {
  const incoming = Array.from({ length: info.length }, (): number[] => []);
  const outgoing = Array.from({ length: info.length }, (): number[] => []);
  for (let edge = 0; edge < edges.length; edge++) {
    if (edges.isGone[edge] === 1) continue;
    incoming[edges.callee[edge]].push(edge);
    outgoing[edges.caller[edge]].push(edge);
  }
  return { incoming, outgoing };
}

/**
 * Heaviest first, then by the names of both ends. What weighs the same with another sign stays in the order in which it
 * was met: pprof calls such edges equal.
 */
export function sortEdges(graph: Graph, edges: readonly number[]): number[] {
  const { weight, caller, callee } = graph.edges;
  return [...edges].sort(
    (a, b) =>
      compareAbsolute(weight[a], weight[b]) ||
      (weight[a] === weight[b] ? 0 : a - b) ||
      graph.infos.compareNames(graph.info[caller[a]], graph.info[caller[b]]) ||
      graph.infos.compareNames(graph.info[callee[a]], graph.info[callee[b]]),
  );
}

/** Nodes that a report knows at all: not those that add up to nothing, nor, if so asked, negative ones. */
export function selectNodes(
  info: Int32Array,
  flat: Int64Column,
  cum: Int64Column,
  dropNegative: boolean,
): number[] {
  const nodes: number[] = [];
  for (let node = 0; node < info.length; node++) {
    if (isZero(flat[node]) && isZero(cum[node])) continue;
    if (dropNegative && (flat[node] < 0 || (isZero(flat[node]) && cum[node] < 0))) continue;
    nodes.push(node);
  }
  return nodes;
}
