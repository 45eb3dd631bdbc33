// The live connection: what the server says has changed, whether it can be heard, and the pause button.
import { decodeLiveEvent, LIVE_EVENT_KINDS, type LiveEvent } from '../../src/protocol/live.ts';
import { PATHS } from '../../src/protocol/paths.ts';
import { Store } from './store.ts';

export type LiveState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Wall clock since when nothing is heard. */
  | { readonly kind: 'reconnecting'; readonly since: number }
  /** performance.now() at the pause, and the changes held back since. */
  | { readonly kind: 'paused'; readonly pausedAt: number; readonly waiting: number };

/** The browser reconnects by itself after a broken stream, but not after a refusal (503): then we do. */
const REFUSED_RETRY_MILLIS = 5000;

export const liveState = new Store<LiveState>({ kind: 'connecting' });

/** `hello` after a lost connection or a pause means: whatever you show may be old. */
type Listener = (event: LiveEvent) => void;
const listeners = new Set<Listener>();

let source: EventSource | null = null;
/** State of the connection itself, kept while paused. */
let connection: LiveState = { kind: 'connecting' };

export function onLiveEvent(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function connectLive(): void {
  source = new EventSource(PATHS.live);
  for (const kind of LIVE_EVENT_KINDS) {
    source.addEventListener(kind, (message: MessageEvent<string>) => {
      const event = decodeLiveEvent(message.data);
      if (event) hear(event);
    });
  }
  source.onerror = () => {
    const since = connection.kind === 'reconnecting' ? connection.since : Date.now();
    setConnection({ kind: 'reconnecting', since });
    if (source?.readyState === EventSource.CLOSED) setTimeout(connectLive, REFUSED_RETRY_MILLIS);
  };
}

function hear(event: LiveEvent): void {
  if (event.kind === 'hello') setConnection({ kind: 'live' });
  const state = liveState.get();
  if (state.kind === 'paused') {
    if (event.kind !== 'hello' && event.kind !== 'clock')
      liveState.set({ ...state, waiting: state.waiting + 1 });
    return;
  }
  for (const listener of listeners) listener(event);
}

function setConnection(next: LiveState): void {
  connection = next;
  if (liveState.get().kind !== 'paused') liveState.set(next);
}

export function pause(): void {
  liveState.set({ kind: 'paused', pausedAt: performance.now(), waiting: 0 });
}

/** Called when everything on the page may be old: after a pause. */
const resumeListeners = new Set<() => void>();
export function onResume(listener: () => void): () => void {
  resumeListeners.add(listener);
  return () => void resumeListeners.delete(listener);
}

export function resume(): void {
  liveState.set(connection);
  for (const listener of resumeListeners) listener();
}
