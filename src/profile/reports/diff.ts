// `diff`: what grew between two profiles, in absolute units, and what of it may be the luck of the sampler.
import type { DiffRow, DiffSampling, GrowthDiff } from '../growth-diff.ts';
import { scaledLabel } from '../measurement.ts';
import { profileLabels, type ValueFormat } from './header.ts';
import type { Profile } from '../../pprof/tables.ts';
import type { ReportOptions } from './options.ts';

export const DIFF_NOTES: Readonly<Record<DiffSampling, string>> = {
  heap: 'Intervals: 95 %, from the sampling of allocations. What may be noise is below the line.',
  cpu: 'Intervals: 95 %, from the number of ticks. What may be noise is below the line.',
  exact: 'Values are exact counts.',
  unknown: 'How these values were sampled is not in the profile: no intervals.',
};

/**
 *     Type: inuse_space
 *     Growth: 12MB (10.10MB to 14.20MB), from 3MB to 15MB
 *     Intervals: ...
 *          growth                  interval        before         after  function
 *           +12MB       +10.10MB to +14.20MB           3MB          15MB  main.(*Tracker).Track
 *
 * @param profile the later one, for the header.
 */
export function* renderDiff(profile: Profile, diff: GrowthDiff, options: ReportOptions): Generator<string> {
  for (const label of profileLabels(profile, options)) yield `${label}\n`;
  const value = diffValue(options);
  yield `Growth: ${describeGrowth(diff.total, value)}\n`;
  yield `${DIFF_NOTES[diff.sampling]}\n`;
  const clear = diff.rows.filter(({ isSignificant }) => isSignificant);
  const noise = diff.rows.filter(({ isSignificant }) => !isSignificant);
  const shown = options.nodeCount > 0 ? clear.slice(0, options.nodeCount) : clear;
  const hasIntervals = diff.total.interval !== null;
  yield cells('growth', hasIntervals ? 'interval' : '', 'before', 'after', 'function');
  for (const row of shown) yield drawRow(row, value);
  if (shown.length < clear.length) yield `Showing ${shown.length} of ${clear.length} functions\n`;
  if (noise.length === 0) return;
  yield `----- within the noise: ${noise.length} ${noise.length === 1 ? 'function' : 'functions'}\n`;
  const rest = options.nodeCount > 0 ? noise.slice(0, Math.max(0, options.nodeCount - shown.length)) : noise;
  for (const row of rest) yield drawRow(row, value);
}

/** A value of a diff as it is printed. */
export function diffValue({ sampleUnit, outputUnit }: ValueFormat): (amount: number) => string {
  return (amount) => scaledLabel(Math.round(amount), sampleUnit, outputUnit);
}

/** `12MB (10.10MB to 14.20MB), from 3MB to 15MB` */
export function describeGrowth(
  { before, after, growth, interval }: DiffRow,
  value: (n: number) => string,
): string {
  const range = interval === null ? '' : ` (${value(interval.low)} to ${value(interval.high)})`;
  return `${value(growth)}${range}, from ${value(before)} to ${value(after)}`;
}

function drawRow(row: DiffRow, value: (n: number) => string): string {
  const { name, before, after, growth, interval } = row;
  return cells(signed(growth, value), describeInterval(interval, value), value(before), value(after), name);
}

/** `+10MB to +14MB`, or '' */
export function describeInterval(interval: DiffRow['interval'], value: (n: number) => string): string {
  return interval === null ? '' : `${signed(interval.low, value)} to ${signed(interval.high, value)}`;
}

export function signed(amount: number, value: (n: number) => string): string {
  const text = value(amount);
  return amount > 0 && text !== '0' ? `+${text}` : text;
}

function cells(growth: string, interval: string, before: string, after: string, name: string): string {
  return `${growth.padStart(12)}  ${interval.padStart(24)}  ${before.padStart(10)}  ${after.padStart(10)}  ${name}\n`;
}
