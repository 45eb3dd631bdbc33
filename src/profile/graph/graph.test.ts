import { describe, expect, it } from 'vitest';
import type { Profile } from '../../pprof/tables.ts';
import { drawProfile } from '../../testing/drawn-profile.ts';
import { aggregateFrames } from '../aggregate.ts';
import type { ReportOptions } from '../reports/options.ts';
import { adjacencyOf, nodeName, sortEdges } from './graph.ts';
import { buildTrimmedGraph, chooseUnit, type GraphShape } from './trim-graph.ts';

const TEXT: GraphShape = { isVisual: false, mayBeTree: false, withObjects: false, edges: 'all' };
const PICTURE: GraphShape = { isVisual: true, mayBeTree: true, withObjects: false, edges: 'all' };

function draw(
  drawing: string,
  over: Partial<ReportOptions> = {},
  shape = TEXT,
): { readonly nodes: string[]; readonly edges: string[]; readonly dropped: number } {
  const profile = aggregateFrames(drawProfile(`types n/count v/bytes\n${drawing}`), {
    granularity: 'functions',
    noInlines: false,
    showColumns: false,
  });
  const options = optionsOf(profile, over);
  const { graph, droppedNodes } = buildTrimmedGraph(profile, options, shape);
  const { outgoing } = adjacencyOf(graph);
  const { edges } = graph;
  return {
    nodes: graph.nodes.map((node) => `${nodeName(graph, node)} ${graph.flat[node]}/${graph.cum[node]}`),
    edges: graph.nodes
      .flatMap((node) => sortEdges(graph, outgoing[node]))
      .map((edge) => {
        const arrow = edges.isResidual[edge] === 1 ? '...' : '->';
        const ends = [edges.caller[edge], edges.callee[edge]].map((node) => nodeName(graph, node));
        return `${ends[0]} ${arrow} ${ends[1]} ${edges.weight[edge]}${edges.isInline[edge] === 1 ? ' inline' : ''}`;
      }),
    dropped: droppedNodes,
  };
}

function optionsOf(profile: Profile, over: Partial<ReportOptions>): ReportOptions {
  let total = 0n;
  for (const value of profile.samples.values[1]) total += BigInt(value) < 0n ? -BigInt(value) : BigInt(value);
  return {
    report: 'tree',
    valueColumn: 1,
    divisorColumn: null,
    sampleType: 'v',
    sampleUnit: 'bytes',
    outputUnit: 'minimum',
    ratio: 1,
    total,
    isDifference: false,
    sort: 'flat',
    callTree: false,
    dropNegative: false,
    compactLabels: false,
    nodeCount: 0,
    nodeFraction: 0,
    edgeFraction: 0,
    activeFilters: [],
    numLabelUnits: new Map(),
    title: '',
    symbol: null,
    sourcePath: '',
    trimPath: '',
    host: {
      zoneAt: () => ({ name: 'UTC', offsetSeconds: 0 }),
      readSource: () => null,
      readLibrarySource: () => null,
      workingFolder: () => '/',
      warn: () => undefined,
    },
    ...over,
  };
}

describe('a graph', () => {
  it('gives the value of a sample to its leaf, and once to every function and call on the stack', () => {
    const graph = draw('main > a > b > a > c = 1 5\n main > a = 1 2');
    expect(graph.nodes).toEqual(['c 5/5', 'a 2/7', 'b 0/5', 'main 0/7']);
    expect(graph.edges).toEqual(['a -> b 5', 'a -> c 5', 'b -> a 5', 'main -> a 7']);
  });

  it('marks what was always inlined', () => {
    const graph = draw('main > grow >> alloc = 1 1\n main >> once = 1 1\n main > once = 1 2');
    expect(graph.edges).toEqual(['grow -> alloc 1 inline', 'main -> once 3', 'main -> grow 1']);
  });

  it('leaves out samples whose value is 0, and nodes that add up to 0; edges to those stay', () => {
    const graph = draw('main > gone = 1 5\n main > gone = 1 -5\n main > never = 1 0\n main > a = 1 3');
    expect(graph.nodes).toEqual(['a 3/3', 'main 0/3']);
    expect(graph.edges).toEqual(['main -> a 3', 'main -> gone 0']);
  });

  it('leaves calls of one weight with another sign in the order of the samples', () => {
    const graph = draw('main > z = 1 4\n main > a = 1 -4\n main > y = 1 2\n main > b = 1 2');
    expect(graph.edges).toEqual(['main -> z 4', 'main -> a -4', 'main -> b 2', 'main -> y 2']);
  });

  it('is exact beyond 2^53, and wraps as Go does', () => {
    expect(draw('f = 1 9007199254740993\n f = 1 2').nodes).toEqual(['f 9007199254740995/9007199254740995']);
    expect(draw('f = 1 9223372036854775807\n f = 1 1').nodes).toEqual([
      'f -9223372036854775808/-9223372036854775808',
    ]);
  });

  it('divides by another column for a mean, and orders by what was not divided', () => {
    const profile = drawProfile('types n/count v/bytes\n f = 4 10\n g = 0 7');
    const { graph } = buildTrimmedGraph(profile, optionsOf(profile, { divisorColumn: 0 }), TEXT);
    expect(graph.flatDivisor && [...graph.flatDivisor]).toEqual([4, 0]);
    expect(graph.nodes.map((node) => nodeName(graph, node))).toEqual(['f', 'g']);
  });

  it('drops negative nodes where that is asked', () => {
    expect(draw('a = 1 -5\n b = 1 3', { dropNegative: true }).nodes).toEqual(['b 3/3']);
  });
});

