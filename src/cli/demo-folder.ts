// The folder of a demo below the system's temporary one, and those that demos left behind that could not end in order.
import { lstat, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Swept at one start: more would be somebody else's doing. */
const MAX_SWEPT = 20;

/**
 * Made anew, named after this process so that a later demo can tell whether it is still in use. Those of processes that are
 * gone are removed: own folders only, and only where process numbers mean the same (containers may share the folder).
 */
export async function makeDemoFolder(parent = tmpdir()): Promise<string> {
  const space = await processSpace();
  await sweepDemoFolders(parent, space).catch(() => undefined);
  return mkdtemp(join(parent, `plimsoll-demo-${space}-${process.pid}-`));
}

async function sweepDemoFolders(parent: string, space: string): Promise<void> {
  const name = new RegExp(`^plimsoll-demo-${space}-(\\d+)-\\w{6}$`);
  const stale = (await readdir(parent)).filter((entry) => {
    const pid = Number(name.exec(entry)?.[1] ?? NaN);
    return Number.isSafeInteger(pid) && pid > 0 && !isRunning(pid);
  });
  for (const entry of stale.slice(0, MAX_SWEPT)) {
    const path = join(parent, entry);
    const { uid, isOwnFolder } = await lstat(path).then((stats) => ({
      uid: stats.uid,
      isOwnFolder: stats.isDirectory(),
    }));
    if (isOwnFolder && uid === process.getuid?.()) await rm(path, { recursive: true, force: true });
  }
}

/** Which numbering of processes this one belongs to; 0 where there is but one. */
async function processSpace(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(link)?.[0] ?? '0';
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
