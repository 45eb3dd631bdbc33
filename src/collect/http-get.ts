// One request, with every way in which a target can misbehave turned into a PlimsollError.
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { PlimsollError } from '../base/errors.ts';
import { hideSecrets, secretsOfUrl } from '../base/secrets.ts';
import { formatBytes, KIB, MIB, SECOND_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { Access } from '../model/target.ts';
import { authorizationHeader, closeIdle, TlsAgents } from './access.ts';
import { readableReason, shownUrl, textWithoutSecrets } from './readable-failure.ts';

/** A scrape that takes longer than most scrape intervals is of no use. */
export const GAUGES_TIMEOUT_MILLIS = 10 * SECOND_MILLIS;
/** A goroutine profile of half a million goroutines takes a second; a slow link gets the rest. */
export const PROFILE_TIMEOUT_MILLIS = 30 * SECOND_MILLIS;
/** The largest real exporters (kube-state-metrics) serve some 20 MiB. */
export const GAUGES_MAX_BYTES = 32 * MIB;
/** `goroutine?debug=2` ends at 64 MiB by itself; a gzip heap profile of 100,000 stacks is about 5 MiB. */
export const PROFILE_MAX_BYTES = 128 * MIB;

/** One scrape, one profile, and room for a probe: a target is never asked more at once. */
const MAX_SOCKETS_PER_TARGET = 4;
/** Idle connections kept between rounds; beyond it targets are asked over new ones. */
const MAX_FREE_SOCKETS = 256;
const MAX_REDIRECTS = 3;
/** Enough of an error page for its first line, and of an API's error for the query that it repeats. */
const MAX_ERROR_BODY_BYTES = 64 * KIB;
/** Of an answer that is not what was asked for. */
const MAX_REASON_BYTES = 4 * KIB;

export interface GetOptions {
  /** Sent as they are; never part of an error. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly accept?: string;
  /** Certificates and credentials. An Authorization among `headers` wins over it, it wins over one in the URL. */
  readonly access?: Access | undefined;
  /** Whatever certificate the server shows is taken: only where a person has asked for it in so many words. */
  readonly isUnverified?: boolean;
  /** For the whole exchange, redirects included. */
  readonly timeoutMillis: Millis;
  /** Of the body, after decoding a Content-Encoding. */
  readonly maxBytes: Bytes;
  readonly signal?: AbortSignal;
  /** Fields of a form: the request is a POST then. */
  readonly form?: URLSearchParams;
  /** Gets the body as it comes; the answer has no bytes then. What it throws ends the request. */
  readonly onChunk?: (chunk: Uint8Array) => void;
  /** A better error for an answer of this status and (shortened) body without secrets, null for the usual one. */
  readonly describeStatus?: (status: number, body: string) => PlimsollError | null;
}

export interface HttpAnswer {
  readonly bytes: Uint8Array;
  /** Lower case, without parameters; '' when not said. */
  readonly contentType: string;
  /** The first line of it that says something, without what was sent. */
  readonly reason?: () => string;
}

/** Keeps connections open between rounds. Idle ones do not keep the process alive. */
export interface HttpClient {
  /**
   * A GET; with `form` a POST, which must not do anything twice.
   * @throws PlimsollError TARGET_REFUSED (connection, name, no HTTP), TARGET_TLS, TARGET_TIMEOUT (also when aborted),
   *   TARGET_STATUS, TARGET_REDIRECTED, TARGET_TOO_LARGE, TARGET_TRUNCATED; ACCESS_INVALID for files of `access`;
   *   ARGUMENTS_INVALID for what is no http(s) URL.
   */
  get(url: string, options: GetOptions): Promise<HttpAnswer>;
  close(): void;
}

export function createHttpClient(): HttpClient {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS_PER_TARGET, maxFreeSockets: MAX_FREE_SOCKETS };
  const agents: Agents = { http: new HttpAgent(options), https: new TlsAgents(options) };
  return {
    get: (url, options) => getFollowing(agents, url, options),
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: TlsAgents;
}

/** `http://user:secret@host/` -> the URL without them, and the header that carries them. */
export function splitCredentials(url: string): { url: URL; headers: Record<string, string> } {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (error) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'collect', 'not a URL', { value: shownUrl(url) }, error);
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new PlimsollError('ARGUMENTS_INVALID', 'collect', 'only http and https', { value: shownUrl(url) });
  }
  if (parsed.username === '' && parsed.password === '') return { url: parsed, headers: {} };
  const user = decodePercent(parsed.username);
  const password = decodePercent(parsed.password);
  parsed.username = '';
  parsed.password = '';
  const token = Buffer.from(`${user}:${password}`).toString('base64');
  return { url: parsed, headers: { authorization: `Basic ${token}` } };
}

