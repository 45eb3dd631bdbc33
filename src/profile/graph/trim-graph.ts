// What a report shows of a graph, and in which order. Source: google/pprof internal/report newTrimmedGraph,
// selectOutputUnit; internal/graph SortNodes, TrimTree, RemoveRedundantEdges.
import { scale } from '../measurement.ts';
import type { Profile } from '../../pprof/tables.ts';
import type { ReportOptions } from '../reports/options.ts';
import { toInt64 } from '../scale.ts';
import { buildGraph, SampleValues, sumEdges, sumNodes, type GraphTask } from './build-graph.ts';
import { shrinkTree, sumTree } from './call-tree.ts';
import { adjacencyOf, cumValue, flatSum, flatValue, sortEdges, type Adjacency, type Graph } from './graph.ts';
import { NodeInfos } from './node-infos.ts';
import { absolute, compareAbsolute, isZero } from './sums.ts';

/** Tags that a picture shows of a node at most; each counts as a node when nodes are selected. */
export const MAX_NODE_TAGS = 4;

/** What the kind of report decides. */
export interface GraphShape {
  /** A picture: tags count, redundant edges go, nodes are chosen by how much they tell. */
  readonly isVisual: boolean;
  /** -call_tree is honoured. */
  readonly mayBeTree: boolean;
  /** Object files tell nodes apart. */
  readonly withObjects: boolean;
  /** Which edges a text shows: all, those into functions that were inlined anywhere, or none. */
  readonly edges: 'all' | 'inlined' | 'none';
}

export interface TrimmedGraph {
  readonly graph: Graph;
  /** Nodes after the cut by -nodefraction. */
  readonly originalCount: number;
  readonly droppedNodes: number;
  readonly droppedEdges: number;
  /** Tags below this are not drawn. */
  readonly tagCutoff: number | bigint;
}

export function graphTask(profile: Profile, options: ReportOptions, shape: GraphShape): GraphTask {
  const { trimPath, sourcePath } = options;
  const infos = new NodeInfos(profile, { withObjects: shape.withObjects, trimPath, sourcePath });
  return { profile, options, infos, values: new SampleValues(profile, options), withTags: shape.isVisual };
}

/** The graph without what is too small to be shown, its nodes in the order of the report. */
export function buildTrimmedGraph(profile: Profile, options: ReportOptions, shape: GraphShape): TrimmedGraph {
  const task = graphTask(profile, options, shape);
  const isTree = options.callTree && shape.mayBeTree;
  const tree = isTree ? sumTree(task) : null;
  let graph = tree?.graph ?? sumNodes(task);
  const total = Number(flatSum(graph));
  const nodeCutoff = absolute(toInt64(total * options.nodeFraction));
  const edgeCutoff = absolute(toInt64(total * options.edgeFraction));
  const isLarge = (node: number): boolean => absolute(graph.cum[node]) >= nodeCutoff;
  const kept = nodeCutoff > 0 ? graph.nodes.filter(isLarge) : graph.nodes;
  const originalCount = kept.length;
  const droppedNodes = graph.nodes.length - originalCount;
  if (tree !== null) {
    const shrunk = shrinkTree(task, tree, kept);
    graph = droppedNodes > 0 ? trimTree(shrunk.graph, shrunk.kept) : shrunk.graph;
  } else if (shape.isVisual) {
    // Which nodes are chosen depends on their edges.
    graph = buildGraph(task, droppedNodes > 0 ? keptInfos(graph, kept) : null);
  } else {
    graph.nodes = kept;
  }
  sortNodes(graph, options, shape);
  if (options.nodeCount > 0) {
    trimEdges(graph, edgeCutoff);
    const selected = selectTopNodes(graph, options.nodeCount, shape.isVisual ? nodeCutoff : null);
    if (selected.length < graph.nodes.length) {
      if (isTree) graph = trimTree(graph, selected);
      else if (shape.isVisual) graph = buildGraph(task, keptInfos(graph, selected));
      if (isTree || shape.isVisual) sortNodes(graph, options, shape);
      else graph.nodes = selected;
    }
  }
  if (!isTree && !shape.isVisual) {
    const { nodes } = graph;
    const isCut = droppedNodes > 0 || nodes.length < originalCount;
    if (shape.edges !== 'none') {
      const isCallee = shape.edges === 'inlined' ? task.infos.inlined() : null;
      graph = { ...graph, edges: sumEdges(task, isCut ? keptInfos(graph, nodes) : null, isCallee) };
    }
  }
  const droppedEdges = trimEdges(graph, edgeCutoff);
  if (shape.isVisual) removeRedundantEdges(graph);
  return { graph, originalCount, droppedNodes, droppedEdges, tagCutoff: nodeCutoff };
}

