// The query API of Prometheus, which Thanos, Mimir, Cortex and VictoriaMetrics speak as well.
import { PlimsollError } from '../base/errors.ts';
import { MIB, MINUTE_MILLIS, SECOND_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { Access } from '../model/target.ts';
import { QueryAnswerReader, type QueryAnswer, type QuerySink } from '../parse/query-answer.ts';
import { createHttpClient, splitCredentials, type HttpClient } from './http-get.ts';
import { shownUrl } from './readable-failure.ts';

/** What Prometheus itself allows a query (`--query.timeout`), and a little for the way. */
export const QUERY_TIMEOUT_MILLIS: Millis = 2 * MINUTE_MILLIS + 10 * SECOND_MILLIS;
/** Queries are planned to stay far below; only an answer that is not what was asked for comes near. */
export const QUERY_MAX_BYTES: Bytes = 512 * MIB;
/** Names of metrics: all of 100,000, which is ten times what large installations have, take some 6 MB. They are kept, series are not. */
export const NAMES_MAX_BYTES: Bytes = 16 * MIB;
/** Prometheus refuses a range query with more points per series. */
export const MAX_POINTS_PER_SERIES = 11_000;

export interface TimeRange {
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
}

export interface PrometheusApiOptions {
  /** Where `/api/v1` lies: `http://prometheus:9090`, `https://mimir/prometheus`. Its query is sent along. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly access?: Access | null;
  readonly timeoutMillis?: Millis;
  readonly maxBytes?: Bytes;
}

/**
 * Each call is one request. Series are handed out while they arrive, nothing is kept.
 * @throws PlimsollError (rejects) QUERY_FAILED for what the API refuses, QUERY_TOO_LARGE where it gives up,
 *   ANSWER_INVALID for something else than its JSON; the errors of HttpClient.get.
 */
export interface PrometheusApi {
  /** One point of each series at every step from `fromMillis` to `toMillis`, both included. */
  queryRange(
    query: string,
    range: TimeRange & { readonly stepMillis: Millis },
    sink: QuerySink,
    signal?: AbortSignal,
  ): Promise<QueryAnswer>;
  query(query: string, atMillis: Millis, sink: QuerySink, signal?: AbortSignal): Promise<QueryAnswer>;
  /** Names of metrics that series of the selector had in this time. */
  metricNames(selector: string, range: TimeRange, signal?: AbortSignal): Promise<string[]>;
  /** The base without secrets. */
  readonly where: string;
  readonly sent: { readonly queries: number; readonly receivedBytes: Bytes };
  close(): void;
}

/** @throws PlimsollError ARGUMENTS_INVALID when the URL is none. */
export function createPrometheusApi(options: PrometheusApiOptions): PrometheusApi {
  return new HttpPrometheusApi(options);
}

/** What people copy from a browser ends in the page that they looked at. */
const PAGES = /\/(?:api\/v1(?:\/.*)?|graph|query|targets|classic\/graph|vmui)\/?$/;
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

class HttpPrometheusApi implements PrometheusApi {
  readonly where: string;
  readonly sent = { queries: 0, receivedBytes: 0 };
  readonly #options: PrometheusApiOptions;
  readonly #client: HttpClient = createHttpClient();
  readonly #base: URL;
  readonly #headers: Record<string, string>;

  constructor(options: PrometheusApiOptions) {
    this.#options = options;
    const typed = /^[a-z][a-z0-9+.-]*:\/\//i.test(options.url) ? options.url : `http://${options.url}`;
    splitCredentials(typed); // refuses what is no URL
    this.#base = new URL(typed);
    this.#base.pathname = this.#base.pathname.replace(PAGES, '').replace(/\/+$/, '');
    this.#base.hash = '';
    const shown = new URL(shownUrl(this.#base.href));
    this.where = `${shown.origin}${shown.pathname.replace(/\/$/, '')}`;
    // Ten times fewer bytes on the network; on one machine there is none.
    const encoding = LOOPBACK.test(this.#base.hostname) ? 'identity' : 'gzip';
    this.#headers = { 'accept-encoding': encoding, ...options.headers };
  }

  queryRange(
    query: string,
    range: TimeRange & { readonly stepMillis: Millis },
    sink: QuerySink,
    signal?: AbortSignal,
  ): Promise<QueryAnswer> {
    const step = String(range.stepMillis / SECOND_MILLIS);
    return this.#ask('query_range', { query, ...timesOf(range), step }, sink, signal);
  }

  query(query: string, atMillis: Millis, sink: QuerySink, signal?: AbortSignal): Promise<QueryAnswer> {
    return this.#ask('query', { query, time: String(atMillis / SECOND_MILLIS) }, sink, signal);
  }

  async metricNames(selector: string, range: TimeRange, signal?: AbortSignal): Promise<string[]> {
    const names: string[] = [];
    const sink: QuerySink = { text: (name) => names.push(name) };
    // No POST for this one.
    const fields = { 'match[]': selector, ...timesOf(range) };
    await this.#ask('label/__name__/values', fields, sink, signal, {
      method: 'get',
      maxBytes: NAMES_MAX_BYTES,
    });
    return names;
  }

  close(): void {
    this.#client.close();
  }

  async #ask(
    path: string,
    fields: Readonly<Record<string, string>>,
    sink: QuerySink,
    signal: AbortSignal | undefined,
    { method = 'post', maxBytes = QUERY_MAX_BYTES }: { method?: 'get' | 'post'; maxBytes?: Bytes } = {},
  ): Promise<QueryAnswer> {
    const url = new URL(this.#base);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/${path}`;
    const form = method === 'post' ? new URLSearchParams(fields) : undefined;
    if (method === 'get')
      for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
    const where = `${this.where}/api/v1/${path}`;
    const reader = new QueryAnswerReader(sink, where);
    this.sent.queries++;
    await this.#client.get(url.href, {
      timeoutMillis: this.#options.timeoutMillis ?? QUERY_TIMEOUT_MILLIS,
      maxBytes: Math.min(this.#options.maxBytes ?? Infinity, maxBytes),
      accept: 'application/json',
      headers: this.#headers,
      access: this.#options.access ?? undefined,
      onChunk: (chunk) => {
        this.sent.receivedBytes += chunk.length;
        reader.push(chunk);
      },
      describeStatus: (status, body) => describeRefusal(status, body, where),
      ...(form === undefined ? {} : { form }),
      ...(signal === undefined ? {} : { signal }),
    });
    return reader.finish();
  }
}

function timesOf({ fromMillis, toMillis }: TimeRange): { start: string; end: string } {
  return { start: String(fromMillis / SECOND_MILLIS), end: String(toMillis / SECOND_MILLIS) };
}

/** Prometheus: too many samples, timed out. Mimir: too many chunks, series. VictoriaMetrics: cannot select more than. */
const TOO_MUCH = /too many|too much|exceed|limit|cannot select more|maximum|timed? ?out|not enough memory/i;
const MAX_REASON = 300;

/** `{"status":"error","errorType":"bad_data","error":"..."}`; null where the answer is not of this API. */
function describeRefusal(status: number, body: string, where: string): PlimsollError | null {
  const reason = reasonOf(body);
  if (reason === null || status === 401 || status === 403) return null;
  const isTooMuch =
    status === 503 || status === 504 || status === 429 || (status === 422 && TOO_MUCH.test(reason));
  const fact = `HTTP ${status}: ${reason.slice(0, MAX_REASON)}`;
  return new PlimsollError(isTooMuch ? 'QUERY_TOO_LARGE' : 'QUERY_FAILED', 'collect', fact, { where });
}

function reasonOf(body: string): string | null {
  try {
    const json: unknown = JSON.parse(body);
    const said = (json as { error?: unknown } | null)?.error;
    return typeof said === 'string' && said !== '' ? said.replace(/\s+/g, ' ') : null;
  } catch {
    return null;
  }
}
