import type { Axis } from './shapes.ts';

/** One series as the models see it. */
export interface ModelInput {
  /** Time of each block as a share of the window. */
  readonly time: Axis;
  /** Work done as a share of the window's work; null where work is not known. */
  readonly work: Axis | null;
  readonly value: Float64Array;
  /** Load, and whatever else moves the level without being growth. Each the length of `value`. */
  readonly covariates: readonly Float64Array[];
  /** Parameters that were chosen with the covariates, such as a lag. */
  readonly covariateParameters: number;
  /** Standard deviation that even a perfect fit is granted, in the unit of `value`. */
  readonly noiseFloor: number;
}
