// `tree` and `peek`: each function between its callers and its callees. Source: google/pprof internal/report printTree.
import { PlimsollError } from '../../base/errors.ts';
import type { Profile } from '../../pprof/tables.ts';
import {
  adjacencyOf,
  cumValue,
  flatTotal,
  flatValue,
  nodeName,
  sortEdges,
  type Graph,
} from '../graph/graph.ts';
import { buildTrimmedGraph, chooseUnit, type GraphShape } from '../graph/trim-graph.ts';
import { percentage } from '../measurement.ts';
import { formatValue, reportLabels } from './header.ts';
import { padLeft } from '../text-width.ts';
import type { ReportOptions } from './options.ts';

const SHAPE: GraphShape = { isVisual: false, mayBeTree: false, withObjects: false, edges: 'all' };
const SEPARATOR = '----------------------------------------------------------+-------------\n';
const LEGEND = '      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n';

/** @throws PlimsollError REPORT_EMPTY when an expression is given and no function matches. */
export function renderTree(profile: Profile, given: ReportOptions): Iterable<string> {
  const { graph, originalCount, droppedNodes } = buildTrimmedGraph(profile, given, SHAPE);
  const options = chooseUnit(graph, given);
  const { symbol } = options;
  const shown = {
    flatTotal: flatTotal(graph),
    nodeCount: graph.nodes.length,
    originalCount,
    droppedNodes,
    droppedEdges: 0,
    isGraph: false,
  };
  const isMatch = (node: number): boolean => symbol === null || symbol.test(nodeName(graph, node));
  const nodes = graph.nodes.filter(isMatch);
  if (symbol !== null && nodes.length === 0) throw noMatch(symbol.source);
  return printTree(graph, options, reportLabels(profile, options, shown), nodes);
}

/** Piece by piece: names may be long, and stand in many lines. */
function* printTree(
  graph: Graph,
  options: ReportOptions,
  labels: readonly string[],
  nodes: readonly number[],
): Generator<string> {
  yield `${labels.join('\n')}\n`;
  yield SEPARATOR;
  yield LEGEND;
  const { incoming, outgoing } = adjacencyOf(graph);
  let sum = 0n;
  for (const node of nodes) {
    const flat = flatValue(graph, node);
    const cum = cumValue(graph, node);
    sum = BigInt.asIntN(64, sum + BigInt(flat));
    const share = (value: number | bigint): string => percentage(value, options.total);
    yield SEPARATOR;
    for (const edge of sortEdges(graph, incoming[node]))
      yield edgeLine(graph, options, { edge, end: graph.edges.caller[edge], cum });
    yield (
      `${padLeft(formatValue(options, flat), 10)} ${share(flat)} ${share(sum)} ` +
      `${padLeft(formatValue(options, cum), 10)} ${share(cum)}                | ${nodeName(graph, node)}\n`
    );
    for (const edge of sortEdges(graph, outgoing[node]))
      yield edgeLine(graph, options, { edge, end: graph.edges.callee[edge], cum });
  }
  if (graph.nodes.length > 0) yield SEPARATOR;
}

/** Weights of edges are not divided, not even for a mean: as pprof prints them. */
function edgeLine(
  graph: Graph,
  options: ReportOptions,
  { edge, end, cum }: { readonly edge: number; readonly end: number; readonly cum: number | bigint },
): string {
  const weight = graph.edges.weight[edge];
  const inline = graph.edges.isInline[edge] === 1 ? ' (inline)' : '';
  return `${padLeft(formatValue(options, weight), 50)} ${percentage(weight, cum)} |   ${nodeName(graph, end)}${inline}\n`;
}

export function noMatch(source: string): PlimsollError {
  return new PlimsollError('REPORT_EMPTY', 'profile', 'no function matches the expression', {
    value: source,
  });
}
