import { PlimsollError } from '../base/errors.ts';
import { decodeText, ReadingBuilder, type GaugeExtract } from './gauge-extract.ts';
import { MEMSTATS_FIELDS } from './memstats-fields.ts';
import { looksLikeHtml } from './prometheus-text.ts';

const TRAILER = '# runtime.MemStats\n';

/** Lines that hold two fields, `in use / from the system`. */
const PAIRED_FIELDS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['Stack', ['StackInuse', 'StackSys']],
  ['MSpan', ['MSpanInuse', 'MSpanSys']],
  ['MCache', ['MCacheInuse', 'MCacheSys']],
] as const);

/**
 * Gauges of the comment lines that `/debug/pprof/heap?debug=1` ends with: the whole of runtime.MemStats, so that a
 * service with nothing but net/http/pprof still has gauges. `PauseTotalNs` is not among them, and `MaxRSS` is the peak,
 * not the present, so neither gauge is known from here.
 *
 * @param body the whole profile, or its end.
 * @param where URL or file, for errors.
 * @throws PlimsollError TARGET_NOT_METRICS when the body is empty or HTML; METRICS_INVALID without a trailer.
 */
export function gaugesFromMemstatsTrailer(body: Uint8Array | string, where?: string): GaugeExtract {
  const text = (typeof body === 'string' ? body : decodeText(body)).replaceAll('\r\n', '\n');
  const start = text.lastIndexOf(TRAILER);
  if (start === -1) {
    const isForeign = text.trim() === '' || looksLikeHtml(text);
    throw new PlimsollError(
      isForeign ? 'TARGET_NOT_METRICS' : 'METRICS_INVALID',
      'parse',
      'no "# runtime.MemStats" at the end: not a heap profile with debug=1',
      { ...(where === undefined ? {} : { where }), value: text.slice(0, 80).trim() },
    );
  }
  const builder = new ReadingBuilder();
  const lines = text.slice(start + TRAILER.length).split('\n');
  const rest = lines.pop() ?? '';
  if (rest !== '') builder.warn('the last line has no line feed: it may be cut short');
  for (const line of lines) {
    const match = /^# (\w+) = (\S+)(?: \/ (\S+))?$/.exec(line);
    if (match) readField(builder, match[1] ?? '', match[2] ?? '', match[3]);
  }
  return builder.finish();
}

function readField(builder: ReadingBuilder, name: string, first: string, second: string | undefined): void {
  const pair = PAIRED_FIELDS.get(name);
  if (pair && second !== undefined) {
    putField(builder, pair[0], first);
    putField(builder, pair[1], second);
  } else if (second === undefined) {
    putField(builder, name, first);
  }
}

function putField(builder: ReadingBuilder, field: string, text: string): void {
  const known = MEMSTATS_FIELDS.get(field);
  if (!known) return;
  // All are whole but GCCPUFraction, which Go prints as 0.0966 or 1.2e-05.
  const pattern = field === 'GCCPUFraction' ? /^\d+(?:\.\d+)?(?:e-\d+)?$/ : /^\d+$/;
  if (pattern.test(text)) builder.put(known.gauge, Number(text) * known.factor, field);
  else builder.warn(`${field} is no number but ${JSON.stringify(text.slice(0, 40))}: left out`);
}
