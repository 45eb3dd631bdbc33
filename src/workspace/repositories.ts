// What repositories in folders with Go sources say of themselves: whose a file is, and where further files lie.
import { lstat, open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { MAX_OWNERS_BYTES, OWNERS_FILES, ownersOf, parseCodeOwners, type CodeOwners } from './code-owners.ts';
import { findModules } from './module-sources.ts';

/** Modules whose repositories are read; a monorepo of services has tens. */
export const MAX_MODULES = 500;
/** Folders above modules that are looked at for new ones; those of the first levels. */
const MAX_WALKED = 2000;
/** Places of code that alerts name. */
const MAX_TOLD = 5000;
/** Folders between a module and the root of its repository. */
const MAX_LEVELS = 24;

interface Place {
  readonly root: string;
  /** Null where there is no go.mod. */
  readonly module: string | null;
  /** Of the repository: that of `.git`, without one the folder with a CODEOWNERS that is nearest above. */
  readonly top: string;
}

export interface CodePlace {
  /** As the profile or the module spells it. */
  readonly file: string | null;
  /** `main` says nothing. */
  readonly importPath: string | null;
}

export class Repositories {
  readonly #places: readonly Place[];
  readonly #owners: ReadonlyMap<string, CodeOwners>;
  /** Answers: alerts that fire are asked about each second. */
  readonly #told = new Map<string, string | null>();
  /** Where a CODEOWNERS may lie, those that do not exist as well. */
  readonly ownersFiles: readonly string[];

  /** Folders in which modules appear, and files by which they go: what is read again when one of them changes. */
  readonly moduleFiles: readonly string[];

  private constructor(
    places: readonly Place[],
    owners: ReadonlyMap<string, CodeOwners>,
    walked: readonly string[],
  ) {
    this.#places = places;
    this.#owners = owners;
    const modules = places.filter(({ module }) => module !== null).map(({ root }) => join(root, 'go.mod'));
    const above = walked.toSorted((a, b) => a.split(sep).length - b.split(sep).length);
    this.moduleFiles = [...above.slice(0, MAX_WALKED), ...modules];
    this.ownersFiles = [...owners.keys()].flatMap((top) => OWNERS_FILES.map((name) => join(top, name)));
  }

  /** Reads what is there now. What cannot be read is as if it were not there. */
  static async open(folders: readonly string[]): Promise<Repositories> {
    const places: Place[] = [];
    const owners = new Map<string, CodeOwners>();
    const walked: string[] = [];
    for (const named of folders) {
      const folder = resolve(named);
      const modules = await findModules(folder, walked);
      const found = modules.length > 0 ? modules : [{ root: folder, module: null }];
      for (const { root, module } of found.slice(0, MAX_MODULES - places.length)) {
        const top = await findTop(root, folder);
        places.push({ root, module, top });
        if (!owners.has(top)) owners.set(top, await readOwners(top));
      }
    }
    return new Repositories(places, owners, walked);
  }

  /** Roots of modules and of repositories, each once. */
  roots(): readonly string[] {
    return [...new Set(this.#places.flatMap(({ root, top }) => [top, root]))];
  }

  /** Owners of the file, with a space between; null where the repository names none, or it is not clear which file is meant. */
  async ownerOf(place: CodePlace): Promise<string | null> {
    const key = `${place.importPath ?? ''} ${place.file ?? ''}`;
    const told = this.#told.get(key);
    if (told !== undefined) return told;
    const owner = await this.#findOwner(place);
    if (this.#told.size >= MAX_TOLD) this.#told.clear();
    this.#told.set(key, owner);
    return owner;
  }

  async #findOwner(place: CodePlace): Promise<string | null> {
    const found = this.#locate(place) ?? (await this.#lookUp(place));
    if (found === null) return null;
    const path = relative(found.top, found.file).split(sep).join('/');
    const owners = ownersOf(path, this.#owners.get(found.top) ?? []);
    return owners.length === 0 ? null : owners.join(' ');
  }

  /** By the package: no file needs to be here. */
  #locate({ file, importPath }: CodePlace): { top: string; file: string } | null {
    if (file === null || importPath === null || importPath.split('/').includes('..')) return null;
    const [own] = this.#places
      .filter(({ module }) => module !== null && isBelow(importPath, module))
      .sort((a, b) => (b.module?.length ?? 0) - (a.module?.length ?? 0));
    if (own?.module === null || own?.module === undefined) return null;
    const below = importPath.slice(own.module.length);
    return { top: own.top, file: join(own.root, below, basename(file)) };
  }

  /** By the file, where only one repository has it. */
  async #lookUp({ file }: CodePlace): Promise<{ top: string; file: string } | null> {
    if (file === null || isAbsolute(file) || file.split(/[\\/]/).includes('..')) return null;
    const found = [];
    for (const { root, top } of this.#places) {
      const path = join(root, file);
      if ((await lstat(path).catch(() => null))?.isFile() === true) found.push({ top, file: path });
    }
    const [only] = found;
    return found.length === 1 && only !== undefined ? only : null;
  }
}

function isBelow(importPath: string, module: string): boolean {
  return importPath === module || importPath.startsWith(`${module}/`);
}

async function findTop(root: string, folder: string): Promise<string> {
  let owned: string | null = null;
  let isInside = true;
  let at = root;
  for (let level = 0; level < MAX_LEVELS; level++) {
    if ((await lstat(join(at, '.git')).catch(() => null)) !== null) return at;
    // Above the folder that was given, nothing but a repository counts.
    if (isInside && owned === null && (await hasOwners(at))) owned = at;
    if (at === folder) isInside = false;
    const parent = dirname(at);
    if (parent === at) break;
    at = parent;
  }
  return owned ?? folder;
}

async function hasOwners(top: string): Promise<boolean> {
  for (const name of OWNERS_FILES) if ((await lstat(join(top, name)).catch(() => null)) !== null) return true;
  return false;
}

async function readOwners(top: string): Promise<CodeOwners> {
  for (const name of OWNERS_FILES) {
    const text = await readSmall(join(top, name));
    if (text !== null) return parseCodeOwners(text);
  }
  return [];
}

/** Null for what is no file, cannot be read or is too large: GitHub leaves that out as well. */
async function readSmall(path: string): Promise<string | null> {
  try {
    // A named pipe nobody writes to would otherwise be waited for.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile()) return null;
      return found.size > MAX_OWNERS_BYTES ? '' : await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
}
