// Where an editor finds the JSON Schema of a plimsoll.yaml: on every machine that has the file, without a network, and of the
// version that is used. An address on the Internet would be none of ours, and always of the newest version; one into this
// installation is nowhere else.
import { readFile, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { buildConfigJsonSchema } from '../config/json-schema.ts';

/** The copy beside a plimsoll.yaml. */
export const SCHEMA_FILE = 'plimsoll.schema.json';
const PACKAGE = 'plimsoll';
/** As the YAML language server reads it, in the first line. */
const SCHEMA_LINE = /^\uFEFF?#\s*yaml-language-server:\s*\$schema=(\S+)/;

/** As `plimsoll config schema` prints it. */
export function formatSchema(): string {
  return `${JSON.stringify(buildConfigJsonSchema(), null, 2)}\n`;
}

/**
 * In a project that depends on Plimsoll its installed package, which an upgrade brings along; else a copy beside the file,
 * which is written.
 *
 * @returns path from the file's folder; null where a file of that name is somebody else's, or cannot be written.
 */
export async function provideSchema(file: string): Promise<string | null> {
  const folder = dirname(resolve(file));
  const project = await findProject(folder);
  if (project !== null) {
    const installed = join(project, 'node_modules', PACKAGE, 'docs', SCHEMA_FILE);
    return relative(folder, installed).split(sep).join('/');
  }
  const copy = join(folder, SCHEMA_FILE);
  const known = await read(copy);
  if (known !== null && !isOurs(known)) return null;
  try {
    if (known !== formatSchema()) await writeFile(copy, formatSchema());
    return SCHEMA_FILE;
  } catch {
    return null;
  }
}

/**
 * What keeps editors from the settings of this version: a schema that the first line names and that is not there, or a copy beside the
 * file of another version, however it is formatted. null = nothing.
 */
export async function findSchemaProblem(file: string): Promise<string | null> {
  const folder = dirname(resolve(file));
  const [, named = null] = SCHEMA_LINE.exec((await read(file)) ?? '') ?? [];
  // An address is the editor's to ask.
  const local = named === null || /^[a-z][a-z+.-]+:/i.test(named) ? null : named;
  if (local !== null && (await read(resolve(folder, local))) === null) {
    const isOfPackage = /(?:^|\/)node_modules\//.test(local);
    return `${local}, which its first line names for editors, is not there: ${isOfPackage ? 'npm install' : `plimsoll config schema > ${local}`}`;
  }
  const place = local ?? SCHEMA_FILE;
  const known = await read(resolve(folder, place));
  if (known === null || !isOurs(known) || isDeepStrictEqual(parse(known), parse(formatSchema()))) return null;
  return `${place}, for editors, is of another version: plimsoll config schema > ${place}`;
}

/** The folder, or one above, whose package.json names Plimsoll. */
async function findProject(from: string): Promise<string | null> {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = parse(await read(join(folder, 'package.json')));
    const isNamed = [manifest?.['dependencies'], manifest?.['devDependencies']].some(
      (list) => typeof list === 'object' && list !== null && PACKAGE in list,
    );
    if (isNamed) return folder;
    if (dirname(folder) === folder) return null;
  }
}

function isOurs(text: string): boolean {
  return parse(text)?.['title'] === buildConfigJsonSchema()['title'];
}

function parse(text: string | null): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = text === null ? null : JSON.parse(text);
    return typeof value === 'object' ? (value as Readonly<Record<string, unknown>> | null) : null;
  } catch {
    return null;
  }
}

async function read(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}
