// What every script needs first: packages installed, product built, tools found. Node's own modules only, because
// nothing else is there yet.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const NODE_MAJOR = 20;
const NODE_MINOR = 19;

export function say(text) {
  process.stdout.write(`plimsoll: ${text}\n`);
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NODE_MAJOR || (major === NODE_MAJOR && minor < NODE_MINOR)) {
    say(`needs Node >= ${NODE_MAJOR}.${NODE_MINOR}, this is ${process.versions.node}`);
    process.exit(3);
  }
}

/**
 * Runs a command to its end and tells every ten seconds that it is still at it. Output is shown with
 * `loud`, else kept and shown only when the command fails.
 * @returns true when it exited with 0.
 */
export async function run(title, command, args, { loud = false, cwd = ROOT, env = process.env } = {}) {
  const startedAt = Date.now();
  const child = spawn(command, args, { cwd, env, stdio: loud ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output = (output + chunk).slice(-64_000);
    });
  }
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const beat = loud ? undefined : setInterval(() => say(`${title} ... ${seconds()} s`), 10_000);
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      output += `${error.message}\n`;
      resolve(127);
    });
    child.on('close', (status, signal) => resolve(signal ?? status));
  });
  clearInterval(beat);
  if (code !== 0) {
    if (!loud) process.stdout.write(output);
    say(`${title}: failed (exit ${code})`);
    return false;
  }
  say(`${title}: done in ${seconds()} s`);
  return true;
}

/** Installs with `npm ci` when node_modules does not match the lock file. */
export async function ensurePackages() {
  const marker = join(ROOT, 'node_modules', '.plimsoll-lock');
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return true;
  say(
    'installing packages from the npm registry (about 700 MB on disk with the embedded database, once) ...',
  );
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  if (!(await run('packages', 'npm', args))) return false;
  writeFileSync(marker, lock);
  return true;
}

function newestChange(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

/** Builds when a source is newer than the last build. */
export async function ensureBuild() {
  const stamp = join(ROOT, 'dist', '.built');
  const sources = ['src', 'kernel', 'web', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  const newest = Math.max(...sources.map((name) => newestChange(join(ROOT, name))));
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest) return true;
  const isBuilt = await run('build', process.execPath, [join(ROOT, 'scripts', 'build.mjs')]);
  if (isBuilt) {
    mkdirSync(join(ROOT, 'dist'), { recursive: true });
    writeFileSync(stamp, new Date().toISOString());
  }
  return isBuilt;
}

/** First program of `names` that is on the PATH, else null. */
export function findProgram(...names) {
  for (const name of names) {
    const found = spawnSync('sh', ['-c', `command -v "$1"`, 'sh', name], { encoding: 'utf8' });
    if (found.status === 0 && found.stdout.trim()) return found.stdout.trim();
  }
  return null;
}
