// One question to a running `plimsoll watch`.
import { PlimsollError } from '../base/errors.ts';

/** A sink that is tested has 30 s to answer. */
const ANSWER_TIMEOUT_MILLIS = 40_000;

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
  if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs the URL of a running plimsoll watch', {
      field: '--server',
      value: server,
    });
  }
  const url = new URL(path, server);
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MILLIS),
      ...(body === null
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch (error) {
    const where = url.origin;
    throw new PlimsollError('TARGET_REFUSED', 'server', 'no plimsoll watch answers there', { where }, error);
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const said = (answer as { error?: { message?: string } } | null)?.error?.message ?? response.statusText;
  // What the watch refuses is what was typed; anything else is the watch.
  const isRefused = response.status === 400 || response.status === 404;
  throw new PlimsollError(isRefused ? 'ARGUMENTS_INVALID' : 'TARGET_STATUS', 'server', said, {
    where: url.href,
  });
}
