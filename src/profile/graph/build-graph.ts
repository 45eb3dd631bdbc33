// From samples to a graph. Source: google/pprof internal/graph newGraph.
import { Int32Builder } from '../../pprof/columns.ts';
import { NO_ROW, type Int64Column, type Profile } from '../../pprof/tables.ts';
import { PairTable } from '../pair-table.ts';
import type { ReportOptions } from '../reports/options.ts';
import { selectNodes, type EdgeTable, type Graph } from './graph.ts';
import type { NodeInfos } from './node-infos.ts';
import { NodeTags } from './node-tags.ts';
import { isZero, Sums } from './sums.ts';

export interface GraphTask {
  readonly profile: Profile;
  readonly options: ReportOptions;
  readonly infos: NodeInfos;
  readonly values: SampleValues;
  /** Collects tags as well: pictures show them. */
  readonly withTags: boolean;
}

/** What is added up of each sample. */
export class SampleValues {
  readonly isWide: boolean;
  readonly #values: Int64Column;
  readonly #divisors: Int64Column | null;

  constructor({ samples }: Profile, { valueColumn, divisorColumn }: ReportOptions) {
    const values = samples.values[valueColumn];
    const divisors = divisorColumn === null ? null : samples.values[divisorColumn];
    this.isWide = !isSumSafe(values) || (divisors !== null && !isSumSafe(divisors));
    this.#values = this.isWide ? widen(values) : values;
    this.#divisors = divisors !== null && this.isWide ? widen(divisors) : divisors;
  }

  get isDivided(): boolean {
    return this.#divisors !== null;
  }
  value(sample: number): number | bigint {
    return this.#values[sample];
  }
  divisor(sample: number): number | bigint {
    return this.#divisors === null ? 0 : this.#divisors[sample];
  }
}

function isSumSafe(column: Int64Column): boolean {
  if (!(column instanceof Float64Array)) return false;
  let sum = 0;
  for (let row = 0; row < column.length; row++) sum += Math.abs(column[row]);
  return sum <= Number.MAX_SAFE_INTEGER;
}

function widen(column: Int64Column): BigInt64Array {
  return column instanceof Float64Array ? BigInt64Array.from(column, (value) => BigInt(value)) : column;
}

/** Edges while they are added up. */
class GrowingEdges {
  readonly #pairs = new PairTable();
  readonly #weight: Sums;
  readonly #weightDivisor: Sums | null;
  readonly #isResidual = new Int32Builder();
  readonly #isInline = new Int32Builder();

  constructor({ isWide, isDivided }: SampleValues) {
    this.#weight = new Sums(0, isWide);
    this.#weightDivisor = isDivided ? new Sums(0, isWide) : null;
  }

  /** The row of an edge, a new one without weight where there was none. */
  row(caller: number, callee: number): number {
    const row = this.#pairs.row(caller, callee);
    if (row === this.#isInline.length) {
      this.#isInline.push(1);
      this.#isResidual.push(0);
    }
    return row;
  }

  add(
    row: number,
    value: number | bigint,
    divisor: number | bigint,
    isResidual: boolean,
    isInline: boolean,
  ): void {
    this.#weight.add(row, value);
    this.#weightDivisor?.add(row, divisor);
    // Inline is what was never called, residual what ever went over something.
    if (!isInline) this.#isInline.view()[row] = 0;
    if (isResidual) this.#isResidual.view()[row] = 1;
  }

