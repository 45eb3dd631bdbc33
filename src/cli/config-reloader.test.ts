import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { readConfigText, settingsOf } from '../config/load-config.ts';
import type { Settings } from '../config/settings.ts';
import { ConfigReloader } from './config-reloader.ts';

/** A reloader of a text that the test changes, with a clock that the test moves. */
async function reloaderOf(text: string, complete = (settings: Settings) => settings) {
  const state = { text, now: 1000, said: [] as string[], applied: [] as Settings[] };
  const reloader = new ConfigReloader({
    file: 'f.yaml',
    read: () => Promise.resolve(readConfigText(state.text, {})),
    complete,
    now: () => state.now,
    lookMillis: 1e6,
    talk: { info: (line) => state.said.push(line), warn: (line) => state.said.push(`warning: ${line}`) },
  });
  await reloader.load((read) => settingsOf('f.yaml', read));
  const end = new AbortController();
  const done = reloader.follow((settings) => {
    state.applied.push(settings);
    return Promise.resolve('done');
  }, end.signal);
  const finish = async () => {
    end.abort();
    await done;
  };
  return { state, reloader, finish };
}

describe('ConfigReloader', () => {
  it('applies what the file says now', async () => {
    const { state, reloader, finish } = await reloaderOf('');
    Object.assign(state, { text: 'intervals: { gauges: 1m }\n', now: 2000 });
    await reloader.reload();
    expect(state.applied.map((s) => s.gaugeIntervalMillis)).toEqual([60_000]);
    expect(reloader.status()).toMatchObject({
      isLastReloadSuccessful: true,
      lastSuccessAt: 2000,
      problems: [],
    });
    expect(state.said).toEqual(['f.yaml: loaded again: done']);
    await finish();
  });

  it('keeps what runs when the file is wrong, says so, and is well again with the next that is right', async () => {
    const { state, reloader, finish } = await reloaderOf('');
    Object.assign(state, { text: '\ntragets: []\nlisten: here\n', now: 2000 });
    await reloader.reload();
    expect(state.applied).toEqual([]);
    expect(reloader.status()).toMatchObject({
      isLastReloadSuccessful: false,
      lastReloadAt: 2000,
      lastSuccessAt: 1000,
      problems: [
        { line: 2, field: 'tragets' },
        { line: 3, field: 'listen' },
      ],
    });
    expect(reloader.notice()).toBe(
      'f.yaml cannot be used (line 2: tragets: unknown setting), settings of before go on',
    );
    expect(state.said[0]).toMatch(
      /^warning: f.yaml:2:1: tragets: .*\(1 more: plimsoll config check f.yaml\)/,
    );
    Object.assign(state, { text: '', now: 3000 });
    await reloader.reload();
    expect(reloader.notice()).toBeNull();
    expect(reloader.status()).toMatchObject({ isLastReloadSuccessful: true, lastSuccessAt: 3000 });
    await finish();
  });

  it('keeps what runs when the file is emptied, which is not the same as saying that there is nothing', async () => {
    const { state, reloader, finish } = await reloaderOf('intervals: { gauges: 1m }\n');
    for (const text of ['', '# intervals: { gauges: 1m }\n']) {
      Object.assign(state, { text });
      await reloader.reload();
      expect(reloader.status()).toMatchObject({ isLastReloadSuccessful: false });
      expect(state.said.at(-1)).toContain('f.yaml: is empty now');
    }
    expect(state.applied).toEqual([]);
    Object.assign(state, { text: '{}\n' });
    await reloader.reload();
    expect([state.applied.length, reloader.status().isLastReloadSuccessful]).toEqual([1, true]);
    await finish();
  });

  it('names what takes effect with the next start only, until the file says the old again', async () => {
    const { state, reloader, finish } = await reloaderOf('');
    state.text = 'listen: "1"\nretention: { gauges: 3d }\n';
    await reloader.reload();
    expect(reloader.status().needsRestart).toEqual(['listen', 'retention']);
    expect(state.said).toEqual(['f.yaml: loaded again: done; listen, retention with the next start']);
    state.text = '{}';
    await reloader.reload();
    expect(reloader.status().needsRestart).toEqual([]);
    await finish();
  });

  it('takes a file that cannot go with the options of the command line for a wrong one', async () => {
    let isWrong = false;
    const { state, reloader, finish } = await reloaderOf('', (settings) => {
      if (isWrong) throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'two targets have one name');
      return settings;
    });
    isWrong = true;
    await reloader.reload();
    expect(state.applied).toEqual([]);
    expect(reloader.status().problems).toMatchObject([{ fact: 'two targets have one name' }]);
    await finish();
  });

  it('loads once more for all who ask while it loads', async () => {
    const { state, reloader, finish } = await reloaderOf('');
    await Promise.all([reloader.reload(), reloader.reload(), reloader.reload()]);
    expect(state.applied).toHaveLength(2);
    await finish();
  });
});
