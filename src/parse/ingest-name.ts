// Name and times of a push in the way of pyroscope-go: `orders.api{env=prod,pod=orders-1}`.
import { PlimsollError } from '../base/errors.ts';
import type { Millis } from '../base/units.ts';

/** Far beyond what a person or an SDK writes. */
const MAX_NAME_LENGTH = 8 * 1024;

export interface IngestName {
  readonly app: string;
  readonly labels: ReadonlyMap<string, string>;
}

/**
 * Keys may have dots; values are not quoted and end at `,` or at the closing brace.
 *
 *     parseIngestName('orders{pod=orders-1,process.runtime.version=go1.26.8}')
 *
 * @throws PlimsollError PUSH_INVALID
 */
export function parseIngestName(text: string): IngestName {
  if (text.length > MAX_NAME_LENGTH) throw invalid(`is longer than ${MAX_NAME_LENGTH}`, text);
  const open = text.indexOf('{');
  const app = (open === -1 ? text : text.slice(0, open)).trim();
  if (app === '') throw invalid('has no name of an application', text);
  const labels = new Map<string, string>();
  if (open === -1) return { app, labels };
  if (!text.endsWith('}')) throw invalid('has no closing brace', text);
  for (const part of text.slice(open + 1, -1).split(',')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    if (equals < 1) throw invalid('has a label without =', part);
    labels.set(part.slice(0, equals).trim(), unquote(part.slice(equals + 1).trim()));
  }
  return { app, labels };
}

/** Newer agents of other languages quote values. */
function unquote(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** Seconds, milli-, micro- or nanoseconds since the epoch, by the number of digits; null for anything else. */
export function parseIngestTime(text: string | undefined): Millis | null {
  if (text === undefined || !/^\d+$/.test(text)) return null;
  switch (text.length) {
    case 10:
      return Number(text) * 1000;
    case 13:
      return Number(text);
    case 16:
      return Number(text) / 1000;
    case 19:
      return Number(BigInt(text) / 1_000_000n);
    default:
      return null;
  }
}

function invalid(fact: string, value: string): PlimsollError {
  return new PlimsollError('PUSH_INVALID', 'parse', fact, { field: 'name', value });
}
