import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ChangeEvent } from '../../src/protocol/live.ts';
import { ApiFailure, fetchJson } from './api.ts';
import { onLiveEvent, onResume } from './live.ts';

export interface Resource<T> {
  readonly data: T | null;
  readonly failure: ApiFailure | null;
  readonly reload: () => void;
}

/** However fast evidence arrives (accelerated time), a page asks again at most this often. */
const REFETCH_MILLIS = 1000;
/** Without an answer we try again by ourselves. */
const RETRY_MILLIS = 3000;

/**
 * The answer at `path`, fetched again whenever a live event `concerns` it. What was shown stays until the new
 * answer is there, unless the path (without its query) names something else.
 */
export function useResource<T>(path: string | null, concerns: (event: ChangeEvent) => boolean): Resource<T> {
  const subject = path?.split('?')[0] ?? null;
  const [shown, setShown] = useState<{ subject: string | null; data: T | null; failure: ApiFailure | null }>({
    subject,
    data: null,
    failure: null,
  });
  const isConcerned = useRef(concerns);
  isConcerned.current = concerns;
  const ask = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (path === null) return undefined;
    const loop = startLoop<T>(path, (outcome) =>
      setShown((before) => ({
        subject,
        data: outcome.data ?? (before.subject === subject ? before.data : null),
        failure: outcome.failure,
      })),
    );
    ask.current = loop.ask;
    const offLive = onLiveEvent((event) => {
      if (event.kind === 'clock') return;
      if (event.kind === 'hello' || isConcerned.current(event)) loop.ask();
    });
    const offResume = onResume(loop.ask);
    return () => {
      offLive();
      offResume();
      loop.stop();
    };
  }, [path, subject]);

  const reload = useCallback(() => ask.current(), []);
  const isCurrent = shown.subject === subject;
  return { data: isCurrent ? shown.data : null, failure: isCurrent ? shown.failure : null, reload };
}

interface Outcome<T> {
  readonly data: T | null;
  readonly failure: ApiFailure | null;
}

/** One request at a time; asking during one means one more after it, not sooner than REFETCH_MILLIS. */
function startLoop<T>(
  path: string,
  show: (outcome: Outcome<T>) => void,
): { ask: () => void; stop: () => void } {
  const abort = new AbortController();
  let timer: number | null = null;
  let isAsking = false;
  let isAskedAgain = false;
  let askedAt = -Infinity;

  const schedule = (millis: number) => {
    timer ??= setTimeout(() => {
      timer = null;
      void turn();
    }, millis);
  };
  const turn = async () => {
    isAsking = true;
    isAskedAgain = false;
    askedAt = performance.now();
    let isLost = false;
    try {
      show({ data: await fetchJson<T>(path, { signal: abort.signal }), failure: null });
    } catch (error) {
      if (abort.signal.aborted) return;
      const failure =
        error instanceof ApiFailure ? error : new ApiFailure(null, String(error), 'Load the page again.');
      isLost = failure.status === null || failure.status >= 500;
      show({ data: null, failure });
    }
    isAsking = false;
    if (isLost) schedule(RETRY_MILLIS);
    else if (isAskedAgain) ask();
  };
  const ask = () => {
    if (isAsking) isAskedAgain = true;
    else schedule(Math.max(0, askedAt + REFETCH_MILLIS - performance.now()));
  };
  void turn();
  return {
    ask,
    stop: () => {
      abort.abort();
      if (timer !== null) clearTimeout(timer);
    },
  };
}
