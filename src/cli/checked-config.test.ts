import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProblem } from '../config/config-problem.ts';
import { readCheckedConfig } from './checked-config.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function problemsOf(text: string): Promise<string[]> {
  const file = join(folder, 'plimsoll.yaml');
  await writeFile(file, text);
  const { problems } = await readCheckedConfig(file, { URL: 'ftp://me:hunter2@x' });
  return problems.map((problem) => formatProblem('f', problem));
}

describe('readCheckedConfig', () => {
  it('finds addresses that are none, namesakes and folders that are not there, each in its line', async () => {
    const text = `source:
  - /nowhere/at/all
targets:
  - http://a:1
  - ftp://b
  - pid:none
  - service: a:1
    url: http://a:1/metrics
  - \${URL}
listen: here
`;
    const problems = await problemsOf(text);
    expect(problems.map((line) => line.split(':').slice(0, 4).join(':'))).toEqual([
      'f:2:5: source.0',
      'f:5:5: targets.1',
      'f:6:5: targets.2',
      'f:7:5: targets.3',
      'f:9:5: targets.4',
      'f:10:9: listen',
    ]);
    expect(problems[3]).toContain('has the name and address of targets.0');
    expect(problems.join()).not.toContain('hunter2');
  });

  it('finds nothing in what can be watched', async () => {
    expect(await problemsOf('targets: [http://a:1, b:2, "port:80", "name:x"]\n')).toEqual([]);
  });

  it('does not read what never ends', async () => {
    const { problems } = await readCheckedConfig('/dev/zero', {});
    expect(problems).toMatchObject([{ fact: 'is no file' }]);
  });

  it('tells a file that is not there from a folder', async () => {
    const { problems } = await readCheckedConfig(folder, {});
    expect(problems).toMatchObject([{ line: null, fact: 'is a folder' }]);
    const missing = await readCheckedConfig(join(folder, 'none.yaml'), {});
    expect(missing.problems).toMatchObject([{ fact: 'cannot be read: there is no such file' }]);
  });

  it('finds what only use can tell of rules and sources beside neighbours that cannot be read', async () => {
    const problems = await problemsOf(`discover:
  - files: [a.json, b.txt]
    http: { url: ftp://x, every: often }
    relabel:
      - { action: hashmod, source_labels: [a], target_label: b }
      - { action: keep, modulus: none }
      - { target_label: 'bad-name!' }
      - { regex: "(", action: drop }
      - 7
      - { action: keep, source_labels: [a], regex: x }
`);
    expect(problems.map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
      'f:2:21: discover.0.files.1',
      'f:3:34: discover.0.http.every',
      'f:5:9: discover.0.relabel.0',
      'f:6:34: discover.0.relabel.1.modulus',
      'f:7:9: discover.0.relabel.2',
      'f:8:11: discover.0.relabel.3.regex',
      'f:9:9: discover.0.relabel.4',
    ]);
  });

  it('finds expressions that are none beside other mistakes, folders in place of files, and selectors', async () => {
    const text = `discover:
  - { files: [a.json], relabel: [{ regex: "(", action: keep, modulus: none }] }
  - { files: [a.json], relabel: [{ regex: "(", action: replace }] }
  - { kubernetes: { labels: "a in b(" } }
  - { kubernetes: { labels: "app=orders,tier in (web, api),!old, x.y/z notin (a),n" } }
alerts: { sinks: { a: { file: { path: ${JSON.stringify(folder)} } } } }
`;
    const problems = await problemsOf(text);
    expect(problems.map((line) => line.split(': ').slice(0, 3).join(': '))).toEqual([
      expect.stringContaining('discover.0.relabel.0.regex: regex is no regular expression (RE2)') as string,
      expect.stringContaining('discover.0.relabel.0.modulus') as string,
      expect.stringContaining('discover.1.relabel.0: replace needs target_label') as string,
      expect.stringContaining('discover.1.relabel.0.regex: regex is no regular expression (RE2)') as string,
      expect.stringContaining('discover.2.kubernetes.labels: is no label selector') as string,
      expect.stringContaining('alerts.sinks.a.file.path: is a folder') as string,
    ]);
  });
});
