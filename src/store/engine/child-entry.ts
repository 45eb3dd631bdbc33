// Where the engine's process finds its program. Compiled, it lies beside this file. Run from source (vitest),
// Node cannot load TypeScript: there the child is bundled once per content into node_modules/.cache.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of a file that `node` can run. */
export async function findChildEntry(): Promise<string> {
  const here = fileURLToPath(import.meta.url);
  if (!here.endsWith('.ts')) return join(dirname(here), 'engine-child.js');
  return bundleFromSource(join(dirname(here), 'engine-child.ts'));
}

async function bundleFromSource(entry: string): Promise<string> {
  const { build } = await import('esbuild');
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  });
  const code = result.outputFiles[0]?.contents;
  if (code === undefined) throw new Error('esbuild wrote nothing');
  const cache = join(findNodeModules(dirname(entry)), '.cache', 'plimsoll');
  const name = `engine-child-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.mjs`;
  const path = join(cache, name);
  if (existsSync(path)) return path;
  await mkdir(cache, { recursive: true });
  // Test workers come here at the same time: each renames its own whole copy into place.
  const draft = join(cache, `${name}.${process.pid}`);
  await writeFile(draft, code);
  await rename(draft, path);
  return path;
}

function findNodeModules(from: string): string {
  for (let dir = from; dirname(dir) !== dir; dir = dirname(dir)) {
    const candidate = join(dir, 'node_modules');
    if (existsSync(candidate)) return candidate;
  }
  throw new Error(`no node_modules above ${from}`);
}
