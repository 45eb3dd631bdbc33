// Functions by weight: `top` of pprof.
import { exactAt, Int64Builder } from '../pprof/columns.ts';
import type { Int64Column, Profile } from '../pprof/tables.ts';
import { computeFrameNodes } from './frame-nodes.ts';

/**
 * One row: one function name, in the order that was asked for.
 *
 * Example: 3 samples a>b:5, a>a:2, b:1 (root first).
 *
 *     name [ "b", "a" ]   flat [ 6, 2 ]   cum [ 6, 7 ]    recursion a>a counts once in cum
 */
export interface TopTable {
  readonly length: number;
  readonly name: readonly string[];
  /** Value of the samples whose leaf it is. */
  readonly flat: Int64Column;
  /** Value of the samples in which it occurs, however often. */
  readonly cum: Int64Column;
  /** Sum of the absolute values of all samples, those without frames too: what percentages refer to. */
  readonly total: bigint;
}

/**
 * Functions that occur in samples whose value is not 0, largest |flat| (or |cum|) first, then by name.
 *
 * @param column which value, see findSampleType.
 */
export function computeTop(profile: Profile, column: number, order: 'flat' | 'cum' = 'flat'): TopTable {
  const { samples, stacks } = profile;
  const values = samples.values[column];
  const nodes = computeFrameNodes(profile);
  const flat = new Int64Builder(nodes.length);
  const cum = new Int64Builder(nodes.length);
  for (let node = 0; node < nodes.length; node++) {
    flat.pushNumber(0);
    cum.pushNumber(0);
  }
  // The sample in which a node was last counted: recursion counts once.
  const countedIn = new Int32Array(nodes.length).fill(-1);
  let total = 0n;
  for (let sample = 0; sample < samples.length; sample++) {
    const value = values[sample];
    if (value === 0 || value === 0n) continue;
    const exact = exactAt(values, sample);
    total += exact < 0n ? -exact : exact;
    const stack = samples.stack[sample];
    let isLeaf = true;
    for (let at = stacks.locationStart[stack]; at < stacks.locationStart[stack + 1]; at++) {
      const location = stacks.location[at];
      for (let i = nodes.nodeStart[location]; i < nodes.nodeStart[location + 1]; i++) {
        const node = nodes.node[i];
        if (isLeaf) flat.add(node, value);
        isLeaf = false;
        if (countedIn[node] === sample) continue;
        countedIn[node] = sample;
        cum.add(node, value);
      }
    }
  }
  return sortTop(nodes.name, flat.finish(), cum.finish(), { order, total });
}

function sortTop(
  names: readonly string[],
  flat: Int64Column,
  cum: Int64Column,
  { order, total }: { order: 'flat' | 'cum'; total: bigint },
): TopTable {
  const key = order === 'flat' ? flat : cum;
  const rows = names.map((_, row) => row).filter((row) => isSet(flat[row]) || isSet(cum[row]));
  rows.sort((a, b) => {
    const difference = absolute(exactAt(key, b)) - absolute(exactAt(key, a));
    return difference > 0n ? 1 : difference < 0n ? -1 : compareText(names[a], names[b]);
  });
  const pick = (column: Int64Column): Int64Column => {
    const builder = new Int64Builder(rows.length);
    for (const row of rows) builder.push(column[row]);
    return builder.finish();
  };
  return {
    length: rows.length,
    name: rows.map((row) => names[row]),
    flat: pick(flat),
    cum: pick(cum),
    total,
  };
}

function isSet(value: number | bigint): boolean {
  return value !== 0 && value !== 0n;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Order of code points, as Go compares strings; JavaScript's `<` differs beyond U+FFFF. */
function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(i);
    // Where units differ inside a surrogate pair, whole code points decide.
    if (difference !== 0) return (a.codePointAt(i) ?? 0) - (b.codePointAt(i) ?? 0) || difference;
  }
  return a.length - b.length;
}
