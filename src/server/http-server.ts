// A listening HTTP server around a fetch handler: limits on what is read, the address as people open it, an orderly end.
import { createServer, type RequestListener, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { PlimsollError } from '../base/errors.ts';
import { refuse } from './api-error.ts';

/** Pages, scrapers and a few programs; far below what a process may open. */
const CONNECTIONS_LIMIT = 512;
/** A request is a line, some headers and at most 64 KiB: one that takes longer is stuck or means harm. */
const REQUEST_TIMEOUT_MILLIS = 15_000;
const HEADERS_TIMEOUT_MILLIS = 10_000;
const HEADER_BYTES_LIMIT = 16 * 1024;
/** close() lets answers under way finish for this long. */
const CLOSE_GRACE_MILLIS = 1000;

export interface ListenAddress {
  readonly host: string;
  /** 0 = any that is free. */
  readonly port: number;
}

export interface ListeningServer {
  /** `http://127.0.0.1:7117`, without a slash at the end; the port is the real one when 0 was asked for. */
  readonly url: string;
  /** Lets answers under way finish for a second, then closes every socket. */
  close(): Promise<void>;
}

type FetchHandler = Parameters<typeof getRequestListener>[0];

/** @throws PlimsollError PORT_IN_USE, LISTEN_FAILED */
export async function serveHttp(fetch: FetchHandler, address: ListenAddress): Promise<ListeningServer> {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false, errorHandler: badRequest });
  const server = createHttpServer((incoming, outgoing) => void listener(incoming, outgoing));
  await listen(server, address);
  return { url: urlOf(server, address.host), close: () => closeServer(server) };
}

function createHttpServer(listener: RequestListener): Server {
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MILLIS,
      headersTimeout: HEADERS_TIMEOUT_MILLIS,
      maxHeaderSize: HEADER_BYTES_LIMIT,
      keepAliveTimeout: 5000,
    },
    listener,
  );
  server.maxConnections = CONNECTIONS_LIMIT;
  return server;
}

/** The adapter refuses what it cannot read as a request (a malformed Host or URL) before the app sees it. */
function badRequest(): Response {
  const { status, body } = refuse('REQUEST_INVALID', 'the request cannot be read');
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
}

function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const place = { where: `${host}:${port}` };
      reject(
        error.code === 'EADDRINUSE'
          ? new PlimsollError('PORT_IN_USE', 'server', 'the port is in use', place, error)
          : new PlimsollError('LISTEN_FAILED', 'server', 'cannot listen', place, error),
      );
    };
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  // A wildcard is no address that anybody can open.
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MILLIS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
