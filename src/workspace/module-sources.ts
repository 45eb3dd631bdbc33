// All Go sources of a module on disk, for analysis.
import { lstat, readdir, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';

/** Go sources of a service by `<import path>/<file>`. */
export interface SourceSet {
  readonly files: readonly string[];
  /** null for a file that is not there. */
  readonly read: (file: string) => Promise<Uint8Array | null>;
}

/** A module with more has its generated code in it; the rest is left out. */
export const MAX_SOURCE_FILES = 5000;
/** Folders deeper than this are no packages. */
const MAX_DEPTH = 24;
/** Folders looked at for a go.mod, from a given one downwards: a monorepo's services lie two or three levels below. */
const MAX_MODULE_DEPTH = 4;
/** No go.mod is longer. */
const MAX_GO_MOD_BYTES = 1024 * 1024;

/** What `go build` leaves out as well, and what is not the service's own. */
const SKIPPED_FOLDER = /^(?:\.|_)|^(?:vendor|testdata|node_modules)$/;

/**
 * Sources of the modules in (or below) folders. Where several modules are, that of the service comes alone when it is
 * among them. A folder without any go.mod is taken for the root of `module`.
 *
 * @param module import path of the service's module, null when unknown.
 */
export async function findModuleSources(
  folders: readonly string[],
  module: string | null,
): Promise<SourceSet> {
  const roots: GoModule[] = [];
  for (const folder of folders) {
    const found = await findModules(folder);
    if (found.length > 0) roots.push(...found);
    else if (module !== null) roots.push({ root: folder, module });
  }
  const own = roots.filter((candidate) => candidate.module === module);
  const paths = new Map<string, string>();
  for (const { root, module: importPath } of own.length > 0 ? own : roots) {
    await listSources(root, importPath, paths, 0);
  }
  return {
    files: [...paths.keys()].sort(),
    read: async (file) => {
      const path = paths.get(file);
      return path === undefined ? null : readFile(path).catch(() => null);
    },
  };
}

/**
 * Root of the module that a file belongs to, when that is `module`: for a binary that was built on this machine. null
 * when the file is not here, or belongs to something else.
 */
export async function findModuleRoot(file: string, module: string): Promise<string | null> {
  if (!isAbsolute(file)) return null;
  let folder = dirname(file);
  for (let level = 0; level < MAX_DEPTH; level++) {
    const path = await readModulePath(folder);
    if (path !== null) return path === module ? folder : null;
    const parent = dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
  return null;
}

export interface GoModule {
  /** Folder of its go.mod. */
  readonly root: string;
  /** Import path. */
  readonly module: string;
}

/**
 * Modules in a folder or below it, not those in a module.
 * @param walked gets the folders that are no module: where another one may appear.
 */
export async function findModules(folder: string, walked: string[] = [], depth = 0): Promise<GoModule[]> {
  const module = await readModulePath(folder);
  if (module !== null) return [{ root: folder, module }];
  walked.push(folder);
  if (depth >= MAX_MODULE_DEPTH) return [];
  const found = [];
  for (const name of await listFolders(folder))
    found.push(...(await findModules(join(folder, name), walked, depth + 1)));
  return found;
}

/** `module` line of a folder's go.mod; null without one. */
async function readModulePath(folder: string): Promise<string | null> {
  const path = join(folder, 'go.mod');
  try {
    const { size } = await lstat(path);
    if (size > MAX_GO_MOD_BYTES) return null;
    const line = /^\s*module\s+"?([^\s"]+)"?/m.exec(await readFile(path, 'utf8'));
    return line?.[1] ?? null;
  } catch {
    return null; // none here: the next folder may have one
  }
}

async function listFolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !SKIPPED_FOLDER.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    return []; // not a folder, or not ours to read
  }
}

/** Links are not followed: a tree may lead back into itself. */
async function listSources(
  folder: string,
  importPath: string,
  paths: Map<string, string>,
  depth: number,
): Promise<void> {
  if (depth > MAX_DEPTH) return;
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    if (paths.size >= MAX_SOURCE_FILES) return;
    if (entry.isFile() && entry.name.endsWith('.go') && !entry.name.endsWith('_test.go')) {
      paths.set(`${importPath}/${entry.name}`, join(folder, entry.name));
    }
  }
  for (const name of await listFolders(folder)) {
    const below = join(folder, name);
    if ((await readModulePath(below)) === null)
      await listSources(below, `${importPath}/${name}`, paths, depth + 1);
  }
}
