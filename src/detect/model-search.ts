// Which parameters suit each model best, under one assumption about the autocorrelation of the noise. A search only: hundreds
// of candidates are ranked by sums that cost a few multiplications each, and those that come out ahead are then fitted by
// projection (models.ts), so that no reported figure rests on the shortcuts taken here.
import type { ModelName } from './assessment.ts';
import {
  EARLIEST_ONSET,
  LATEST_FULL,
  LONGEST_TAU,
  SHORTEST_TAU,
  type Candidate,
  type Candidates,
  type ShapeKey,
} from './candidates.ts';
import type { ModelInput } from './model-input.ts';
import { COLLINEAR_SHARE, type ProjectedSpace } from './projected-space.ts';
import type { Scratch } from './scratch.ts';
import { WhitenedSums, quickDot, whitenTwice } from './whitened-sums.ts';

/** One model with the parameters that came out ahead. */
export interface Found {
  readonly name: ModelName;
  readonly parameters: number;
  /** Coefficients below zero count as well. */
  readonly isAnySign: boolean;
  /** Of the best, up to rounding. */
  readonly sumOfSquares: number;
  /** The best, and whatever differs from it by no more than rounding, in the order in which it was tried. */
  readonly near: readonly (readonly ShapeKey[])[];
  /** Everything that was tried, for when none of `near` can be fitted after all. */
  readonly all: () => readonly (readonly ShapeKey[])[];
}

