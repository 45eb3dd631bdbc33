// From nodes of YAML to values, as the schema says: every problem is found, none ends the reading.
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { MAX_PROBLEMS, type ConfigProblem } from './config-problem.ts';
import { nearestName } from './nearest-name.ts';
import { resolveReferences, type Sources } from './references.ts';
import { readScalar, shownText } from './scalars.ts';
import type { SettingSchema } from './setting-kinds.ts';
import { pairsOf, type YamlDocument } from './yaml-document.ts';

export type Path = readonly (string | number)[];

/** Values that are read, aliases followed: twenty for each of ten thousand targets. */
const MAX_VALUES = 200_000;

export class SettingsReader {
  readonly problems: ConfigProblem[] = [];
  readonly #document: YamlDocument;
  readonly #sources: Sources;
  readonly #root: SettingSchema;
  /** What references stand for. */
  readonly referenced = new Set<string>();
  /** Where each setting stands, for what is found wrong later. */
  readonly #nodes = new Map<string, Node>();
  #values = 0;

  constructor(document: YamlDocument, sources: Sources, root: SettingSchema) {
    this.#document = document;
    this.#sources = sources;
    this.#root = root;
  }

  /** All values, defaults filled in; of what is wrong, undefined. */
  read(): unknown {
    return this.#value(this.#document.root, this.#root, []);
  }

  /** @param path of a setting, or of one that is missing: then its nearest parent is the place. */
  problem(path: Path, fact: string, fix: string): ConfigProblem {
    let node: Node | null = null;
    for (let depth = path.length; depth > 0 && node === null; depth--)
      node = this.#nodes.get(keyOf(path.slice(0, depth))) ?? null;
    return this.#problemAt(node, path, fact, fix, null);
  }

  add(path: Path, fact: string, fix: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(this.problem(path, fact, fix));
  }

  #addAt(node: Node | null, path: Path, fact: string, fix: string, found: string | null = null): void {
    if (this.problems.length < MAX_PROBLEMS)
      this.problems.push(this.#problemAt(node, path, fact, fix, found));
  }

