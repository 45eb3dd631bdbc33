// Which counter of a service says how much it was asked to do. Load is what separates "grows because it has more
// to do" from "grows"; counting one request twice, or a client's requests as the server's, would fake load.
import type { MetricType } from './prometheus-text.ts';

/**
 * Best first. Exactly one family is used: two families often count the same request (a counter and a histogram,
 * gRPC started and handled). Within a rank the shortest name wins, then the alphabet, so that the choice does not
 * change between two scrapes of the same families.
 */
const RANKS: readonly RegExp[] = [
  /^http_requests_total$/,
  /^http_server_requests(?:_total|_seconds_count)$/,
  /^grpc_server_handled_total$/,
  /^grpc_server_started_total$/,
  /_http_requests?_total$/,
  /^(?:.*_)?requests?_(?:total|count|count_total|handled_total|served_total|processed_total|received_total)$/,
  /(?:^|_)requests?_duration_(?:seconds|milliseconds|ms)_count$/,
  /(?:^|_)requests?_(?:latency|time)_(?:seconds|milliseconds|ms)_count$/,
  /^(?:http|rpc|grpc)_server_.*_(?:seconds|milliseconds)_count$/,
  /_(?:calls|rpcs|queries|commands|operations)_(?:handled_|served_|processed_)?total$/,
  /_(?:messages|events|jobs|tasks|items|records)_(?:handled|processed|consumed|received|completed)_total$/,
  /_(?:duration|latency)_(?:seconds|milliseconds|ms)_count$/,
];

/**
 * Never load: the exporter's own scrapes, the runtime, what the service asks others for, outcomes that are a part of
 * the whole, and background work that runs on a clock.
 */
const NOT_LOAD =
  /^(?:promhttp|go|process|prometheus|scrape|net_conntrack|rest_client|workqueue|leader_election|otelcol|up)_|(?:^|_)(?:client|clients|outgoing|outbound|upstream|egress|remote|dial|dialer|dns|sql|db|database|redis|cache|gc|compaction|reload|scrape|retry|retries|retried|failed|failure|failures|error|errors|rejected|dropped|canceled|cancelled|timeout|timeouts|panic|panics|in_flight|inflight|slow|tls_handshake)(?:_|$)/;

/** A hostile exporter must not grow the table without end. */
const MAX_FAMILIES = 1000;

/** Sums the samples of every family that could be the load, and says at the end which one it is. */
export class RequestFamilies {
  readonly #sums = new Map<string, { rank: number; sum: number }>();
  #lastName = '';
  #lastRank = -1;

  /** Looks at one sample of any kind; NaN and negative values count nothing. */
  add(name: string, value: number, type: MetricType): void {
    // Samples of one family follow each other: the patterns run once per family.
    if (name !== this.#lastName) {
      this.#lastName = name;
      this.#lastRank = type === 'gauge' ? -1 : rankOf(type === 'counter' ? withSuffix(name) : name);
    }
    if (this.#lastRank < 0 || !Number.isFinite(value) || value < 0) return;
    const family = this.#sums.get(name);
    if (family) family.sum += value;
    else if (this.#sums.size < MAX_FAMILIES) this.#sums.set(name, { rank: this.#lastRank, sum: value });
  }

  /** @param pinned family used before: it stays as long as it is served, so that the counter does not jump. */
  choose(pinned: string | null): { readonly family: string; readonly total: number } | null {
    const kept = pinned === null ? undefined : this.#sums.get(pinned);
    if (pinned !== null && kept) return { family: pinned, total: kept.sum };
    let best: string | null = null;
    for (const name of this.#sums.keys()) {
      if (best === null || this.#compare(name, best) < 0) best = name;
    }
    return best === null ? null : { family: best, total: this.#sums.get(best)?.sum ?? 0 };
  }

  #compare(a: string, b: string): number {
    const rankA = this.#sums.get(a)?.rank ?? RANKS.length;
    const rankB = this.#sums.get(b)?.rank ?? RANKS.length;
    return rankA - rankB || a.length - b.length || (a < b ? -1 : 1);
  }
}

/** A counter in UTF-8 names may lack its `_total`. */
function withSuffix(name: string): string {
  return name.endsWith('_total') || name.endsWith('_count') ? name : `${name}_total`;
}

/** How likely the counter of this name is the load, 0 first; -1 for those that are not. */
export function rankOf(name: string): number {
  if (!name.endsWith('_total') && !name.endsWith('_count')) return -1;
  if (NOT_LOAD.test(name)) return -1;
  return RANKS.findIndex((pattern) => pattern.test(name));
}
