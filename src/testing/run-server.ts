// A real server program for a test: started in a folder of its own, ended with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';

export interface RealServer {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * @param folder removed when the program ends.
 * @param readUrl null until what the program has said on standard error shows that it answers, then where.
 * @throws Error with what it said, when it ends before.
 */
export async function runServer(
  program: string,
  args: readonly string[],
  folder: string,
  readUrl: (said: string) => string | null,
): Promise<RealServer> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const answers = new Promise<string | null>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const url = readUrl(said);
      if (url !== null) resolve(url);
    });
    child.on('exit', () => resolve(null));
    child.on('error', () => resolve(null));
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const url = await answers;
  if (url !== null) return { url, stop };
  await stop();
  throw new Error(`${program} ended: ${said}`);
}
