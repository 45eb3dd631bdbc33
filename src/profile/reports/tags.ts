// `tags`: values per label key and value. Source: google/pprof internal/report printTags.
import { NO_ROW, type Profile } from '../../pprof/tables.ts';
import { compareText } from '../compare-text.ts';
import { percentage, scaledLabel } from '../measurement.ts';
import { formatValue } from './header.ts';
import type { ReportOptions } from './options.ts';
import { alignColumns } from './tab-columns.ts';

interface TagSum {
  total: bigint;
  readonly byValue: Map<string, bigint>;
}

export function* renderTags(profile: Profile, options: ReportOptions): Generator<string> {
  const sums = sumTags(profile, options);
  const keys = [...sums.keys()].sort(compareText);
  for (const key of keys) {
    const sum = sums.get(key);
    if (sum !== undefined) yield `${renderKey(key, sum, options)}\n`;
  }
}

function sumTags({ samples, labels, strings }: Profile, options: ReportOptions): Map<string, TagSum> {
  const { outputUnit, numLabelUnits } = options;
  const sums = new Map<string, TagSum>();
  const values = samples.values[options.valueColumn];
  for (let sample = 0; sample < samples.length; sample++) {
    const value = BigInt(values[sample]);
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) {
      const key = strings.get(labels.key[row]);
      const shown =
        labels.text[row] === NO_ROW
          ? scaledLabel(labels.number[row], numLabelUnits.get(key) ?? '', outputUnit)
          : strings.get(labels.text[row]);
      let sum = sums.get(key);
      if (sum === undefined) sums.set(key, (sum = { total: 0n, byValue: new Map() }));
      sum.total = BigInt.asIntN(64, sum.total + value);
      sum.byValue.set(shown, BigInt.asIntN(64, (sum.byValue.get(shown) ?? 0n) + value));
    }
  }
  return sums;
}

/** A heading and one line a value, largest |value| first. Tabs in names are tabs. */
function renderKey(key: string, sum: TagSum, options: ReportOptions): string {
  const { total } = options;
  const share = (value: bigint): string => (total > 0n ? ` (${percentage(value, total)})` : '');
  const rows = [...sum.byValue].sort(([a, x], [b, y]) => compareSize(x, y) || compareText(a, b));
  return alignColumns(
    `${key}:\t Total ${formatValue(options, sum.total)} of ${formatValue(options, total)}${share(sum.total)}\n` +
      rows.map(([name, value]) => ` \t${formatValue(options, value)}${share(value)}:\t ${name}\n`).join(''),
  );
}

function compareSize(a: bigint, b: bigint): number {
  const difference = (b < 0n ? -b : b) - (a < 0n ? -a : a);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}
