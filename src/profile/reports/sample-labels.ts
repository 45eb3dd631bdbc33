// Labels of one sample by key, for printing.
import { NO_ROW, type Profile } from '../../pprof/tables.ts';

export interface NumericLabel {
  readonly value: number | bigint;
  /** Null = none given. */
  readonly unit: string | null;
}

/** Values keep the order of the input under each key. */
export interface SampleLabels {
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly numbers: ReadonlyMap<string, readonly NumericLabel[]>;
}

export function labelsByKey({ samples, labels, strings }: Profile, sample: number): SampleLabels {
  const texts = new Map<string, string[]>();
  const numbers = new Map<string, NumericLabel[]>();
  for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) {
    const key = strings.get(labels.key[row]);
    if (labels.text[row] !== NO_ROW) push(texts, key, strings.get(labels.text[row]));
    else {
      const unit = labels.unit[row] === 0 ? null : strings.get(labels.unit[row]);
      push(numbers, key, { value: labels.number[row], unit });
    }
  }
  return { texts, numbers };
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