  #problemAt(node: Node | null, path: Path, fact: string, fix: string, found: string | null): ConfigProblem {
    const { line = null, column = null } = this.#document.placeOf(node) ?? {};
    return { line, column, field: path.join('.'), found, fact, fix };
  }

  #value(written: Node | null, schema: SettingSchema, path: Path): unknown {
    if (++this.#values > MAX_VALUES) {
      if (this.#values === MAX_VALUES + 1)
        this.add(path, 'too many values', 'Aliases (*name) count each time that they are used: use fewer.');
      return undefined;
    }
    const node = this.#document.follow(written);
    if (written !== null && node === null) {
      this.#addAt(written, path, 'no anchor has this name', 'Define it before it is used: &name.');
      return undefined;
    }
    if (schema['x-kind'] !== undefined) return this.#scalar(node, schema, path);
    if (schema.anyOf) {
      const [short, long] = schema.anyOf;
      const meant = isMap(node) || !isScalar(node) ? long : short;
      return meant && this.#value(node, meant, path);
    }
    if (schema.type === 'array') return this.#list(node, schema, path);
    return schema.properties ? this.#group(node, schema, path) : this.#map(node, schema, path);
  }

  #list(node: Node | null, schema: SettingSchema, path: Path): unknown[] {
    const { items } = schema;
    if (isNothing(node) || !items) return [];
    if (!isSeq(node)) {
      this.#addAt(
        node,
        path,
        `needs a list, and is ${describe(node)}`,
        'Begin each entry with "- " in a line of its own.',
      );
      return [];
    }
    return node.items.map((item, i) => {
      const at = [...path, i];
      this.#nodes.set(keyOf(at), item as Node);
      return this.#value(item as Node, items, at);
    });
  }

  #group(node: Node | null, schema: SettingSchema, path: Path): unknown {
    const written = this.#entries(node, path);
    const properties = schema.properties ?? {};
    for (const [key, { keyNode }] of written)
      if (!Object.hasOwn(properties, key)) this.#refuseKey(key, keyNode, properties, path);
    const entries = Object.entries(properties).map(([key, property]) => {
      const at = [...path, key];
      const entry = written.get(key);
      if (entry?.keyNode) this.#nodes.set(keyOf(at), entry.keyNode);
      const isMissing = entry === undefined && property['x-env'] === undefined;
      if (isMissing && schema.required?.includes(key) !== true) return [key, undefined];
      return [key, this.#value(entry?.value ?? null, property, at)];
    });
    return Object.fromEntries(entries);
  }

  #refuseKey(
    key: string,
    node: Node | null,
    properties: Readonly<Record<string, SettingSchema>>,
    path: Path,
  ): void {
    const known = Object.keys(properties);
    const near = nearestName(key, known) ?? elsewhere(key, this.#root, path);
    const isTop = near === key && path.length > 0;
    const meant = isTop
      ? `${key} holds for the whole file: it stands at its top. `
      : near === null
        ? ''
        : `Did you mean ${near}? `;
    this.#addAt(node, [...path, shorten(key)], 'unknown setting', `${meant}Known here: ${known.join(', ')}.`);
  }

  #map(node: Node | null, schema: SettingSchema, path: Path): Readonly<Record<string, unknown>> {
    const { additionalProperties: value } = schema;
    if (typeof value !== 'object') throw new Error(`no schema for ${path.join('.')}`);
    const entries = [...this.#entries(node, path)].map(([key, entry]) => {
      const at = [...path, key];
      if (entry.keyNode) this.#nodes.set(keyOf(at), entry.keyNode);
      return [key, this.#value(entry.value, value, at)] as const;
    });
    return Object.fromEntries(entries);
  }

  #entries(node: Node | null, path: Path): ReadonlyMap<string, { keyNode: Node | null; value: Node | null }> {
    const entries = new Map<string, { keyNode: Node | null; value: Node | null }>();
    if (isNothing(node)) return entries;
    if (!isMap(node)) {
      this.#addAt(
        node,
        path,
        `needs a mapping, and is ${describe(node)}`,
        'Write "name: value" lines below it, indented.',
      );
      return entries;
    }
    for (const { key, keyNode, value } of pairsOf(node)) {
      if (entries.has(key))
        this.#addAt(keyNode, [...path, shorten(key)], 'stands here twice', 'Keep one of them.');
      else entries.set(key, { keyNode, value });
    }
    return entries;
  }

  #scalar(node: Node | null, schema: SettingSchema, path: Path): unknown {
    const kind = schema['x-kind'] ?? 'text';
    const variable = schema['x-env'];
    const fromEnvironment = variable === undefined ? undefined : this.#sources.environment[variable];
    if (variable !== undefined && fromEnvironment !== undefined && fromEnvironment !== '') {
      const read = readScalar(fromEnvironment, schema);
      if ('value' in read) return read.value;
      this.#addAt(null, [variable], read.fact, read.fix, shownText(fromEnvironment, kind));
      return undefined;
    }
    if (node === null) return schema.default === undefined ? undefined : readDefault(schema);
    if (!isScalar(node) || node.value === null) {
      const wanted = readScalar(undefined, schema);
      const fact = 'fact' in wanted ? wanted.fact : 'needs a value';
      this.#addAt(node, path, `${fact}, and is ${describe(node)}`, 'Give it a value, or leave the line out.');
      return undefined;
    }
    // A number is the text that was written: 08, 1e3.
    const raw = kind === 'verbatim' ? (node.source ?? '') : node.value;
    const isText = typeof raw === 'string' && kind !== 'choice' && kind !== 'verbatim';
    const resolved = isText ? resolveReferences(raw, this.#sources) : { text: raw };
    if ('values' in resolved) for (const value of resolved.values) this.referenced.add(value);
    const read = 'text' in resolved ? readScalar(resolved.text, schema) : resolved;
    if ('value' in read) return read.value;
    // As it is written: what a reference stands for is never told.
    this.#addAt(node, path, read.fact, read.fix, shownText(raw, kind));
    return undefined;
  }
}

/** @throws Error for a schema that contradicts itself; a test reads all of them. */
export function readDefault(schema: SettingSchema): unknown {
  const read = readScalar(schema.default, schema);
  if (!('value' in read)) throw new Error(`default ${schema.default ?? ''}: ${read.fact}`);
  return read.value;
}

/** A key may be a whole sentence whose quotes were forgotten. */
function shorten(key: string): string {
  return key.length > 60 ? `${key.slice(0, 57)}...` : key;
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}

function isNothing(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

/** Containers may hold secrets: what they are is told, not what is in them. */
function describe(node: Node | null): string {
  if (isNothing(node)) return 'empty';
  if (isSeq(node)) return 'a list';
  return isMap(node) ? 'a mapping' : 'a single value';
}

/** A setting that stands elsewhere in the file, by its full name. */
function elsewhere(
  key: string,
  schema: SettingSchema,
  here: Path,
  path: readonly string[] = [],
): string | null {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const at = [...path, name];
    if (name === key && at.join('.') !== [...here, key].join('.')) return at.join('.');
    const found = elsewhere(key, property, here, at);
    if (found !== null) return found;
  }
  return null;
}
