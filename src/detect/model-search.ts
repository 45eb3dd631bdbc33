// Which parameters suit each model best, under one assumption about the autocorrelation of the noise. A search only: hundreds
// of candidates are ranked by sums that cost a few multiplications each, and those that come out ahead are then fitted by
// projection (models.ts), so that no reported figure rests on the shortcuts taken here.
import type { ModelName } from './assessment.ts';
import {
  EARLIEST_ONSET,
  LATEST_FULL,
  LONGEST_TAU,
  SHORTEST_TAU,
  type Candidates,
  type ShapeKey,
} from './candidates.ts';
import type { ModelInput } from './model-input.ts';
import { COLLINEAR_SHARE, type ProjectedSpace } from './projected-space.ts';
import { rawSumsOf } from './raw-sums.ts';
import type { Scratch } from './scratch.ts';
import { fillShape } from './shapes.ts';
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
/** The start, and two places with each. */
const TRIALS = 1 + 2 * REFINEMENTS;

export class ModelSearch {
  readonly #input: ModelInput;
  readonly #candidates: Candidates;
  readonly #exactly: (growing: readonly ShapeKey[]) => number;
  readonly #whole: number;
  /** Differences of sums of squares that projection must settle. */
  readonly #rounding: number;
  readonly #sums: WhitenedSums;
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
  /** A column that is refined. */
  readonly #trial: Float64Array;
  /** Places that a refinement has tried, and what they leave. */
  readonly #tried: Float64Array;
  readonly #leftByTried: Float64Array;

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
    const { caches, columns, lines, axes, hinges, steps, fills, pairedSteps } = candidates;
    const n = input.value.length;
    this.#blocks = n;
    this.#lineSlot = caches.length;
    this.#hingeSlot = this.#lineSlot + lines.length;
    this.#stepSlot = this.#hingeSlot + hinges.length;
    this.#trialSlot = this.#stepSlot + steps.length;
    const sums = new WhitenedSums(space, phi, this.#trialSlot + 1, axes, scratch);
    this.#sums = sums;
    for (let i = 0; i < caches.length; i++) sums.take(i, columns, i * n, candidates.sums[i]);
    for (let i = 0; i < axes.length; i++) sums.take(this.#lineSlot + i, axes[i].share, 0, axes[i].line);
    for (let i = 0; i < hinges.length; i++) this.#takeHinge(this.#hingeSlot + i, hinges[i]);
    for (let i = 0; i < steps.length; i++) sums.takeStep(this.#stepSlot + i, steps[i]);
    const twice = scratch.take((lines.length + fills.length) * n);
    for (let i = 0; i < axes.length; i++) whitenTwice(axes[i].share, 0, n, phi, twice, i * n);
    for (let i = 0; i < fills.length; i++) {
      whitenTwice(columns, fills[i] * n, n, phi, twice, (lines.length + i) * n);
    }
    this.#twice = twice;
    const most = Math.max(countPairs(fills.length), countPairs(pairedSteps.length), TRIALS);
    this.#left = scratch.take(Math.max(most, lines.length * caches.length, hinges.length, steps.length));
    this.#trial = scratch.take(n);
    this.#tried = scratch.take(TRIALS);
    this.#leftByTried = scratch.take(TRIALS);
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
    for (let i = 0; i < lines.length; i++) {
      const name = lines[i].domain === 'time' ? 'L1' : 'L2';
      found.push(this.#alone(name, k + 1, [lines[i]], this.#lineSlot + i));
    }
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

  /** Of so many slots: how many of `#left` there are. */
  #leftByEach(slot: number, count: number, isAnySign: boolean): number {
    for (let i = 0; i < count; i++) this.#left[i] = this.#leftByOne(slot + i, isAnySign);
    return count;
  }

  #pairsOfFills(parameters: number): Found | null {
    const { caches, columns, fills, lines } = this.#candidates;
    const blocks = this.#blocks;
    const n = fills.length;
    const left = this.#left;
    let at = 0;
    for (let i = 0; i < n; i++) {
      const a = fills[i];
      for (let j = i + 1; j < n; j++) {
        const whitened = quickDot(columns, a * blocks, blocks, this.#twice, (lines.length + j) * blocks);
        left[at++] = this.#leftByTwo(a, fills[j], this.#sums.cross(a, fills[j], whitened), false);
      }
    }
    return this.#rank('N2', parameters, false, at, (pair) => pairAt(pair, n).map((i) => caches[fills[i]]));
  }

  #pairsOfSteps(parameters: number): Found | null {
    const { steps, pairedSteps } = this.#candidates;
    const thinning = pairedSteps.length < steps.length ? 2 : 1;
    const n = pairedSteps.length;
    const left = this.#left;
    let at = 0;
    for (let i = 0; i < n; i++) {
      const a = this.#stepSlot + i * thinning;
      for (let j = i + 1; j < n; j++) {
        const b = this.#stepSlot + j * thinning;
        const cross = this.#sums.cross(a, b, this.#sums.crossOfSteps(pairedSteps[j]));
        left[at++] = this.#leftByTwo(a, b, cross, true);
      }
    }
    return this.#rank('N3', parameters, true, at, (pair) =>
      pairAt(pair, n).map((i) => this.#stepAt(pairedSteps[i])),
    );
  }

  #warmUpsWithLine(parameters: number): Found | null {
    const { caches, lines, warmUps } = this.#candidates;
    const n = warmUps.length;
    let at = 0;
    for (let line = 0; line < lines.length; line++) {
      for (let i = 0; i < n; i++) {
        const cross = this.#crossWithLine(warmUps[i], line);
        this.#left[at++] = this.#leftByTwo(warmUps[i], this.#lineSlot + line, cross, false);
      }
    }
    return this.#rank('L3', parameters, false, at, (i) => [caches[warmUps[i % n]], lines[Math.floor(i / n)]]);
  }

  #crossWithLine(cache: number, line: number): number {
    const n = this.#blocks;
    const whitened = quickDot(this.#candidates.columns, cache * n, n, this.#twice, line * n);
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

  /** The best of the first `length` of `#left`; null when nothing counts. */
  #rank(
    name: ModelName,
    parameters: number,
    isAnySign: boolean,
    length: number,
    keysOf: (at: number) => readonly ShapeKey[],
  ): Found | null {
    const left = this.#left;
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
    const [[{ kind, domain, at: startAt }]] =
      start.near.length > 1 ? this.#leastExactly(start.near) : start.near;
    const isTau = kind === 'exponential';
    const spread = isTau ? startAt * 0.4 : 0.05;
    let low = Math.max(startAt - spread, isTau ? SHORTEST_TAU : EARLIEST_ONSET);
    let high = Math.min(startAt + spread, isTau ? LONGEST_TAU : LATEST_FULL);
    const tried = this.#tried;
    const left = this.#leftByTried;
    tried[0] = startAt;
    left[0] = start.sumOfSquares;
    let count = 1;
    for (let i = 0; i < REFINEMENTS; i++) {
      const a = high - GOLDEN * (high - low);
      const b = low + GOLDEN * (high - low);
      left[count] = this.#leftAt(a, count, kind, domain);
      tried[count++] = a;
      left[count] = this.#leftAt(b, count, kind, domain);
      tried[count++] = b;
      if (this.#isFirstLess(count, kind, domain)) high = b;
      else low = a;
    }
    // What is ranked lies apart from what is tried: projection searches as well.
    const places: number[] = [];
    for (let i = 0; i < count; i++) {
      places.push(tried[i]);
      this.#left[i] = left[i];
    }
    return this.#rank(start.name, start.parameters, false, count, (i) => [{ kind, domain, at: places[i] }]);
  }

  /** Of the last two places that were tried. */
  #isFirstLess(count: number, kind: ShapeKey['kind'], domain: ShapeKey['domain']): boolean {
    const a = this.#leftByTried[count - 2];
    const b = this.#leftByTried[count - 1];
    if (a === b && a === Infinity) return false;
    if (Math.abs(a - b) > this.#rounding) return a < b;
    const exactly = (place: number) => this.#exactly([{ kind, domain, at: this.#tried[place] }]);
    return exactly(count - 2) < exactly(count - 1);
  }

  /** The first of those that leave least by projection. */
  #leastExactly(near: Found['near']): Found['near'] {
    const sums = near.map((keys) => this.#exactly(keys));
    return [near[sums.indexOf(Math.min(...sums))]];
  }

  /** What a place leaves, of which `count` others were tried before: the section falls on one of them, but for rounding. */
  #leftAt(at: number, count: number, kind: ShapeKey['kind'], domain: ShapeKey['domain']): number {
    const tried = this.#tried;
    for (let i = 0; i < count; i++) {
      if (Math.abs(tried[i] - at) < ROUNDING_SHARE * at) return this.#leftByTried[i];
    }
    if (kind === 'hinge') this.#takeHinge(this.#trialSlot, { kind, domain, at });
    else {
      const { time, work } = this.#input;
      fillShape(this.#trial, 0, (domain === 'work' && work ? work : time).share, kind, at);
      this.#sums.take(this.#trialSlot, this.#trial, 0, rawSumsOf(this.#trial, 0, this.#blocks));
    }
    return this.#leftByOne(this.#trialSlot, false);
  }

  #takeHinge(slot: number, { domain, at }: ShapeKey): void {
    const axis = domain === 'work' ? this.#candidates.axes.length - 1 : 0;
    this.#sums.takeHinge(slot, this.#candidates.axes[axis], axis, at);
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
