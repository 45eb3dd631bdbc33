// Bundles the pages: web/src -> dist/web and dist/web/profile (or --out FOLDER), names with a hash of the content, so that browsers keep
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

/**
 * Each page has a folder of its own with all that it needs: a server serves one folder.
 * @type {{ name: string, folder: string, entry: string, html: string }[]}
 */
const PAGES = [
  { name: 'app', folder: out, entry: 'main.tsx', html: 'index.html' },
  { name: 'profile', folder: join(out, 'profile'), entry: 'profile/main.tsx', html: 'profile.html' },
];

rmSync(out, { recursive: true, force: true });
for (const page of PAGES) await buildPage(page);

/** @param {(typeof PAGES)[number]} page */
async function buildPage({ name, folder, entry, html }) {
  mkdirSync(folder, { recursive: true });
  const result = await build({
    entryPoints: { [name]: join(WEB, 'src', entry) },
    outdir: folder,
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
  const script = files.find((file) => file.endsWith('.js'));
  const style = files.find((file) => file.endsWith('.css'));
  if (!script || !style) throw new Error(`the bundle has no script or no style sheet: ${files.join(', ')}`);

  const icon = readFileSync(join(WEB, 'icon.svg'));
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  writeFileSync(join(folder, iconName), icon);
  const index = readFileSync(join(WEB, html), 'utf8')
    .replace('%script%', `/${script}`)
    .replace('%style%', `/${style}`)
    .replace('%icon%', `/${iconName}`);
  writeFileSync(join(folder, 'index.html'), index);
  weigh(name, folder, ['index.html', script, style, iconName]);
}

/**
 * @param {string} name
 * @param {string} folder
 * @param {string[]} files
 */
function weigh(name, folder, files) {
  let total = 0;
  for (const file of files) {
    const bytes = readFileSync(join(folder, file));
    const packed = gzipSync(bytes, { level: 9 }).length;
    total += packed;
    console.log(
      `${file.padEnd(22)} ${String(bytes.length).padStart(8)} B  ${String(packed).padStart(7)} B compressed`,
    );
  }
  console.log(
    `${name}: first load ${(total / 1000).toFixed(1)} kB compressed, budget ${BUDGET_BYTES / 1000} kB`,
  );
  if (total > BUDGET_BYTES) {
    console.error('build-web: the page is heavier than its budget');
    process.exitCode = 1;
  }
}
