// Values per label of a node: the small boxes of a graph. Source: google/pprof internal/graph Node.addSample.
import { PlimsollError } from '../../base/errors.ts';
import { NO_ROW, type Int64Column, type Profile } from '../../pprof/tables.ts';
import { compareText } from '../compare-text.ts';
import { scaledLabel } from '../measurement.ts';
import { PairTable } from '../pair-table.ts';
import type { ReportOptions } from '../reports/options.ts';
import { compareAbsolute, isZero, mean, Sums } from './sums.ts';

/** Marks base samples (-diff_base); it is no tag. */
const BASE_LABEL = 'pprof::base';
/** The only numeric label that graphs show. */
const BYTES_LABEL = 'bytes';

/** Different texts and numbers; a profile of which every sample has a trace of its own has as many as samples. */
const MAX_KINDS = 250_000;
/** Tags of all nodes of a graph; of each a picture shows four. */
const MAX_TAGS = 1_000_000;

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
  /** Of the last sample: samples come in turn, each with all its nodes. */
  #kindsOfSample: Int32Array = new Int32Array(0);
  #sample = NO_ROW;
  readonly #profile: Profile;
  readonly #options: ReportOptions;
  readonly #pairs = new PairTable();
  readonly #sums: {
    readonly flat: Sums;
    readonly cum: Sums;
    readonly flatDivisor: Sums;
    readonly cumDivisor: Sums;
  };
  /** Those that are at least `#cutoff` heavy. */
  #byNode: Map<number, NodeTag[]> | null = null;
  #cutoff: number | bigint = 0;

  constructor(profile: Profile, options: ReportOptions, isWide: boolean) {
    this.#profile = profile;
    this.#options = options;
    const sums = () => new Sums(64, isWide);
    this.#sums = { flat: sums(), cum: sums(), flatDivisor: sums(), cumDivisor: sums() };
  }

  add(node: number, sample: number, value: number | bigint, divisor: number | bigint, isFlat: boolean): void {
    if (sample !== this.#sample) {
      this.#kindsOfSample = this.#readSample(sample);
      this.#sample = sample;
    }
    const { flat, cum, flatDivisor, cumDivisor } = this.#sums;
    for (const kind of this.#kindsOfSample) {
      const row = this.#pairs.row(node, kind);
      if (row === MAX_TAGS) throw tooMany(`${MAX_TAGS} labels at its nodes`);
      (isFlat ? flat : cum).add(row, value);
      if (!isZero(divisor)) (isFlat ? flatDivisor : cumDivisor).add(row, divisor);
    }
  }

  /** Tags of a node that are at least `cutoff` heavy, in no order. */
  of(node: number, cutoff: number | bigint): NodeTag[] {
    if (this.#byNode === null || cutoff !== this.#cutoff) {
      this.#byNode = this.#collect(cutoff);
      this.#cutoff = cutoff;
    }
    return this.#byNode.get(node) ?? [];
  }

  #collect(cutoff: number | bigint): Map<number, NodeTag[]> {
    const isLight = (value: number | bigint): boolean => (value < 0 ? -value : value) < cutoff;
    const { length } = this.#pairs;
    const column = (sums: Sums): Int64Column => sums.finish(length);
    const [flat, cum] = [column(this.#sums.flat), column(this.#sums.cum)];
    const [flatDivisor, cumDivisor] = [column(this.#sums.flatDivisor), column(this.#sums.cumDivisor)];
    const byNode = new Map<number, NodeTag[]>();
    for (let row = 0; row < length; row++) {
      if (isLight(flat[row]) && isLight(cum[row])) continue;
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
      if (this.#kinds.length === MAX_KINDS) throw tooMany(`${MAX_KINDS} different labels`);
      row = this.#kinds.push(kind) - 1;
      this.#rowOfKind.set(key, row);
    }
    return row;
  }
}

function tooMany(what: string): PlimsollError {
  return new PlimsollError(
    'REPORT_TOO_LARGE',
    'profile',
    `its graph has more than ${what}: -taghide leaves them out`,
  );
}