function keptInfos(graph: Graph, nodes: readonly number[]): Uint8Array {
  const isKept = new Uint8Array(graph.infos.length);
  for (const node of nodes) isKept[graph.info[node]] = 1;
  return isKept;
}

function sortNodes(graph: Graph, { sort }: ReportOptions, { isVisual }: GraphShape): void {
  const { flat, cum, info, infos } = graph;
  const byName = (a: number, b: number): number => infos.compareNames(info[a], info[b]);
  if (isVisual) {
    const { incoming, outgoing } = adjacencyOf(graph);
    const score = new Map(
      graph.nodes.map((node) => [node, entropyScore(graph, node, incoming[node], outgoing[node])]),
    );
    graph.nodes.sort(
      (a, b) =>
        compareAbsolute(score.get(a) ?? 0, score.get(b) ?? 0) ||
        byName(a, b) ||
        compareAbsolute(flat[a], flat[b]) ||
        a - b,
    );
    return;
  }
  const [first, second] = sort === 'cum' ? [cum, flat] : [flat, cum];
  graph.nodes.sort(
    (a, b) =>
      compareAbsolute(first[a], first[b]) || byName(a, b) || compareAbsolute(second[a], second[b]) || a - b,
  );
}

/** How much a node tells: where its calls branch, rather than pass through. */
function entropyScore(
  graph: Graph,
  node: number,
  incoming: readonly number[],
  outgoing: readonly number[],
): number | bigint {
  const arriving = incoming.length === 0 ? 1 : edgeEntropy(graph, incoming, 0);
  const leaving = outgoing.length === 0 ? 1 : edgeEntropy(graph, outgoing, Number(graph.flat[node]));
  const weighed = toInt64((arriving + leaving) * Number(graph.cum[node]));
  const flat = graph.flat[node];
  return typeof weighed === 'number' && typeof flat === 'number'
    ? weighed + flat
    : BigInt.asIntN(64, BigInt(weighed) + BigInt(flat));
}

function edgeEntropy({ edges }: Graph, rows: readonly number[], own: number): number {
  let total = own;
  for (const edge of rows) if (edges.weight[edge] > 0) total += Number(edges.weight[edge]);
  if (total === 0) return 0;
  const part = (weight: number): number => {
    const share = Math.abs(weight) / total;
    return -share * Math.log2(share);
  };
  let score = 0;
  for (const edge of rows) score += part(Number(edges.weight[edge]));
  return own > 0 ? score + part(own) : score;
}

/** The first nodes of the order. In pictures tags count as well (those that `tagCutoff` leaves); null = they do not. */
function selectTopNodes(graph: Graph, count: number, tagCutoff: number | bigint | null): number[] {
  if (tagCutoff === null) return graph.nodes.slice(0, count);
  let used = 0;
  for (const [row, node] of graph.nodes.entries()) {
    const tags = graph.tags?.of(node, tagCutoff).filter(({ flat }) => !isZero(flat)).length ?? 0;
    used += Math.min(tags, MAX_NODE_TAGS) + 1;
    if (used >= count) return graph.nodes.slice(0, row + 1);
  }
  return graph.nodes.slice(0, count);
}

/** Takes out edges into nodes that are shown, where they are lighter than the cut-off; returns how many. */
function trimEdges(graph: Graph, cutoff: number | bigint): number {
  const { edges } = graph;
  const isShown = shownNodes(graph);
  let dropped = 0;
  for (let edge = 0; edge < edges.length; edge++) {
    if (edges.isGone[edge] === 1 || isShown[edges.callee[edge]] === 0) continue;
    if (absolute(edges.weight[edge]) >= cutoff) continue;
    edges.isGone[edge] = 1;
    dropped++;
  }
  return dropped;
}

