// Sources of Go's standard library and of modules, found where this machine keeps them.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readListedSource } from '../workspace/find-source.ts';

/**
 * A file that a profile names below GOROOT/src or the module cache of whatever machine built it, or as `-trimpath` leaves
 * it (`net/http/server.go`, `github.com/a/b@v1.2.3/c.go`). Only Go files are read, nothing above those folders.
 */
export function readLibrarySource(file: string): string | null {
  if (!file.endsWith('.go') || file.split('/').includes('..')) return null;
  const module = /(?:^|\/pkg\/mod\/)((?:[^/]+\/)*[^/]+@v[^/]+\/.+)$/.exec(file)?.[1];
  if (module !== undefined) return readListedSource(join(moduleCache(), escapeUpper(module)));
  const standard = file.startsWith('/') ? /\/src\/(.+)$/.exec(file)?.[1] : file;
  return standard === undefined ? null : readListedSource(join(goRoot(), 'src', standard));
}

/** As the module cache spells capitals: `!burnt!sushi`. */
function escapeUpper(path: string): string {
  const at = path.indexOf('/', path.indexOf('@'));
  const module = path.slice(0, at).replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
  return module + path.slice(at);
}

function moduleCache(): string {
  const [first = ''] = (process.env['GOPATH'] ?? '').split(':');
  return process.env['GOMODCACHE'] ?? join(first === '' ? join(homedir(), 'go') : first, 'pkg', 'mod');
}

let knownRoot: string | null = null;

function goRoot(): string {
  if (knownRoot !== null) return knownRoot;
  const usual = process.env['GOROOT'] ?? '/usr/local/go';
  knownRoot = existsSync(join(usual, 'src')) ? usual : (askGo() ?? usual);
  return knownRoot;
}

function askGo(): string | null {
  // Loaded here: hardly any report needs it, and it takes 5 ms of every start.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { stdout } = spawnSync('go', ['env', 'GOROOT'], { encoding: 'utf8', timeout: 5000 });
  return stdout?.trim() || null;
}
