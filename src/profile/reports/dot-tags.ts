// Numeric tags of a node as a few ranges. Source: google/pprof internal/graph collapsedTags.
import { compareText } from '../compare-text.ts';
import { sortTags, tagCum, tagFlat, type NodeTag } from '../graph/node-tags.ts';
import { compareAbsolute, mean } from '../graph/sums.ts';
import { scale, scaledLabel } from '../measurement.ts';
import { toInt64 } from '../scale.ts';

export interface DrawnTag {
  readonly name: string;
  readonly flat: number | bigint;
  readonly cum: number | bigint;
}

/** The heaviest `count` tags, each with the others that are nearest to it: `64B..1kB`. */
export function collapseTags(tags: readonly NodeTag[], count: number, byFlat: boolean): DrawnTag[] {
  const sorted = sortTags(tags, byFlat);
  if (sorted.length <= count)
    return sorted.map((tag) => ({ name: tag.kind.name, flat: tagFlat(tag), cum: tagCum(tag) }));
  const groups = sorted.slice(0, count).map((tag) => [tag]);
  for (const tag of sorted.slice(count)) {
    let nearest = 0;
    for (let group = 1; group < count; group++)
      if (distance(tag, groups[group][0]) < distance(tag, groups[nearest][0])) nearest = group;
    groups[nearest].push(tag);
  }
  const drawn = groups.map(drawGroup);
  return drawn.sort(
    (a, b) =>
      (byFlat ? 0 : compareAbsolute(a.cum, b.cum)) ||
      compareAbsolute(a.flat, b.flat) ||
      compareText(a.name, b.name),
  );
}

function numberOf(tag: NodeTag): { readonly value: number | bigint; readonly unit: string } {
  return tag.kind.number ?? { value: 0, unit: '' };
}

function distance(a: NodeTag, b: NodeTag): number {
  const [left, right] = [numberOf(a), numberOf(b)];
  return Math.abs(scale(right.value, right.unit, left.unit).value - Number(left.value));
}

function drawGroup(group: readonly NodeTag[]): DrawnTag {
  const [first] = group;
  if (group.length === 1) {
    const { value, unit } = numberOf(first);
    return { name: scaledLabel(value, unit, 'auto'), flat: tagFlat(first), cum: tagCum(first) };
  }
  let [least, most] = [first, first];
  for (const tag of group) {
    if (inUnitOf(tag, least) < BigInt(numberOf(least).value)) least = tag;
    if (inUnitOf(tag, most) > BigInt(numberOf(most).value)) most = tag;
  }
  const label = (tag: NodeTag): string => scaledLabel(numberOf(tag).value, numberOf(tag).unit, 'auto');
  const sum = (part: 'flat' | 'cum' | 'flatDivisor' | 'cumDivisor'): bigint =>
    group.reduce((all, tag) => BigInt.asIntN(64, all + BigInt(tag[part])), 0n);
  return {
    name: `${label(least)}..${label(most)}`,
    flat: mean(sum('flat'), sum('flatDivisor')),
    cum: mean(sum('cum'), sum('cumDivisor')),
  };
}

function inUnitOf(tag: NodeTag, other: NodeTag): bigint {
  const { value, unit } = numberOf(tag);
  return BigInt(toInt64(scale(value, unit, numberOf(other).unit).value));
}
