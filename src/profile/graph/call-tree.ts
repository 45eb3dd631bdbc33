// From samples to a call tree: a node per path. Source: google/pprof internal/graph newTree. It is made in two steps, so
// that of a large profile nothing but sums is held for what a report leaves out.
import { PlimsollError } from '../../base/errors.ts';
import { Int32Builder } from '../../pprof/columns.ts';
import { NO_ROW, type Int64Column } from '../../pprof/tables.ts';
import { PairTable } from '../pair-table.ts';
import type { GraphTask } from './build-graph.ts';
import { selectNodes, type EdgeTable, type Graph } from './graph.ts';
import { NodeTags } from './node-tags.ts';
import { isZero, Sums } from './sums.ts';

/** Paths of one profile. Those of a large program have a tenth of it. */
export const MAX_TREE_NODES = 1_000_000;
/** Of these a report can show so many: each has edges, a place in the order and text. */
export const MAX_SHOWN_NODES = 250_000;

const NO_EDGES: EdgeTable = {
  length: 0,
  caller: new Int32Array(0),
  callee: new Int32Array(0),
  weight: new Float64Array(0),
  weightDivisor: null,
  isResidual: new Uint8Array(0),
  isInline: new Uint8Array(0),
  isGone: new Uint8Array(0),
};

export interface CallTree {
  /** Its nodes, without edges and tags. */
  readonly graph: Graph;
  /** [nodes] NO_ROW for a root. Parents come before their children. */
  readonly parent: Int32Array;
  /** [nodes] 1 = the call to it was inlined wherever it was met. */
  readonly isInline: Uint8Array;
}

/** @throws PlimsollError REPORT_TOO_LARGE beyond MAX_TREE_NODES. */
export function sumTree(task: GraphTask): CallTree {
  const { infos, values } = task;
  const { samples, stacks } = task.profile;
  const sums = (): Sums => new Sums(0, values.isWide);
  const [flat, cum, flatDivisor, cumDivisor] = [sums(), sums(), sums(), sums()];
  const isInline = new Int32Builder();
  // Row of a child by its parent (0 = the root, which is no node) and its info.
  const paths = new PairTable();
  for (let sample = 0; sample < samples.length; sample++) {
    const value = values.value(sample);
    const divisor = values.divisor(sample);
    if (isZero(value) && isZero(divisor)) continue;
    let parent = NO_ROW;
    const stack = samples.stack[sample];
    for (let at = stacks.locationStart[stack + 1] - 1; at >= stacks.locationStart[stack]; at--) {
      const location = stacks.location[at];
      const last = infos.nodeStart[location + 1] - 1;
      for (let cell = last; cell >= infos.nodeStart[location]; cell--) {
        const node = paths.row(parent + 1, infos.nodeOf[cell]);
        if (node === isInline.length) {
          if (node === MAX_TREE_NODES) throw tooLarge(`its call tree has more than ${MAX_TREE_NODES} nodes`);
          isInline.push(1);
        }
        cum.add(node, value);
        if (values.isDivided) cumDivisor.add(node, divisor);
        if (cell === last) isInline.view()[node] = 0;
        parent = node;
      }
    }
    if (parent === NO_ROW) continue;
    flat.add(parent, value);
    if (values.isDivided) flatDivisor.add(parent, divisor);
  }
  const info = paths.second.finish();
  const column = (cells: Sums): Int64Column => cells.finish(info.length);
  const [ownFlat, ownCum] = [column(flat), column(cum)];
  const graph: Graph = {
    infos,
    info,
    flat: ownFlat,
    cum: ownCum,
    flatDivisor: values.isDivided ? column(flatDivisor) : null,
    cumDivisor: values.isDivided ? column(cumDivisor) : null,
    edges: NO_EDGES,
    tags: null,
    nodes: selectNodes(info, ownFlat, ownCum, task.options.dropNegative),
  };
  const parent = paths.first.finish().map((above) => above - 1);
  return { graph, parent, isInline: Uint8Array.from(isInline.finish()) };
}

/**
 * The tree with edges and tags, without the nodes that will be taken out and have nothing below them that stays.
 *
 * @param kept of `tree.graph.nodes`; those that are not among these are never taken out.
 * @returns also the rows of `kept` in the smaller tree.
 * @throws PlimsollError REPORT_TOO_LARGE beyond MAX_SHOWN_NODES.
 */
