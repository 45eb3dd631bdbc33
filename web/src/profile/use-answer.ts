import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiFailure, fetchJson } from '../api.ts';

/** Answers kept for tabs and types that one comes back to. Profiles never change, so none grows old. */
const KEPT_ANSWERS = 12;
const kept = new Map<string, unknown>();

export interface Answer<T> {
  /** null = not there yet, or failed. */
  readonly data: T | null;
  readonly failure: ApiFailure | null;
  readonly reload: () => void;
}

/** What the server says at `path`; null = nothing is asked. */
export function useAnswer<T>(path: string | null): Answer<T> {
  const [got, setGot] = useState<{ path: string; data: T | null; failure: ApiFailure | null } | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === null || kept.has(path)) return undefined;
    const abort = new AbortController();
    fetchJson<T>(path, { signal: abort.signal }).then(
      (data) => {
        keep(path, data);
        setGot({ path, data, failure: null });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setGot({ path, data: null, failure: failureOf(error) });
      },
    );
    return () => abort.abort();
  }, [path, turn]);
  const reload = useCallback(() => {
    setGot(null);
    setTurn((before) => before + 1);
  }, []);
  if (path !== null && kept.has(path)) return { data: kept.get(path) as T, failure: null, reload };
  const isCurrent = got !== null && got.path === path;
  return { data: isCurrent ? got.data : null, failure: isCurrent ? got.failure : null, reload };
}

function keep(path: string, data: unknown): void {
  kept.set(path, data);
  for (const oldest of kept.keys()) {
    if (kept.size <= KEPT_ANSWERS) break;
    kept.delete(oldest);
  }
}

function failureOf(error: unknown): ApiFailure {
  if (error instanceof ApiFailure && error.status !== null) return error;
  return new ApiFailure(
    null,
    'Plimsoll does not answer.',
    'plimsoll profile ui has ended, or is still at work: start it again, and open the address that it prints.',
  );
}
