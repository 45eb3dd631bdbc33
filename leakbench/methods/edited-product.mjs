// Plimsoll with one line of its built code changed: what switching one ingredient off costs, without a switch in the product. An
// edit whose text is not found exactly once is an error: the table never shows a row that changed nothing.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST } from '../../bench/lib/product.mjs';

/**
 * @typedef {object} Edit
 * @property {string} module path below dist/, without extension
 * @property {string} from text as it stands there, once
 * @property {string} to
 */

/** Parts of the build that no evaluation needs. */
const LEFT_OUT = new Set(['bin', 'web', 'kernel', 'server', 'cli']);

/**
 * A copy of the built product with these edits.
 * @param {readonly Edit[]} edits
 * @param {string} into folder that is made for it
 */
export function writeEdited(edits, into) {
  mkdirSync(into, { recursive: true });
  const keeps = (/** @type {string} */ path) => !LEFT_OUT.has(path.slice(DIST.length + 1));
  cpSync(DIST, join(into, 'dist'), { recursive: true, filter: keeps });
  const beside = dirname(DIST);
  cpSync(join(beside, 'package.json'), join(into, 'package.json'));
  symlinkSync(join(beside, 'node_modules'), join(into, 'node_modules'));
  for (const { module, from, to } of edits) {
    const file = join(into, 'dist', `${module}.js`);
    const parts = readFileSync(file, 'utf8').split(from);
    if (parts.length !== 2)
      throw new Error(`${module}.js holds ${parts.length - 1} times what is to be changed: ${from}`);
    writeFileSync(file, parts.join(to));
  }
}

/**
 * @param {string} folder as `writeEdited` made it
 * @returns {Promise<any>} its class Investigation
 */
export async function importEdited(folder) {
  const url = pathToFileURL(join(folder, 'dist', 'pipeline', 'investigation.js')).href;
  return (await import(url)).Investigation;
}
