import { mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FILE_PATTERN, FileDiscoverer } from './file-discoverer.ts';
import type { TargetGroup } from './labels.ts';

let folder = '';
let stop = new AbortController();
let running: Promise<void> = Promise.resolve();
/** What was told last: addresses with their labels, and why not. */
let told: { addresses: string[]; failure: string | null; times: number };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-sd-'));
  stop = new AbortController();
  told = { addresses: [], failure: null, times: 0 };
});
afterEach(async () => {
  stop.abort();
  await running;
  await rm(folder, { recursive: true });
});

function follow(...paths: string[]) {
  const discoverer = new FileDiscoverer({ paths, folder, lookMillis: 5 });
  const sink = {
    found: (groups: readonly TargetGroup[], failure: string | null = null) => {
      const addresses = groups.flatMap(({ targets, labels }) =>
        targets.map(({ __address__ = '' }) => `${__address__} ${labels['team'] ?? '-'}`),
      );
      told = { addresses, failure: failure?.replace(folder, '') ?? null, times: told.times + 1 };
    },
    failed: () => undefined,
  };
  running = discoverer.run(sink, stop.signal);
}

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const list = (address: string, team = 'shop') => JSON.stringify([{ targets: [address], labels: { team } }]);
const toTell = (addresses: string[], failure: string | null = null) =>
  vi.waitFor(() => expect(told).toMatchObject({ addresses, failure }), { interval: 5, timeout: 5000 });

describe('targets in files', () => {
  it('are found as JSON and as YAML, where a pattern leads, and not elsewhere', async () => {
    await write('a.json', list('a:1'));
    await write(
      'b.yml',
      '- targets: [b:1, 10.0.0.7:08]\n  labels: { team: &t 7 }\n- targets: [c:1]\n  labels: { team: *t }\n',
    );
    await write('c.txt', list('never:1'));
    await write('d.json', list('other:1'));
    follow('*.yml', 'a.json');
    await toTell(['a:1 shop', 'b:1 7', '10.0.0.7:08 7', 'c:1 7']);
  });

  it('follow a file that is written, replaced and linked anew', async () => {
    follow('x.json');
    await toTell([], 'no such file: x.json');
    await write('x.json', list('a:1'));
    await toTell(['a:1 shop']);
    await write('y', list('b:1'));
    await rename(join(folder, 'y'), join(folder, 'x.json'));
    await toTell(['b:1 shop']);
    await unlink(join(folder, 'x.json'));
    await write('z.json', list('c:1'));
    await symlink(join(folder, 'z.json'), join(folder, 'x.json'));
    await toTell(['c:1 shop']);
  });

  it('stay what they were while a file is wrong, and that is said', async () => {
    await write('x.json', list('a:1'));
    await write('y.json', list('b:1'));
    follow('*.json');
    await toTell(['a:1 shop', 'b:1 shop']);
    await write('x.json', list('c:1').slice(0, -5));
    await toTell(['a:1 shop', 'b:1 shop'], '/x.json: not JSON, or not the whole of it');
    await write('y.json', list('d:1'));
    await toTell(['a:1 shop', 'd:1 shop'], '/x.json: not JSON, or not the whole of it');
    await write('x.json', list('c:1'));
    await toTell(['c:1 shop', 'd:1 shop']);
  });

  it('go with their file, also when it was wrong', async () => {
    await write('x.json', list('a:1'));
    await write('y.json', '{');
    follow('*.json');
    await toTell(['a:1 shop'], '/y.json: not JSON, or not the whole of it');
    await unlink(join(folder, 'y.json'));
    await toTell(['a:1 shop']);
    await unlink(join(folder, 'x.json'));
    await toTell([], 'no such file: *.json');
  });

  it.each([
    ['{}', 'the whole is no list'],
    ['[1]', 'group 1 is no mapping'],
    ['[{"targets":[1]}]', 'group 1: a target is no text'],
    ['[{"targets":["a"],"lables":{}}]', 'group 1 has a field beside targets and labels'],
    ['[{"targets":["a"],"labels":{"a-b":"c"}}]', 'group 1 has a label with no valid name'],
    [JSON.stringify([{ targets: Array(10_001).fill('a:1') }]), 'names more than 10000 targets'],
  ])('are refused as %.40s', async (text, why) => {
    await write('x.json', text);
    follow('x.json');
    await toTell([], `/x.json: ${why}`);
  });

  it('are refused as YAML whose aliases multiply', async () => {
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...['b', 'c', 'd', 'e'].map((n, i) => `${n}: &${n} [${Array(10).fill(`*${'abcd'[i]}`).join(',')}]`)]; // prettier-ignore
    await write('x.yml', lines.join('\n'));
    follow('x.yml');
    await vi.waitFor(() => expect(told.failure).toContain('nested deeper'), { timeout: 5000 });
  });
});

describe('a path', () => {
  it.each([
    ['targets/*.json', true],
    ['a.yml', true],
    ['x/y*z.yaml', true],
    ['*/a.json', false],
    ['a.txt', false],
    ['a.json.bak', false],
  ])('%s: %s', (path, isOne) => {
    expect(FILE_PATTERN.test(path)).toBe(isOne);
  });
});
