// Targets out of files in Prometheus's file_sd format, read again when they change.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Millis } from '../base/units.ts';
import { LOOK_INTERVAL_MILLIS, lookAt } from '../config/follow-files.ts';
import type { Discoverer, DiscoverySink } from './discoverer.ts';
import type { TargetGroup } from './labels.ts';
import { MAX_LISTED_BYTES, parseTargetGroups, TargetListError } from './parse-target-groups.ts';

/** Files that patterns may find together. */
const MAX_FILES = 1000;

/** As Prometheus: `*` in the last part alone, and a name that tells the format. */
export const FILE_PATTERN = /^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/;

export interface FileDiscovererOptions {
  readonly paths: readonly string[];
  /** Where relative paths start. */
  readonly folder: string;
  /** Real time between two looks. */
  readonly lookMillis?: Millis;
}

/**
 * A file is read when two looks in a row find it the same, so that whoever writes it is done; of one that is wrong, what it
 * said before goes on. A file that is gone names nothing.
 */
export class FileDiscoverer implements Discoverer {
  readonly #options: FileDiscovererOptions;
  readonly #groups = new Map<string, readonly TargetGroup[]>();
  /** What each file looked like when it was read. */
  readonly #read = new Map<string, string>();
  /** Why a file could not be used. */
  readonly #wrong = new Map<string, string>();

  constructor(options: FileDiscovererOptions) {
    this.#options = options;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    let seen = new Map<string, string>();
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const now = await this.#look();
      const settled = [...now].filter(([file, look]) => isFirst || seen.get(file) === look);
      const changed = settled.filter(([file, look]) => this.#read.get(file) !== look);
      const gone = [...this.#read.keys()].filter((file) => !now.has(file));
      for (const file of gone) this.#forget(file);
      for (const [file, look] of changed) await this.#readFile(file, look);
      if (isFirst || changed.length > 0 || gone.length > 0) this.#tell(sink, now);
      seen = now;
      await sleep(this.#options.lookMillis ?? LOOK_INTERVAL_MILLIS, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  #tell(sink: DiscoverySink, now: ReadonlyMap<string, string>): void {
    const names = [...now.keys()].sort();
    const [wrong] = [...this.#wrong].sort(([a], [b]) => (a < b ? -1 : 1));
    const isNone = names.length === 0 ? `no such file: ${this.#options.paths.join(', ')}` : null;
    sink.found(
      names.flatMap((file) => this.#groups.get(file) ?? []),
      wrong ? `${wrong[0]}: ${wrong[1]}` : isNone,
    );
  }

  #forget(file: string): void {
    this.#read.delete(file);
    this.#groups.delete(file);
    this.#wrong.delete(file);
  }

  async #readFile(file: string, look: string): Promise<void> {
    this.#read.set(file, look);
    try {
      const { size } = await stat(file);
      if (size > MAX_LISTED_BYTES) throw new TargetListError(`larger than ${MAX_LISTED_BYTES} bytes`);
      const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
      const form = extname(file).toLowerCase() === '.json' ? 'json' : 'yaml';
      this.#groups.set(file, parseTargetGroups(text, form, file, { __meta_filepath: file }));
      this.#wrong.delete(file);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      this.#wrong.set(
        file,
        error instanceof TargetListError ? error.message : `cannot be read (${code ?? 'unknown'})`,
      );
    }
  }

  /** Every file that is there, with a text that is another one when the file is. */
  async #look(): Promise<Map<string, string>> {
    const files = new Set<string>();
    for (const path of this.#options.paths) {
      for (const file of await expandPattern(resolve(this.#options.folder, path))) {
        if (files.size < MAX_FILES) files.add(file);
      }
    }
    const looks = await Promise.all([...files].map(async (file) => [file, await lookAt([file])] as const));
    return new Map(looks.filter(([file, look]) => look !== `${file} -`));
  }
}

async function expandPattern(path: string): Promise<string[]> {
  if (!path.includes('*')) return [path];
  const folder = dirname(path);
  const parts = basename(path).split('*');
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => matches(name, parts))
    .sort()
    .map((name) => resolve(folder, name));
}

/** `a*b*c` by its parts, in linear time. */
function matches(name: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found === -1 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}
