// Questions to a running `plimsoll watch`.
import { PlimsollError } from '../base/errors.ts';
import { SECOND_MILLIS, type Millis } from '../base/units.ts';

/** A sink that is tested has 30 s to answer. */
const ANSWER_TIMEOUT: Millis = 40 * SECOND_MILLIS;
/** What a watch tells out of its own store. */
export const STORE_TIMEOUT: Millis = 10 * SECOND_MILLIS;

/**
 * @param body sent as JSON; undefined or null = none.
 * @throws PlimsollError ARGUMENTS_INVALID for what the watch refuses, TARGET_REFUSED, TARGET_STATUS
 */
export async function askServer(
  server: string,
  path: string,
  body: object | null = null,
  method = body === null ? 'GET' : 'POST',
): Promise<unknown> {
  const response = await reachServer(server, path, { method, body, timeoutMillis: ANSWER_TIMEOUT });
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw refusalOf(response, saidIn(answer) ?? response.statusText);
}

/** @throws PlimsollError ARGUMENTS_INVALID for what is no URL, TARGET_REFUSED where no watch answers */
export async function reachServer(
  server: string,
  path: string,
  {
    method = 'GET',
    body = null,
    timeoutMillis,
  }: { readonly method?: string; readonly body?: object | null; readonly timeoutMillis: Millis },
): Promise<Response> {
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs the URL of a running plimsoll watch', {
      field: '--server',
      value: server,
    });
  }
  const url = new URL(path, server);
  try {
    return await fetch(url, {
      method,
      signal: AbortSignal.timeout(timeoutMillis),
      ...(body === null
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch (error) {
    const where = url.origin;
    throw new PlimsollError('TARGET_REFUSED', 'server', 'no plimsoll watch answers there', { where }, error);
  }
}

/** What a watch says of a request that it did not do; null = nothing. */
export function saidIn(answer: unknown): string | null {
  return (answer as { error?: { message?: string } } | null)?.error?.message ?? null;
}

/** What the watch refuses is what was typed; anything else is the watch. */
export function refusalOf(response: Response, fact: string): PlimsollError {
  const isRefused = response.status === 400 || response.status === 404;
  return new PlimsollError(isRefused ? 'ARGUMENTS_INVALID' : 'TARGET_STATUS', 'server', fact, {
    where: response.url,
  });
}
