import type { ErrorMessage } from '../../src/protocol/messages.ts';

/** What the API or the way to it said instead of an answer. */
export class ApiFailure extends Error {
  /** null = the server did not answer at all. */
  readonly status: number | null;
  readonly advice: string;

  constructor(status: number | null, message: string, advice: string) {
    super(message);
    this.status = status;
    this.advice = advice;
  }
}

/** Throws ApiFailure; an aborted request throws what `fetch` throws. */
export async function fetchJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers: { accept: 'application/json', ...init.headers } });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiFailure(
      null,
      'Plimsoll does not answer.',
      'Is plimsoll watch still running? This page keeps trying.',
    );
  }
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const error = (body as ErrorMessage | null)?.error;
  throw new ApiFailure(
    response.status,
    error?.message ?? `The server answered ${response.status}.`,
    error?.advice ?? 'See the terminal in which plimsoll watch runs.',
  );
}

export function postJson<T>(path: string, body: unknown): Promise<T> {
  return fetchJson<T>(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}

export function deleteJson<T>(path: string): Promise<T> {
  return fetchJson<T>(path, { method: 'DELETE' });
}
