// Multiplying sample values. Source: google/pprof profile.ScaleN and Normalize.
import { PlimsollError } from '../base/errors.ts';
import { Int64Builder } from '../pprof/columns.ts';
import type { Int64Column, Profile } from '../pprof/tables.ts';
import { filterSamples } from './filter.ts';

/**
 * Multiplies each column by its ratio, rounding halves away from zero, in double precision as pprof does: values beyond
 * 2^53 lose their last digits. Samples go that have no value but 0 in the columns whose ratio is not 1.
 */
export function scaleSamples(profile: Profile, ratios: readonly number[]): Profile {
  if (ratios.every((ratio) => ratio === 1)) return profile;
  const { samples } = profile;
  const values = samples.values.map((column, type) => scaleColumn(column, ratios[type]));
  const scaled = values.filter((_, type) => ratios[type] !== 1);
  return filterSamples({ ...profile, samples: { ...samples, values } }, (sample) =>
    scaled.some((column) => column[sample] !== 0 && column[sample] !== 0n),
  );
}

/** All values with the other sign, as a base is taken away. Samples without a value stay: a merge leaves them out. */
export function negateSamples(profile: Profile): Profile {
  const values = profile.samples.values.map((column) => scaleColumn(column, -1));
  return { ...profile, samples: { ...profile.samples, values } };
}

function scaleColumn(column: Int64Column, ratio: number): Int64Column {
  if (ratio === 1) return column;
  if (ratio === -1 && column instanceof Float64Array) return negated(column);
  const scaled = new Int64Builder(column.length);
  for (const value of column) {
    const product = Number(value) * ratio;
    scaled.push(toInt64(Math.sign(product) * Math.round(Math.abs(product))));
  }
  return scaled.finish();
}

/** What a base is multiplied by; nothing is rounded then. */
function negated(column: Float64Array): Float64Array {
  const negative = column.slice();
  negate(negative);
  return negative;
}

function negate(cells: Float64Array): void {
  // 0 - x rather than -x: no negative zero.
  for (let row = 0; row < cells.length; row++) cells[row] = 0 - cells[row];
}

/** Like Go's int64(float64): truncated; beyond the range, and for NaN, the smallest int64. */
export function toInt64(value: number): number | bigint {
  if (Number.isSafeInteger(value)) return value + 0;
  if (!(Math.abs(value) < 2 ** 63)) return -(2n ** 63n);
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? whole + 0 : BigInt(whole);
}

/** Scales each sample type so that its sum is that of the base; types whose sum is 0 become 0. */
export function normalizeTo(profile: Profile, base: Profile): Profile {
  checkSameTypes(profile, base);
  const ratios = profile.samples.values.map((column, type) => {
    const sum = sumOf(column);
    return sum === 0n ? 0 : Number(sumOf(base.samples.values[type])) / Number(sum);
  });
  return scaleSamples(profile, ratios);
}

function checkSameTypes(profile: Profile, base: Profile): void {
  const [ours, theirs] = [typesOf(profile), typesOf(base)];
  if (ours === theirs) return;
  const fact = `the types differ, ${ours} here and ${theirs} in the base`;
  throw new PlimsollError('PROFILES_DIFFER', 'profile', fact, { field: 'profile.sample_type' });
}

function typesOf({ header, sampleTypes, strings }: Profile): string {
  const names = Array.from(
    sampleTypes.type,
    (row, i) => `${strings.get(row)}/${strings.get(sampleTypes.unit[i])}`,
  );
  return `${names.join(' ')} (period ${strings.get(header.periodType)}/${strings.get(header.periodUnit)})`;
}

/** int64 arithmetic, which wraps. */
function sumOf(column: Int64Column): bigint {
  let sum = 0n;
  let part = 0;
  for (const value of column) {
    if (typeof value === 'number' && Number.isSafeInteger(part + value)) part += value;
    else {
      sum += BigInt(part) + BigInt(value);
      part = 0;
    }
  }
  return BigInt.asIntN(64, sum + BigInt(part));
}
