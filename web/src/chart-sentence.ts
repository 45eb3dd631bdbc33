import { formatBytes } from '../../src/base/units.ts';
import type { Series } from '../../src/model/status.ts';
import { growingFits } from './chart-data.ts';
import { formatRate } from './words.ts';

/** What the waterline chart shows, in one sentence: its text alternative and its caption. */
export function memorySentence(series: Series, sinceLabel: string): string {
  const memory = (series.values['rssBytes'] ?? []).filter((v) => v !== null);
  const [first, last] = [memory[0], memory.at(-1)];
  if (first === undefined || last === undefined) return 'No memory of the process is known in this range.';
  const limit = series.limitBytes === null ? '; no limit is known' : ` of ${formatBytes(series.limitBytes)}`;
  if (memory.length === 1)
    return `One sample so far: memory is ${formatBytes(last)}${limit}. A line takes two.`;
  const fits = growingFits(series).map(
    (fit) => `${fit.lane} ${formatRate(fit.growth?.perHour ?? 0, fit.unit)}`,
  );
  const fitted = fits.length ? ` Fitted growth: ${fits.join(', ')}.` : '';
  return `Memory went from ${formatBytes(first)} to ${formatBytes(last)}${limit} since ${sinceLabel}.${fitted}`;
}
