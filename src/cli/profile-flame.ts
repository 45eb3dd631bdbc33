// `plimsoll profile flame`: the flame graph as one SVG file.
import { buildFlameTree } from '../flamegraph/flame-tree.ts';
import { DRAWN_BOUNDS, renderFlameSvg } from '../flamegraph/render-svg.ts';
import type { Profile } from '../pprof/tables.ts';
import { formatValue, profileLabels } from '../profile/reports/header.ts';
import type { ReportOptions } from '../profile/reports/options.ts';

export function renderFlame(profile: Profile, options: ReportOptions): Iterable<string> {
  const title = [options.title, options.sampleType].filter((part) => part !== '').join(' ');
  // One unit for each number: widths show what is large.
  const eachInItsUnit = options.outputUnit === 'minimum' ? { ...options, outputUnit: 'auto' } : options;
  return renderFlameSvg(buildFlameTree(profile, options.valueColumn, DRAWN_BOUNDS), {
    title: title === '' ? 'flame graph' : title,
    notes: [
      ...profileLabels(profile, eachInItsUnit),
      ...options.activeFilters,
      ...(options.isDifference
        ? ['as wide as what changed: red grew, blue shrank, pale is some of both']
        : []),
    ],
    isDifference: options.isDifference,
    formatValue: (value) => formatValue(eachInItsUnit, value),
  });
}
