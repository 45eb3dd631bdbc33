import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findSchemaProblem, formatSchema, provideSchema } from './editor-schema.ts';

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
      expect([await provideSchema(file), await findSchemaProblem(file)]).toEqual([null, null]);
      expect(await readFile(copy, 'utf8')).toBe(foreign);
    }
    await writeFile(copy, '{"title":"plimsoll.yaml","properties":{}}');
    expect(await findSchemaProblem(file)).toContain('is of another version');
    expect(await provideSchema(file)).toBe('plimsoll.schema.json');
    expect(await findSchemaProblem(file)).toBeNull();
  });

  it('is of this version however it is formatted, and missing only where the file names it', async () => {
    const copy = join(folder, 'plimsoll.schema.json');
    const file = join(folder, 'plimsoll.yaml');
    await writeFile(file, 'targets: []\n');
    expect(await findSchemaProblem(file)).toBeNull();
    await writeFile(file, '# yaml-language-server: $schema=plimsoll.schema.json\ntargets: []\n');
    expect(await findSchemaProblem(file)).toBe(
      'plimsoll.schema.json, which its first line names for editors, is not there: plimsoll config schema > plimsoll.schema.json',
    );
    await writeFile(copy, JSON.stringify(JSON.parse(formatSchema()), null, '\t'));
    expect(await findSchemaProblem(file)).toBeNull();
    const named = '../node_modules/plimsoll/docs/plimsoll.schema.json';
    await writeFile(file, `# yaml-language-server: $schema=${named}\n`);
    expect(await findSchemaProblem(file)).toBe(
      `${named}, which its first line names for editors, is not there: npm install`,
    );
    await writeFile(file, '# yaml-language-server: $schema=https://example.com/a.json\n');
    expect(await findSchemaProblem(file)).toBeNull();
  });
});
