// `plimsoll profile svg`: the call graph laid out by Graphviz as WebAssembly.
import { Worker } from 'node:worker_threads';
import { describeError, PlimsollError } from '../base/errors.ts';
import { MIB, type Bytes, type Millis } from '../base/units.ts';
import type { Profile } from '../pprof/tables.ts';
import { asGraphvizReads, renderDot } from '../profile/reports/dot.ts';
import type { ReportOptions } from '../profile/reports/options.ts';

/**
 * From so many edges on, their labels are placed after the layout, not as nodes within it: those make Graphviz's placement
 * five times as slow (1.0 s for 185 edges, 0.2 s without), at the price of labels that touch here and there.
 */
const EDGES_WITH_PLACED_LABELS = 100;

/**
 * From so many edges on, ranks are placed in two rounds for each node: without it 520 edges between 195 nodes take more than
 * 40 s, with it 7 s. What pprof leaves by default has fewer.
 */
const EDGES_WITH_FEW_ROUNDS = 300;
const FEW_ROUNDS = 'nslimit=2; nslimit1=2;';

/**
 * The graph that pprof leaves of a large program (80 functions, some 200 edges) is laid out in a second. Time grows with
 * more than the square of the edges: a graph that takes longer than this is one that nobody could read.
 */
const LONGEST_LAYOUT_MILLIS: Millis = 20_000;
/** By what the whole process may grow meanwhile; a common graph takes some 60 MiB, the thread and Graphviz included. */
const MAX_LAYOUT_BYTES: Bytes = 256 * MIB;
/** A common graph has 50 thousand: more are names of kilobytes, and each node of them would be wider than any screen. */
const MAX_DOT_CHARACTERS = 16 * 2 ** 20;
/** Memory that grows from picture to picture is noticed in time, and looking costs microseconds. */
const LOOK_EVERY_MILLIS: Millis = 50;

const WORKER_ENTRY = new URL('./layout-worker.js', import.meta.url);

/** What neither Graphviz nor SVG takes in a text; names may hold anything. */
const CONTROL = /[\0-\x08\x0b-\x1f\x7f\uFFFE\uFFFF]|\p{Surrogate}/gu;

const NODE = /^N\d+ \[/gm;
const EDGE_LABEL = /^(NN?[\d_]+ -> NN?[\d_]+ \[)label="/gm;

/** @throws PlimsollError GRAPH_TOO_LARGE for a graph that takes more time or memory than a picture is worth. */
export async function renderSvg(profile: Profile, options: ReportOptions): Promise<string> {
  const dot = collectDot(renderDot(profile, options, asGraphvizReads));
  const edges = dot.match(EDGE_LABEL)?.length ?? 0;
  const placed = edges < EDGES_WITH_PLACED_LABELS ? dot : dot.replace(EDGE_LABEL, '$1xlabel="');
  const bounded = edges < EDGES_WITH_FEW_ROUNDS ? placed : placed.replace('{\n', `{\n${FEW_ROUNDS}\n`);
  const graph = `the graph has ${dot.match(NODE)?.length ?? 0} nodes and ${edges} edges`;
  return layOut(bounded.replace(CONTROL, '\uFFFD'), (reason, cause) => {
    return new PlimsollError('GRAPH_TOO_LARGE', 'profile', `${graph}: ${reason}`, {}, cause);
  });
}

function collectDot(pieces: Iterable<string>): string {
  let dot = '';
  for (const piece of pieces) {
    dot += piece;
    if (dot.length <= MAX_DOT_CHARACTERS) continue;
    const fact = `the description of the graph has more than ${MAX_DOT_CHARACTERS / 2 ** 20} million characters`;
    throw new PlimsollError('GRAPH_TOO_LARGE', 'profile', fact);
  }
  return dot;
}

type Refusal = (reason: string, cause?: unknown) => PlimsollError;

/** In a thread that is ended when it takes too much: Graphviz itself knows no bound. */
async function layOut(dot: string, refusal: Refusal): Promise<string> {
  const rssBefore = process.memoryUsage.rss();
  const worker = new Worker(WORKER_ENTRY, { workerData: dot });
  let look: NodeJS.Timeout | undefined;
  let bell: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', (error) => reject(refusal(`Graphviz failed: ${describeError(error)}`, error)));
      worker.once('exit', () => reject(refusal('Graphviz ended without a picture')));
      bell = setTimeout(() => {
        reject(refusal(`no picture of it within ${LONGEST_LAYOUT_MILLIS / 1000} s`));
      }, LONGEST_LAYOUT_MILLIS);
      look = setInterval(() => {
        if (process.memoryUsage.rss() - rssBefore <= MAX_LAYOUT_BYTES) return;
        reject(refusal(`a picture of it takes more than ${MAX_LAYOUT_BYTES / MIB} MiB`));
      }, LOOK_EVERY_MILLIS);
    });
  } finally {
    clearTimeout(bell);
    clearInterval(look);
    await worker.terminate();
  }
}
