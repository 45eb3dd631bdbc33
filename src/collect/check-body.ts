// Is what came back what was asked for? Cheap checks of the first bytes, and that a gzip is whole.
import { createGunzip } from 'node:zlib';
import { PlimsollError } from '../base/errors.ts';
import { formatBytes, GIB, type Bytes } from '../base/units.ts';
import { looksLikeHtml } from '../parse/prometheus-text.ts';
import type { HttpAnswer } from './http-get.ts';

/** A profile of a few MiB that inflates to more than this is an attack, not a profile. */
export const PROFILE_MAX_INFLATED_BYTES = GIB;

/** First field of a pprof message (sample_type, length-delimited): what an unpacked profile begins with. */
const FIRST_PROTO_BYTE = 0x0a;
const TEXT_PROFILE = /^(?:[\w./-]+ profile: |--- (?:contention|mutex|[\w./-]+):|goroutine \d+ )/;

const OPEN_METRICS = 'application/openmetrics-text';
const PROTOBUF_METRICS = 'application/vnd.google.protobuf';

/**
 * @throws PlimsollError TARGET_NOT_METRICS for HTML, JSON, protobuf and empty answers; TARGET_TRUNCATED for OpenMetrics
 *   that lacks its last line, `# EOF`.
 */
export function checkMetricsBody(answer: HttpAnswer, where: string): void {
  const head = headOf(answer.bytes);
  const fact =
    foreignFact(answer, head) ??
    (/^\s*\{\s*"(?:[^"\\]|\\.)*"\s*:/.test(head) ? 'JSON' : null) ??
    (answer.contentType === PROTOBUF_METRICS ? 'protobuf' : null);
  if (fact !== null) throw foreign('TARGET_NOT_METRICS', `${fact}, Prometheus text expected`, answer, where);
  if (answer.contentType === OPEN_METRICS && !/(?:^|\n)# EOF\r?\n?$/.test(tailOf(answer.bytes))) {
    const fact = `OpenMetrics without # EOF, after ${answer.bytes.length} bytes`;
    throw new PlimsollError('TARGET_TRUNCATED', 'collect', fact, { where });
  }
}

/** @throws PlimsollError TARGET_NOT_METRICS for anything that does not begin as a JSON object. */
export function checkVarsBody(answer: HttpAnswer, where: string): void {
  const head = headOf(answer.bytes);
  const fact = foreignFact(answer, head) ?? (head.trimStart().startsWith('{') ? null : 'no JSON object');
  if (fact !== null)
    throw foreign('TARGET_NOT_METRICS', `${fact}, the JSON of expvar expected`, answer, where);
}

/** @throws PlimsollError TARGET_NOT_PROFILE. */
export function checkTextProfile(answer: HttpAnswer, where: string): void {
  const head = headOf(answer.bytes);
  const fact = foreignFact(answer, head) ?? (TEXT_PROFILE.test(head) ? null : 'something else');
  if (fact !== null)
    throw foreign('TARGET_NOT_PROFILE', `${fact}, a profile in text form expected`, answer, where);
}

/**
 * A gzip is inflated (and thrown away) to see that it is whole; the bytes stay as they were received.
 *
 * @throws PlimsollError TARGET_NOT_PROFILE, TARGET_TRUNCATED when the gzip ends early, PROFILE_INVALID when it is damaged,
 *   PROFILE_TOO_LARGE.
 */
export async function checkProtoProfile(
  answer: HttpAnswer,
  where: string,
  maxInflatedBytes: Bytes = PROFILE_MAX_INFLATED_BYTES,
): Promise<void> {
  const { bytes } = answer;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    await checkGzip(bytes, where, maxInflatedBytes);
    return;
  }
  const fact =
    foreignFact(answer, headOf(bytes)) ?? (bytes[0] === FIRST_PROTO_BYTE ? null : 'something else');
  if (fact !== null) throw foreign('TARGET_NOT_PROFILE', `${fact}, a pprof profile expected`, answer, where);
}

async function checkGzip(bytes: Uint8Array, where: string, maxInflatedBytes: Bytes): Promise<void> {
  const gunzip = createGunzip();
  gunzip.end(bytes);
  let inflated = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      inflated += chunk.length;
      if (inflated > maxInflatedBytes) {
        throw new PlimsollError(
          'PROFILE_TOO_LARGE',
          'collect',
          `${formatBytes(bytes.length)} inflate to more than ${formatBytes(maxInflatedBytes)}`,
          { where },
        );
      }
    }
  } catch (error) {
    if (error instanceof PlimsollError) throw error;
    const isShort = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
    throw new PlimsollError(
      isShort ? 'TARGET_TRUNCATED' : 'PROFILE_INVALID',
      'collect',
      isShort ? `the gzip ends early, after ${bytes.length} bytes` : 'the gzip is damaged',
      { where },
      error,
    );
  }
}

function headOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, 512));
}

function tailOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(-16));
}

function foreignFact(answer: HttpAnswer, head: string): string | null {
  if (answer.bytes.length === 0) return 'an empty answer';
  return answer.contentType === 'text/html' || looksLikeHtml(head) ? 'HTML' : null;
}

function foreign(
  code: 'TARGET_NOT_METRICS' | 'TARGET_NOT_PROFILE',
  fact: string,
  answer: HttpAnswer,
  where: string,
): PlimsollError {
  const value = answer.reason?.() ?? '';
  return new PlimsollError(code, 'collect', fact, { where, ...(value === '' ? {} : { value }) });
}
