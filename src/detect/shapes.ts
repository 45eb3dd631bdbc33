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

/** @param column taken over; given where hundreds are made at once, since an array of its own costs more than its cells. */
export function makeShape(
  axis: Axis,
  kind: Shape['kind'],
  at: number,
  column = new Float64Array(axis.share.length),
): Shape {
  fillShape(column, axis.share, kind, at);
  return { column, domain: axis.domain, kind, at };
}

/** `shapeAt` for each cell: the kind is asked for once, not with every cell. */
export function fillShape(cells: Float64Array, share: Float64Array, kind: Shape['kind'], at: number): void {
  switch (kind) {
    case 'line':
      return cells.set(share);
    case 'exponential':
      for (let i = 0; i < share.length; i++) cells[i] = -Math.expm1(-share[i] / at);
      return;
    case 'ramp':
      for (let i = 0; i < share.length; i++) cells[i] = Math.min(share[i] / at, 1);
      return;
    case 'step':
      for (let i = 0; i < share.length; i++) cells[i] = share[i] >= at ? 1 : 0;
      return;
    case 'hinge':
      for (let i = 0; i < share.length; i++) cells[i] = Math.max(0, share[i] - at);
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