function shownNodes(graph: Graph): Uint8Array {
  const isShown = new Uint8Array(graph.info.length);
  for (const node of graph.nodes) isShown[node] = 1;
  return isShown;
}

/** Takes nodes out of a call tree; their children hang on to the next node above that stays. */
function trimTree(graph: Graph, kept: readonly number[]): Graph {
  const { edges } = graph;
  const isKept = new Uint8Array(graph.info.length);
  for (const node of kept) isKept[node] = 1;
  const { incoming, outgoing } = adjacencyOf(graph);
  for (const node of graph.nodes) {
    if (isKept[node] === 1) continue;
    const above = incoming[node].find((edge) => edges.isGone[edge] === 0);
    const below = outgoing[node].filter((edge) => edges.isGone[edge] === 0 && edges.caller[edge] === node);
    if (above === undefined) {
      for (const edge of below) edges.isGone[edge] = 1;
      continue;
    }
    const parent = edges.caller[above];
    edges.isGone[above] = 1;
    for (const edge of below) {
      edges.caller[edge] = parent;
      outgoing[parent].push(edge);
      edges.isResidual[edge] = 1;
      edges.isInline[edge] = edges.isInline[above] & edges.isInline[edge];
    }
  }
  graph.nodes = graph.nodes.filter((node) => isKept[node] === 1);
  removeRedundantEdges(graph);
  return graph;
}

/** Residual edges whose callee can be reached another way, the lightest first. */
function removeRedundantEdges(graph: Graph): void {
  const { edges } = graph;
  const adjacency = adjacencyOf(graph);
  for (const node of [...graph.nodes].reverse()) {
    for (const edge of sortEdges(graph, adjacency.incoming[node]).reverse()) {
      // Nothing heavier than a real edge is taken away: that would confuse.
      if (edges.isResidual[edge] === 0) break;
      if (isReachedOtherwise(graph, adjacency, edge)) {
        edges.isGone[edge] = 1;
        adjacency.incoming[node].splice(adjacency.incoming[node].indexOf(edge), 1);
      }
    }
  }
}

function isReachedOtherwise({ edges }: Graph, { incoming }: Adjacency, edge: number): boolean {
  const from = edges.caller[edge];
  const seen = new Set([edges.callee[edge]]);
  const queue = [edges.callee[edge]];
  for (const node of queue) {
    for (const other of incoming[node]) {
      const caller = edges.caller[other];
      if (other === edge || seen.has(caller)) continue;
      if (caller === from) return true;
      seen.add(caller);
      queue.push(caller);
    }
  }
  return false;
}

/**
 * The options with one unit for the whole report where `minimum` was asked for: that of the smallest value shown, or of a
 * hundred times as much where the total has a larger one.
 *
 * @param isInteger values are printed as whole numbers (callgrind): no larger unit then.
 */
export function chooseUnit(graph: Graph, options: ReportOptions, isInteger = false): ReportOptions {
  const { outputUnit, sampleUnit, ratio } = options;
  if (outputUnit !== 'minimum' || graph.nodes.length === 0) return options;
  let least: number | bigint = 0;
  for (const node of graph.nodes) {
    const flat = absolute(flatValue(graph, node));
    const value = isZero(flat) ? absolute(cumValue(graph, node)) : flat;
    if (value > 0 && (isZero(least) || value < least)) least = value;
  }
  let most: number | bigint = options.total;
  if (isZero(least)) least = most;
  if (ratio > 0 && ratio !== 1) {
    least = toInt64(Number(least) * ratio);
    most = toInt64(Number(most) * ratio);
  }
  const leastUnit = scale(least, sampleUnit, 'minimum').unit;
  const mostUnit = scale(most, sampleUnit, 'minimum').unit;
  const hundred = BigInt.asIntN(64, BigInt(least) * 100n);
  const isFar = leastUnit !== mostUnit && hundred < BigInt(most) && !isInteger;
  const unit = isFar ? scale(hundred, sampleUnit, 'minimum').unit : leastUnit;
  return { ...options, outputUnit: unit === '' ? sampleUnit : unit };
}
