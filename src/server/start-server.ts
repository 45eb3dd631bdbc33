import type { ConfigStatus, DiscoveryStatus } from '../model/status.ts';
import type { Talk } from '../pipeline/ports.ts';
import type { AlertView } from '../pipeline/alert-view.ts';
import type { WatchView } from '../pipeline/watch-view.ts';
import { alertMetrics } from './alert-metrics.ts';
import { createApp } from './app.ts';
import { serveHttp, type ListenAddress, type ListeningServer } from './http-server.ts';
import { LiveHub } from './live-hub.ts';
import type { PushFront } from './push-front.ts';
import { formatMetrics } from './metrics-text.ts';
import { describeApi } from './openapi.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { readinessOf } from './readiness.ts';
import { ROUTES } from './route-table.ts';
import { watchInfo, type RouteContext } from './route.ts';
import { configMetrics, discoveryMetrics, watchMetrics } from './watch-metrics.ts';
import { readWebFiles } from './web-files.ts';

export interface ServerOptions {
  readonly view: WatchView;
  readonly listen: ListenAddress;
  /** Folder that scripts/build-web.mjs made; null = API only. */
  readonly webDir: string | null;
  readonly version: string;
  /** Of the file that the settings come from; null without one. */
  readonly config?: () => ConfigStatus | null;
  readonly discovery?: () => readonly DiscoveryStatus[];
  /** Null until they are open. */
  readonly alerts?: () => AlertView | null;
  /** More host names under which this server may be reached, beside loopback and the listen host. */
  readonly allowedHosts?: readonly string[];
  /** Takes profiles that are pushed; without it they are refused. */
  readonly push?: PushFront | null;
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
    push: options.push ?? null,
    talk: options.talk ?? { info: () => undefined, warn: () => undefined },
  });
  const release = () => {
    hub.close();
    processMetrics.close();
  };
  let server: ListeningServer;
  try {
    server = await serveHttp(app.fetch, options.listen);
  } catch (error) {
    release();
    throw error;
  }
  return {
    url: server.url,
    close: () => {
      state.isClosing = true;
      release();
      return server.close();
    },
  };
}

function makeContext(
  { view, version, config = () => null, discovery = () => [], alerts = () => null }: ServerOptions,
  own: { hub: LiveHub; processMetrics: ProcessMetrics; state: { readonly isClosing: boolean } },
): RouteContext {
  const { hub, processMetrics, state } = own;
  const description = describeApi(ROUTES, version);
  return {
    view,
    version,
    config,
    discovery,
    alerts,
    hub,
    openApi: () => description,
    isClosing: () => state.isClosing,
    metricsText: async () => {
      const { isReady } = await readinessOf(view, alerts());
      return formatMetrics([
        ...watchMetrics(view, version, isReady),
        ...alertMetrics(alerts()),
        ...configMetrics(config()),
        ...discoveryMetrics(discovery()),
        ...processMetrics.read(hub.clients),
      ]);
    },
  };
}
