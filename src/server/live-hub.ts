// Server-sent events: one subscription to the watch, fanned out to the pages that are open.
import type { ServerResponse } from 'node:http';
import type { WatchChange, WatchView } from '../pipeline/watch-view.ts';
import { encodeLiveEvent, type LiveEvent } from '../protocol/live.ts';
import type { WatchInfo } from '../protocol/messages.ts';

/** Pages that may be open at once: a team and its wall screens. Each costs a socket and its buffer. */
export const LIVE_CLIENTS_LIMIT = 64;
/** A client that has this much unsent does not read: it is dropped and, being an EventSource, comes again. */
export const LIVE_CLIENT_BUFFER_BYTES = 256 * 1024;
/** Proxies and browsers give up silent connections after 30 to 60 s. */
export const LIVE_HEARTBEAT_MILLIS = 15_000;
/** Changes of one target within this span are told once: a page cannot fetch more often anyway. */
export const LIVE_GATHER_MILLIS = 250;
/** Changes gathered at most before they are sent at once. */
export const LIVE_GATHER_LIMIT = 10_000;

export class LiveHub {
  readonly #clients = new Set<ServerResponse>();
  readonly #gathered = new Map<string, WatchChange>();
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout;
  #gatherTimer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** `info` is asked at every heartbeat. */
  constructor(view: WatchView, info: () => WatchInfo, heartbeatMillis = LIVE_HEARTBEAT_MILLIS) {
    this.#unsubscribe = view.subscribe((change) => this.#gather(change));
    this.#heartbeat = setInterval(() => {
      if (this.#clients.size === 0) return;
      this.#broadcast(`: still here\n\n${encodeLiveEvent({ kind: 'clock', watch: info() })}`);
    }, heartbeatMillis);
    this.#heartbeat.unref();
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** False when there is no place left; else the response is now an event stream that starts with `hello`. */
  add(outgoing: ServerResponse, headers: Readonly<Record<string, string>>, hello: LiveEvent): boolean {
    if (this.#isClosed || this.#clients.size >= LIVE_CLIENTS_LIMIT) return false;
    outgoing.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.#clients.add(outgoing);
    outgoing.once('close', () => this.#clients.delete(outgoing));
    outgoing.on('error', () => this.#clients.delete(outgoing));
    // A page that lost the server asks again after 2 s instead of the browser's 3 to 5.
    outgoing.write(`retry: 2000\n\n${encodeLiveEvent(hello)}`);
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    if (this.#gatherTimer !== null) clearTimeout(this.#gatherTimer);
    for (const client of this.#clients) client.end();
    this.#clients.clear();
  }

  #gather(change: WatchChange): void {
    if (this.#clients.size === 0) return;
    const subject = change.kind === 'incident' ? change.id : `${change.service}/${change.instance}`;
    this.#gathered.set(`${change.kind} ${subject}`, change);
    if (this.#gathered.size >= LIVE_GATHER_LIMIT) this.#flush();
    this.#gatherTimer ??= setTimeout(() => this.#flush(), LIVE_GATHER_MILLIS);
  }

  #flush(): void {
    if (this.#gatherTimer !== null) clearTimeout(this.#gatherTimer);
    this.#gatherTimer = null;
    const text = [...this.#gathered.values()].map((change) => encodeLiveEvent(change)).join('');
    this.#gathered.clear();
    if (text !== '') this.#broadcast(text);
  }

  #broadcast(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > LIVE_CLIENT_BUFFER_BYTES) {
        this.#clients.delete(client);
        client.destroy();
      } else client.write(text);
    }
  }
}
