import { PlimsollError } from '../base/errors.ts';
import { decodeText, ReadingBuilder, type GaugeExtract } from './gauge-extract.ts';
import { MEMSTATS_FIELDS } from './memstats-fields.ts';
import { looksLikeHtml } from './prometheus-text.ts';

/** Names under which services publish a goroutine count themselves; expvar has none of its own. */
const GOROUTINE_KEYS = ['goroutines', 'numGoroutine', 'NumGoroutine', 'num_goroutine', 'runtime.goroutines'];

/** Names of a plain request counter (`expvar.NewInt("requests")`), best first. One is used. */
const REQUEST_KEYS = [
  'http_requests_total',
  'requests_total',
  'http_requests',
  'requests',
  'total_requests',
  'request_count',
];

/**
 * Gauges of a `/debug/vars` body (package expvar): every field of `memstats` that has a gauge, and a goroutine and
 * request count where the service publishes one under a usual name.
 *
 * @param where URL or file, for errors.
 * @throws PlimsollError TARGET_NOT_METRICS when the body is empty or HTML; METRICS_INVALID when it is no JSON object (cut
 *   short, too) or has no object `memstats`.
 */
export function gaugesFromVars(body: Uint8Array | string, where?: string): GaugeExtract {
  const text = typeof body === 'string' ? body : decodeText(body);
  const vars = parseObject(text, where);
  const memstats = vars['memstats'];
  if (!isRecord(memstats)) {
    throw new PlimsollError('METRICS_INVALID', 'parse', 'no object "memstats" in /debug/vars', {
      ...(where === undefined ? {} : { where }),
      field: 'memstats',
      value: JSON.stringify(memstats) ?? 'nothing',
    });
  }
  const builder = new ReadingBuilder();
  for (const [field, { gauge, factor }] of MEMSTATS_FIELDS) {
    builder.putUnknown(gauge, memstats[field], factor, `memstats.${field}`);
  }
  const goroutines = GOROUTINE_KEYS.find((key) => typeof vars[key] === 'number');
  if (goroutines !== undefined) builder.putUnknown('goroutines', vars[goroutines], 1, goroutines);
  const requests = REQUEST_KEYS.find((key) => typeof vars[key] === 'number') ?? null;
  if (requests !== null) builder.putUnknown('requestsTotal', vars[requests], 1, requests);
  return builder.finish({ requestsFamily: requests });
}

function parseObject(text: string, where: string | undefined): Record<string, unknown> {
  const place = { ...(where === undefined ? {} : { where }), value: text.slice(0, 80).trim() };
  if (text.trim() === '' || looksLikeHtml(text)) {
    const what = text.trim() === '' ? 'an empty body' : 'HTML';
    throw new PlimsollError('TARGET_NOT_METRICS', 'parse', `${what}, not the JSON of /debug/vars`, place);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PlimsollError('METRICS_INVALID', 'parse', 'not the JSON of /debug/vars', place, error);
  }
  if (!isRecord(value)) {
    throw new PlimsollError('METRICS_INVALID', 'parse', '/debug/vars is no JSON object', place);
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