/** A password with a stray `%` is taken as it stands. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function getFollowing(agents: Agents, url: string, options: GetOptions): Promise<HttpAnswer> {
  const start = splitCredentials(url);
  const headers = { ...start.headers, ...(await authorizationHeader(options.access)), ...options.headers };
  const deadline = new Deadline(options.timeoutMillis, options.signal);
  try {
    let at = start.url;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await exchangeOnce(agents, at, { ...options, headers }, deadline);
      if (answer.kind === 'body') return answer;
      at = checkRedirect(at, answer.location);
    }
    throw new PlimsollError('TARGET_REDIRECTED', 'collect', `redirects more than ${MAX_REDIRECTS} times`, {
      where: shownUrl(start.url.href),
    });
  } finally {
    deadline.clear();
  }
}

/** One timer over all redirects; also fires when the caller's signal does. */
class Deadline {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #outer: AbortSignal | undefined;
  readonly #abort = (): void => this.#controller.abort();
  isOver = false;
  readonly timeoutMillis: Millis;

  constructor(timeoutMillis: Millis, outer: AbortSignal | undefined) {
    this.timeoutMillis = timeoutMillis;
    this.signal = this.#controller.signal;
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.#abort();
    }, timeoutMillis);
    if (outer?.aborted) this.#abort();
    outer?.addEventListener('abort', this.#abort, { once: true });
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#abort);
  }
}

type Exchange =
  ({ readonly kind: 'body' } & HttpAnswer) | { readonly kind: 'redirect'; readonly location: string };

/** A server may close an idle connection in the very moment it is used again: that one failure is repeated. */
async function exchangeOnce(
  agents: Agents,
  url: URL,
  options: GetOptions,
  deadline: Deadline,
): Promise<Exchange> {
  try {
    return await exchange(agents, url, options, deadline);
  } catch (error) {
    if (!(error instanceof StaleSocketError)) throw error;
    try {
      return await exchange(agents, url, options, deadline, false);
    } catch (again) {
      throw again instanceof StaleSocketError ? again.failure : again;
    }
  }
}

class StaleSocketError extends Error {
  readonly failure: PlimsollError;
  constructor(failure: PlimsollError) {
    super(failure.message);
    this.failure = failure;
  }
}

async function exchange(
  agents: Agents,
  url: URL,
  options: GetOptions,
  deadline: Deadline,
  mayReuse = true,
): Promise<Exchange> {
  const { signal } = deadline;
  const where = shownUrl(url.href);
  let wasReused = false;
  let response: IncomingMessage | null = null;
  const isTls = url.protocol === 'https:';
  const tls = options.access?.tls ?? null;
  const agent = isTls ? await agents.https.for(tls, options.isUnverified) : agents.http;
  if (!mayReuse) closeIdle(agent);
  try {
    response = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = isTls ? requestHttps : requestHttp;
      const body = options.form?.toString();
      const method = body === undefined ? 'GET' : 'POST';
      const request = send(url, { method, headers: requestHeaders(options, body), agent, signal });
      request.on('error', (error) => {
        wasReused = request.reusedSocket;
        reject(error);
      });
      request.on('response', resolve);
      request.end(body);
    });
    const answer = await readAnswer(response, options, url, where);
    // An answer that ends with its connection looks whole when the deadline is what closed it.
    if (signal.aborted) throw new Error('aborted');
    return answer;
  } catch (error) {
    if (error instanceof PlimsollError) throw error;
    const failure = describeFailure(error, response, deadline, where);
    if (wasReused && response === null && !signal.aborted) throw new StaleSocketError(failure);
    throw failure;
  } finally {
    // What was not read to its end must not go back among the idle connections.
    if (response && !response.complete) response.destroy();
  }
}

function requestHeaders(options: GetOptions, body: string | undefined): Record<string, string> {
  return {
    'user-agent': 'plimsoll',
    accept: options.accept ?? '*/*',
    // Compressing every scrape would cost the target more than the bytes cost the network.
    'accept-encoding': 'identity',
    ...(body === undefined ? {} : FORM_HEADERS),
    ...options.headers,
  };
}

const FORM_HEADERS = { 'content-type': 'application/x-www-form-urlencoded' };

async function readAnswer(
  response: IncomingMessage,
  options: GetOptions,
  { href: url }: URL,
  where: string,
): Promise<Exchange> {
  const status = response.statusCode ?? 0;
  const location = response.headers.location;
  if (status >= 300 && status < 400 && location !== undefined) {
    response.resume();
    return { kind: 'redirect', location };
  }
  if (status < 200 || status >= 300) {
    const body = await readBody(response, MAX_ERROR_BODY_BYTES, 'cut').catch(() => new Uint8Array(0));
    const described =
      options.describeStatus?.(status, textWithoutSecrets(body, options.headers, url)) ?? null;
    if (described !== null) throw described;
    const reason = readableReason(body, options.headers, url);
    throw new PlimsollError(
      'TARGET_STATUS',
      'collect',
      `HTTP ${status}${reason === '' ? '' : `: ${reason}`}`,
      { where },
    );
  }
  const announced = Number(response.headers['content-length'] ?? 0);
  if (announced > options.maxBytes) throw tooLarge(where, options.maxBytes);
  const onTooLarge = () => tooLarge(where, options.maxBytes);
  const bytes = await readBody(response, options.maxBytes, onTooLarge, options.onChunk);
  const [contentType = ''] = (response.headers['content-type'] ?? '').toLowerCase().split(';');
  const reason = (): string => readableReason(bytes.subarray(0, MAX_REASON_BYTES), options.headers, url);
  return { kind: 'body', bytes, contentType: contentType.trim(), reason };
}

