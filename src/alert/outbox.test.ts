import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawNotice } from '../testing/drawn-alert.ts';
import { KeptFiles } from './kept-files.ts';
import { MAX_DEAD, Outbox } from './outbox.ts';

let folder = '';
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'plimsoll-outbox-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const keys = (outbox: Outbox) => outbox.waiting().map(({ sink, notice }) => `${sink} ${notice.key}`);

describe('the outbox', () => {
  it('has after a restart what waits, in the order it was put in', async () => {
    const first = await Outbox.open(new KeptFiles(folder));
    for (const key of ['b-2', 'a-1', 'c-3']) await first.put('team', drawNotice({ key }));
    await first.done('team--a-1');
    const second = await Outbox.open(new KeptFiles(folder));
    await second.put('team', drawNotice({ key: 'd-4' }));
    expect(keys(await Outbox.open(new KeptFiles(folder)))).toEqual(['team b-2', 'team c-3', 'team d-4']);
  });

  it('takes the same notice once for each sink', async () => {
    const outbox = await Outbox.open(new KeptFiles(folder));
    for (const sink of ['a', 'b', 'a']) await outbox.put(sink, drawNotice({ key: 'k-1' }));
    expect(keys(outbox)).toEqual(['a k-1', 'b k-1']);
  });

  it('leaves drafts and torn or foreign files alone', async () => {
    const outbox = await Outbox.open(new KeptFiles(folder));
    await outbox.put('a', drawNotice({ key: 'k-1' }));
    await writeFile(join(folder, 'outbox', 'a--k-2.json'), '{"id":"a--k-2","si');
    await writeFile(join(folder, 'outbox', 'a--k-3.json.draft'), '{');
    await writeFile(join(folder, 'outbox', 'x.json'), JSON.stringify({ id: '../../etc/passwd' }));
    expect(keys(await Outbox.open(new KeptFiles(folder)))).toEqual(['a k-1']);
  });

  it('keeps what was given up with its reason, and tries it again when somebody asks', async () => {
    const outbox = await Outbox.open(new KeptFiles(folder));
    await outbox.put('a', drawNotice({ key: 'k-1' }));
    await outbox.giveUp('a--k-1', 'hooks.example answered 404', 1);
    const later = await Outbox.open(new KeptFiles(folder));
    expect([keys(later), later.dead()[0]?.dead?.why]).toEqual([[], 'hooks.example answered 404']);
    expect(await later.revive('a--k-1')).toBe('waits');
    expect([keys(later), later.dead()]).toEqual([['a k-1'], []]);
    expect(await later.revive('a--k-1')).toBe('unknown');
  });

  it('puts in nothing that waits already, and keeps its place', async () => {
    const outbox = await Outbox.open(new KeptFiles(folder));
    for (const key of ['k-1', 'k-2', 'k-1']) await outbox.put('a', drawNotice({ key }));
    expect([keys(outbox), keys(await Outbox.open(new KeptFiles(folder)))]).toEqual([
      ['a k-1', 'a k-2'],
      ['a k-1', 'a k-2'],
    ]);
  });

  it('has after a restart for each recipient what was not accepted for him, in order', async () => {
    const first = await Outbox.open(new KeptFiles(folder));
    for (const key of ['f-1', 'f-2']) await first.put('mail', drawNotice({ key, fingerprint: 'f' }));
    for (const { id } of first.waiting()) await first.split(id, ['a@x', 'b@x']);
    for (const { id, recipient } of first.waiting()) if (recipient === 'a@x') await first.done(id);
    const second = await Outbox.open(new KeptFiles(folder));
    expect(second.waiting().map(({ notice, recipient }) => [notice.key, recipient])).toEqual([
      ['f-1', 'b@x'],
      ['f-2', 'b@x'],
    ]);
  });

  it('sends nothing again of which a later message was accepted, also after a restart, or waits', async () => {
    const first = await Outbox.open(new KeptFiles(folder));
    for (const [sink, key] of [
      ['a', 'f-1'],
      ['a', 'g-1'],
      ['b', 'f-1'],
    ] as const) {
      await first.put(sink, drawNotice({ key, fingerprint: key.slice(0, 1) }));
      await first.giveUp(`${sink}--${key}`, 'refused', 1);
    }
    const outbox = await Outbox.open(new KeptFiles(folder));
    await outbox.put('a', drawNotice({ key: 'f-2', fingerprint: 'f', kind: 'resolved' }));
    expect(await outbox.revive('a--f-1')).toBe('overtaken');
    await outbox.done('a--f-2');
    const later = await Outbox.open(new KeptFiles(folder));
    expect(later.dead().map((letter) => [letter.id, later.isOvertaken(letter)])).toEqual([
      ['a--f-1', true],
      ['a--g-1', false],
      ['b--f-1', false],
    ]);
    const revived = await Promise.all(['a--f-1', 'a--g-1', 'b--f-1'].map((id) => later.revive(id)));
    expect(revived).toEqual(['overtaken', 'waits', 'waits']);
  });

  it('sends several of one leak again, when somebody asks for them from the first on', async () => {
    const outbox = await Outbox.open(new KeptFiles(folder));
    for (const key of ['f-1', 'f-2']) {
      await outbox.put('a', drawNotice({ key, fingerprint: 'f' }));
      await outbox.giveUp(`a--${key}`, 'refused', 1);
    }
    expect(await outbox.revive('a--f-1')).toBe('waits');
    await outbox.done('a--f-1');
    expect(await outbox.revive('a--f-2')).toBe('waits');
    await outbox.done('a--f-2');
    expect([keys(outbox), outbox.dead()]).toEqual([[], []]);
  });

  it('bounds what was given up, the oldest first', async () => {
    const outbox = await Outbox.open(new KeptFiles(null));
    for (let i = 0; i <= MAX_DEAD; i++) {
      await outbox.put('a', drawNotice({ key: `k-${i}` }));
      await outbox.giveUp(`a--k-${i}`, 'x', 1);
    }
    expect(outbox.dead()).toHaveLength(MAX_DEAD);
    expect(outbox.dead()[0]?.notice.key).toBe('k-1');
  });

  it('writes names that no file system likes as something else', async () => {
    const outbox = await Outbox.open(new KeptFiles(folder));
    await outbox.put('../team', drawNotice({ key: 'a/b' }));
    expect(await readdir(join(folder, 'outbox'))).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.json$/)]);
    expect(keys(await Outbox.open(new KeptFiles(folder)))).toEqual(['../team a/b']);
  });
});
