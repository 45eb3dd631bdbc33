// The sources of a module, parsed as they are asked for.
import {
  readDeclarations,
  type FunctionDeclaration,
  type GoFile,
  type TypeDeclaration,
  type VariableDeclaration,
} from './declarations.ts';
import { LocalNames } from './locals.ts';
import { WorkBudget } from './work-budget.ts';
import { SyntaxTree, type GoParser, type NodeRow } from './syntax-tree.ts';

/** Texts by path `<import path>/<file>`; the main package lies under the module's path. */
export type SourceTexts = ReadonlyMap<string, string>;

/**
 * Characters parsed for one question. Answers come from the package in question and from the files that mention its
 * functions: a few hundred kB. 4 M characters take three seconds and 25 MB of columns.
 */
export const MAX_INDEX_CHARACTERS = 4 * 1024 * 1024;

/** All files of a package, taken together. */
export interface GoPackage {
  readonly importPath: string;
  readonly files: readonly GoFile[];
  /** `Name` or `Type.Name`. */
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  readonly types: ReadonlyMap<string, TypeDeclaration>;
  readonly variables: ReadonlyMap<string, VariableDeclaration>;
}

/**
 * Files and packages by name. Made for one question and dropped with it: syntax is ten times as large as the text.
 * Nothing here throws for what the texts contain.
 */
export class SourceIndex {
  /** Import path of the main module, '' when unknown. */
  readonly module: string;
  /** Of the question that all this is read for. */
  readonly budget = new WorkBudget();
  readonly #texts: SourceTexts;
  readonly #parser: GoParser;
  readonly #files = new Map<string, GoFile | null>();
  readonly #packages = new Map<string, GoPackage | null>();
  readonly #locals = new Map<GoFile, LocalNames>();
  readonly #paths = new Map<string, string[]>();
  /** Answers of filesMentioning: the same names are asked about again and again. */
  readonly #mentions = new Map<string, readonly GoFile[]>();
  #hasProgram: boolean | null = null;
  #charactersLeft = MAX_INDEX_CHARACTERS;

  constructor(texts: SourceTexts, parser: GoParser, module: string) {
    this.#texts = texts;
    this.#parser = parser;
    this.module = module;
    for (const path of [...texts.keys()].sort()) {
      if (!path.endsWith('.go') || path.endsWith('_test.go')) continue;
      const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      const paths = this.#paths.get(folder);
      if (paths === undefined) this.#paths.set(folder, [path]);
      else paths.push(path);
    }
  }

  /** Import paths of all packages, sorted. */
  get packagePaths(): readonly string[] {
    return [...this.#paths.keys()];
  }

  hasPackage(importPath: string): boolean {
    return this.#paths.has(importPath);
  }

  /** null when it is not there, not Go, or beyond MAX_INDEX_CHARACTERS. */
  file(path: string): GoFile | null {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const file = this.#parse(path);
    this.#files.set(path, file);
    return file;
  }

  #parse(path: string): GoFile | null {
    const text = this.#texts.get(path);
    if (text === undefined || text.length > this.#charactersLeft) return null;
    this.#charactersLeft -= text.length;
    const columns = this.#parser.parse(text);
    if (columns === null || columns.length === 0) return null;
    return readDeclarations(path, new SyntaxTree(text, columns, this.budget));
  }

  package(importPath: string): GoPackage | null {
    const known = this.#packages.get(importPath);
    if (known !== undefined) return known;
    const found = this.#readPackage(importPath);
    this.#packages.set(importPath, found);
    return found;
  }

  #readPackage(importPath: string): GoPackage | null {
    const files = (this.#paths.get(importPath) ?? []).flatMap((path) => this.file(path) ?? []);
    if (files.length === 0) return null;
    const functions = new Map<string, FunctionDeclaration>();
    const types = new Map<string, TypeDeclaration>();
    const variables = new Map<string, VariableDeclaration>();
    for (const file of files) {
      for (const f of file.functions) functions.set(functionKey(f), f);
      for (const t of file.types) types.set(t.name, t);
      for (const v of file.variables) if (!v.isConstant) variables.set(v.name, v);
    }
    return { importPath, files, functions, types, variables };
  }

  locals(file: GoFile): LocalNames {
    let locals = this.#locals.get(file);
    if (locals === undefined) {
      locals = new LocalNames(file.tree, this.budget);
      this.#locals.set(file, locals);
    }
    return locals;
  }

  /** Parsed files whose text has all of these words: cheap to ask before parsing. */
  filesMentioning(...words: readonly string[]): readonly GoFile[] {
    const key = words.join('\n');
    const known = this.#mentions.get(key);
    if (known !== undefined) return known;
    const found: GoFile[] = [];
    this.#mentions.set(key, found);
    for (const paths of this.#paths.values()) {
      for (const path of paths) {
        const text = this.#texts.get(path) ?? '';
        if (!words.every((word) => text.includes(word))) continue;
        const file = this.file(path);
        if (file !== null) found.push(file);
      }
    }
    return found;
  }

  /** Is a program among the sources? Without one, what is exported may be called from elsewhere. */
  get hasProgram(): boolean {
    this.#hasProgram ??= [...this.#texts.values()].some((text) => /^package main\b/m.test(text));
    return this.#hasProgram;
  }

  /**
   * File of a package that a profile names. The profile's path is that of the machine which built the program: its
   * last part counts, as far as it agrees with a file we have.
   */
  findFile(importPath: string, fileName: string): GoFile | null {
    const base = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
    const folder = importPath === 'main' ? this.#mainFolder(fileName) : importPath;
    return this.file(`${folder}/${base}`) ?? this.file(`${this.module}/${base}`);
  }

  /** `main` is the name of many packages: the folder whose path the file's folder ends with, the module's root else. */
  #mainFolder(fileName: string): string {
    const parts = fileName.split(/[\\/]/).slice(0, -1);
    for (let from = 0; from < parts.length; from++) {
      const tail = parts.slice(from).join('/');
      const below = `${this.module}/${tail}`;
      if (this.#paths.has(below)) return below;
      if (this.#paths.has(tail)) return tail;
    }
    return this.module;
  }
}

export function functionKey(declaration: FunctionDeclaration): string {
  return declaration.receiverType === null
    ? declaration.name
    : `${declaration.receiverType}.${declaration.name}`;
}

/** Top-level function around a node; null outside of any. */
export function functionAt(file: GoFile, node: NodeRow): FunctionDeclaration | null {
  // In the order of the text: the last one that begins at or before the node.
  const { functions, tree } = file;
  let low = 0;
  let high = functions.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (functions[middle].node <= node) low = middle;
    else high = middle - 1;
  }
  const found = functions[low];
  return found !== undefined && tree.contains(found.node, node) ? found : null;
}

/** A node with its file: rows of different files must not be mixed. */
export interface SourceNode {
  readonly file: GoFile;
  readonly node: NodeRow;
}

/** `path:line`, for people and as a key. */
export function formatPlace({ file, node }: SourceNode): string {
  return `${file.path}:${file.tree.line(node)}`;
}
