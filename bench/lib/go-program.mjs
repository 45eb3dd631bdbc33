// Go programs of the benchmarks: built once into a temporary folder.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, stop } from './product.mjs';
import { makeTemporaryFolder } from './temporary-folder.mjs';

/**
 * Builds the program of bench/NAME; its modules come from the module proxy. Ends with status 3 where that fails.
 * @param {string} name
 * @returns {string} path of the executable, which goes with this process
 */
export function buildGoProgram(name) {
  const output = join(makeTemporaryFolder(name).folder, name);
  const cwd = join(ROOT, 'bench', name);
  const { status, error, stderr } = spawnSync('go', ['build', '-o', output, '.'], { cwd, encoding: 'utf8' });
  if (error) stop(`no go (${error.message}): install it from go.dev/dl`);
  if (status !== 0) stop(`go build of bench/${name} failed: ${stderr.trim()}`);
  return output;
}
