// `plimsoll profile svg`: the call graph laid out by Graphviz as WebAssembly.
import type { Profile } from '../pprof/tables.ts';
import { renderDot } from '../profile/reports/dot.ts';
import type { ReportOptions } from '../profile/reports/options.ts';

/**
 * From so many edges on, their labels are placed after the layout, not as nodes within it: those make Graphviz's placement
 * five times as slow (1.0 s for 185 edges, 0.2 s without), at the price of labels that touch here and there.
 */
const EDGES_WITH_PLACED_LABELS = 100;

/** What neither Graphviz nor SVG takes in a text; names may hold anything. */
const CONTROL = /[\0-\x08\x0b-\x1f\x7f\uFFFE\uFFFF]|\p{Surrogate}/gu;

const EDGE_LABEL = /^(NN?[\d_]+ -> NN?[\d_]+ \[)label="/gm;

export async function renderSvg(profile: Profile, options: ReportOptions): Promise<string> {
  // Imported here, for it is a module and cannot be required.
  const { Graphviz } = await import('@hpcc-js/wasm-graphviz');
  const graphviz = await Graphviz.load();
  const dot = [...renderDot(profile, options)].join('');
  const edges = dot.match(EDGE_LABEL)?.length ?? 0;
  const placed = edges < EDGES_WITH_PLACED_LABELS ? dot : dot.replace(EDGE_LABEL, '$1xlabel="');
  return graphviz.dot(placed.replace(CONTROL, '\uFFFD'), 'svg');
}
