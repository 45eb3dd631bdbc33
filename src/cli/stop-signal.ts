import { closeSync, openSync } from 'node:fs';
import type { Millis } from '../base/units.ts';
import { sharedAbort } from '../collect/shared-abort.ts';

/**
 * Aborts on the first SIGINT, SIGTERM or SIGHUP so that work ends in order; a second one ends the process at once.
 * `dispose` gives the signals back.
 *
 * @param afterMillis real time after which it aborts by itself.
 * @param onHangUp what SIGHUP is for instead, as daemons have it; a terminal that is closed ends the work all the same.
 */
export function stopOnSignals(
  afterMillis?: Millis,
  onHangUp?: () => void,
): {
  readonly signal: AbortSignal;
  readonly dispose: () => void;
} {
  const stop = sharedAbort();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  const timer = afterMillis === undefined ? undefined : setTimeout(() => stop.abort(), afterMillis);
  const hadTerminal = onHangUp !== undefined && hasTerminal();
  const onHup = () => {
    if (onHangUp === undefined || (hadTerminal && !hasTerminal())) onSignal();
    else onHangUp();
  };
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  process.on('SIGHUP', onHup);
  return {
    signal: stop.signal,
    dispose: () => {
      clearTimeout(timer);
      for (const name of STOP_SIGNALS) process.off(name, onSignal);
      process.off('SIGHUP', onHup);
    },
  };
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Whether a terminal controls this process: none does once it is closed. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
