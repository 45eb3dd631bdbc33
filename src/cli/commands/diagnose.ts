import { PlimsollError } from '../../base/errors.ts';
import { formatDuration, type Millis } from '../../base/units.ts';
import { reachServer, refusalOf, saidIn, STORE_TIMEOUT } from '../ask-server.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';

export interface DiagnoseOptions {
  readonly for: Millis;
  readonly server: string;
}

/** Turns diagnostic mode of a running watch on or off through its API. */
export async function diagnoseCommand(
  state: string,
  service: string,
  options: DiagnoseOptions,
): Promise<ExitStatus> {
  if (state !== 'on' && state !== 'off') {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs on or off', { value: state });
  }
  const isOn = state === 'on';
  const response = await reachServer(options.server, `/api/v1/diagnose/${encodeURIComponent(service)}`, {
    method: isOn ? 'POST' : 'DELETE',
    body: isOn ? { for: `${Math.round(options.for / 1000)}s` } : null,
    timeoutMillis: STORE_TIMEOUT,
  });
  if (!response.ok) {
    const said = saidIn(await response.json().catch(() => null));
    throw refusalOf(response, `${response.status} ${said ?? response.statusText}`);
  }
  process.stdout.write(
    isOn
      ? `diagnostic mode of ${service} is on for ${formatDuration(options.for)}\n`
      : `diagnostic mode of ${service} is off\n`,
  );
  return EXIT.none;
}
