// `callgrind`: for KCachegrind and its like. Source: google/pprof internal/report printCallgrind;
// https://valgrind.org/docs/manual/cl-format.html.
import type { Profile } from '../../pprof/tables.ts';
import { adjacencyOf, flatValue, sortEdges, type Graph } from '../graph/graph.ts';
import type { NodeInfo } from '../graph/node-infos.ts';
import { buildTrimmedGraph, chooseUnit, type GraphShape } from '../graph/trim-graph.ts';
import { scale } from '../measurement.ts';
import { toInt64 } from '../scale.ts';
import type { ReportOptions } from './options.ts';

const SHAPE: GraphShape = { isVisual: false, mayBeTree: true, withObjects: true, edges: 'all' };

export function* renderCallgrind(profile: Profile, given: ReportOptions): Generator<string> {
  const { graph } = buildTrimmedGraph(profile, given, SHAPE);
  const options = chooseUnit(graph, given, true);
  const { sampleUnit, outputUnit } = options;
  const cost = (value: number | bigint): string =>
    toInt64(scale(value, sampleUnit, outputUnit).value).toString();
  const { outgoing } = adjacencyOf(graph);
  const calleeNames = disambiguateNames(graph);
  const [objects, files, names] = [new NameTable(), new NameTable(), new NameTable()];
  yield `positions: instr line\nevents: ${options.sampleType}(${outputUnit})\n`;
  let previous: NodeInfo | null = null;
  for (const node of graph.nodes) {
    const info = graph.infos.at(graph.info[node]);
    if (previous === null || !isSamePlace(info, previous))
      yield `\nob=${objects.name(info.objectFile)}\nfl=${files.name(info.file)}\nfn=${names.name(info.name)}\n`;
    yield `${address(previous, info)} ${info.line} ${cost(flatValue(graph, node))}\n`;
    for (const edge of sortEdges(graph, outgoing[node])) {
      const callee = graph.edges.callee[edge];
      const called = graph.infos.at(graph.info[callee]);
      yield (
        `cfl=${files.name(called.file)}\ncfn=${names.name(calleeNames(callee))}\n` +
        `calls=0 ${address(previous, called)} ${called.line}\n* * ${cost(graph.edges.weight[edge])}\n`
      );
    }
    previous = info;
  }
}

function isSamePlace(a: NodeInfo, b: NodeInfo): boolean {
  return a.objectFile === b.objectFile && a.file === b.file && a.name === b.name;
}

/** `(1) name` for the first time, `(1)` from then on. */
class NameTable {
  readonly #ids = new Map<string, number>();

  name(text: string): string {
    if (text === '') return '';
    const known = this.#ids.get(text);
    if (known !== undefined) return `(${known})`;
    const id = this.#ids.size + 1;
    this.#ids.set(text, id);
    return `(${id}) ${text}`;
  }
}

/** Relative to the node before where that is shorter. */
function address(previous: NodeInfo | null, { address: at }: NodeInfo): string {
  const absolute = `0x${BigInt(at).toString(16)}`;
  if (previous === null) return absolute;
  const difference = BigInt.asIntN(64, BigInt(at) - BigInt(previous.address));
  if (difference === 0n) return '*';
  const relative = difference > 0n ? `+${difference}` : String(difference);
  return relative.length < absolute.length ? relative : absolute;
}

/**
 * Callgrind takes functions of one name in one file for one: those that are not get a number, `name [1/2]`. Functions are
 * told apart by what is left of a node without line and address; in a call tree the caller counts, too.
 */
function disambiguateNames(graph: Graph): (node: number) => string {
  // In a call tree lines of one function are one only below the same caller.
  const isTree = graph.info.length !== graph.infos.length || graph.info.some((info, node) => info !== node);
  const caller = new Int32Array(graph.info.length);
  if (isTree)
    for (let edge = 0; edge < graph.edges.length; edge++)
      caller[graph.edges.callee[edge]] = graph.edges.caller[edge] + 1;
  const functionOf = (node: number): string => {
    const { name, file, startLine, objectFile } = graph.infos.at(graph.info[node]);
    return `${caller[node]}\n${startLine}\n${objectFile}\n${file}\n${name}`;
  };
  const placeOf = (node: number): string => {
    const { name, file } = graph.infos.at(graph.info[node]);
    return `${file}\n${name}`;
  };
  const byPlace = new Map<string, Map<string, number>>();
  for (const node of graph.nodes) {
    const place = placeOf(node);
    let functions = byPlace.get(place);
    if (functions === undefined) byPlace.set(place, (functions = new Map<string, number>()));
    if (!functions.has(functionOf(node))) functions.set(functionOf(node), functions.size + 1);
  }
  const shown = new Set(graph.nodes);
  return (node) => {
    // A callee that is not shown (it adds up to nothing) has no name there either.
    if (!shown.has(node)) return '';
    const { name } = graph.infos.at(graph.info[node]);
    const functions = byPlace.get(placeOf(node));
    if (functions === undefined || functions.size < 2) return name;
    return `${name} [${functions.get(functionOf(node)) ?? 1}/${functions.size}]`;
  };
}
