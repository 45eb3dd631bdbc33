import { PlimsollError } from '../../base/errors.ts';
import { formatDuration, type Millis } from '../../base/units.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';

export interface DiagnoseOptions {
  readonly for: Millis;
  readonly server: string;
}

const ANSWER_TIMEOUT_MILLIS = 10_000;

/** Turns diagnostic mode of a running watch on or off through its API. */
export async function diagnoseCommand(
  state: string,
  service: string,
  options: DiagnoseOptions,
): Promise<ExitStatus> {
  if (state !== 'on' && state !== 'off') {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs on or off', { value: state });
  }
  if (!/^https?:\/\//.test(options.server) || !URL.canParse(options.server)) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs the URL of a running plimsoll watch', {
      field: '--server',
      value: options.server,
    });
  }
  const url = new URL(`/api/v1/diagnose/${encodeURIComponent(service)}`, options.server);
  const response = await ask(url, state === 'on' ? { for: `${Math.round(options.for / 1000)}s` } : null);
  const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  if (!response.ok) {
    // What the watch refuses is what was typed; anything else is the watch.
    const isRefused = response.status === 400 || response.status === 404;
    throw new PlimsollError(
      isRefused ? 'ARGUMENTS_INVALID' : 'TARGET_STATUS',
      'server',
      `${response.status} ${body?.error?.message ?? response.statusText}`,
      { where: url.href },
    );
  }
  process.stdout.write(
    state === 'on'
      ? `diagnostic mode of ${service} is on for ${formatDuration(options.for)}\n`
      : `diagnostic mode of ${service} is off\n`,
  );
  return EXIT.none;
}

async function ask(url: URL, body: object | null): Promise<Response> {
  try {
    return await fetch(url, {
      method: body ? 'POST' : 'DELETE',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MILLIS),
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  } catch (error) {
    throw new PlimsollError(
      'TARGET_REFUSED',
      'server',
      'no plimsoll watch answers there',
      { where: url.href },
      error,
    );
  }
}
