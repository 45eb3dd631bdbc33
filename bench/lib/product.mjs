// Where the built product lies, and its modules. Benchmarks measure what ships: dist/, never src/.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** PLIMSOLL_DIST measures another build (a copy, an older one): a folder `dist` with a package.json beside it. */
export const DIST = resolve(process.env.PLIMSOLL_DIST ?? join(ROOT, 'dist'));

export const CLI = join(DIST, 'bin', 'plimsoll.js');

/** Ends with status 3 and one line when there is nothing to measure. */
export function needProduct() {
  if (existsSync(CLI) && existsSync(join(dirname(DIST), 'package.json'))) return;
  stop(`no built product in ${DIST}: run npm run build first, or name another dist folder in PLIMSOLL_DIST`);
}

/**
 * A module of the built product, e.g. `pipeline/replay`.
 * @param {string} name path below src/, without extension
 * @returns {Promise<any>} its exports
 */
export function importProduct(name) {
  return import(pathToFileURL(join(DIST, `${name}.js`)).href);
}

/**
 * One line on standard error, then the end with status 3.
 * @param {string} text
 * @returns {never}
 */
export function stop(text) {
  process.stderr.write(`bench: ${text}\n`);
  process.exit(3);
}
