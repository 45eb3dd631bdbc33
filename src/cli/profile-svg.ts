// `plimsoll profile svg`: the call graph laid out by Graphviz as WebAssembly.
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import type { Profile } from '../pprof/tables.ts';
import { renderDot } from '../profile/reports/dot.ts';
import type { ReportOptions } from '../profile/reports/options.ts';

/**
 * Network simplex steps spent on ranks and on placing nodes within them. Graphviz's own default has no end; beyond this
 * graphs of this size change little.
 */
const LAYOUT_LIMITS = 'graph [nslimit=2 nslimit1=2 mclimit=0.5 searchsize=30]\n';

export async function renderSvg(profile: Profile, options: ReportOptions): Promise<string> {
  const graphviz = await Graphviz.load();
  const dot = [...renderDot(profile, options)].join('');
  const head = dot.indexOf('\n') + 1;
  return graphviz.dot(dot.slice(0, head) + LAYOUT_LIMITS + dot.slice(head), 'svg');
}
