// A request of ClickHouse's HTTP interface, taken apart: the query, its parameters and its settings.

export interface Statement {
  readonly query: string;
  /** Data that follows an INSERT, as sent; empty when the query came in the body. */
  readonly data: Buffer;
  readonly format: string;
  readonly database: string | null;
  /** name -> value, as text; `param_x` is a query parameter and a setting at once. */
  readonly settings: ReadonlyMap<string, string>;
}

export class BadRequest extends Error {
  /** ClickHouse's exception code: what a client shows and matches on. */
  readonly code: number;
  constructor(code: number, message: string) {
    super(`Code: ${code}. DB::Exception: ${message}`);
    this.name = 'BadRequest';
    this.code = code;
  }
}

/** Parts of a URL that are not settings. */
const NOT_SETTINGS = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'quota_key',
  'session_id',
  'session_timeout',
  'session_check',
  'role',
  'compress',
  'decompress',
]);

/** Settings of the HTTP server that an engine without one does not know. */
const HTTP_ONLY_SETTINGS = new Set([
  'wait_end_of_query',
  'buffer_size',
  'http_response_buffer_size',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_native_compression_disable_checksumming_on_decompress',
  'cancel_http_readonly_queries_on_client_close',
]);

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * @param url path and search of the request.
 * @param body after decompression.
 * @throws BadRequest for what this front does not speak.
 */
export function readStatement(
  url: URL,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
): Statement {
  if (String(headers['content-type'] ?? '').startsWith('multipart/')) {
    throw new BadRequest(48, 'multipart requests are not implemented (NOT_IMPLEMENTED)');
  }
  const inUrl = url.searchParams.get('query');
  const settings = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (NOT_SETTINGS.has(name) || HTTP_ONLY_SETTINGS.has(name)) continue;
    if (!NAME.test(name)) throw new BadRequest(115, `no setting has such a name (UNKNOWN_SETTING)`);
    settings.set(name, value);
  }
  const query = (inUrl ?? body.toString('utf8')).trim();
  if (query === '') throw new BadRequest(62, 'Empty query (SYNTAX_ERROR)');
  const format = url.searchParams.get('default_format') ?? headers['x-clickhouse-format'];
  const database = url.searchParams.get('database') ?? headers['x-clickhouse-database'];
  return {
    query,
    data: inUrl === null ? Buffer.alloc(0) : body,
    format: typeof format === 'string' && NAME.test(format) ? format : 'TabSeparated',
    database: typeof database === 'string' ? database : null,
    settings,
  };
}

export interface PlainInsert {
  readonly table: string;
  readonly columns: readonly string[] | null;
  readonly format: string;
}

const PLAIN_INSERT =
  /^INSERT\s+INTO\s+([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?)\s*(?:\(([\w\s,]+)\))?\s*FORMAT\s+([A-Za-z]+)\s*;?$/i;

/** Inserts whose data can be handed over as bytes, unread; null for every other statement. */
export function parsePlainInsert(query: string): PlainInsert | null {
  const match = PLAIN_INSERT.exec(query);
  if (match === null) return null;
  const [, table, columns, format] = match;
  if (table === undefined || format === undefined) return null;
  return { table, format, columns: columns?.split(',').map((column) => column.trim()) ?? null };
}

/** A string literal that the engine reads back as exactly this text. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/**
 * One connection keeps its settings, requests carry theirs: the statements that lead from one to the other.
 * A query parameter that is not asked for any more stays, it cannot be taken back and harms nobody.
 */
export function settingsChange(
  current: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): string | null {
  const changes: string[] = [];
  for (const [name, value] of wanted) {
    if (current.get(name) !== value) changes.push(`${name} = ${quoteLiteral(value)}`);
  }
  for (const name of current.keys()) {
    if (!wanted.has(name) && !name.startsWith('param_')) changes.push(`${name} = DEFAULT`);
  }
  return changes.length === 0 ? null : `SET ${changes.join(', ')}`;
}
