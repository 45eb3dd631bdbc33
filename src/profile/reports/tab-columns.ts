// Columns between tabs, aligned to the right. Source: Go's text/tabwriter with padding 1 and AlignRight.
import { textWidth } from '../text-width.ts';

/** Between two columns. */
const PADDING = 1;

/**
 * Lays out lines of cells. A cell that a tab ends belongs to a column, which is as wide as its widest cell among the lines
 * next to each other that have it; what follows the last tab of a line belongs to none. A vertical tab counts as a tab, a
 * form feed as a line end.
 */
export function alignColumns(text: string): string {
  const lines = text.split(/[\n\f]/).map((line) => line.split(/[\t\v]/));
  const widths = lines.map((cells) => cells.slice(0, -1).map(() => 0));
  const blocks: Block[] = [{ column: 0, from: 0, to: lines.length }];
  for (let block = blocks.pop(); block !== undefined; block = blocks.pop())
    blocks.push(...setWidths(lines, widths, block));
  return lines
    .map((cells, row) =>
      cells
        .map((cell, column) => ' '.repeat(Math.max(0, (widths[row][column] ?? 0) - textWidth(cell))) + cell)
        .join(''),
    )
    .join('\n');
}

interface Block {
  readonly column: number;
  readonly from: number;
  readonly to: number;
}

/** Sets the widths of the blocks of one column among some lines. @returns where the next column may have blocks. */
function setWidths(lines: readonly string[][], widths: readonly number[][], block: Block): Block[] {
  const { column } = block;
  const hasCell = (row: number): boolean => column < lines[row].length - 1;
  const next: Block[] = [];
  for (let row = block.from; row < block.to; row++) {
    if (!hasCell(row)) continue;
    const from = row;
    let width = 0;
    for (; row < block.to && hasCell(row); row++)
      width = Math.max(width, textWidth(lines[row][column]) + PADDING);
    for (let at = from; at < row; at++) widths[at][column] = width;
    next.push({ column: column + 1, from, to: row });
  }
  return next;
}
