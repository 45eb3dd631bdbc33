import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawNotice } from '../testing/drawn-alert.ts';
import { KeptFiles } from './kept-files.ts';
import { Outbox } from './outbox.ts';
import { SinkMemories } from './sink-memory.ts';

let folder = '';
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'plimsoll-kept-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Root may write anywhere: a folder in the place of the draft stops it as well. */
const block = (name: string) => mkdir(join(folder, `${name}.draft`), { recursive: true });
const free = (name: string) => rm(join(folder, `${name}.draft`), { recursive: true });
const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => null);

describe('files of a folder that cannot be written', () => {
  it('are written in the order that they were wanted in as soon as they can be, each as it is by then', async () => {
    const said: string[] = [];
    const files = new KeptFiles(folder, (text) => said.push(text));
    await block('state.json');
    let state = 1;
    await files.write('state.json', () => String(state));
    await files.write('outbox/a.json', () => 'a');
    expect([await read('outbox/a.json'), files.trouble()?.path]).toEqual([null, folder]);
    state = 2;
    await files.retry();
    await free('state.json');
    await files.retry();
    expect([await read('state.json'), await read('outbox/a.json'), files.trouble()]).toEqual([
      '2',
      'a',
      null,
    ]);
    expect(said).toEqual([
      expect.stringMatching(/^[^ ]*plimsoll-kept-.* cannot be written: EISDIR/),
      expect.stringMatching(/can be written again/),
    ]);
  });

  it('go away all the same, and what was never written is not written any more', async () => {
    const files = new KeptFiles(folder);
    await files.write('sent.json', () => 'sent');
    await block('state.json');
    await files.write('state.json', () => 'state');
    await files.write('late.json', () => 'late');
    for (const name of ['sent.json', 'late.json']) await files.remove(name);
    expect((await readdir(folder)).toSorted()).toEqual(['state.json.draft']);
    await free('state.json');
    await files.retry();
    expect((await readdir(folder)).toSorted()).toEqual(['state.json']);
  });

  it('leave no draft behind', async () => {
    const files = new KeptFiles(folder);
    await mkdir(join(folder, 'state.json'));
    await files.write('state.json', () => 'state');
    expect([files.trouble()?.path, await readdir(folder)]).toEqual([folder, ['state.json']]);
  });

  it('keep nothing from waiting in the outbox, which has all of it after a restart once it could be written', async () => {
    const files = new KeptFiles(folder);
    const outbox = await Outbox.open(files);
    await rm(join(folder, 'outbox'), { recursive: true });
    await writeFile(join(folder, 'outbox'), 'no folder');
    for (const key of ['k-1', 'k-2']) await outbox.put('a', drawNotice({ key }));
    await outbox.done('a--k-1');
    expect(outbox.waiting().map(({ id }) => id)).toEqual(['a--k-2']);
    await rm(join(folder, 'outbox'));
    await files.retry();
    const later = await Outbox.open(new KeptFiles(folder));
    expect(later.waiting().map(({ id }) => id)).toEqual(['a--k-2']);
  });
});

describe('what sinks remember', () => {
  it('is theirs alone, and there after a restart until they forget it', async () => {
    const memories = await SinkMemories.open(new KeptFiles(folder));
    await memories.of('a').keep('leak/f', ['x']);
    await memories.of('b').keep('leak/f', ['y']);
    await memories.of('a').keep('leak/g', ['z']);
    await memories.of('a').keep('leak/g', null);
    const later = await SinkMemories.open(new KeptFiles(folder));
    const recalled = (['a', 'b'] as const).map((sink) =>
      ['leak/f', 'leak/g'].map((id) => later.of(sink).recall(id)),
    );
    expect(recalled).toEqual([
      [['x'], undefined],
      [['y'], undefined],
    ]);
  });

  it('of files that are torn or foreign is nothing', async () => {
    const memories = await SinkMemories.open(new KeptFiles(folder));
    await memories.of('a').keep('id', ['x']);
    const [name = ''] = await readdir(join(folder, 'sinks'));
    await writeFile(join(folder, 'sinks', name), '{"sink":"a","id"');
    await writeFile(join(folder, 'sinks', 'x.json'), '{"sink":"a","id":"other","value":1}');
    const later = (await SinkMemories.open(new KeptFiles(folder))).of('a');
    expect([later.recall('id'), later.recall('other')]).toEqual([undefined, undefined]);
  });
});