/** Sums of squares that differ by less than this share of the whole are told apart by projection. */
const ROUNDING_SHARE = 1e-9;
/** What the base columns leave of values that they explain altogether, as a share of the values' squares. */
const ROUNDING_OF_LEVEL = 1e-25;
/** Golden section between the neighbours of the best place on the grid: the grid alone costs evidence. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const REFINEMENTS = 8;

export class ModelSearch {
  readonly #input: ModelInput;
  readonly #candidates: Candidates;
  readonly #exactly: (growing: readonly ShapeKey[]) => number;
  readonly #whole: number;
  /** Differences of sums of squares that projection must settle. */
  readonly #rounding: number;
  readonly #sums: WhitenedSums;
  readonly #phi: number;
  /** Slots: caches, lines, hinges, steps, and one for what is refined. */
  readonly #lineSlot: number;
  readonly #hingeSlot: number;
  readonly #stepSlot: number;
  readonly #trialSlot: number;
  readonly #blocks: number;
  /** Lines and then fills, whitened twice: as many cells each as there are blocks. */
  readonly #twice: Float64Array;
  /** Sums of squares that are being ranked: used by one model after the other. */
  readonly #left: Float64Array;

  /**
   * @param scratch where it is laid out: to be used before the next piece of work begins.
   * @param exactly what shapes that must grow leave, by projection; Infinity when they do not count.
   */
  constructor(
    input: ModelInput,
    candidates: Candidates,
    space: ProjectedSpace,
    phi: number,
    scratch: Scratch,
    exactly: (growing: readonly ShapeKey[]) => number,
  ) {
    this.#input = input;
    this.#candidates = candidates;
    this.#exactly = exactly;
    this.#whole = space.baseSumOfSquares;
    this.#rounding = ROUNDING_SHARE * this.#whole + ROUNDING_OF_LEVEL * space.sumOfSquares;
    this.#phi = phi;
    const { caches, lines, hinges, steps } = candidates;
    this.#lineSlot = caches.length;
    this.#hingeSlot = this.#lineSlot + lines.length;
    this.#stepSlot = this.#hingeSlot + hinges.length;
    this.#trialSlot = this.#stepSlot + steps.length;
    const sums = new WhitenedSums(space, phi, this.#trialSlot + 1, scratch);
    caches.forEach(({ column, sums: raw }, i) => sums.take(i, column, raw));
    lines.forEach(({ column, sums: raw }, i) => sums.take(this.#lineSlot + i, column, raw));
    hinges.forEach(({ column, sums: raw }, i) => sums.take(this.#hingeSlot + i, column, raw));
    steps.forEach((row, i) => sums.takeStep(this.#stepSlot + i, row));
    this.#sums = sums;
    this.#blocks = input.value.length;
    const n = input.value.length;
    const { fills, pairedSteps } = candidates;
    this.#twice = scratch.take((lines.length + fills.length) * n);
    lines.forEach(({ column }, i) => whitenTwice(column, phi, this.#twice, i * n));
    fills.forEach((cache, i) => whitenTwice(caches[cache].column, phi, this.#twice, (lines.length + i) * n));
    const most = Math.max(countPairs(fills.length), countPairs(pairedSteps.length));
    this.#left = scratch.take(Math.max(most, lines.length * caches.length, hinges.length, steps.length));
  }

  /** The models beside the base columns alone, in the order N1 to N3, L1 to L4. */
  run(): Found[] {
    const { caches, lines, hinges, steps } = this.#candidates;
    const k = 1 + this.#input.covariates.length + this.#input.covariateParameters;
    const found: (Found | null)[] = [
      this.#refine(this.#alone('N1', k + 2, caches, 0)),
      this.#pairsOfFills(k + 4),
      this.#rank('N3', k + 2, true, this.#leftByEach(this.#stepSlot, steps.length, true), (i) => [
        this.#stepAt(steps[i]),
      ]),
      this.#pairsOfSteps(k + 4),
    ];
    lines.forEach((line, i) => {
      found.push(this.#alone(line.domain === 'time' ? 'L1' : 'L2', k + 1, [line], this.#lineSlot + i));
    });
    found.push(this.#warmUpsWithLine(k + 3));
    found.push(this.#refine(this.#alone('L4', k + 2, hinges, this.#hingeSlot)));
    return found.filter((model) => model !== null);
  }

  /** Caches that imitate the line over time best, so that the least of it is left beside them. */
  imitators(): readonly ShapeKey[] {
    const { caches } = this.#candidates;
    const { power } = this.#sums;
    const whole = power[this.#lineSlot];
    const left = caches.map((_, i) => {
      const shared = power[i] > 0 ? this.#crossWithLine(i, 0) : 0;
      return shared > 0 ? whole - (shared * shared) / power[i] : whole;
    });
    const least = Math.min(...left);
    return caches.filter((_, i) => left[i] <= least + ROUNDING_SHARE * whole);
  }

  #stepAt(row: number): ShapeKey {
    return { kind: 'step', domain: 'time', at: this.#input.time.share[row] };
  }

  /** Models of one growing shape. */
  #alone(name: ModelName, parameters: number, shapes: readonly ShapeKey[], slot: number): Found | null {
    return this.#rank(name, parameters, false, this.#leftByEach(slot, shapes.length, false), (i) => [
      shapes[i],
    ]);
  }

  #leftByEach(slot: number, count: number, isAnySign: boolean): Float64Array {
    const left = this.#left.subarray(0, count);
    for (let i = 0; i < count; i++) left[i] = this.#leftByOne(slot + i, isAnySign);
    return left;
  }

  #pairsOfFills(parameters: number): Found | null {
    const { caches, fills, lines } = this.#candidates;
    const blocks = this.#blocks;
    const n = fills.length;
    const left = this.#left.subarray(0, countPairs(n));
    let at = 0;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        const [a, b] = [fills[i], fills[j]];
        const whitened = quickDot(caches[a].column, this.#twice, (lines.length + j) * blocks);
        left[at++] = this.#leftByTwo(a, b, this.#sums.cross(a, b, whitened), false);
      }
    }
    return this.#rank('N2', parameters, false, left, (pair) => pairAt(pair, n).map((i) => caches[fills[i]]));
  }

  #pairsOfSteps(parameters: number): Found | null {
    const { steps, pairedSteps } = this.#candidates;
    const thinning = pairedSteps.length < steps.length ? 2 : 1;
    const n = pairedSteps.length;
    const left = this.#left.subarray(0, countPairs(n));
    let at = 0;
    for (let i = 0; i < n; i++) {
      const a = this.#stepSlot + i * thinning;
      for (let j = i + 1; j < n; j++) {
        const b = this.#stepSlot + j * thinning;
        const cross = this.#sums.cross(a, b, this.#sums.crossOfSteps(pairedSteps[j]));
        left[at++] = this.#leftByTwo(a, b, cross, true);
      }
    }
    return this.#rank('N3', parameters, true, left, (pair) =>
      pairAt(pair, n).map((i) => this.#stepAt(pairedSteps[i])),
    );
  }

  #warmUpsWithLine(parameters: number): Found | null {
    const { caches, lines, warmUps } = this.#candidates;
    const n = warmUps.length;
    const left = this.#left.subarray(0, lines.length * n);
    for (let i = 0; i < left.length; i++) {
      const [line, warmUp] = [Math.floor(i / n), warmUps[i % n]];
      left[i] = this.#leftByTwo(warmUp, this.#lineSlot + line, this.#crossWithLine(warmUp, line), false);
    }
    return this.#rank('L3', parameters, false, left, (i) => [
      caches[warmUps[i % n]],
      lines[Math.floor(i / n)],
    ]);
  }

  #crossWithLine(cache: number, line: number): number {
    const whitened = quickDot(this.#candidates.caches[cache].column, this.#twice, line * this.#blocks);
    return this.#sums.cross(cache, this.#lineSlot + line, whitened);
  }

  /** What one column leaves of the values; Infinity when it does not count. */
  #leftByOne(slot: number, isAnySign: boolean): number {
    const power = this.#sums.power[slot];
    if (power <= COLLINEAR_SHARE * this.#sums.before[slot]) return Infinity;
    const common = this.#sums.withValues[slot];
    const explained = (common * common) / power;
    if (!isAnySign && common < 0 && explained > this.#rounding) return Infinity;
    return Math.max(0, this.#whole - explained);
  }

  #leftByTwo(a: number, b: number, cross: number, isAnySign: boolean): number {
    const { power, before, withValues } = this.#sums;
    if (power[a] <= COLLINEAR_SHARE * before[a] || power[b] <= COLLINEAR_SHARE * before[b]) return Infinity;
    const determinant = power[a] * power[b] - cross * cross;
    if (determinant <= COLLINEAR_SHARE * power[a] * power[b]) return Infinity;
    const first = (power[b] * withValues[a] - cross * withValues[b]) / determinant;
    const second = (power[a] * withValues[b] - cross * withValues[a]) / determinant;
    if (!isAnySign) {
      // A coefficient of nearly zero may have either sign: projection will tell.
      if (first < 0 && (first * first * determinant) / power[b] > this.#rounding) return Infinity;
      if (second < 0 && (second * second * determinant) / power[a] > this.#rounding) return Infinity;
    }
    return Math.max(0, this.#whole - first * withValues[a] - second * withValues[b]);
  }

  /** The best of what was tried; null when nothing counts. */
  #rank(
    name: ModelName,
    parameters: number,
    isAnySign: boolean,
    left: Float64Array,
    keysOf: (at: number) => readonly ShapeKey[],
  ): Found | null {
    const { length } = left;
    let least = Infinity;
    for (let i = 0; i < length; i++) if (left[i] < least) least = left[i];
    if (least === Infinity) return null;
    const near: (readonly ShapeKey[])[] = [];
    const enough = least + this.#rounding;
    for (let i = 0; i < length; i++) if (left[i] <= enough) near.push(keysOf(i));
    const all = () => Array.from({ length }, (_, i) => keysOf(i));
    return { name, parameters, isAnySign, sumOfSquares: least, near, all };
  }

  #refine(start: Found | null): Found | null {
    if (!start) return null;
    const sums = start.near.length > 1 ? start.near.map((keys) => this.#exactly(keys)) : [0];
    const [{ kind, domain, at: startAt }] = start.near[sums.indexOf(Math.min(...sums))];
    const isTau = kind === 'exponential';
    const spread = isTau ? startAt * 0.4 : 0.05;
    let low = Math.max(startAt - spread, isTau ? SHORTEST_TAU : EARLIEST_ONSET);
    let high = Math.min(startAt + spread, isTau ? LONGEST_TAU : LATEST_FULL);
    const tried = [this.#candidates.at({ kind, domain, at: startAt })];
    const left = [start.sumOfSquares];
    const tryAt = (at: number): number => {
      // The section falls on a place that was tried before, but for rounding.
      const known = tried.findIndex((other) => Math.abs(other.at - at) < ROUNDING_SHARE * at);
      const candidate = this.#candidates.at({ kind, domain, at });
      const sum = known >= 0 ? left[known] : this.#leftByTrial(candidate);
      tried.push(candidate);
      left.push(sum);
      return sum;
    };
    const isLess = (a: number, b: number): boolean => {
      const [left, right] = [tryAt(a), tryAt(b)];
      if (left === right && left === Infinity) return false;
      if (Math.abs(left - right) > this.#rounding) return left < right;
      return this.#exactly([{ kind, domain, at: a }]) < this.#exactly([{ kind, domain, at: b }]);
    };
    for (let i = 0; i < REFINEMENTS; i++) {
      const a = high - GOLDEN * (high - low);
      const b = low + GOLDEN * (high - low);
      if (isLess(a, b)) high = b;
      else low = a;
    }
    return this.#rank(start.name, start.parameters, false, Float64Array.from(left), (i) => [tried[i]]);
  }

  #leftByTrial({ column, sums }: Candidate): number {
    this.#sums.take(this.#trialSlot, column, sums);
    return this.#leftByOne(this.#trialSlot, false);
  }
}

function countPairs(n: number): number {
  return (n * (n - 1)) / 2;
}

/** The pair i < j < n at this place of the order in which all are gone through. */
function pairAt(place: number, n: number): [number, number] {
  let i = 0;
  for (let row = n - 1; place >= row; row--) {
    place -= row;
    i++;
  }
  return [i, i + 1 + place];
}
