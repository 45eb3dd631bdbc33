import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A new folder that goes with this process, also when it is interrupted.
 * @param {string} name
 * @returns {{ folder: string, remove: () => void }} `remove` for earlier
 */
export function makeTemporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `plimsoll-bench-${name}-`));
  const remove = () => {
    process.off('exit', remove);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  return { folder, remove };
}
