// A series in a few characters.

const LEVELS = '▁▂▃▄▅▆▇█';

/** Widest line that a terminal is asked to show. */
export const MAX_SPARKLINE_WIDTH = 60;

/**
 * `[1, 2, 4, 8]` -> `▁▂▄█`: evenly thinned to `width` by the mean of each part, lowest value at the bottom; what is not
 * known (NaN) is a blank. A flat series is a line at the bottom.
 */
export function formatSparkline(values: ArrayLike<number>, width = MAX_SPARKLINE_WIDTH): string {
  const bins = thin(values, Math.max(1, Math.min(width, MAX_SPARKLINE_WIDTH)));
  const known = bins.filter((value) => Number.isFinite(value));
  if (known.length === 0) return '';
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  return bins
    .map((value) => {
      if (!Number.isFinite(value)) return ' ';
      const share = high > low ? (value - low) / (high - low) : 0;
      return LEVELS[Math.min(LEVELS.length - 1, Math.floor(share * LEVELS.length))];
    })
    .join('');
}

function thin(values: ArrayLike<number>, width: number): number[] {
  const count = Math.min(width, values.length);
  return Array.from({ length: count }, (_, bin) => {
    const from = Math.floor((bin * values.length) / count);
    const to = Math.max(from + 1, Math.floor(((bin + 1) * values.length) / count));
    let [sum, known] = [0, 0];
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(values[i])) continue;
      sum += values[i];
      known++;
    }
    return known === 0 ? NaN : sum / known;
  });
}
