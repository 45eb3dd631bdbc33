// Command-line values to numbers, with one clear line where they are wrong.
import { PlimsollError } from '../base/errors.ts';
import { parseDuration, parseSize } from '../base/quantities.ts';
import { MINUTE_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import { parseListen } from '../config/listen.ts';
import type { Settings } from '../config/settings.ts';
import type { Shard } from '../discover/shard.ts';

function invalid(fact: string, value: string): never {
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact, { value });
}

export function durationArgument(text: string): Millis {
  const millis = parseDuration(text);
  return millis !== null && millis > 0 ? millis : invalid('needs a duration such as 30s, 5m or 1h', text);
}

/** Clocks differ by this much without anybody's noticing. */
const CLOCK_SKEW: Millis = 5 * MINUTE_MILLIS;

/** The end of what is looked at: `2026-11-20T12:00:00Z`, `2026-11-20` (midnight UTC), or Unix seconds; not in the future. */
export function pastTimeArgument(text: string): Millis {
  const isSeconds = /^\d{9,11}(?:\.\d+)?$/.test(text);
  const millis = isSeconds ? Number(text) * 1000 : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isFinite(millis)) return invalid('needs a time such as 2026-11-20T12:00:00Z', text);
  return millis <= Date.now() + CLOCK_SKEW ? millis : invalid('needs a time that is over', text);
}

export function sizeArgument(text: string): Bytes {
  const bytes = parseSize(text);
  return bytes !== null && bytes > 0 ? bytes : invalid('needs a size such as 512MiB', text);
}

export function scaleArgument(text: string): number {
  const scale = Number(text);
  return Number.isFinite(scale) && scale > 0 && scale <= 100_000
    ? scale
    : invalid('needs a time scale above zero, such as 60', text);
}

/** More watchers than this share no fleet. */
const MAX_SHARDS = 10_000;

/** `2/3`: the second of three. */
export function shardArgument(text: string): Shard {
  const [, number, count] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (number === undefined || count === undefined || number < 1 || number > count || count > MAX_SHARDS)
    return invalid('needs a shard such as 1/3', text);
  return { index: number - 1, count };
}

export function wholeNumberArgument(text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : invalid('needs a whole number above zero', text);
}

export function listenArgument(text: string): Settings['listen'] {
  return parseListen(text) ?? invalid('needs host:port or a port', text);
}

/** `name=value` or `name="value"`, as labels are written in Prometheus, to a map. */
export function labelArguments(texts: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const text of texts) {
    const match = /^([A-Za-z_][\w.]*)=(?:"(.*)"|(.*))$/.exec(text);
    if (!match?.[1]) invalid('needs name=value', text);
    labels[match[1]] = match[2] ?? match[3] ?? '';
  }
  return labels;
}

/** `Name: value` lines to a header map. */
export function headerArguments(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line);
    if (!match?.[1]) invalid('needs "Name: value"', line.split(':')[0] ?? '');
    headers[match[1]] = match[2] ?? '';
  }
  return headers;
}
