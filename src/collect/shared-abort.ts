// One signal that much listens to: every target has a request or a sleep that it ends.
import { setMaxListeners } from 'node:events';

/** Node warns of a leak above ten listeners; ten thousand targets with a request and a sleep each are none. */
const MAX_LISTENERS = 40_000;

/**
 * A controller for many listeners. It follows `outer` where one is given: AbortSignal.any would hold its sources weakly,
 * and Node 20 drops a timeout that nothing else holds.
 */
export function sharedAbort(outer?: AbortSignal): AbortController {
  const controller = new AbortController();
  setMaxListeners(MAX_LISTENERS, controller.signal);
  if (outer?.aborted) controller.abort();
  outer?.addEventListener('abort', () => controller.abort(), { once: true });
  return controller;
}
