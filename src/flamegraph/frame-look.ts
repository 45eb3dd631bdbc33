// Name and colour of a frame, the same in files and on the page.
import type { FlameTree } from './flame-tree.ts';

/** Without the folders of an import path: they fill a narrow frame before the name begins. Titles have it whole. */
export function shortFrameName(name: string): string {
  const bracket = name.search(/[[(]/);
  const path = bracket < 0 ? name : name.slice(0, bracket);
  return path.startsWith('/') ? name : name.slice(path.lastIndexOf('/') + 1);
}

/**
 * Warm for frames, by package, so that one package has one hue. In differences of profiles: red for growth, blue for
 * shrinkage, the paler the more of both there is.
 *
 * @param isDifference the values are one: else only what shrank, or both grew and shrank, tells so.
 */
export function frameColour(tree: FlameTree, row: number, isDifference = false): string {
  const total = Number(tree.total[row]);
  const size = tree.size[row];
  if (size > 0 && Math.abs(total) < size * (1 - 1e-12)) return difference(total / size);
  if (total < 0) return difference(-1);
  if (isDifference && row > 0) return difference(1);
  if (row === 0) return 'hsl(40 25% 82%)';
  const hue = 10 + (hashText(packageOf(tree.names[tree.name[row]])) % 46);
  return `hsl(${hue} 82% ${68 + (hashText(tree.names[tree.name[row]]) % 9)}%)`;
}

function difference(share: number): string {
  return `hsl(${share < 0 ? 214 : 6} 78% ${Math.round(92 - 26 * Math.abs(share))}%)`;
}

function packageOf(name: string): string {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return dot < 0 ? name : name.slice(0, dot);
}

/** FNV-1a over UTF-16 units; long names are told apart by their ends as well. */
function hashText(text: string): number {
  let mixed = 0x811c9dc5;
  const step = Math.max(1, text.length >> 8);
  for (let at = 0; at < text.length; at += step) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
  return mixed >>> 0;
}
