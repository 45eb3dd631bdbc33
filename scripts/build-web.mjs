// Bundles the page: web/src -> dist/web (or --out FOLDER), names with a hash of the content, so that browsers keep
// them for ever. Prints what the first load weighs, and fails above the budget.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const WEB = join(ROOT, 'web');
/** Compressed bytes of everything that the first page needs. */
const BUDGET_BYTES = 150_000;

const outIndex = process.argv.indexOf('--out');
const out = outIndex > 0 ? resolve(process.argv[outIndex + 1] ?? '') : join(ROOT, 'dist', 'web');

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const result = await build({
  entryPoints: { app: join(WEB, 'src', 'main.tsx') },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  // What DESIGN asks for runs in browsers of the last two years.
  target: ['chrome120', 'firefox121', 'safari17'],
  entryNames: '[name]-[hash]',
  tsconfig: join(WEB, 'tsconfig.json'),
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
const files = Object.keys(result.metafile.outputs).map((path) => basename(path));
const script = files.find((name) => name.endsWith('.js'));
const style = files.find((name) => name.endsWith('.css'));
if (!script || !style) throw new Error(`the bundle has no script or no style sheet: ${files.join(', ')}`);

const icon = readFileSync(join(WEB, 'icon.svg'));
const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
writeFileSync(join(out, iconName), icon);
const index = readFileSync(join(WEB, 'index.html'), 'utf8')
  .replace('%script%', `/${script}`)
  .replace('%style%', `/${style}`)
  .replace('%icon%', `/${iconName}`);
writeFileSync(join(out, 'index.html'), index);

let total = 0;
for (const name of ['index.html', script, style, iconName]) {
  const bytes = readFileSync(join(out, name));
  const packed = gzipSync(bytes, { level: 9 }).length;
  total += packed;
  console.log(
    `${name.padEnd(22)} ${String(bytes.length).padStart(8)} B  ${String(packed).padStart(7)} B compressed`,
  );
}
console.log(`first load ${(total / 1000).toFixed(1)} kB compressed, budget ${BUDGET_BYTES / 1000} kB`);
if (total > BUDGET_BYTES) {
  console.error('build-web: the page is heavier than its budget');
  process.exitCode = 1;
}
