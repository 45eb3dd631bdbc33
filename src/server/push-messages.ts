// What pyroscope-go, Alloy and their like send, as messages for the intake.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { describeError, PlimsollError } from '../base/errors.ts';
import { formatBytes, MIB, type Bytes } from '../base/units.ts';
import { parseIngestName, parseIngestTime } from '../parse/ingest-name.ts';
import { decodeReceivedProfile } from '../pipeline/decode-bytes.ts';
import type { PushMessage } from '../pipeline/push-intake.ts';
import { kindOfSampleTypes, kindOfSeries } from '../pipeline/push-target.ts';
import {
  decodePushMessage,
  MAX_PUSHED_LABELS,
  readPushJson,
  type PushedSeries,
} from '../pprof/push-message.ts';

/** A message that is compressed as a whole unpacks to no more than this. */
const UNPACKED_LIMIT: Bytes = 64 * MIB;
/** The file that says what the numbers of a profile mean has some hundred bytes. */
const CONFIG_LIMIT: Bytes = 64 * 1024;

const unzip = promisify(gunzip);

/** @throws PlimsollError PUSH_INVALID */
export async function unpack(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip') throw invalid(`cannot be unpacked`, 'Content-Encoding', encoding);
  try {
    return await unzip(body, { maxOutputLength: UNPACKED_LIMIT });
  } catch (error) {
    throw invalid(`is damaged, or more than ${formatBytes(UNPACKED_LIMIT)}`, 'body', describeError(error));
  }
}

/**
 * `/ingest`: multipart with `profile` and `sample_type_config`, or the profile alone.
 *
 * @returns null for a kind of profile that nothing is known about here.
 * @throws PlimsollError PUSH_INVALID, PROFILE_INVALID, PROFILE_TOO_LARGE
 */
export async function readIngest(
  query: Readonly<Record<string, string>>,
  contentType: string,
  body: Buffer,
): Promise<PushMessage | null> {
  const { app, labels } = parseIngestName(query['name'] ?? '');
  if (labels.size > MAX_PUSHED_LABELS) throw invalid(`more than ${MAX_PUSHED_LABELS} labels`, 'name');
  const format = query['format'] ?? 'pprof';
  const isForm = /^multipart\/form-data\b/i.test(contentType);
  if (format !== 'pprof') throw invalid('only pprof is read', 'format', format);
  const { bytes, config } = isForm ? await readForm(contentType, body) : { bytes: body, config: null };
  const profile = kindOfSampleTypes(config?.names ?? sampleTypes(bytes));
  if (profile === null) return null;
  return {
    labels,
    app,
    profile,
    bytes,
    // Whoever describes its sample types subtracts what was sent before, unless it says that it does not.
    allocations: config === null || config.isCumulative ? 'since-start' : 'since-last',
    fromMillis: parseIngestTime(query['from']),
    untilMillis: parseIngestTime(query['until']),
  };
}

async function readForm(
  contentType: string,
  body: Buffer,
): Promise<{ bytes: Uint8Array; config: SampleTypeConfig | null }> {
  let form: FormData;
  try {
    form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  } catch (error) {
    throw invalid('is no multipart form', 'body', describeError(error));
  }
  if (form.has('prev_profile'))
    throw invalid('clients that send two profiles at once are too old', 'prev_profile');
  const profile = form.get('profile');
  if (!(profile instanceof File)) throw invalid('is missing', 'profile');
  const file = form.get('sample_type_config');
  if (file === null) return { bytes: new Uint8Array(await profile.arrayBuffer()), config: null };
  const text = typeof file === 'string' ? file : file.size > CONFIG_LIMIT ? '' : await file.text();
  return { bytes: new Uint8Array(await profile.arrayBuffer()), config: readConfig(text) };
}

interface SampleTypeConfig {
  /** Keys and display names. */
  readonly names: readonly string[];
  readonly isCumulative: boolean;
}

function readConfig(text: string): SampleTypeConfig {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw invalid('is no JSON', 'sample_type_config', describeError(error));
  }
  if (typeof config !== 'object' || config === null) throw invalid('is no object', 'sample_type_config');
  const entries = Object.entries(config as Record<string, unknown>);
  const settings = entries.map(([name, value]) => ({
    name,
    ...(typeof value === 'object'
      ? (value as { 'display-name'?: unknown; cumulative?: unknown } | null)
      : null),
  }));
  return {
    names: settings.flatMap((one) => [one.name, textOf(one['display-name'])]),
    isCumulative: settings.some((one) => one.cumulative === true),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** @throws PlimsollError PROFILE_INVALID, PROFILE_TOO_LARGE */
function sampleTypes(bytes: Uint8Array): readonly string[] {
  const decoded = decodeReceivedProfile(bytes);
  if (decoded.form === 'goroutine-dump') return [];
  const { strings, sampleTypes: types } = decoded.profile;
  return Array.from(types.type, (row) => strings.get(row));
}

/**
 * `/push.v1.PusherService/Push`, protobuf or JSON. Series of kinds that nothing is known about here are left out.
 *
 * @throws PlimsollError PUSH_INVALID
 */
export function readPush(contentType: string, body: Buffer): PushMessage[] {
  return readSeries(contentType, body).flatMap(({ labels, profiles }) => {
    const profile = kindOfSeries(labels.get('__name__'));
    if (profile === null) return [];
    return profiles.map((bytes) => ({
      labels,
      app: null,
      profile,
      bytes,
      // "false" says that the server need not subtract any more.
      allocations: labels.get('__delta__') === 'false' ? ('since-last' as const) : ('since-start' as const),
      fromMillis: null,
      untilMillis: null,
    }));
  });
}

function readSeries(contentType: string, body: Buffer): PushedSeries[] {
  if (/^application\/proto\b/i.test(contentType)) return decodePushMessage(body);
  if (!/^application\/json\b/i.test(contentType)) {
    throw invalid('is neither application/proto nor application/json', 'Content-Type', contentType);
  }
  let message: unknown;
  try {
    message = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw invalid('is no JSON', 'body', describeError(error));
  }
  return readPushJson(message, (text) =>
    /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : null,
  );
}

function invalid(fact: string, field: string, value?: string): PlimsollError {
  return new PlimsollError('PUSH_INVALID', 'server', fact, {
    field,
    ...(value === undefined ? {} : { value }),
  });
}
