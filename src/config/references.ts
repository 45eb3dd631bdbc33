// `${NAME}`, `file:PATH` and `${file:PATH}` in a text: where secrets come from, so that the file itself holds none.
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** A secret or an address; a larger file is another one. */
export const MAX_REFERENCED_BYTES = 64 * 1024;
/** Different files that one configuration may name: each is read with every reload. */
export const MAX_REFERENCED_FILES = 1000;

/** Path as written -> its text without the line end, or why there is none. */
export type ReferencedFiles = ReadonlyMap<string, { readonly text: string } | { readonly fact: string }>;
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Sources {
  readonly environment: Environment;
  readonly files: ReferencedFiles;
}

const WHOLE = /^file:(.*)$/s;
/** `$${` is a literal `${`. */
const PART = /\$\$\{|\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Paths that a text names. */
export function referencedPaths(text: string): string[] {
  const whole = WHOLE.exec(text)?.[1];
  const paths =
    whole === undefined
      ? [...text.matchAll(PART)].map(([, inner]) => WHOLE.exec(inner ?? '')?.[1] ?? '')
      : [whole];
  return paths.filter((path) => path !== '');
}

export function isReference(text: string): boolean {
  return WHOLE.test(text) || text.includes('${');
}

/** The text with its references resolved and what each stands for, or what is wrong and what to do. Never tells a value. */
export function resolveReferences(
  text: string,
  { environment, files }: Sources,
):
  | { readonly text: string; readonly values: readonly string[] }
  | { readonly fact: string; readonly fix: string } {
  const values: string[] = [];
  const note = (value: string): string => {
    values.push(value);
    return value;
  };
  let wrong: { fact: string; fix: string } | null = null;
  const fail = (fact: string, fix: string): string => {
    wrong ??= { fact, fix };
    return '';
  };
  const readPath = (path: string): string => {
    if (path === '') return fail('file: without a path', 'Write file:PATH, such as file:/run/secrets/token.');
    const file = files.get(path);
    if (file === undefined || !('text' in file))
      return fail(
        `the file ${path} ${file?.fact ?? 'was not read'}`,
        'Name a file with the value in it that this user may read; paths start at the folder of the configuration.',
      );
    return note(file.text);
  };
  const whole = WHOLE.exec(text)?.[1];
  const resolved =
    whole !== undefined
      ? readPath(whole)
      : text.replace(PART, (all, inner: string | undefined, end: string | undefined) => {
          if (inner === undefined) return '${';
          const path = WHOLE.exec(inner)?.[1];
          if (end === '}' && path !== undefined) return readPath(path);
          if (end !== '}' || !NAME.test(inner))
            return fail(
              '${ without the name of a variable',
              'Write ${NAME} for a variable, or $${ for the two characters themselves.',
            );
          const value = environment[inner];
          if (value !== undefined) return note(value);
          return fail(
            `environment variable ${inner} is not set`,
            `Set ${inner} where plimsoll is started, or write file:PATH to read it from a file.`,
          );
        });
  return wrong ?? { text: resolved, values };
}

/** Reads what `paths` name, from the folder of `configFile`. Never throws. */
export async function readReferencedFiles(
  paths: Iterable<string>,
  configFile: string,
): Promise<ReferencedFiles> {
  const files = new Map<string, { text: string } | { fact: string }>();
  for (const path of new Set(paths)) {
    if (files.size >= MAX_REFERENCED_FILES) {
      files.set(path, { fact: `is one of more than ${MAX_REFERENCED_FILES}` });
      break;
    }
    files.set(path, await readOne(referencedFile(path, configFile)));
  }
  return files;
}

/** Where a path that a configuration names is looked for. */
export function referencedFile(path: string, configFile: string): string {
  return resolve(dirname(configFile), path);
}

async function readOne(path: string): Promise<{ text: string } | { fact: string }> {
  try {
    const found = await stat(path);
    // A pipe would be waited for, and a device never ends.
    if (!found.isFile()) return { fact: 'is no file' };
    if (found.size > MAX_REFERENCED_BYTES) return { fact: `has more than ${MAX_REFERENCED_BYTES} bytes` };
    return { text: (await readFile(path, 'utf8')).replace(/\r?\n$/, '') };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { fact: code === 'ENOENT' ? 'is not there' : `cannot be read (${code ?? 'unknown'})` };
  }
}
