// A flame graph as one SVG file: no links out, no fonts of its own, zoom and search by a small script inside.
import { exactAt } from '../pprof/columns.ts';
import type { FlameBounds, FlameTree } from './flame-tree.ts';
import { frameColour, shortFrameName } from './frame-look.ts';
import { layoutFlame, type FlameLayout } from './layout.ts';
import { FLAME_SCRIPT } from './svg-script.ts';

export interface FlameSvgOptions {
  /** Shown above the picture. */
  readonly title: string;
  /** Lines below the title. */
  readonly notes: readonly string[];
  /** Values are what changed between two profiles: see frameColour. */
  readonly isDifference?: boolean;
  /** A value as people read it: `1.50MB`. */
  readonly formatValue: (value: bigint) => string;
  /** Pixels. */
  readonly width?: number;
}

const DEFAULT_WIDTH = 1200;
const ROW_HEIGHT = 17;
const FONT_SIZE = 12;
/** Average width of a character of a 12 px sans-serif font. */
const CHARACTER_WIDTH = 7;
const MARGIN = 10;
/**
 * What is drawn of a tree: a quarter of a pixel cannot be seen, and most rows of a large profile are narrower. No browser
 * shows more rows at once; those of a real profile are a tenth of it.
 */
export const DRAWN_BOUNDS: FlameBounds = { minShare: 0.25 / (DEFAULT_WIDTH - 2 * MARGIN), maxRows: 200_000 };
/** Text of a label in the file; titles hold whole names. */
const MAX_LABEL = 200;

/** The whole file in pieces; `tree` is built within DRAWN_BOUNDS. */
export function* renderFlameSvg(tree: FlameTree, options: FlameSvgOptions): Generator<string> {
  const width = options.width ?? DEFAULT_WIDTH;
  const layout = layoutFlame(tree);
  const inner = width - 2 * MARGIN;
  const { length, hidden } = tree;
  const left =
    length < DRAWN_BOUNDS.maxRows ? 'too narrow to be drawn' : `not drawn: ${length} larger ones are`;
  const notes = hidden > 0 ? [...options.notes, `${hidden} frames are ${left}`] : options.notes;
  const top = MARGIN + (2 + notes.length) * ROW_HEIGHT;
  const height = top + (tree.maxDepth + 1) * ROW_HEIGHT + MARGIN;
  yield `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<style>${STYLE}</style>
<rect class="paper" width="100%" height="100%"/>
<text class="title" x="${MARGIN}" y="${MARGIN + FONT_SIZE}">${escapeXml(options.title)}</text>
`;
  for (const [row, note] of notes.entries())
    yield `<text class="note" x="${MARGIN}" y="${MARGIN + FONT_SIZE + (row + 1) * ROW_HEIGHT}">${escapeXml(note)}</text>\n`;
  yield `<text id="reset" class="button" x="${width - MARGIN}" y="${MARGIN + FONT_SIZE}">whole picture</text>
<text id="search" class="button" x="${width - MARGIN}" y="${MARGIN + FONT_SIZE + ROW_HEIGHT}">search</text>
<text id="found" class="note end" x="${width - MARGIN}" y="${MARGIN + FONT_SIZE + 2 * ROW_HEIGHT}"></text>
<g id="frames" data-left="${MARGIN}" data-width="${inner}" data-char="${CHARACTER_WIDTH}">
`;
  const frame: Frame = {
    top,
    inner,
    isDifference: options.isDifference ?? false,
    formatValue: options.formatValue,
  };
  for (let row = 0; row < length; row++) yield drawRow(layout, row, frame);
  yield `</g>\n<script><![CDATA[${FLAME_SCRIPT}]]></script>\n</svg>\n`;
}

interface Frame {
  readonly top: number;
  readonly inner: number;
  readonly isDifference: boolean;
  readonly formatValue: (value: bigint) => string;
}

function drawRow(
  { tree, left, right }: FlameLayout,
  row: number,
  { top, inner, isDifference, formatValue }: Frame,
): string {
  const name = row === 0 ? 'all' : tree.names[tree.name[row]];
  const total = exactAt(tree.total, row);
  const x = MARGIN + left[row] * inner;
  const width = (right[row] - left[row]) * inner;
  const y = top + tree.depth[row] * ROW_HEIGHT;
  const share = tree.size[0] > 0 ? tree.size[row] / tree.size[0] : 0;
  const title = `${name}\n${formatValue(total)}, ${(share * 100).toFixed(2)}%`;
  const label = clip(shortFrameName(name), width);
  const text =
    label === '' ? '' : `<text x="${round(x + 3)}" y="${y + FONT_SIZE}">${escapeXml(label)}</text>`;
  return (
    `<g class="f" data-v="${total}" data-d="${tree.depth[row]}"><title>${escapeXml(title)}</title>` +
    `<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${ROW_HEIGHT - 1}" fill="${frameColour(tree, row, isDifference)}"/>${text}</g>\n`
  );
}

function clip(name: string, width: number): string {
  const room = Math.floor((width - 6) / CHARACTER_WIDTH);
  if (room < 3) return '';
  const characters = Array.from(name.slice(0, 2 * Math.min(room, MAX_LABEL) + 2));
  const isWhole = characters.length <= room && name.length <= 2 * Math.min(room, MAX_LABEL) + 2;
  return isWhole ? characters.join('') : `${characters.slice(0, Math.min(room, MAX_LABEL) - 1).join('')}…`;
}

function round(pixels: number): string {
  return String(Math.round(pixels * 1000) / 1000);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text for XML. Characters that XML 1.0 forbids, and lone surrogates, become U+FFFD: a name from a profile must not make
 * a file that no browser opens.
 */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character: string) => ENTITIES[character] ?? character);
}

/** Names may be right-to-left: each text is a paragraph of its own, so that one never turns its neighbours round. */
const STYLE = `
.paper { fill: #fffdf7 }
text { font: ${FONT_SIZE}px system-ui, sans-serif; fill: #222; unicode-bidi: isolate; direction: ltr }
.title { font-size: 15px; font-weight: 600 }
.note { fill: #666 }
.end, .button { text-anchor: end }
.button { cursor: pointer; text-decoration: underline; fill: #245 }
.f { cursor: pointer }
.f text { pointer-events: none }
.f:hover rect { stroke: #222; stroke-width: 1 }
.f.found rect { fill: #c9f }
.f.above rect { opacity: .55 }
.hidden { display: none }
@media (prefers-color-scheme: dark) {
  .paper { fill: #1b1b1f }
  text { fill: #e8e6e3 } .f text { fill: #222 } .note { fill: #aaa } .button { fill: #9cf }
}
`;
