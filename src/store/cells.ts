// How values stand in statements and results, the same for every table.
import type { Millis } from '../base/units.ts';
import type { TargetKey } from '../model/target.ts';
import { splitTargetKey, wellFormed } from './rows.ts';
import type { TimeRange } from './store.ts';

/** Milliseconds of a DateTime64(3) column, as a number in JSON and a Float64 in RowBinary. */
export function millisOf(column: string): string {
  return `toFloat64(toUnixTimestamp64Milli(${column}))`;
}

/** Condition on the parameters of targetParams. */
export const OF_TARGET = 'service = {service:String} AND instance = {instance:String}';

/** Condition on the parameters of rangeParams; both ends belong to the range. */
export const IN_RANGE =
  'time >= fromUnixTimestamp64Milli({from:Int64}) AND time <= fromUnixTimestamp64Milli({to:Int64})';

/** As DateTime64(3) reads it: ten digits of seconds (fewer would be taken for a calendar date), three decimals. */
export function timeCell(millis: Millis): string {
  return (Math.round(millis) / 1000).toFixed(3).padStart(14, '0');
}

export function targetCells(key: TargetKey): readonly [string, string] {
  const { service, instance } = splitTargetKey(key);
  return [wellFormed(service), wellFormed(instance)];
}

export function targetParams(key: TargetKey): Record<string, unknown> {
  const [service, instance] = targetCells(key);
  return { service, instance };
}

/** An open end may be infinite; what a time column can hold is the widest range there is. */
export function rangeParams(range: TimeRange): Record<string, unknown> {
  const clamp = (millis: Millis) => String(Math.min(Math.max(Math.round(millis), 0), 0xffff_ffff * 1000));
  return { from: clamp(range.fromMillis), to: clamp(range.toMillis) };
}
