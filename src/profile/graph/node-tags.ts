// Values per label of a node: the small boxes of a graph. Source: google/pprof internal/graph Node.addSample.
import type { Int64Column, Profile } from '../../pprof/tables.ts';
import { compareText } from '../compare-text.ts';
import { NO_ROW } from '../../pprof/tables.ts';
import { scaledLabel } from '../measurement.ts';
import { PairTable } from '../pair-table.ts';
import type { ReportOptions } from '../reports/options.ts';
import { compareAbsolute, isZero, mean, Sums } from './sums.ts';

/** Marks base samples (-diff_base); it is no tag. */
const BASE_LABEL = 'pprof::base';
/** The only numeric label that graphs show. */
const BYTES_LABEL = 'bytes';

/** One tag as it may occur in any node: text labels of a sample joined, or a number below them. */
export interface TagKind {
  /** Text labels of the sample: `key:value`, joined by the two characters `\n`; '' = none. */
  readonly labels: string;
  /** null = the text labels themselves. */
  readonly number: { readonly value: number | bigint; readonly unit: string } | null;
  /** What the box shows. */
  readonly name: string;
}

/** One tag of one node. */
export interface NodeTag {
  readonly kind: TagKind;
  readonly flat: number | bigint;
  readonly flatDivisor: number | bigint;
  readonly cum: number | bigint;
  readonly cumDivisor: number | bigint;
}

export function tagFlat(tag: NodeTag): number | bigint {
  return mean(tag.flat, tag.flatDivisor);
}

export function tagCum(tag: NodeTag): number | bigint {
  return mean(tag.cum, tag.cumDivisor);
}

/** Heaviest first, by flat or by cum (then flat), then by name. */
export function sortTags(tags: readonly NodeTag[], byFlat: boolean): NodeTag[] {
  return [...tags].sort(
    (a, b) =>
      (byFlat ? 0 : compareAbsolute(a.cum, b.cum)) ||
      compareAbsolute(a.flat, b.flat) ||
      compareText(a.kind.name, b.kind.name),
  );
}

/** Tags of samples, and their sums per node. */
export class NodeTags {
  readonly #kinds: TagKind[] = [];
  readonly #rowOfKind = new Map<string, number>();
  readonly #ofSample: (Int32Array | undefined)[] = [];
  readonly #profile: Profile;
  readonly #options: ReportOptions;
  readonly #pairs = new PairTable();
  readonly #sums: {
    readonly flat: Sums;
    readonly cum: Sums;
    readonly flatDivisor: Sums;
    readonly cumDivisor: Sums;
  };
  #byNode: Map<number, NodeTag[]> | null = null;

  constructor(profile: Profile, options: ReportOptions, isWide: boolean) {
    this.#profile = profile;
    this.#options = options;
    const sums = () => new Sums(64, isWide);
    this.#sums = { flat: sums(), cum: sums(), flatDivisor: sums(), cumDivisor: sums() };
  }

  add(node: number, sample: number, value: number | bigint, divisor: number | bigint, isFlat: boolean): void {
    const kinds = (this.#ofSample[sample] ??= this.#readSample(sample));
    const { flat, cum, flatDivisor, cumDivisor } = this.#sums;
    for (const kind of kinds) {
      const row = this.#pairs.row(node, kind);
      (isFlat ? flat : cum).add(row, value);
      if (!isZero(divisor)) (isFlat ? flatDivisor : cumDivisor).add(row, divisor);
    }
  }

  /** Tags of a node that are at least `cutoff` heavy, in no order. */
  of(node: number, cutoff: number | bigint): NodeTag[] {
    this.#byNode ??= this.#collect();
    const kept = (value: number | bigint): boolean => (value < 0 ? -value : value) >= cutoff;
    return (this.#byNode.get(node) ?? []).filter(({ flat, cum }) => kept(flat) || kept(cum));
  }

  #collect(): Map<number, NodeTag[]> {
    const { length } = this.#pairs;
    const column = (sums: Sums): Int64Column => sums.finish(length);
    const [flat, cum] = [column(this.#sums.flat), column(this.#sums.cum)];
    const [flatDivisor, cumDivisor] = [column(this.#sums.flatDivisor), column(this.#sums.cumDivisor)];
    const byNode = new Map<number, NodeTag[]>();
    for (let row = 0; row < length; row++) {
      const node = this.#pairs.first.at(row);
      const tag = {
        kind: this.#kinds[this.#pairs.second.at(row)],
        flat: flat[row],
        flatDivisor: flatDivisor[row],
        cum: cum[row],
        cumDivisor: cumDivisor[row],
      };
      const tags = byNode.get(node);
      if (tags === undefined) byNode.set(node, [tag]);
      else tags.push(tag);
    }
    return byNode;
  }

  #readSample(sample: number): Int32Array {
    const { samples, labels, strings } = this.#profile;
    const texts: string[] = [];
    const numbers: (number | bigint)[] = [];
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) {
      const key = strings.get(labels.key[row]);
      if (labels.text[row] !== NO_ROW) {
        if (key !== BASE_LABEL) texts.push(`${key}:${strings.get(labels.text[row])}`);
      } else if (key === BYTES_LABEL) numbers.push(labels.number[row]);
    }
    const joined = texts.sort(compareText).join('\\n');
    const kinds = joined === '' ? [] : [this.#intern({ labels: joined, number: null, name: joined })];
    const unit = this.#options.numLabelUnits.get(BYTES_LABEL) ?? '';
    for (const value of numbers) {
      const name = scaledLabel(value, unit, this.#options.outputUnit);
      kinds.push(this.#intern({ labels: joined, number: { value, unit }, name }));
    }
    return Int32Array.from(kinds);
  }

  /** Numbers that print the same are one tag: the first one's value stands for all. */
  #intern(kind: TagKind): number {
    const key = `${kind.number === null ? 'text' : 'number'}\n${kind.labels}\n${kind.name}`;
    let row = this.#rowOfKind.get(key);
    if (row === undefined) {
      row = this.#kinds.push(kind) - 1;
      this.#rowOfKind.set(key, row);
    }
    return row;
  }
}
