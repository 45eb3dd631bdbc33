// Plain thresholds and what is held against them.
import type { Bytes, BytesPerHour, Millis } from '../base/units.ts';
import type { TargetName } from './target.ts';

/** null = not set. All of one service. */
export interface Thresholds {
  /** Growth of the live heap over the window. */
  readonly growthPercent: number | null;
  readonly growthBytesPerHour: BytesPerHour | null;
  /** Memory outside the Go runtime. */
  readonly nativeBytes: Bytes | null;
  /** Virtual. */
  readonly windowMillis: Millis;
}

export interface PlainMeasures {
  /** Live heap now against that at the begin of the window; null while this life of the process is younger than the window. */
  readonly growth: { readonly percent: number; readonly bytesPerHour: BytesPerHour } | null;
  /** Outside the Go runtime, never below zero; null without RSS or what Go claims. */
  readonly nativeBytes: Bytes | null;
}

/** A target of a service with thresholds. */
export interface MeasuredTarget {
  readonly target: TargetName;
  readonly thresholds: Thresholds;
  /** null = nothing was measured in the window. */
  readonly measures: PlainMeasures | null;
}
