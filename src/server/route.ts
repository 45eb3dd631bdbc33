// The words of the route table. One route = one OpenAPI operation = one hono registration.
import type { ServerResponse } from 'node:http';
import { Type, type Static, type TObject, type TSchema } from 'typebox';
import type { PathTemplate } from '../protocol/paths.ts';
import type { ConfigStatus, DiscoveryStatus } from '../model/status.ts';
import type { AlertView } from '../pipeline/alert-view.ts';
import type { WatchView } from '../pipeline/watch-view.ts';
import type { WatchInfo } from '../protocol/messages.ts';
import type { Refusal } from './api-error.ts';
import type { LiveHub } from './live-hub.ts';

/** What handlers may use. */
export interface RouteContext {
  readonly view: WatchView;
  readonly version: string;
  /** Null until they are open, and where the server is started without them. */
  readonly alerts: () => AlertView | null;
  readonly hub: LiveHub;
  /** Of the file that the settings come from; null without one. */
  readonly config: () => ConfigStatus | null;
  /** Every source of targets beside those that are listed. */
  readonly discovery: () => readonly DiscoveryStatus[];
  /** Plimsoll's own metrics, Prometheus text. */
  readonly metricsText: () => Promise<string>;
  readonly openApi: () => unknown;
  readonly isClosing: () => boolean;
}

export interface RouteRequest<Query, Body> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** For routes that write their answer themselves (`kind: 'written'`). */
  readonly outgoing: ServerResponse;
}

export type Reply =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'text'; readonly contentType: string; readonly text: string }
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly fileName: string }
  /** The handler wrote to `outgoing`. */
  | { readonly kind: 'written' }
  | Refusal;

/** One answer that a route documents: JSON of a named schema, or another media type. */
export type ReplySpec =
  | { readonly description: string; readonly schema: { readonly name: string; readonly type: TSchema } }
  | { readonly description: string; readonly contentType: string };

interface RouteDescription {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: PathTemplate;
  /** Becomes the summary of the OpenAPI operation; also its only prose. */
  readonly summary: string;
  /** Status -> answer. Errors that every route can give are added by openapi.ts. */
  readonly replies: Readonly<Record<number, ReplySpec>>;
}

export interface Route extends RouteDescription {
  readonly query: TObject;
  readonly body: TObject | null;
  readonly handle: (context: RouteContext, request: RouteRequest<unknown, unknown>) => Promise<Reply> | Reply;
}

const NoQuerySchema = Type.Object({}, { additionalProperties: false });

/** Ties a handler's types to its schemas; the front validates before it calls. */
export function defineRoute<
  Query extends TObject = typeof NoQuerySchema,
  Body extends TObject = typeof NoQuerySchema,
>(
  route: RouteDescription & {
    readonly query?: Query;
    readonly body?: Body;
    readonly handle: (
      context: RouteContext,
      request: RouteRequest<Static<Query>, Static<Body>>,
    ) => Promise<Reply> | Reply;
  },
): Route {
  return {
    ...route,
    query: route.query ?? NoQuerySchema,
    body: route.body ?? null,
    // The front only calls with values that passed these very schemas.
    handle: route.handle as Route['handle'],
  };
}

export function json(body: unknown, status = 200): Reply {
  return { kind: 'json', status, body };
}

/** A parameter of the path: the router matched it, so it is there. */
export function param(request: RouteRequest<unknown, unknown>, name: string): string {
  const value = request.params[name];
  if (value === undefined) throw new Error(`route without parameter ${name}`);
  return value;
}

export function watchInfo({ view, version }: Pick<RouteContext, 'view' | 'version'>): WatchInfo {
  const { startedAtMillis: startedAt, timeScale, recording } = view;
  return { version, now: view.now(), startedAt, timeScale, recording };
}
