import { createServer, type RequestListener, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { PlimsollError } from '../base/errors.ts';
import type { Talk } from '../pipeline/ports.ts';
import type { WatchView } from '../pipeline/watch-view.ts';
import { refuse } from './api-error.ts';
import { createApp } from './app.ts';
import { LiveHub } from './live-hub.ts';
import { formatMetrics } from './metrics-text.ts';
import { describeApi } from './openapi.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { ROUTES } from './route-table.ts';
import { watchInfo, type RouteContext } from './route.ts';
import { watchMetrics } from './watch-metrics.ts';
import { readWebFiles } from './web-files.ts';

/** Pages, scrapers and a few programs; far below what a process may open. */
const CONNECTIONS_LIMIT = 512;
/** A request is a line, some headers and at most 64 KiB: one that takes longer is stuck or means harm. */
const REQUEST_TIMEOUT_MILLIS = 15_000;
const HEADERS_TIMEOUT_MILLIS = 10_000;
const HEADER_BYTES_LIMIT = 16 * 1024;
/** close() lets answers under way finish for this long. */
const CLOSE_GRACE_MILLIS = 1000;

export interface ServerOptions {
  readonly view: WatchView;
  readonly listen: { readonly host: string; readonly port: number };
  /** Folder that scripts/build-web.mjs made; null = API only. */
  readonly webDir: string | null;
  readonly version: string;
  /** More host names under which this server may be reached, beside loopback and the listen host. */
  readonly allowedHosts?: readonly string[];
  readonly talk?: Talk;
  /** Between two comments on an idle live stream. */
  readonly heartbeatMillis?: number;
}

export interface RunningServer {
  /** `http://127.0.0.1:7117`, without a slash at the end; the port is the real one when 0 was asked for. */
  readonly url: string;
  /** Ends live streams, lets answers under way finish for a second, then closes every socket. */
  close(): Promise<void>;
}

/** Serves a running watch. Throws PlimsollError PORT_IN_USE, LISTEN_FAILED or WEB_MISSING. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const web = options.webDir === null ? null : await readWebFiles(options.webDir);
  const processMetrics = new ProcessMetrics();
  const hub = new LiveHub(options.view, () => watchInfo(options), options.heartbeatMillis);
  const state = { isClosing: false };
  const app = createApp({
    context: makeContext(options, { hub, processMetrics, state }),
    hostRule: { listenHost: options.listen.host, allowedHosts: options.allowedHosts ?? [] },
    web,
    talk: options.talk ?? { info: () => undefined, warn: () => undefined },
  });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: badRequest });
  const server = createHttpServer((incoming, outgoing) => void listener(incoming, outgoing));
  const release = () => {
    hub.close();
    processMetrics.close();
  };
  try {
    await listen(server, options.listen);
  } catch (error) {
    release();
    throw error;
  }
  return {
    url: urlOf(server, options.listen.host),
    close: () => {
      state.isClosing = true;
      release();
      return closeServer(server);
    },
  };
}

function makeContext(
  { view, version }: ServerOptions,
  own: { hub: LiveHub; processMetrics: ProcessMetrics; state: { readonly isClosing: boolean } },
): RouteContext {
  const { hub, processMetrics, state } = own;
  const description = describeApi(ROUTES, version);
  return {
    view,
    version,
    hub,
    openApi: () => description,
    isClosing: () => state.isClosing,
    metricsText: async () => {
      const { isReady } = await view.readiness();
      return formatMetrics([...watchMetrics(view, version, isReady), ...processMetrics.read(hub.clients)]);
    },
  };
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

function listen(server: Server, { host, port }: ServerOptions['listen']): Promise<void> {
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
