// push.v1.PushRequest, as agents send profiles to Pyroscope: series with labels and raw profiles.
import { PlimsollError } from '../base/errors.ts';
import { decodeUtf8 } from '../base/utf8.ts';
import { WIRE_BYTES, WireReader } from './wire-reader.ts';

/** One agent of one machine sends some ten kinds for each of its processes at once. */
export const MAX_PUSHED_SERIES = 512;
/** Labels of one series, of Kubernetes too; more are no labels of a process. */
export const MAX_PUSHED_LABELS = 64;
/** Profiles of one series in one message; agents send one. */
const MAX_PROFILES_EACH = 16;

export interface PushedSeries {
  readonly labels: ReadonlyMap<string, string>;
  /** As sent: gzip or plain. Views of the message. */
  readonly profiles: readonly Uint8Array[];
}

const tagOf = (field: number): number => field * 8 + WIRE_BYTES;

/**
 * Protobuf: `PushRequest{ series = 1 }`, `RawProfileSeries{ labels = 1, samples = 2 }`, `LabelPair{ name = 1, value = 2 }`,
 * `RawSample{ raw_profile = 1 }`; other fields are left out.
 *
 * @throws PlimsollError PUSH_INVALID
 */
export function decodePushMessage(bytes: Uint8Array): PushedSeries[] {
  const reader = new WireReader(bytes);
  const series: PushedSeries[] = [];
  try {
    eachField(reader, 'PushRequest', (tag) => {
      if (tag !== tagOf(1)) return false;
      series.push(inside(reader, 'PushRequest.series', () => readSeries(reader)));
      if (series.length > MAX_PUSHED_SERIES) throw tooMany('series', MAX_PUSHED_SERIES);
      return true;
    });
  } catch (error) {
    if (!(error instanceof PlimsollError) || error.code !== 'PROFILE_INVALID') throw error;
    throw new PlimsollError('PUSH_INVALID', 'pprof', error.fact, error.place);
  }
  return series;
}

function readSeries(reader: WireReader): PushedSeries {
  const labels = new Map<string, string>();
  const profiles: Uint8Array[] = [];
  eachField(reader, 'RawProfileSeries', (tag) => {
    if (tag === tagOf(1)) inside(reader, 'RawProfileSeries.labels', () => readLabel(reader, labels));
    else if (tag === tagOf(2)) inside(reader, 'RawProfileSeries.samples', () => readSample(reader, profiles));
    else return false;
    if (labels.size > MAX_PUSHED_LABELS) throw tooMany('labels', MAX_PUSHED_LABELS);
    if (profiles.length > MAX_PROFILES_EACH) throw tooMany('profiles of one series', MAX_PROFILES_EACH);
    return true;
  });
  return { labels, profiles };
}

function readLabel(reader: WireReader, labels: Map<string, string>): void {
  let name = '';
  let value = '';
  eachField(reader, 'LabelPair', (tag) => {
    if (tag === tagOf(1)) name = readText(reader, 'LabelPair.name');
    else if (tag === tagOf(2)) value = readText(reader, 'LabelPair.value');
    else return false;
    return true;
  });
  labels.set(name, value);
}

function readSample(reader: WireReader, profiles: Uint8Array[]): void {
  eachField(reader, 'RawSample', (tag) => {
    if (tag !== tagOf(1)) return false;
    const length = reader.length('RawSample.raw_profile');
    profiles.push(reader.bytes.subarray(reader.pos, reader.pos + length));
    reader.pos += length;
    return true;
  });
}

function readText(reader: WireReader, field: string): string {
  const length = reader.length(field);
  const text = decodeUtf8(reader.bytes, reader.pos, reader.pos + length);
  reader.pos += length;
  return text;
}

/** `take` reads the field and says so, or leaves it to be skipped. */
function eachField(reader: WireReader, message: string, take: (tag: number) => boolean): void {
  while (!reader.isAtEnd) {
    const tag = reader.tag(message);
    if (!take(tag)) reader.skip(tag, message, []);
  }
}

function inside<T>(reader: WireReader, field: string, read: () => T): T {
  const outer = reader.enter(field);
  const value = read();
  reader.limit = outer;
  return value;
}

/**
 * The same as protobuf JSON: `{"series":[{"labels":[{"name":"..","value":".."}],"samples":[{"rawProfile":"<base64>"}]}]}`.
 *
 * @param decodeBase64 null for what is no base64.
 * @throws PlimsollError PUSH_INVALID
 */
export function readPushJson(
  message: unknown,
  decodeBase64: (text: string) => Uint8Array | null,
): PushedSeries[] {
  const all = listOf(field(message, 'series'), 'series', MAX_PUSHED_SERIES);
  return all.map((one, at) => {
    const where = `series[${at}]`;
    const labels = listOf(field(one, 'labels'), `${where}.labels`, MAX_PUSHED_LABELS).map(
      (pair): [string, string] => [
        textOf(field(pair, 'name'), `${where}.labels.name`),
        textOf(field(pair, 'value'), `${where}.labels.value`),
      ],
    );
    const profiles = listOf(field(one, 'samples'), `${where}.samples`, MAX_PROFILES_EACH).map((sample) => {
      const place = `${where}.samples.rawProfile`;
      const bytes = decodeBase64(textOf(field(sample, 'rawProfile') ?? field(sample, 'raw_profile'), place));
      if (bytes === null) throw invalid('is no base64', place);
      return bytes;
    });
    return { labels: new Map(labels), profiles };
  });
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function listOf(value: unknown, name: string, bound: number): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid('is no list', name);
  if (value.length > bound) throw tooMany(name, bound);
  return value;
}

function textOf(value: unknown, name: string): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') throw invalid('is no text', name);
  return value;
}

function tooMany(what: string, bound: number): PlimsollError {
  return invalid(`more than ${bound}`, what);
}

function invalid(fact: string, name: string): PlimsollError {
  return new PlimsollError('PUSH_INVALID', 'pprof', fact, { field: name });
}
