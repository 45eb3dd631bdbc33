// The kinds of settings: JSON Schema that editors understand, with a keyword that tells how the text is read.
import { Type, type TSchema } from 'typebox';
import type { Bytes, Millis } from '../base/units.ts';

/**
 * How a scalar is read. `text` may be told in errors; of a `secret` nothing is told, of a `url` not its credentials.
 * `days` is a duration of whole days. In `verbatim` text nothing is a reference, and it may be empty.
 */
export type ScalarKind =
  | 'text'
  | 'secret'
  | 'url'
  | 'duration'
  | 'days'
  | 'size'
  | 'listen'
  | 'choice'
  | 'process'
  | 'count'
  | 'service'
  | 'verbatim';

interface Words {
  readonly description: string;
  /** As it would be written in the file. */
  readonly default?: string;
  /** What happens without it, where that is no value. */
  readonly without?: string;
  readonly examples?: readonly string[];
  /** Environment variable that wins over the file. */
  readonly env?: string;
}

/** A value that is a reference is checked once it is resolved: no pattern may refuse it before. */
const REFERENCE = String.raw`^file:|\$\{`;
const DURATION = String.raw`^(\d+(\.\d+)?(ms|min|[smhdw]))+$`;
const DAYS = String.raw`^\d+[dw]$`;
/** `host:port`, `:port`, `[::1]:port` or a port; up to 65535, leading zeros or not. */
const PORT = String.raw`(0?\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])`;
const LISTEN = String.raw`^\s*((\[[^\]]+\]|[^:[\]]*):)?${PORT}\s*$`;
const SIZE = String.raw`^\d+(\.\d+)?\s*([kKmMgGtT]?[iI]?[bB]?)$`;

function scalar<T>(kind: ScalarKind, type: object, { without, env, ...words }: Words) {
  return Type.Unsafe<T>({
    ...type,
    'x-kind': kind,
    ...(without === undefined ? {} : { 'x-without': without }),
    ...(env === undefined ? {} : { 'x-env': env }),
    ...words,
  });
}

const string = (pattern?: string) =>
  pattern === undefined ? { type: 'string' } : { type: 'string', pattern: `${pattern}|${REFERENCE}` };

export const text = (words: Words) => scalar<string>('text', string(), words);
export const secret = (words: Words) => scalar<string>('secret', string(), words);
export const url = (words: Words) => scalar<string>('url', string(), words);
export const serviceName = (words: Words) => scalar<string>('service', string('^[^/]+$'), words);
export const duration = (words: Words) => scalar<Millis>('duration', string(DURATION), words);
export const days = (words: Words) => scalar<Millis>('days', string(DAYS), words);
export const listen = (words: Words) =>
  scalar<{ readonly host: string; readonly port: number }>(
    'listen',
    { anyOf: [string(LISTEN), { type: 'integer', minimum: 0, maximum: 65_535 }] },
    words,
  );
export const size = (words: Words) =>
  scalar<Bytes>('size', { anyOf: [string(SIZE), { type: 'integer', minimum: 1 }] }, words);
export const processId = (words: Words) => scalar<number>('process', { type: 'integer', minimum: 1 }, words);
export const count = (words: Words) => scalar<number>('count', { type: 'integer', minimum: 1 }, words);
export const verbatim = (words: Words) =>
  scalar<string>('verbatim', { type: ['string', 'number', 'boolean'] }, words);
export const choice = <const T extends string>(of: readonly T[], words: Words) =>
  scalar<T>('choice', { type: 'string', enum: of }, words);

/** A group of settings: nothing else may stand in it. */
export function group<T extends Record<string, TSchema>>(properties: T, description: string) {
  return Type.Object(properties, { additionalProperties: false, description });
}

/** Names of one's own choice, each with a value of one kind. */
export function mapOf<T extends TSchema>(value: T, description: string) {
  return Type.Unsafe<Readonly<Record<string, Type.Static<T>>>>({
    type: 'object',
    additionalProperties: value,
    description,
  });
}

export function listOf<T extends TSchema>(value: T, description: string) {
  return Type.Unsafe<readonly Type.Static<T>[]>({ type: 'array', items: value, description });
}

/** A setting as the reader and the generators look at it: plain JSON Schema, loosened. */
export interface SettingSchema {
  readonly type?: string | readonly string[];
  readonly 'x-kind'?: ScalarKind;
  readonly 'x-without'?: string;
  readonly 'x-env'?: string;
  readonly description?: string;
  readonly default?: string;
  readonly enum?: readonly string[];
  readonly examples?: readonly string[];
  readonly required?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly additionalProperties?: boolean | SettingSchema;
  readonly items?: SettingSchema;
  /** A value that may be written in short: the first is the text, the second the map. */
  readonly anyOf?: readonly SettingSchema[];
}
