// As much of ClickHouse's HTTP interface as @clickhouse/client needs, in front of one chDB session.
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { QueryQueue, QueueFull } from './query-queue.ts';
import { BadRequest, parsePlainInsert, readStatement, settingsChange, type Statement } from './statement.ts';

/** The part of chDB's Session that is used. */
export interface ChdbSession {
  queryAsync(query: string, options: { format: string }): Promise<ChdbAnswer>;
  insert(params: {
    table: string;
    values: Buffer;
    format: string;
    columns?: readonly string[];
  }): Promise<{ readonly rowsWritten: number; readonly bytesWritten: number }>;
  close(): void;
}

interface ChdbAnswer {
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsed: number;
  bytes(): Uint8Array;
}

/** Ours are below 16 MiB (see MAX_INSERT_BYTES); a request is held in memory whole, and once more as text. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
/** Formats that chDB takes as bytes beside the statement. */
const RAW_FORMATS = new Set(['JSONEachRow', 'JSONCompactEachRow', 'TabSeparated', 'TSV', 'CSV']);
/** What ClickHouse answers to a wrong password. */
const AUTHENTICATION_FAILED = 516;
const TOO_LARGE = 12;

const gunzipAsync = promisify(gunzip);
const gzipAsync = promisify(gzip);

interface Outcome {
  readonly bytes: Uint8Array;
  readonly summary: Readonly<Record<string, string>>;
}

export class HttpFront {
  readonly #session: ChdbSession;
  readonly #password: string;
  readonly #queue = new QueryQueue();
  readonly #server: Server;
  #settings: ReadonlyMap<string, string> = new Map();
  #database = 'default';

  constructor(session: ChdbSession, password: string) {
    this.#session = session;
    this.#password = password;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => sendError(response, error));
    });
  }

  /** Listens on a free port of 127.0.0.1 and returns it. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: '127.0.0.1', port: 0 }, resolve);
    });
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('listening on no port');
    return address.port;
  }

  /** Takes no more requests and waits for those that are under way. */
  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeIdleConnections();
    await this.#queue.idle();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://engine');
    if (url.pathname === '/ping') {
      response.end('Ok.\n');
      return;
    }
    if (!this.#isAllowed(request, url)) {
      throw new BadRequest(AUTHENTICATION_FAILED, 'wrong password (AUTHENTICATION_FAILED)');
    }
    const statement = readStatement(url, request.headers, await readBody(request));
    const outcome = await this.#queue.run(() => this.#run(statement));
    const wantsGzip =
      url.searchParams.get('enable_http_compression') === '1' &&
      String(request.headers['accept-encoding'] ?? '').includes('gzip');
    response.setHeader('X-ClickHouse-Query-Id', url.searchParams.get('query_id') ?? '');
    response.setHeader('X-ClickHouse-Format', statement.format);
    response.setHeader('X-ClickHouse-Summary', JSON.stringify(outcome.summary));
    if (wantsGzip) response.setHeader('Content-Encoding', 'gzip');
    response.end(wantsGzip ? await gzipAsync(outcome.bytes) : outcome.bytes);
  }

  #isAllowed(request: IncomingMessage, url: URL): boolean {
    const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const inBasic = Buffer.from(basic, 'base64')
      .toString('utf8')
      .replace(/^[^:]*:/, '');
    const given = request.headers['x-clickhouse-key'] ?? (basic ? inBasic : url.searchParams.get('password'));
    if (typeof given !== 'string') return false;
    const a = Buffer.from(given);
    const b = Buffer.from(this.#password);
    return a.length === b.length && timingSafeEqual(a, b);
  }

  async #run(statement: Statement): Promise<Outcome> {
    await this.#prepare(statement);
    const insert = parsePlainInsert(statement.query);
    if (insert !== null && RAW_FORMATS.has(insert.format)) {
      if (statement.data.length === 0) return { bytes: new Uint8Array(0), summary: summarize({}) };
      const { rowsWritten, bytesWritten } = await this.#session.insert({
        table: insert.table.includes('.') ? insert.table : `${this.#database}.${insert.table}`,
        values: statement.data,
        format: insert.format,
        ...(insert.columns === null ? {} : { columns: insert.columns }),
      });
      return { bytes: new Uint8Array(0), summary: summarize({ rowsWritten, bytesWritten }) };
    }
    const text = statement.data.length
      ? `${statement.query}\n${statement.data.toString('utf8')}`
      : statement.query;
    const answer = await this.#session.queryAsync(text, { format: statement.format });
    return { bytes: answer.bytes(), summary: summarize(answer) };
  }

  async #prepare(statement: Statement): Promise<void> {
    const change = settingsChange(this.#settings, statement.settings);
    if (change !== null) {
      // Forgotten first: after a SET that failed halfway nothing is known, and the next request sets all anew.
      this.#settings = new Map();
      await this.#session.queryAsync(change, { format: 'TabSeparated' });
      this.#settings = statement.settings;
    }
    const database = statement.database ?? 'default';
    if (database === this.#database) return;
    if (!/^\w+$/.test(database)) throw new BadRequest(81, 'no database has such a name (UNKNOWN_DATABASE)');
    await this.#session.queryAsync(`USE ${database}`, { format: 'TabSeparated' });
    this.#database = database;
  }
}

function summarize(
  counts: Partial<Record<'rowsRead' | 'bytesRead' | 'rowsWritten' | 'bytesWritten' | 'elapsed', number>>,
): Readonly<Record<string, string>> {
  return {
    read_rows: String(counts.rowsRead ?? 0),
    read_bytes: String(counts.bytesRead ?? 0),
    written_rows: String(counts.rowsWritten ?? 0),
    written_bytes: String(counts.bytesWritten ?? 0),
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: '0',
    elapsed_ns: String(Math.round((counts.elapsed ?? 0) * 1e9)),
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_REQUEST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip')
    throw new BadRequest(48, `encoding ${encoding} is not implemented (NOT_IMPLEMENTED)`);
  try {
    return await gunzipAsync(body, { maxOutputLength: MAX_REQUEST_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new BadRequest(354, 'the body is no gzip (ZLIB_INFLATE_FAILED)');
  }
}

function tooLarge(): BadRequest {
  return new BadRequest(
    TOO_LARGE,
    `more than ${MAX_REQUEST_BYTES} bytes in one request (PARAMETER_OUT_OF_BOUND)`,
  );
}

function sendError(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = /^Code: (\d+)/.exec(message)?.[1] ?? '1002';
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = error instanceof QueueFull ? 503 : code === String(AUTHENTICATION_FAILED) ? 403 : 500;
  response.setHeader('X-ClickHouse-Exception-Code', code);
  // A body that was not read to its end would be taken for the next request.
  response.setHeader('Connection', 'close');
  response.end(
    /^Code: /.test(message) ? message : `Code: ${code}. DB::Exception: ${message} (UNKNOWN_EXCEPTION)`,
  );
}
