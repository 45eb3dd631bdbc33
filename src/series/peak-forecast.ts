// How high will a level that goes up and down have been by then? Peaks of equal blocks follow Gumbel's law of extremes;
// the peak of a longer time lies further out on it.
import type { Millis } from '../base/units.ts';
import type { Points } from './points.ts';

export interface PeakForecast {
  /** Highest that was seen. */
  readonly seen: number;
  /** Median of the highest until the horizon is over, and its 95 % interval; never below what was seen. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** So many blocks at most, and as many as fit where each holds enough values to have a peak of its own. */
const MOST_BLOCKS = 24;
const FEWEST_BLOCKS = 6;
const FEWEST_VALUES = 5;

const EULER = 0.5772156649;
const GUMBEL_SCALE = Math.sqrt(6) / Math.PI;

/**
 * By the moments of the blocks' peaks; the interval has the spread of the peak itself (2.5 to 97.5 %) and 1.96 standard errors
 * of the fit (Kite 1975, for the method of moments). For a level that does not grow: growth is added by who knows it.
 *
 * @param points in the order of time.
 * @param horizonMillis above zero.
 * @returns null for fewer values than six blocks need.
 */
export function forecastPeak({ timeMillis, value }: Points, horizonMillis: Millis): PeakForecast | null {
  const count = Math.min(MOST_BLOCKS, Math.floor(value.length / FEWEST_VALUES));
  const watched = value.length < 2 ? 0 : timeMillis[value.length - 1] - timeMillis[0];
  if (count < FEWEST_BLOCKS || !(watched > 0)) return null;
  const peaks = blockPeaks({ timeMillis, value }, count);
  const mean = peaks.reduce((sum, peak) => sum + peak, 0) / peaks.length;
  const spread = Math.sqrt(peaks.reduce((sum, peak) => sum + (peak - mean) ** 2, 0) / (peaks.length - 1));
  const seen = peaks.reduce((a, b) => Math.max(a, b), -Infinity);
  const blocks = Math.max(1, (horizonMillis / watched) * peaks.length);
  const scale = GUMBEL_SCALE * spread;
  const centre = mean - EULER * scale + scale * Math.log(blocks);
  /** The highest of so many blocks that lies below with this probability, in standard deviations of one. */
  const factor = (p: number) => GUMBEL_SCALE * (Math.log(blocks) - Math.log(-Math.log(p)) - EULER);
  const error = (p: number) => {
    const k = factor(p);
    return (spread / Math.sqrt(peaks.length)) * Math.sqrt(1 + 1.1396 * k + 1.1 * k * k);
  };
  const at = (p: number) => centre - scale * Math.log(-Math.log(p));
  return {
    seen,
    value: Math.max(seen, at(0.5)),
    low: Math.max(seen, at(0.025) - 1.96 * error(0.025)),
    high: Math.max(seen, at(0.975) + 1.96 * error(0.975)),
  };
}

/** Highest of each of so many equal spans of time; spans without a value are left out. */
function blockPeaks({ timeMillis, value }: Points, count: number): number[] {
  const start = timeMillis[0];
  const width = (timeMillis[value.length - 1] - start) / count;
  const peaks = new Array<number>(count).fill(-Infinity);
  for (let i = 0; i < value.length; i++) {
    const block = Math.min(count - 1, Math.floor((timeMillis[i] - start) / width));
    peaks[block] = Math.max(peaks[block] ?? -Infinity, value[i]);
  }
  return peaks.filter((peak) => peak > -Infinity);
}