export function shrinkTree(
  task: GraphTask,
  tree: CallTree,
  kept: readonly number[],
): { readonly graph: Graph; readonly kept: number[] } {
  const { graph, parent, isInline } = tree;
  const stays = new Uint8Array(parent.length).fill(1);
  for (const node of graph.nodes) stays[node] = 0;
  for (const node of kept) stays[node] = 1;
  for (let node = parent.length - 1; node >= 0; node--)
    if (stays[node] === 1 && parent[node] !== NO_ROW) stays[parent[node]] = 1;
  const rows = Int32Array.from(parent.keys()).filter((node) => stays[node] === 1);
  if (rows.length > MAX_SHOWN_NODES)
    throw tooLarge(
      `its call tree has ${rows.length} nodes to show, and a report at most ${MAX_SHOWN_NODES}: a larger -nodefraction leaves out more`,
    );
  const newRow = new Int32Array(parent.length).fill(NO_ROW);
  for (let row = 0; row < rows.length; row++) newRow[rows[row]] = row;
  const columnOf = (column: Int64Column | null): Int64Column | null =>
    column === null ? null : pick(column, rows);
  const cumDivisor = columnOf(graph.cumDivisor);
  const cum = pick(graph.cum, rows);
  const parents = rows.map((node) => (parent[node] === NO_ROW ? NO_ROW : newRow[parent[node]]));
  return {
    graph: {
      infos: graph.infos,
      info: rows.map((node) => graph.info[node]),
      flat: pick(graph.flat, rows),
      cum,
      flatDivisor: columnOf(graph.flatDivisor),
      cumDivisor,
      edges: treeEdges(parents, {
        cum,
        cumDivisor,
        isInline: Uint8Array.from(rows, (node) => isInline[node]),
      }),
      tags: task.withTags ? tagTree(task, tree, newRow) : null,
      nodes: graph.nodes.filter((node) => stays[node] === 1).map((node) => newRow[node]),
    },
    kept: kept.map((node) => newRow[node]),
  };
}

/** One edge to every node that has a parent: it weighs what the node does. */
function treeEdges(
  parent: Int32Array,
  nodes: Pick<Graph, 'cum' | 'cumDivisor'> & { readonly isInline: Uint8Array },
): EdgeTable {
  const callee = Int32Array.from(parent.keys()).filter((node) => parent[node] !== NO_ROW);
  const { length } = callee;
  return {
    length,
    caller: callee.map((node) => parent[node]),
    callee,
    weight: pick(nodes.cum, callee),
    weightDivisor: nodes.cumDivisor === null ? null : pick(nodes.cumDivisor, callee),
    isResidual: new Uint8Array(length),
    isInline: Uint8Array.from(callee, (node) => nodes.isInline[node]),
    isGone: new Uint8Array(length),
  };
}

/** @param newRow of each node of `tree`; NO_ROW: neither the node nor what is below it has tags. */
function tagTree(task: GraphTask, { graph, parent }: CallTree, newRow: Int32Array): NodeTags {
  const { infos, values, profile, options } = task;
  const { samples, stacks } = profile;
  const tags = new NodeTags(profile, options, values.isWide);
  // The paths of the first step that have stayed: rows are those of the smaller tree.
  const paths = new PairTable();
  for (let node = 0; node < parent.length; node++)
    if (newRow[node] !== NO_ROW)
      paths.row(parent[node] === NO_ROW ? 0 : newRow[parent[node]] + 1, graph.info[node]);
  for (let sample = 0; sample < samples.length; sample++) {
    const value = values.value(sample);
    const divisor = values.divisor(sample);
    if (isZero(value) && isZero(divisor)) continue;
    let node = NO_ROW;
    let isWhole = true;
    const stack = samples.stack[sample];
    for (let at = stacks.locationStart[stack + 1] - 1; isWhole && at >= stacks.locationStart[stack]; at--) {
      const location = stacks.location[at];
      for (let cell = infos.nodeStart[location + 1] - 1; cell >= infos.nodeStart[location]; cell--) {
        const next = paths.find(node + 1, infos.nodeOf[cell]);
        isWhole = next !== NO_ROW;
        if (!isWhole) break;
        node = next;
        tags.add(node, sample, value, divisor, false);
      }
    }
    if (isWhole && node !== NO_ROW) tags.add(node, sample, value, divisor, true);
  }
  return tags;
}

function pick(column: Int64Column, rows: Int32Array): Int64Column {
  const picked =
    column instanceof Float64Array ? new Float64Array(rows.length) : new BigInt64Array(rows.length);
  // Both are of one kind; the type names the first.
  for (let row = 0; row < rows.length; row++) picked[row] = (column as Float64Array)[rows[row]];
  return picked;
}

function tooLarge(fact: string): PlimsollError {
  return new PlimsollError('REPORT_TOO_LARGE', 'profile', fact, { field: '-call_tree' });
}
