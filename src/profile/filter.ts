// Leaving samples out. The other tables stay as they are: rows that nothing points to any more cost nothing.
import type { Profile, SampleIndex } from '../pprof/tables.ts';

/** The samples for which `isKept` holds; all other tables are shared with the input. */
export function filterSamples(profile: Profile, isKept: (sample: SampleIndex) => boolean): Profile {
  const { samples, labels } = profile;
  let first = 0;
  while (first < samples.length && isKept(first as SampleIndex)) first++;
  if (first === samples.length) return profile;
  const rows = new Int32Array(samples.length - 1);
  for (let sample = 0; sample < first; sample++) rows[sample] = sample;
  let count = first;
  for (let sample = first + 1; sample < samples.length; sample++)
    if (isKept(sample as SampleIndex)) rows[count++] = sample;
  const kept = rows.subarray(0, count);
  const labelStart = new Int32Array(count + 1);
  for (let row = 0; row < count; row++)
    labelStart[row + 1] = labelStart[row] + samples.labelStart[kept[row] + 1] - samples.labelStart[kept[row]];
  const labelRows = new Int32Array(labelStart[count]);
  for (let row = 0, at = 0; row < count; row++)
    for (let from = samples.labelStart[kept[row]]; at < labelStart[row + 1]; from++) labelRows[at++] = from;
  const pick = <Column extends Int32Array | Float64Array | BigInt64Array>(
    column: Column,
    rows: Int32Array,
  ): Column => {
    const picked = column.slice(0, rows.length);
    for (let row = 0; row < rows.length; row++) picked[row] = column[rows[row]];
    return picked as Column;
  };
  return {
    ...profile,
    samples: {
      length: kept.length,
      stack: pick(samples.stack, kept),
      values: samples.values.map((column) => pick(column, kept)),
      labelStart,
    },
    labels: {
      length: labelRows.length,
      key: pick(labels.key, labelRows),
      text: pick(labels.text, labelRows),
      number: pick(labels.number, labelRows),
      unit: pick(labels.unit, labelRows),
    },
  };
}

/** The samples with at least one frame whose function name passes. `isMatch` is asked once per function row. */
export function focusSamples(profile: Profile, isMatch: (functionName: string) => boolean): Profile {
  const isHit = stacksWithFunction(profile, isMatch);
  return filterSamples(profile, (sample) => isHit[profile.samples.stack[sample]] === 1);
}

/** The samples with no frame whose function name passes. */
export function ignoreSamples(profile: Profile, isMatch: (functionName: string) => boolean): Profile {
  const isHit = stacksWithFunction(profile, isMatch);
  return filterSamples(profile, (sample) => isHit[profile.samples.stack[sample]] === 0);
}

/** Per stack row: 1 where any frame, inlined ones too, has a function whose name passes. */
function stacksWithFunction(profile: Profile, isMatch: (functionName: string) => boolean): Uint8Array {
  const { functions, lines, locations, stacks, strings } = profile;
  const isFunction = Uint8Array.from(functions.name, (row) => (isMatch(strings.get(row)) ? 1 : 0));
  const isLocation = new Uint8Array(locations.length);
  for (let location = 0; location < locations.length; location++)
    for (let line = locations.lineStart[location]; line < locations.lineStart[location + 1]; line++)
      isLocation[location] |= isFunction[lines.function[line]];
  const isStack = new Uint8Array(stacks.length);
  for (let stack = 0; stack < stacks.length; stack++)
    for (let at = stacks.locationStart[stack]; at < stacks.locationStart[stack + 1]; at++)
      isStack[stack] |= isLocation[stacks.location[at]];
  return isStack;
}
