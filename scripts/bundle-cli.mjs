// Bundles the compiled command line: dist/cli -> dist/bin (or of another folder: --dist FOLDER). A command reads a few
// files instead of some hundred, which is a fifth of the time of a short one. `plimsoll.js` with `profile` is one CommonJS
// file, as that starts quickest; all other commands are modules beside it. Workers, the engine's child and whoever imports a
// module take those of dist/ themselves.
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './setup.mjs';

const distIndex = process.argv.indexOf('--dist');
const dist = distIndex > 0 ? resolve(process.argv[distIndex + 1] ?? '') : join(ROOT, 'dist');
const bin = join(dist, 'bin');

/**
 * A module's `import.meta.url` stays its place in dist/: what lies beside it is found from there.
 * @param {string} base the URL of the bundled file, as an expression
 * @returns {import('esbuild').Plugin}
 */
const placesOfModules = (base) => ({
  name: 'places-of-modules',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const place = `new URL(${JSON.stringify(relative(bin, path).replaceAll('\\', '/'))}, ${base}).href`;
      return { contents: text.replaceAll('import.meta.url', place), loader: 'js' };
    });
  },
});

/** @type {import('esbuild').Plugin} */
const mainStaysApart = {
  name: 'main-stays-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/main\.js$/ }, () => ({ path: './main.mjs', external: true }));
  },
};

/** @type {import('esbuild').BuildOptions} */
const common = {
  outdir: bin,
  bundle: true,
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
};

rmSync(bin, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { main: join(dist, 'cli', 'main.js') },
  splitting: true,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  plugins: [placesOfModules('import.meta.url')],
});
await build({
  ...common,
  entryPoints: { plimsoll: join(dist, 'cli', 'plimsoll.js') },
  format: 'cjs',
  // Less to read; names stay, for whoever reports a fault.
  minifyWhitespace: true,
  minifySyntax: true,
  plugins: [placesOfModules(`require('node:url').pathToFileURL(__filename)`), mainStaysApart],
});
writeFileSync(join(bin, 'package.json'), '{ "type": "commonjs" }\n');
chmodSync(join(bin, 'plimsoll.js'), 0o755);
