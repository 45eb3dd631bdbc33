/** The candidate that a slip of the hand is likeliest to have meant; null where none is near. */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  const typed = normalize(name.slice(0, MAX_LENGTH));
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of candidates) {
    const cost = editDistance(typed, normalize(candidate));
    if (cost < least) [least, best] = [cost, candidate];
  }
  // A third of the letters may be wrong: more is another word.
  return least <= Math.max(1, Math.floor(typed.length / 3)) ? best : null;
}

/** No setting is longer; what is typed may be. */
const MAX_LENGTH = 40;

/** `memory_limit` and `memory-limit` mean `memoryLimit`. */
function normalize(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** Insertions, removals, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      let cost = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? Infinity;
}
