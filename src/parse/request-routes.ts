// Requests by route, where a request counter has a label for it.
import type { SampleView } from './prometheus-text.ts';

/** Best first. A path as it was asked for has numbers of users in it; a template does not. */
export const ROUTE_LABELS: readonly string[] = [
  ...['route', 'http_route', 'http.route', 'handler', 'endpoint', 'operation', 'grpc_method', 'rpc_method'],
  ...['rpc.method', 'uri', 'path', 'url_path', 'url.path'],
];
/** Routes that are told apart; a counter with more has paths with numbers in them. */
export const MAX_ROUTES = 64;
/** Longer texts are no names of routes. */
const MAX_ROUTE_LENGTH = 200;

/** Sums the samples of one family by route. */
export class RequestRoutes {
  readonly #sums = new Map<string, number>();

  /** Samples without such a label, and routes beyond MAX_ROUTES, are left out. */
  add(sample: SampleView): void {
    const { value } = sample;
    if (!Number.isFinite(value) || value < 0) return;
    for (const label of ROUTE_LABELS) {
      const route = sample.label(label);
      if (route === null || route === '') continue;
      const known = this.#sums.get(route);
      if (known !== undefined || (this.#sums.size < MAX_ROUTES && route.length <= MAX_ROUTE_LENGTH))
        this.#sums.set(route, (known ?? 0) + value);
      return;
    }
  }

  /** null where there are not two: then they say no more than their sum. */
  finish(): ReadonlyMap<string, number> | null {
    return this.#sums.size < 2 ? null : this.#sums;
  }
}
