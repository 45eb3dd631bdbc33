import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatSchema, isSchemaOutdated, provideSchema } from './editor-schema.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-schema-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the schema of a first configuration', () => {
  it('is a copy beside it, which goes wherever the file goes', async () => {
    expect(await provideSchema(join(folder, 'plimsoll.yaml'))).toBe('plimsoll.schema.json');
    expect(await readFile(join(folder, 'plimsoll.schema.json'), 'utf8')).toBe(formatSchema());
  });

  it('is that of the package in a project that depends on it, also from a folder below', async () => {
    await writeFile(join(folder, 'package.json'), '{"devDependencies":{"plimsoll":"^0.1.0"}}');
    await mkdir(join(folder, 'ops'));
    expect(await provideSchema(join(folder, 'ops', 'plimsoll.yaml'))).toBe(
      '../node_modules/plimsoll/docs/plimsoll.schema.json',
    );
    expect(await readdir(join(folder, 'ops'))).toEqual([]);
  });

  it('replaces no file that is not ours, and brings a copy of another version up to date', async () => {
    const copy = join(folder, 'plimsoll.schema.json');
    const file = join(folder, 'plimsoll.yaml');
    for (const foreign of ['{"title":"mine"}', 'no JSON', 'null']) {
      await writeFile(copy, foreign);
      expect([await provideSchema(file), await isSchemaOutdated(file)]).toEqual([null, false]);
      expect(await readFile(copy, 'utf8')).toBe(foreign);
    }
    await writeFile(copy, '{"title":"plimsoll.yaml","properties":{}}');
    expect(await isSchemaOutdated(file)).toBe(true);
    expect(await provideSchema(file)).toBe('plimsoll.schema.json');
    expect(await isSchemaOutdated(file)).toBe(false);
  });
});