  finish(): EdgeTable {
    const { length } = this.#pairs;
    return {
      length,
      caller: this.#pairs.first.finish(),
      callee: this.#pairs.second.finish(),
      weight: this.#weight.finish(length),
      weightDivisor: this.#weightDivisor?.finish(length) ?? null,
      isResidual: Uint8Array.from(this.#isResidual.finish()),
      isInline: Uint8Array.from(this.#isInline.finish()),
      isGone: new Uint8Array(length),
    };
  }
}

/** Nodes and edges while they are added up. */
class Growing {
  readonly flat: Sums;
  readonly cum: Sums;
  readonly flatDivisor: Sums;
  readonly cumDivisor: Sums;
  readonly edges: GrowingEdges;
  readonly #isDivided: boolean;
  readonly #nodes: number;
  readonly tags: NodeTags | null;

  constructor(task: GraphTask, nodes: number, withTags: boolean) {
    const { values } = task;
    this.#nodes = nodes;
    const sums = (length: number) => new Sums(length, values.isWide);
    this.flat = sums(nodes);
    this.cum = sums(nodes);
    this.flatDivisor = sums(nodes);
    this.cumDivisor = sums(nodes);
    this.edges = new GrowingEdges(values);
    this.#isDivided = values.isDivided;
    this.tags = withTags ? new NodeTags(task.profile, task.options, values.isWide) : null;
  }

  /**
   * The columns themselves, for loops without a call per value. What they hold and what is added are of one kind, doubles
   * or 64-bit integers; the type names the first.
   */
  columns(): Record<'flat' | 'cum' | 'flatDivisor' | 'cumDivisor', Float64Array> {
    const cells = (sums: Sums) => sums.finish(this.#nodes) as Float64Array;
    return {
      flat: cells(this.flat),
      cum: cells(this.cum),
      flatDivisor: cells(this.flatDivisor),
      cumDivisor: cells(this.cumDivisor),
    };
  }

  addCum(node: number, sample: number, value: number | bigint, divisor: number | bigint): void {
    this.cum.add(node, value);
    if (this.#isDivided) this.cumDivisor.add(node, divisor);
    this.tags?.add(node, sample, value, divisor, false);
  }

  addFlat(node: number, sample: number, value: number | bigint, divisor: number | bigint): void {
    this.flat.add(node, value);
    if (this.#isDivided) this.flatDivisor.add(node, divisor);
    this.tags?.add(node, sample, value, divisor, true);
  }

  finish(task: GraphTask, info: Int32Array): Graph {
    const { length } = info;
    const flat = this.flat.finish(length);
    const cum = this.cum.finish(length);
    return {
      infos: task.infos,
      info,
      flat,
      cum,
      flatDivisor: this.#isDivided ? this.flatDivisor.finish(length) : null,
      cumDivisor: this.#isDivided ? this.cumDivisor.finish(length) : null,
      edges: this.edges.finish(),
      tags: this.tags,
      nodes: selectNodes(info, flat, cum, task.options.dropNegative),
    };
  }
}

/** The nodes of `buildGraph` without edges and tags: enough to choose among them, at a third of the cost. */
export function sumNodes(task: GraphTask): Graph {
  const { infos, values } = task;
  const { samples, stacks } = task.profile;
  const growing = new Growing(task, infos.length, false);
  const column = growing.columns();
  const seen = new Int32Array(infos.length).fill(-1);
  for (let sample = 0; sample < samples.length; sample++) {
    const value = values.value(sample) as number;
    const divisor = values.divisor(sample) as number;
    if (isZero(value) && isZero(divisor)) continue;
    const stack = samples.stack[sample];
    let node = NO_ROW;
    for (let at = stacks.locationStart[stack + 1] - 1; at >= stacks.locationStart[stack]; at--) {
      const location = stacks.location[at];
      for (let cell = infos.nodeStart[location + 1] - 1; cell >= infos.nodeStart[location]; cell--) {
        node = infos.nodeOf[cell];
        if (seen[node] === sample) continue;
        seen[node] = sample;
        column.cum[node] += value;
        if (values.isDivided) column.cumDivisor[node] += divisor;
      }
    }
    if (node === NO_ROW) continue;
    column.flat[node] += value;
    if (values.isDivided) column.flatDivisor[node] += divisor;
  }
  return growing.finish(
    task,
    Int32Array.from({ length: infos.length }, (_, row) => row),
  );
}

/**
 * The edges of `buildGraph`, for nodes that `sumNodes` has added up.
 *
 * @param isKept as in buildGraph.
 * @param isCallee [infos] 1 = edges into the node are wanted; null = all are.
 */
export function sumEdges(task: GraphTask, isKept: Uint8Array | null, isCallee: Uint8Array | null): EdgeTable {
  const { infos, values } = task;
  const { samples, stacks } = task.profile;
  const edges = new GrowingEdges(values);
  const seen = new Int32Builder();
  for (let sample = 0; sample < samples.length; sample++) {
    const value = values.value(sample);
    const divisor = values.divisor(sample);
    if (isZero(value) && isZero(divisor)) continue;
    let parent = NO_ROW;
    let isResidual = false;
    const stack = samples.stack[sample];
    for (let at = stacks.locationStart[stack + 1] - 1; at >= stacks.locationStart[stack]; at--) {
      const location = stacks.location[at];
      const last = infos.nodeStart[location + 1] - 1;
      for (let cell = last; cell >= infos.nodeStart[location]; cell--) {
        const node = infos.nodeOf[cell];
        if (isKept !== null && isKept[node] === 0) {
          isResidual = true;
          continue;
        }
        if (parent !== NO_ROW && parent !== node && (isCallee === null || isCallee[node] === 1)) {
          const edge = edges.row(parent, node);
          if (edge === seen.length) seen.push(-1);
          if (seen.at(edge) !== sample) {
            seen.view()[edge] = sample;
            edges.add(edge, value, divisor, isResidual, cell !== last);
          }
        }
        parent = node;
        isResidual = false;
      }
    }
  }
  return edges.finish();
}

/**
 * A node per NodeInfo. A sample counts once for each node and each edge on its stack, however often they occur; its value
 * is the leaf's own.
 *
 * @param isKept [infos] 1 = the node may be in the graph; calls through others become residual. null = all are. The sums of
 *   a node do not depend on it.
 */
export function buildGraph(task: GraphTask, isKept: Uint8Array | null): Graph {
  const { profile, infos, values } = task;
  const { samples, stacks } = profile;
  const growing = new Growing(task, infos.length, task.withTags);
  const seenNode = new Int32Array(infos.length).fill(-1);
  const seenEdge = new Int32Builder();
  for (let sample = 0; sample < samples.length; sample++) {
    const value = values.value(sample);
    const divisor = values.divisor(sample);
    if (isZero(value) && isZero(divisor)) continue;
    let parent = NO_ROW;
    let isResidual = false;
    const stack = samples.stack[sample];
    for (let at = stacks.locationStart[stack + 1] - 1; at >= stacks.locationStart[stack]; at--) {
      const location = stacks.location[at];
      const last = infos.nodeStart[location + 1] - 1;
      for (let cell = last; cell >= infos.nodeStart[location]; cell--) {
        const node = infos.nodeOf[cell];
        if (isKept !== null && isKept[node] === 0) {
          isResidual = true;
          continue;
        }
        if (seenNode[node] !== sample) {
          seenNode[node] = sample;
          growing.addCum(node, sample, value, divisor);
        }
        if (parent !== NO_ROW && parent !== node) {
          const edge = growing.edges.row(parent, node);
          if (edge === seenEdge.length) seenEdge.push(-1);
          if (seenEdge.at(edge) !== sample) {
            seenEdge.view()[edge] = sample;
            growing.edges.add(edge, value, divisor, isResidual, cell !== last);
          }
        }
        parent = node;
        isResidual = false;
      }
    }
    if (parent !== NO_ROW && !isResidual) growing.addFlat(parent, sample, value, divisor);
  }
  return growing.finish(
    task,
    Int32Array.from({ length: infos.length }, (_, row) => row),
  );
}
