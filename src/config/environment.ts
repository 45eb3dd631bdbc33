import { PlimsollError } from '../base/errors.ts';
import { parseListen } from './listen.ts';
import type { Settings } from './settings.ts';

/**
 * Settings from the environment. `PORT` is what platforms and `npm start` set: the port of the page.
 * @throws PlimsollError CONFIG_INVALID naming the variable.
 */
export function environmentSettings(
  environment: Readonly<Record<string, string | undefined>>,
  base: Settings,
): Partial<Settings> {
  const settings: { -readonly [K in keyof Settings]?: Settings[K] } = {};
  const port = environment['PORT'];
  if (port !== undefined && port !== '') {
    const listen = parseListen(port);
    if (!listen)
      throw new PlimsollError('CONFIG_INVALID', 'config', 'needs a port', { field: 'PORT', value: port });
    settings.listen = { host: base.listen.host, port: listen.port };
  }
  const data = environment['PLIMSOLL_DATA'];
  if (data !== undefined && data !== '') settings.dataDir = data;
  return settings;
}
