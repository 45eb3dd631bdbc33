// The curves that the models of detection-science 3.2 are made of, each as one column over the blocks.

export type Domain = 'time' | 'work';

/** One candidate column with the parameter that made it. */
export interface Shape {
  readonly column: Float64Array;
  readonly domain: Domain;
  readonly kind: 'line' | 'exponential' | 'ramp' | 'step' | 'hinge';
  /** exponential: tau; ramp: where it is full; step, hinge: where it begins. As a share of the domain's range. */
  readonly at: number;
}

/**
 * Blocks as the shapes see them: `share` is time (or work) from 0 at the window's start to 1 at its end, so that grids are
 * the same for four hours and for a week.
 */
export interface Axis {
  readonly domain: Domain;
  readonly share: Float64Array;
}

/** What a column is worth at a place on the axis: used to fit and to draw. */
export function shapeAt(kind: Shape['kind'], at: number, share: number): number {
  switch (kind) {
    case 'line':
      return share;
    case 'exponential':
      return -Math.expm1(-share / at);
    case 'ramp':
      return Math.min(share / at, 1);
    case 'step':
      return share >= at ? 1 : 0;
    case 'hinge':
      return Math.max(0, share - at);
  }
}

export function makeShape({ domain, share }: Axis, kind: Shape['kind'], at: number): Shape {
  const column = new Float64Array(share.length);
  fillShape(column, 0, share, kind, at);
  return { column, domain, kind, at };
}

/** `shapeAt` for each cell, written from `start` on: the kind is asked for once, not with every cell. */
export function fillShape(
  cells: Float64Array,
  start: number,
  share: Float64Array,
  kind: Shape['kind'],
  at: number,
): void {
  const { length } = share;
  switch (kind) {
    case 'line':
      for (let i = 0; i < length; i++) cells[start + i] = share[i];
      return;
    case 'exponential':
      return fillExponential(cells, start, share, at);
    case 'ramp':
      for (let i = 0; i < length; i++) cells[start + i] = Math.min(share[i] / at, 1);
      return;
    case 'step':
      for (let i = 0; i < length; i++) cells[start + i] = share[i] >= at ? 1 : 0;
      return;
    case 'hinge':
      for (let i = 0; i < length; i++) cells[start + i] = Math.max(0, share[i] - at);
  }
}

/** exp(-k) and exp(-k / 64), whole k: with a few terms of the series, exp of anything up to `FULL` fill times. */
const FULL = 40;
const EXP_WHOLE = Float64Array.from({ length: FULL + 1 }, (_, k) => Math.exp(-k));
const EXP_PART = Float64Array.from({ length: 64 }, (_, k) => Math.exp(-k / 64));

/**
 * 1 - exp(-share / tau), to 4e-16. Two thousand are asked for in each comparison of models, which takes a fourteenth less than with
 * `Math.expm1`.
 */
function fillExponential(cells: Float64Array, start: number, share: Float64Array, tau: number): void {
  const { length } = share;
  const rate = 1 / tau;
  for (let i = 0; i < length; i++) {
    const x = share[i] * rate;
    if (!(x >= 0 && x < FULL)) {
      cells[start + i] = -Math.expm1(-x);
      continue;
    }
    const k = (64 * x + 0.5) | 0;
    const r = x - k / 64;
    const series = 1 - r * (1 - r * (1 / 2 - r * (1 / 6 - r * (1 / 24 - r / 120))));
    cells[start + i] = 1 - EXP_WHOLE[k >> 6] * EXP_PART[k & 63] * series;
  }
}

/** Log-spaced from low to high, both included. */
export function logGrid(low: number, high: number, count: number): number[] {
  const grid: number[] = [];
  for (let i = 0; i < count; i++) grid.push(low * (high / low) ** (i / (count - 1)));
  return grid;
}

export function linearGrid(low: number, high: number, count: number): number[] {
  const grid: number[] = [];
  for (let i = 0; i < count; i++) grid.push(low + ((high - low) * i) / (count - 1));
  return grid;
}
