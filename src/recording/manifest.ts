// recording.json: what a recording says about itself. docs/recording.md is the public description.
import { PlimsollError } from '../base/errors.ts';
import type { Bytes, Millis } from '../base/units.ts';

export const RECORDING_FORMAT = 'plimsoll-recording';
/** The newest version that this program reads, and the one that it writes. */
export const RECORDING_VERSION = 1;
export const MANIFEST_FILE = 'recording.json';

/** Times are recorded time. Optional fields of the file are null (or empty) here when they are missing. */
export interface RecordingManifest {
  readonly service: string;
  readonly instance: string;
  readonly startedAt: Millis;
  readonly endedAt: Millis;
  /** Virtual seconds per recorded second. */
  readonly timeScale: number;
  readonly goVersion: string | null;
  readonly module: string | null;
  readonly moduleVersion: string | null;
  readonly memoryLimitBytes: Bytes | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Where the recorded page serves several processes: labels of this one. */
  readonly match: Readonly<Record<string, string>>;
  readonly environment: string | null;
}

/** The last instant that a JavaScript Date can hold: beyond it a time is damage, not data. */
const MAX_TIME_MILLIS = 8.64e15;
/** A week in less than a second; more is a typing error. */
const MAX_TIME_SCALE = 1_000_000;
const MAX_LABELS = 100;

/**
 * @param where the file, for errors.
 * @throws PlimsollError RECORDING_TOO_NEW for a later version, else RECORDING_INVALID with file, field and value.
 */
export function parseManifest(text: string, where: string): RecordingManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new PlimsollError('RECORDING_INVALID', 'recording', 'not JSON', { where, value: text }, error);
  }
  if (!isRecord(json)) throw invalid(where, '', json, 'a JSON object expected');
  if (json['format'] !== RECORDING_FORMAT) {
    throw invalid(where, 'format', json['format'], `${JSON.stringify(RECORDING_FORMAT)} expected`);
  }
  checkVersion(json['version'], where);
  const fields = new FieldReader(json, where);
  const startedAt = fields.number('startedAt', 0, MAX_TIME_MILLIS);
  const endedAt = fields.number('endedAt', 0, MAX_TIME_MILLIS);
  if (endedAt < startedAt) throw invalid(where, 'endedAt', endedAt, 'it lies before startedAt');
  const service = fields.name('service');
  if (service.includes('/')) throw invalid(where, 'service', service, 'a name without a slash expected');
  const timeScale = json['timeScale'] === undefined ? 1 : fields.number('timeScale', 0, MAX_TIME_SCALE);
  if (timeScale === 0) throw invalid(where, 'timeScale', timeScale, 'a number above 0 expected');
  return {
    service,
    instance: fields.name('instance'),
    startedAt,
    endedAt,
    timeScale,
    goVersion: fields.textOrNull('goVersion'),
    module: fields.textOrNull('module'),
    moduleVersion: fields.textOrNull('moduleVersion'),
    memoryLimitBytes: fields.limitOrNull('memoryLimitBytes'),
    labels: fields.labels('labels'),
    match: fields.labels('match'),
    environment: fields.textOrNull('environment'),
  };
}

/** The text of recording.json, the opposite of parseManifest. */
export function formatManifest(manifest: RecordingManifest): string {
  const { labels, match, environment, ...rest } = manifest;
  const json = {
    format: RECORDING_FORMAT,
    version: RECORDING_VERSION,
    ...rest,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(match).length === 0 ? {} : { match }),
    ...(environment === null ? {} : { environment }),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

function checkVersion(version: unknown, where: string): void {
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    throw invalid(where, 'version', version, 'a whole number from 1 expected');
  }
  if (version > RECORDING_VERSION) {
    throw new PlimsollError(
      'RECORDING_TOO_NEW',
      'recording',
      `this program reads versions up to ${RECORDING_VERSION}`,
      { where, field: 'version', value: String(version) },
    );
  }
}

class FieldReader {
  readonly #json: Record<string, unknown>;
  readonly #where: string;
  constructor(json: Record<string, unknown>, where: string) {
    this.#json = json;
    this.#where = where;
  }

  number(field: string, low: number, high: number): number {
    const value = this.#json[field];
    if (typeof value === 'number' && Number.isFinite(value) && value >= low && value <= high) return value;
    throw invalid(this.#where, field, value, `a number from ${low} to ${high} expected`);
  }

  name(field: string): string {
    const value = this.#json[field];
    if (typeof value === 'string' && value.trim() !== '') return value;
    throw invalid(this.#where, field, value, 'a name expected');
  }

  textOrNull(field: string): string | null {
    const value = this.#json[field] ?? null;
    if (value === null || typeof value === 'string') return value === '' ? null : value;
    throw invalid(this.#where, field, value, 'text or null expected');
  }

  limitOrNull(field: string): number | null {
    const value = this.#json[field] ?? null;
    if (value === null) return null;
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
    throw invalid(this.#where, field, value, 'a number of bytes above 0, or null, expected');
  }

  labels(field: string): Record<string, string> {
    const value = this.#json[field] ?? {};
    const isMap =
      isRecord(value) &&
      Object.keys(value).length <= MAX_LABELS &&
      Object.values(value).every((label) => typeof label === 'string');
    if (!isMap) throw invalid(this.#where, field, value, `a map of at most ${MAX_LABELS} texts expected`);
    return value as Record<string, string>;
  }
}

function invalid(where: string, field: string, value: unknown, expected: string): PlimsollError {
  return new PlimsollError('RECORDING_INVALID', 'recording', expected, {
    where,
    ...(field === '' ? {} : { field }),
    value: typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'),
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
