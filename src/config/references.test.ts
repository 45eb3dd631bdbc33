import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig, readConfigText } from './load-config.ts';
import { MAX_REFERENCED_BYTES } from './references.ts';

const SECRET = 'hunter2-hunter2';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-config-'));
  await writeFile(join(folder, 'token'), `${SECRET}\n`);
  await writeFile(join(folder, 'large'), 'x'.repeat(MAX_REFERENCED_BYTES + 1));
  await mkdir(join(folder, 'sub'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string, environment: Record<string, string> = {}) {
  const file = join(folder, 'plimsoll.yaml');
  await writeFile(file, text);
  return readConfig(file, environment);
}

const target = (line: string) => `targets:\n  - url: http://x\n    ${line}\n`;

describe('references', () => {
  it('take a value from a file beside the configuration, without its line end', async () => {
    const { settings, files } = await read(target('bearer: file:token'));
    expect(settings?.targets[0]?.access?.auth).toEqual({ kind: 'bearer', secret: SECRET });
    expect(files).toEqual([join(folder, 'token')]);
  });

  it('stand within a text too', async () => {
    const { settings } = await read(
      target('headers: { Authorization: "Bearer ${file:token}, ${USER_NAME}" }'),
      {
        USER_NAME: 'me',
      },
    );
    expect(settings?.targets[0]?.headers).toEqual({ Authorization: `Bearer ${SECRET}, me` });
  });

  it('are not looked for in what a reference gave', async () => {
    const { settings } = await read(target('labels: { a: "${A}" }'), { A: '${B} file:token' });
    expect(settings?.targets[0]?.labels).toEqual({ a: '${B} file:token' });
  });

  it('leave $${ as ${', async () => {
    const { settings } = await read(target('labels: { a: "$${A}" }'));
    expect(settings?.targets[0]?.labels).toEqual({ a: '${A}' });
  });

  it.each([
    ['bearer: file:nowhere', 'the file nowhere is not there'],
    ['bearer: file:large', `the file large has more than ${MAX_REFERENCED_BYTES} bytes`],
    ['bearer: file:sub', 'the file sub is no file'],
    ['bearer: "${NOPE}"', 'environment variable NOPE is not set'],
    ['bearer: "${NO PE}"', '${ without the name of a variable'],
    ['bearer: "${NOPE"', '${ without the name of a variable'],
    ['bearer: "${EMPTY}"', 'is empty'],
  ])('that lead nowhere are refused: %s', async (line, fact) => {
    const { problems } = await read(target(line), { EMPTY: '' });
    expect(problems).toMatchObject([{ line: 3, column: 13, field: 'targets.0.bearer', fact }]);
  });

  it.each([
    ['intervals: { gauges: "${A}" }', 'intervals.gauges'],
    ['listen: "${A}"', 'listen'],
    ['targets: [{ url: http://x, service: "${A}/" }]', 'targets.0.service'],
    ['retention: { rawProfileBytes: "${A}" }', 'retention.rawProfileBytes'],
    ['storage: { kind: "${A}" }', 'storage.kind'],
    ['storage: { kind: memory, url: "http://me:${A}@host/" }', 'storage.url'],
  ])('never tell what they stand for: %s', async (text, field) => {
    const { problems } = await read(text, { A: SECRET });
    expect(problems.map((problem) => problem.field)).toEqual([field]);
    expect(JSON.stringify(problems)).not.toContain(SECRET);
  });
});

describe('variables of the environment', () => {
  it('win over the file, also over no file', () => {
    const environment = {
      PLIMSOLL_LISTEN: '0.0.0.0:80',
      PLIMSOLL_DATA: '/data',
      PLIMSOLL_STORAGE_URL: 'http://u:p@db:8123',
    };
    for (const text of ['', 'listen: "1"\ndata: here\nstorage: { url: http://x }\n'])
      expect(readConfigText(text, environment).settings).toMatchObject({
        listen: { host: '0.0.0.0', port: 80 },
        dataDir: '/data',
        storage: 'clickhouse',
        storageUrl: 'http://u:p@db:8123',
      });
  });

  it('are named where they are wrong', () => {
    expect(readConfigText('', { PLIMSOLL_LISTEN: 'here' }).problems).toMatchObject([
      { line: null, field: 'PLIMSOLL_LISTEN', fact: 'needs host:port', found: 'here' },
    ]);
    expect(readConfigText('', { PORT: '99999' }).problems).toMatchObject([{ field: 'PORT' }]);
  });

  it('PORT is the port of whatever host', () => {
    const { settings } = readConfigText('listen: 0.0.0.0:1\n', { PORT: '8080' });
    expect(settings?.listen).toEqual({ host: '0.0.0.0', port: 8080 });
  });
});
