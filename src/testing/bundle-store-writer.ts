import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Compiles store-writer.ts and the engine's child beside it into `dir`, as a build would; returns its path. */
export async function bundleStoreWriter(dir: string): Promise<string> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: {
      'store-writer': 'src/testing/store-writer.ts',
      'engine-child': 'src/store/engine/engine-child.ts',
    },
    outdir: dir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['chdb', 'esbuild'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }');
  return join(dir, 'store-writer.js');
}

/** Inside the project, so that a program there finds its dependencies. */
export const CACHE_DIR = join(ROOT, 'node_modules', '.cache', 'plimsoll');
