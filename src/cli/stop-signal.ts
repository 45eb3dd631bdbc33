/**
 * Aborts on the first SIGINT, SIGTERM or SIGHUP so that work ends in order; a second one ends the process at once.
 * `dispose` gives the signals back.
 */
export function stopOnSignals(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    signal: stop.signal,
    dispose: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
