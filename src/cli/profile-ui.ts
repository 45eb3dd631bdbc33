// `plimsoll profile ui`: a page on profiles alone, until Ctrl-C.
import { PlimsollError } from '../base/errors.ts';
import { startProfileServer } from '../server/profile-server.ts';
import type { ProfileRequest } from './profile-flags.ts';
import type { ProfileTools } from './profile-tools.ts';
import { profileViews, type ReadProfiles } from './profile-views.ts';
import { stopOnSignals } from './stop-signal.ts';
import { findWebDir } from './web-dir.ts';
import { writeOutput } from './write-output.ts';

/** Loopback alone, on any free port. */
const DEFAULT_LISTEN = { host: '127.0.0.1', port: 0 };

/** @throws PlimsollError PORT_IN_USE, LISTEN_FAILED, WEB_MISSING, and what reading throws. */
export async function uiCommand(request: ProfileRequest, tools: ProfileTools): Promise<null> {
  const stop = stopOnSignals();
  try {
    const webDir = findWebDir();
    if (webDir === null)
      throw new PlimsollError('WEB_MISSING', 'server', 'the built page is not beside the program');
    const views = await profileViews(request, tools, await readAll(request, tools));
    if (stop.signal.aborted) return null;
    const listen = request.listen ?? DEFAULT_LISTEN;
    const { warn } = tools.host;
    if (!isLoopback(listen.host))
      warn(
        `warning: whoever reaches ${listen.host} reads these profiles and the sources that they name, without a password`,
      );
    const talk = { info: warn, warn };
    const server = await startProfileServer({ views, listen, webDir: `${webDir}profile/`, talk });
    await writeOutput(`page: ${server.url}/\n`, null);
    if (process.stdout.isTTY) warn('Ctrl-C ends it');
    if (!stop.signal.aborted)
      await new Promise<void>((resolve) =>
        stop.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
    await server.close();
    return null;
  } finally {
    stop.dispose();
  }
}

/** Each source is read once: standard input cannot be read twice, and a URL would answer otherwise. */
async function readAll({ bases }: ProfileRequest, tools: ProfileTools): Promise<ReadProfiles> {
  const after = await tools.readMerged('source');
  if (bases.length === 0) return { combined: await tools.combine(after, null), compared: null };
  const before = await tools.readMerged('base', after);
  return { combined: await tools.combine(after, before), compared: { before, after } };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
