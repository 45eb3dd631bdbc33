// The one way to the database: @clickhouse/client on a URL. With an engine of our own the URL changes when the
// engine was restarted, so every call asks for the address of its current life.
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
  type ClickHouseSettings,
} from '@clickhouse/client';
import { PlimsollError, describeError } from '../base/errors.ts';
import { formatDuration, SECOND_MILLIS } from '../base/units.ts';
import { DATABASE } from './tables.ts';

/** Where the database is reached now; `life` changes when it was started anew. */
export interface Address {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly life: number;
}

/** A fixed URL, or an engine that may be restarted under a new one. */
export interface AddressBook {
  /** Text for people, without credentials. */
  readonly where: string;
  /** @param afterFailureOf the life in which a call has just failed: waits until it is known to be over or well. */
  address(afterFailureOf?: number): Promise<Address>;
}

/** A call that met a broken connection is made again: every write is safe to repeat (see tables.ts). */
const CALL_ATTEMPTS = 3;
const RETRY_PAUSE_MILLIS = 200;
/** Longer than the slowest page of the largest table; a hung engine must not hang the watch for ever. */
const CALL_TIMEOUT_MILLIS = 60 * SECOND_MILLIS;
/** Calls that wait on each other in the engine anyway: a few sockets are enough. */
const MAX_CONNECTIONS = 8;
/** node:http closes idle sockets after 5 s; the client must let go of them earlier. */
const IDLE_SOCKET_MILLIS = 2500;

/** Rows that are turned into text in one go: 2 to 10 ms. */
const ROWS_PER_PIECE = 1000;

const SETTINGS: ClickHouseSettings = {
  // Without it the last bits of a number may differ from what was sent.
  precise_float_parsing: 1,
  input_format_null_as_default: 1,
  output_format_json_quote_64bit_integers: 0,
  // Waits for the durable write instead of the server's buffer, where a cluster is set up to buffer.
  async_insert: 0,
  // Evidence of years may come in one insert of 1,000 rows; the engine's own bound is 100 days.
  max_partitions_per_insert_block: '1000',
};

const TRANSPORT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
]);

export type Cell = string | number | null;

export class ClickHouseLink {
  readonly where: string;
  readonly #book: AddressBook;
  #client: { readonly life: number; readonly client: ClickHouseClient } | null = null;

  constructor(book: AddressBook) {
    this.#book = book;
    this.where = book.where;
  }

  /**
   * Inserts rows into a table of DATABASE in one statement; resolves when they are durable. Cells in the order of
   * `columns`; null = the column's default.
   */
  async insert(table: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void> {
    if (rows.length === 0) return;
    const query = `INSERT INTO ${DATABASE}.${table} (${columns.join(', ')}) FORMAT JSONCompactEachRow`;
    await this.#call(async (client) => {
      const result = await client.exec({ query, values: Readable.from(encodeRows(rows)) });
      await drain(result.stream);
    });
  }

  async rows<Row>(query: string, params: Record<string, unknown> = {}): Promise<Row[]> {
    return this.#call(async (client) => {
      const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
      return result.json<Row>();
    });
  }

  /** The result as RowBinary: numbers arrive as they lie in memory. */
  async binary(query: string, params: Record<string, unknown>): Promise<Buffer> {
    return this.#call(async (client) => {
      const result = await client.exec({ query: `${query} FORMAT RowBinary`, query_params: params });
      return drain(result.stream);
    });
  }

  async command(query: string, settings: ClickHouseSettings = {}): Promise<void> {
    await this.#call((client) => client.command({ query, clickhouse_settings: settings }));
  }

  async close(): Promise<void> {
    const current = this.#client;
    this.#client = null;
    await current?.client.close();
  }

  async #call<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
    let failedLife: number | undefined;
    for (let attempt = 1; ; attempt++) {
      const address = await this.#book.address(failedLife);
      try {
        return await work(this.#clientFor(address));
      } catch (error) {
        if (!isTransportError(error) || attempt === CALL_ATTEMPTS) {
          throw this.#failure(error);
        }
        failedLife = address.life;
        await delay(RETRY_PAUSE_MILLIS * attempt);
      }
    }
  }

  #failure(error: unknown): PlimsollError {
    const isLate = error instanceof Error && /^timeout error/i.test(error.message);
    return isLate
      ? new PlimsollError(
          'STORE_TIMEOUT',
          'store',
          `no answer within ${formatDuration(CALL_TIMEOUT_MILLIS)}`,
          { where: this.where },
          error,
        )
      : new PlimsollError('STORE_FAILED', 'store', describeError(error), { where: this.where }, error);
  }

  #clientFor(address: Address): ClickHouseClient {
    if (this.#client?.life === address.life) return this.#client.client;
    void this.#client?.client.close().catch(() => undefined);
    const client = createClient({
      url: address.url,
      username: address.username,
      password: address.password,
      request_timeout: CALL_TIMEOUT_MILLIS,
      max_open_connections: MAX_CONNECTIONS,
      keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MILLIS },
      clickhouse_settings: SETTINGS,
      // What goes wrong is thrown; the client must not write to our standard error as well.
      log: { level: ClickHouseLogLevel.OFF },
    });
    this.#client = { life: address.life, client };
    return client;
  }
}

/** A database that somebody else runs. Credentials may be given in the URL; they are never shown. */
export function fixedAddress(url: string): AddressBook {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (error) {
    throw new PlimsollError(
      'CONFIG_INVALID',
      'store',
      'is no URL',
      { field: 'storage.url', value: url },
      error,
    );
  }
  const username = decodeURIComponent(parsed.username) || 'default';
  const password = decodeURIComponent(parsed.password);
  parsed.username = '';
  parsed.password = '';
  const bare = parsed.toString();
  return { where: bare, address: async () => ({ url: bare, username, password, life: 1 }) };
}

function isTransportError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code: unknown = (error as { code?: unknown }).code;
  return (
    (typeof code === 'string' && TRANSPORT_CODES.has(code)) || /socket hang up|aborted/i.test(error.message)
  );
}

/** In pieces, so that a large insert leaves the event loop to others between them. */
function* encodeRows(rows: readonly (readonly Cell[])[]): Generator<Buffer> {
  for (let from = 0; from < rows.length; from += ROWS_PER_PIECE) {
    const piece = rows.slice(from, from + ROWS_PER_PIECE);
    yield Buffer.from(piece.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
}

async function drain(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