/**
 * @param onTooLarge `cut` keeps the first bytes, a function makes the error.
 * @param onChunk gets the bytes instead.
 */
async function readBody(
  response: IncomingMessage,
  maxBytes: Bytes,
  onTooLarge: 'cut' | (() => PlimsollError),
  onChunk?: (chunk: Uint8Array) => void,
): Promise<Uint8Array> {
  const decoder = createDecoder(response.headers['content-encoding']);
  const source = decoder === null ? response : response.pipe(decoder);
  if (decoder) response.on('error', (error) => decoder.destroy(error));
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    if (onChunk === undefined) chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) {
      if (onTooLarge === 'cut') break;
      throw onTooLarge();
    }
    onChunk?.(chunk);
  }
  if (onChunk !== undefined) length = 0;
  // A buffer of its own: it may be handed to a worker.
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Some middleware compresses even what asked for identity. */
function createDecoder(encoding: string | undefined): Transform | null {
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      return null;
  }
}

/**
 * Only within the same host and port, or from http to https of the same host: credentials and trust belong to the host that
 * was named.
 */
function checkRedirect(from: URL, location: string): URL {
  const where = shownUrl(from.href);
  let to: URL;
  try {
    to = new URL(location, from);
  } catch (error) {
    throw new PlimsollError(
      'TARGET_REDIRECTED',
      'collect',
      'redirects to no URL',
      { where, value: hideSecrets(location, secretsOfUrl(from.href), '...') },
      error,
    );
  }
  const isSamePlace = to.protocol === from.protocol && to.host === from.host;
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:' && to.hostname === from.hostname;
  if (!isSamePlace && !isUpgrade) {
    throw new PlimsollError(
      'TARGET_REDIRECTED',
      'collect',
      `redirects to ${hideSecrets(shownUrl(to.href), secretsOfUrl(from.href), '...')}`,
      { where },
    );
  }
  to.username = '';
  to.password = '';
  return to;
}

function tooLarge(where: string, maxBytes: Bytes): PlimsollError {
  return new PlimsollError('TARGET_TOO_LARGE', 'collect', `more than ${formatBytes(maxBytes)}`, { where });
}

function describeFailure(
  error: unknown,
  response: IncomingMessage | null,
  deadline: Deadline,
  where: string,
): PlimsollError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (deadline.isOver) {
    const part = response === null ? 'no answer' : 'the answer did not end';
    const fact = `${part} within ${deadline.timeoutMillis / SECOND_MILLIS} s`;
    return new PlimsollError('TARGET_TIMEOUT', 'collect', fact, { where });
  }
  if (deadline.signal.aborted) {
    return new PlimsollError('TARGET_TIMEOUT', 'collect', 'the request was given up', { where });
  }
  if (response !== null) {
    const said = response.headers['content-length'];
    const fact = `the answer ended early${said === undefined ? '' : ` (${said} bytes announced)`}`;
    return new PlimsollError('TARGET_TRUNCATED', 'collect', fact, { where }, error);
  }
  const isTls = /CERT|SSL|TLS|EPROTO|SIGNED|SIGNATURE/.test(code);
  return new PlimsollError(
    isTls ? 'TARGET_TLS' : 'TARGET_REFUSED',
    'collect',
    refusal(code),
    { where },
    error,
  );
}

const TLS_FACTS: readonly (readonly [RegExp, string])[] = [
  [/ALERT_CERTIFICATE_EXPIRED/, 'it says that the certificate that it was shown (--cert) is out of date'],
  [/ALERT_CERTIFICATE_REVOKED/, 'it says that the certificate that it was shown (--cert) is revoked'],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, 'its certificate is out of date'],
  [/ALTNAME/, 'its certificate is for another name'],
  [/SELF_SIGNED|UNABLE_TO|UNTRUSTED|SIGNATURE/, 'its certificate is signed by nobody that is trusted here'],
  [
    /ALERT_CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_HANDSHAKE|ALERT_UNKNOWN_CA/,
    'it wants another certificate',
  ],
  [/WRONG_VERSION|PACKET_LENGTH|EPROTO/, 'what answers does not speak TLS'],
  [/CERT|SSL|TLS|SIGNED/, 'TLS failed'],
];

function refusal(code: string): string {
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name is not known';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection was closed before an answer';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'the host cannot be reached';
  if (code === 'ETIMEDOUT') return 'no connection';
  if (code.startsWith('HPE_')) return 'what answers does not speak HTTP';
  for (const [pattern, fact] of TLS_FACTS) if (pattern.test(code)) return `${fact} (${code})`;
  return 'no connection';
}
