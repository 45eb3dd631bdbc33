// `top`: functions by their own value. Source: google/pprof internal/report printText.
import type { Profile } from '../../pprof/tables.ts';
import { cumValue, flatTotal, flatValue, nodeName, type Graph } from '../graph/graph.ts';
import { buildTrimmedGraph, chooseUnit, type GraphShape } from '../graph/trim-graph.ts';
import { percentage } from '../measurement.ts';
import { formatValue, reportLabels } from './header.ts';
import { padLeft } from '../text-width.ts';
import type { ReportOptions } from './options.ts';

const SHAPE: GraphShape = { isVisual: false, mayBeTree: false, withObjects: false, edges: 'inlined' };

/** One row: one function (or line, file, ... by the granularity). */
export interface TopRow {
  readonly flat: number | bigint;
  /** Of this row and all above it. */
  readonly sum: bigint;
  readonly cum: number | bigint;
  readonly name: string;
  /** `(inline)`, `(partial-inline)` or ''. */
  readonly inlining: string;
}

/** What `top` prints, before it is text. */
export interface TopTable {
  readonly labels: readonly string[];
  readonly rows: readonly TopRow[];
  /** With the unit that was chosen for the whole report. */
  readonly options: ReportOptions;
}

export function topTable(profile: Profile, given: ReportOptions): TopTable {
  const { graph, originalCount, droppedNodes } = buildTrimmedGraph(profile, given, SHAPE);
  const options = chooseUnit(graph, given);
  const shown = {
    flatTotal: flatTotal(graph),
    nodeCount: graph.nodes.length,
    originalCount,
    droppedNodes,
    droppedEdges: 0,
    isGraph: false,
  };
  const inlining = describeInlining(graph);
  let sum = 0n;
  const rows = graph.nodes.map((node) => {
    const flat = flatValue(graph, node);
    sum = BigInt.asIntN(64, sum + BigInt(flat));
    return { flat, sum, cum: cumValue(graph, node), name: nodeName(graph, node), inlining: inlining[node] };
  });
  return { labels: reportLabels(profile, options, shown), rows, options };
}

export function* renderTop(profile: Profile, given: ReportOptions): Generator<string> {
  const { labels, rows, options } = topTable(profile, given);
  yield `${labels.join('\n')}\n`;
  yield '      flat  flat%   sum%        cum   cum%\n';
  const share = (value: number | bigint): string => percentage(value, options.total);
  for (const { flat, sum, cum, name, inlining } of rows) {
    const suffix = inlining === '' ? '' : ` ${inlining}`;
    yield (
      `${padLeft(formatValue(options, flat), 10)} ${share(flat)} ${share(sum)} ` +
      `${padLeft(formatValue(options, cum), 10)} ${share(cum)}  ${name}${suffix}\n`
    );
  }
}

/** Behind the name of a node: whether it was entered by inlined calls only, or by both kinds. */
function describeInlining({ info, edges }: Graph): string[] {
  const isInlined = new Uint8Array(info.length);
  const isCalled = new Uint8Array(info.length);
  for (let edge = 0; edge < edges.length; edge++) {
    if (edges.isGone[edge] === 1) continue;
    (edges.isInline[edge] === 1 ? isInlined : isCalled)[edges.callee[edge]] = 1;
  }
  return Array.from(isInlined, (inlined, node) =>
    inlined === 0 ? '' : isCalled[node] === 1 ? '(partial-inline)' : '(inline)',
  );
}