describe('trimming', () => {
  const DEEP = 'main > mid > leaf = 1 100\n main > small > tiny = 1 1';

  it('takes out nodes below the fraction, whose callers do not inherit their value', () => {
    const graph = draw(DEEP, { nodeFraction: 0.02 });
    expect(graph.nodes).toEqual(['leaf 100/100', 'main 0/101', 'mid 0/100']);
    expect(graph.dropped).toBe(2);
  });

  it('bridges what is not among the first nodes by residual edges', () => {
    const graph = draw('main > a > b = 1 10\n main > a > c = 1 9', { nodeCount: 3, sort: 'flat' });
    expect(graph.nodes).toEqual(['b 10/10', 'c 9/9', 'a 0/19']);
    expect(draw('main > a > b = 1 10', { nodeCount: 2, sort: 'flat' }).edges).toEqual(['a -> b 10']);
    const bridged = draw('main > x > b = 1 10\n main = 1 11', { nodeCount: 2 });
    expect(bridged.edges).toEqual(['main ... b 10']);
  });

  it('orders pictures by what branches, and counts tags as nodes', () => {
    const drawing = 'main > pass > work = 1 10\n main > other = 1 10';
    expect(draw(drawing, { nodeCount: 3 }, PICTURE).nodes).toHaveLength(3);
    expect(draw(drawing, { nodeCount: 3 }, PICTURE).nodes.join()).not.toContain('pass');
  });

  it('removes residual edges from a picture where another path leads there', () => {
    const drawing = 'main > a > b = 1 10\n main > gone > b = 1 4\n main = 1 10\n a = 1 20\n b = 1 20';
    const text = draw(drawing, { nodeCount: 3 });
    expect(text.edges).toContain('main ... b 4');
    expect(draw(drawing, { nodeCount: 3 }, PICTURE).edges).not.toContain('main ... b 4');
  });

  it('hangs children of a call tree up where their parent is taken out', () => {
    const graph = draw('main > a > b = 1 10\n main > c = 1 11', { callTree: true, nodeCount: 2 }, PICTURE);
    expect(graph.nodes.length).toBeLessThan(4);
    expect(draw('x > f = 1 1\n y > f = 1 2', { callTree: true }, PICTURE).nodes).toHaveLength(4);
  });

  it('keeps of a call tree what is below a node that cancels out, and counts what it never makes', () => {
    const drawing =
      'main > a > x = 1 50\n main > a > y = 1 -49\n main > b > c > d = 1 1\n main > e = 1 99\n main > z = 1 2\n main > z = 1 -2';
    const graph = draw(drawing, { callTree: true, nodeFraction: 0.1 }, PICTURE);
    expect([...graph.nodes].sort()).toEqual(['e 99/99', 'main 0/101', 'x 50/50', 'y -49/-49']);
    expect([...graph.edges].sort()).toEqual([
      'main -> e 99',
      'main -> z 0',
      'main ... x 50',
      'main ... y -49',
    ]);
    expect(graph.dropped).toBe(4);
  });
});

describe('chooseUnit', () => {
  const unitOf = (values: string, isInteger = false): string => {
    const profile = drawProfile(`types n/count v/bytes\n${values}`);
    const options = optionsOf(profile, {});
    return chooseUnit(buildTrimmedGraph(profile, options, TEXT).graph, options, isInteger).outputUnit;
  };

  it('takes the unit of the smallest value', () => {
    expect(unitOf('a = 1 2097152\n b = 1 3145728')).toBe('MB');
  });

  it('takes that of a hundred times the smallest where the total has a larger one', () => {
    expect(unitOf('a = 1 20480\n b = 1 314572800')).toBe('MB');
    expect(unitOf('a = 1 20480\n b = 1 314572800', true)).toBe('kB');
  });
});
