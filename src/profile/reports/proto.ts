// `proto`: the profile as it is after merging and filtering, as profile.proto (the caller compresses it).
import { encodeProfile } from '../../pprof/encode-proto.ts';
import { Int64Builder } from '../../pprof/columns.ts';
import type { Int64Column, Profile } from '../../pprof/tables.ts';
import { toInt64 } from '../scale.ts';
import type { ReportOptions } from './options.ts';

/** Unlike in other reports, -divide_by changes the values themselves here (truncated). */
export function renderProto(profile: Profile, { ratio }: ReportOptions): Uint8Array {
  if (!(ratio > 0) || ratio === 1) return encodeProfile(profile);
  const { samples } = profile;
  const values = samples.values.map((column) => multiplyColumn(column, ratio));
  return encodeProfile({ ...profile, samples: { ...samples, values } });
}

function multiplyColumn(column: Int64Column, ratio: number): Int64Column {
  const scaled = new Int64Builder(column.length);
  for (const value of column) scaled.push(toInt64(Math.trunc(Number(value) * ratio)));
  return scaled.finish();
}
