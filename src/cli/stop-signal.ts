import type { Millis } from '../base/units.ts';
import { sharedAbort } from '../pipeline/shared-abort.ts';

/**
 * Aborts on the first SIGINT, SIGTERM or SIGHUP so that work ends in order; a second one ends the process at once.
 * `dispose` gives the signals back.
 *
 * @param afterMillis real time after which it aborts by itself.
 */
export function stopOnSignals(afterMillis?: Millis): {
  readonly signal: AbortSignal;
  readonly dispose: () => void;
} {
  const stop = sharedAbort();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  const timer = afterMillis === undefined ? undefined : setTimeout(() => stop.abort(), afterMillis);
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: stop.signal,
    dispose: () => {
      clearTimeout(timer);
      for (const name of names) process.off(name, onSignal);
    },
  };
}
