import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Creates a folder and those above it that are missing, as `mkdir -p`. Node's own recursive mkdir tries for ever where a
 * file system answers "no such entry" below a folder that exists (/proc).
 *
 * @throws Error of the file system (EACCES, ENOENT, ENOTDIR, EROFS ...) at the first folder that cannot be made.
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  let at = resolve(path);
  while (!(await isThere(at))) {
    missing.push(at);
    at = dirname(at);
  }
  for (const folder of missing.reverse()) {
    await mkdir(folder).catch(async (error: unknown) => {
      // Somebody else was faster.
      if (!(await isThere(folder))) throw error;
    });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
