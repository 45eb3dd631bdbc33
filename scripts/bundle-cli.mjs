// Bundles the compiled command line: dist/cli -> dist/bin (or of another folder: --dist FOLDER). A command reads a few
// files instead of some hundred, which is a fifth of the time of a short one. Workers, the engine's child and whoever
// imports a module take those of dist/ themselves.
import { chmodSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './setup.mjs';

const distIndex = process.argv.indexOf('--dist');
const dist = distIndex > 0 ? resolve(process.argv[distIndex + 1] ?? '') : join(ROOT, 'dist');
const bin = join(dist, 'bin');

/** A module's `import.meta.url` stays its place in dist/: what lies beside it is found from there. */
const placesOfModules = {
  name: 'places-of-modules',
  setup(/** @type {import('esbuild').PluginBuild} */ { onLoad }) {
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const place = `new URL(${JSON.stringify(relative(bin, path).replaceAll('\\', '/'))}, import.meta.url).href`;
      return { contents: text.replaceAll('import.meta.url', place), loader: 'js' };
    });
  },
};

await build({
  entryPoints: { plimsoll: join(dist, 'cli', 'main.js') },
  outdir: bin,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  plugins: [placesOfModules],
  logLevel: 'warning',
});
chmodSync(join(bin, 'plimsoll.js'), 0o755);
