// The same picture as one SVG file: no script, no links out, no fonts of its own; light and dark.
import { HOUR_MILLIS, MINUTE_MILLIS, SECOND_MILLIS, formatBytes, type Millis } from '../base/units.ts';
import { escapeXml } from '../flamegraph/render-svg.ts';
import { printable } from './style.ts';
import { binWaterline, formatSpan, type WaterlineBins, type WaterlineSeries } from './waterline.ts';

export interface WaterlineSvgOptions {
  /** First line above the picture. */
  readonly title: string;
  /** Lines below it. */
  readonly notes: readonly string[];
}

const WIDTH = 960;
const PLOT_HEIGHT = 300;
const LEFT = 76;
const RIGHT = 16;
const LINE = 18;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
/** More steps than pixels show nothing more. */
const BINS = PLOT_WIDTH / 2;
/** Longer text runs out of the picture. */
const MAX_TEXT = 150;

const STYLE = `text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-size:15px;font-weight:600}.faint{fill:#6e7781}.end{text-anchor:end}.middle{text-anchor:middle}
.paper{fill:#fff}.grid{stroke:#d0d7de;stroke-width:1}.live{fill:#0969da;fill-opacity:.75}.garbage{fill:#8c959f;fill-opacity:.35}.goal{fill:none;stroke:#bc4c00;stroke-width:1.5}.restart{stroke:#8250df;stroke-dasharray:4 3}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.faint{fill:#8d96a0}.paper{fill:#0d1117}.grid{stroke:#30363d}.live{fill:#4493f8}.goal{stroke:#f0883e}.restart{stroke:#ab7df8}}`;

/** The whole file; null for an empty series. */
export function renderWaterlineSvg(
  series: WaterlineSeries,
  { title, notes }: WaterlineSvgOptions,
): string | null {
  const bins = binWaterline(series, BINS);
  if (bins === null) return null;
  const top = LINE * (notes.length + 2);
  const bottom = top + PLOT_HEIGHT;
  const height = bottom + 3 * LINE;
  const parts = [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">`,
    `<title>${escape(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="100%" height="100%"/>`,
    `<text class="title" x="12" y="${LINE + 4}">${escape(title)}</text>`,
    ...notes.map(
      (note, at) => `<text class="faint" x="12" y="${LINE * (at + 2) + 4}">${escape(note)}</text>`,
    ),
    ...drawGrid(bins, top),
    `<path class="garbage" d="${areaOf(bins, bins.before, top)}"/>`,
    `<path class="live" d="${areaOf(bins, bins.live, top)}"/>`,
    ...(bins.isGoalOutside ? [] : [`<path class="goal" d="${lineOf(bins, bins.goal, top)}"/>`]),
    ...drawRestarts(series, bins, top),
    ...drawLegend(bins, bottom + 2.5 * LINE),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function xOf(bin: number, bins: WaterlineBins): number {
  return LEFT + (bin / bins.length) * PLOT_WIDTH;
}

function yOf(bytes: number, bins: WaterlineBins, top: number): number {
  return round(top + PLOT_HEIGHT * (1 - Math.min(1, bytes / bins.topBytes)));
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** Steps: a value holds until the next part. Parts without one (no goal) are left out. */
function lineOf(bins: WaterlineBins, values: Float64Array, top: number): string {
  let path = '';
  let isOpen = false;
  for (let bin = 0; bin < bins.length; bin++) {
    if (!Number.isFinite(values[bin])) {
      isOpen = false;
      continue;
    }
    const y = yOf(values[bin], bins, top);
    path += `${isOpen ? 'V' : `M${round(xOf(bin, bins))} `}${y}H${round(xOf(bin + 1, bins))}`;
    isOpen = true;
  }
  return path;
}

function areaOf(bins: WaterlineBins, values: Float64Array, top: number): string {
  const floor = top + PLOT_HEIGHT;
  return `${lineOf(bins, values, top)}V${floor}H${LEFT}Z`;
}

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

function drawGrid(bins: WaterlineBins, top: number): string[] {
  const rows = QUARTERS.map((share) => {
    const y = yOf(share * bins.topBytes, bins, top);
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text class="faint end" x="${LEFT - 8}" y="${y + 4}">${formatBytes(share * bins.topBytes)}</text>`;
  });
  const bottom = top + PLOT_HEIGHT;
  const columns = timeTicks(bins.toMillis - bins.fromMillis).map((millis) => {
    const x = round(LEFT + (millis / Math.max(bins.toMillis - bins.fromMillis, 1)) * PLOT_WIDTH);
    return `<line class="grid" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 5}"/><text class="faint middle" x="${x}" y="${bottom + LINE}">${millis === 0 ? '0' : formatSpan(millis)}</text>`;
  });
  return [...rows, ...columns];
}

const TICKS: readonly Millis[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 20, 30].map((seconds) => seconds * SECOND_MILLIS),
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * MINUTE_MILLIS),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 168].map((hours) => hours * HOUR_MILLIS),
];
const MOST_TICKS = 8;

function timeTicks(span: Millis): Millis[] {
  const widest = TICKS[TICKS.length - 1];
  const step =
    TICKS.find((tick) => span / tick <= MOST_TICKS) ?? Math.ceil(span / MOST_TICKS / widest) * widest;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, at) => at * step);
}

function drawRestarts(series: WaterlineSeries, bins: WaterlineBins, top: number): string[] {
  return series.restartMillis.map((millis) => {
    const share = (millis - bins.fromMillis) / Math.max(bins.toMillis - bins.fromMillis, 1);
    const x = round(LEFT + share * PLOT_WIDTH);
    return `<line class="restart" x1="${x}" x2="${x}" y1="${top}" y2="${top + PLOT_HEIGHT}"><title>restart</title></line>`;
  });
}

function drawLegend(bins: WaterlineBins, y: number): string[] {
  const entries = [
    ['live', 'live heap after a collection'],
    ['garbage', 'heap before it'],
  ];
  const goal = bins.goal[bins.length - 1];
  if (!bins.isGoalOutside && Number.isFinite(goal)) entries.push(['goal', 'goal']);
  const drawn = entries.map(([role, text], at) => {
    const x = LEFT + at * 210;
    const mark =
      role === 'goal'
        ? `<path class="goal" d="M${x} ${y - 4}h14"/>`
        : `<rect class="${role}" x="${x}" y="${y - 11}" width="14" height="13"/>`;
    return `${mark}<text x="${x + 20}" y="${y}">${text}</text>`;
  });
  if (bins.isGoalOutside) {
    drawn.push(
      `<text class="faint" x="${LEFT + 420}" y="${y}">goal ${formatBytes(goal)}, above the picture</text>`,
    );
  }
  return drawn;
}

function escape(text: string): string {
  return escapeXml(printable(text).slice(0, MAX_TEXT));
}
