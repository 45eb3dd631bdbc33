// A flame graph on a canvas: the rows that can be seen, root on top.
import type { FlameTree } from '../../../src/flamegraph/flame-tree.ts';
import { frameColour, shortFrameName } from '../../../src/flamegraph/frame-look.ts';
import type { FlameLayout } from '../../../src/flamegraph/layout.ts';
import { clipName } from './search.ts';

/** CSS pixels. */
export const FRAME_HEIGHT = 20;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
/** Frames are pale in both schemes, so what is written on them is dark. */
const FRAME_INK = '#1c1a16';
const TEXT_MARGIN = 4;
/** Narrower than this, a frame is a line of colour without an edge; narrower than a quarter, nothing. */
const EDGED_WIDTH = 2;
const LEAST_WIDTH = 0.25;
const LEAST_TEXT_WIDTH = 24;
/** Frames that a search leaves out. */
const DIM = 0.28;

export interface FlamePicture {
  readonly layout: FlameLayout;
  /** Marked rows; null = none is looked for, and all are drawn alike. */
  readonly isFound: Uint8Array | null;
  /** Row with a frame around it. */
  readonly chosen: number;
  readonly pointed: number | null;
  readonly ink: string;
}

export interface FlameView {
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
}

/** Draws one tree again and again: colours and widths of names are found out once. */
export class FlamePainter {
  readonly #tree: FlameTree;
  readonly #isDifference: boolean;
  readonly #colours: (string | undefined)[] = [];
  readonly #labels: ({ readonly text: string; readonly width: number } | undefined)[] = [];

  /** @param isDifference see frameColour. */
  constructor(tree: FlameTree, isDifference: boolean) {
    this.#tree = tree;
    this.#isDifference = isDifference;
  }

  /** @param context in CSS pixels: its scale is set already. */
  paint(context: CanvasRenderingContext2D, picture: FlamePicture, view: FlameView): void {
    const { layout } = picture;
    context.clearRect(0, 0, view.width, view.height);
    context.font = FONT;
    context.textBaseline = 'middle';
    context.direction = 'ltr';
    const first = Math.max(0, Math.floor(view.scrollTop / FRAME_HEIGHT));
    const last = Math.min(this.#tree.maxDepth, Math.floor((view.scrollTop + view.height) / FRAME_HEIGHT));
    for (let depth = first; depth <= last; depth++) {
      const y = depth * FRAME_HEIGHT - view.scrollTop;
      for (let at = layout.depthStart[depth]; at < layout.depthStart[depth + 1]; at++)
        this.#paintRow(context, picture, { row: layout.byDepth[at], y, width: view.width });
    }
    context.globalAlpha = 1;
  }

  #paintRow(
    context: CanvasRenderingContext2D,
    { layout, isFound, chosen, pointed, ink }: FlamePicture,
    { row, y, width: whole }: { readonly row: number; readonly y: number; readonly width: number },
  ): void {
    const x = layout.left[row] * whole;
    const width = layout.right[row] * whole - x;
    if (width < LEAST_WIDTH || x >= whole || x + width <= 0) return;
    const isAbove = layout.focus > 0 && row < layout.focus;
    const isDim = isFound !== null && isFound[row] === 0;
    context.globalAlpha = isDim ? DIM : isAbove ? 0.7 : 1;
    context.fillStyle = this.#colours[row] ??= frameColour(this.#tree, row, this.#isDifference);
    const gap = width > EDGED_WIDTH ? 1 : 0;
    context.fillRect(x, y, width - gap, FRAME_HEIGHT - 1);
    if (row === chosen || row === pointed || isFound?.[row] === 1) {
      context.strokeStyle = ink;
      context.lineWidth = row === chosen ? 2 : 1;
      const inset = context.lineWidth / 2;
      context.strokeRect(
        x + inset,
        y + inset,
        Math.max(0, width - gap - 2 * inset),
        FRAME_HEIGHT - 1 - 2 * inset,
      );
    }
    if (width < LEAST_TEXT_WIDTH) return;
    // A dim frame has nearly the colour of the paper.
    context.fillStyle = isDim ? ink : FRAME_INK;
    if (isDim) context.globalAlpha = 0.7;
    this.#write(context, row, { x: x + TEXT_MARGIN, y, room: width - 2 * TEXT_MARGIN });
  }

  #write(
    context: CanvasRenderingContext2D,
    row: number,
    { x, y, room }: { readonly x: number; readonly y: number; readonly room: number },
  ): void {
    const label = this.#label(context, row);
    let { text } = label;
    if (label.width > room) {
      const letters = Array.from(text);
      let fitting = Math.floor((letters.length * room) / label.width);
      do text = `${letters.slice(0, --fitting).join('')}…`;
      while (fitting > 1 && context.measureText(text).width > room);
      if (fitting < 2) return;
    }
    context.fillText(text, x, y + FRAME_HEIGHT / 2);
  }

  #label(context: CanvasRenderingContext2D, row: number): { readonly text: string; readonly width: number } {
    const name = this.#tree.name[row] + 1;
    let label = this.#labels[name];
    if (label === undefined) {
      const text = clipName(row === 0 ? 'all' : shortFrameName(this.#tree.names[name - 1]));
      label = { text, width: context.measureText(text).width };
      this.#labels[name] = label;
    }
    return label;
  }
}

/** Which rows match, how many those are, and which share of the whole is below them. */
export function findRows(
  tree: FlameTree,
  matches: (name: string) => boolean,
): { readonly isFound: Uint8Array; readonly count: number; readonly share: number } {
  const isNameFound = tree.names.map(matches);
  const isFound = new Uint8Array(tree.length);
  let count = 0;
  let covered = 0;
  let coveredEnd = 0;
  for (let row = 1; row < tree.length; row++) {
    if (!isNameFound[tree.name[row]]) continue;
    isFound[row] = 1;
    count++;
    // Rows below one that is counted are within it.
    if (row < coveredEnd) continue;
    covered += tree.size[row];
    coveredEnd = tree.end[row];
  }
  return { isFound, count, share: tree.size[0] > 0 ? covered / tree.size[0] : 0 };
}

/** Where an arrow key leads; the row itself where there is nothing. */
export function neighbour(tree: FlameTree, row: number, key: string): number {
  const { parent, end, length } = tree;
  if (key === 'ArrowUp') return row > 0 ? parent[row] : 0;
  if (key === 'ArrowDown') return row + 1 < end[row] ? row + 1 : row;
  if (key === 'ArrowRight') return end[row] < length && parent[end[row]] === parent[row] ? end[row] : row;
  if (key !== 'ArrowLeft' || row === 0 || row - 1 === parent[row]) return row;
  let before = row - 1;
  while (parent[before] !== parent[row]) before = parent[before];
  return before;
}
