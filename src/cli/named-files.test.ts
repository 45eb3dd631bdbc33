import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProblem } from '../config/config-problem.ts';
import { MAX_OWNERS_BYTES } from '../workspace/code-owners.ts';
import { Repositories } from '../workspace/repositories.ts';
import { readCheckedConfig } from './checked-config.ts';
import { findFileProblems, findOwnersProblems } from './named-files.ts';

const TLS = fileURLToPath(new URL('../../test/fixtures/tls', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function problemsOf(text: string): Promise<string[]> {
  const file = join(folder, 'plimsoll.yaml');
  await writeFile(file, text);
  const read = await readCheckedConfig(file, {});
  expect(read.problems).toEqual([]);
  return (await findFileProblems(read, file)).map((problem) => formatProblem('f', problem));
}

describe('files that a configuration names', () => {
  it('are told with their place where they are not there, or hold something else', async () => {
    await writeFile(join(folder, 'words'), 'hunter2\nhunter3\n');
    const words = JSON.stringify(join(folder, 'words'));
    const problems = await problemsOf(`targets:
  - url: https://a:1
    tls:
      ca: /nowhere/ca.pem
  - url: https://b:1
    bearerFile: /nowhere/token
    tls: { ca: ${words} }
  - url: https://c:1
    basic: { user: me, passwordFile: ${words} }
    tls: { cert: ${TLS}/client.pem, key: ${TLS}/server.key }
discover:
  - kubernetes: { kubeconfig: nowhere.conf }
  - files: [a.json]
    bearerFile: /nowhere/else
`);
    expect(problems.map((line) => line.split('. ')[0])).toEqual([
      'f:4:7: targets.0.tls.ca: there is no such file',
      'f:6:5: targets.1.bearerFile: there is no such file',
      expect.stringContaining('f:7:12: targets.1.tls.ca: no certificate') as string,
      'f:9:24: targets.2.basic.passwordFile: one line expected',
      'f:10:12: targets.2.tls.cert: certificate and key do not belong together',
      'f:14:5: discover.1.bearerFile: there is no such file',
      'f:12:19: discover.0.kubernetes.kubeconfig: there is no file nowhere.conf',
    ]);
    expect(problems.join()).not.toContain('hunter');
  });

  it('are right where they are', async () => {
    await Promise.all(
      ['ca.pem', 'client.pem', 'client.key'].map((name) => copyFile(join(TLS, name), join(folder, name))),
    );
    await writeFile(join(folder, 'token'), 'hunter2\n');
    const at = (name: string) => JSON.stringify(join(folder, name));
    const text = `targets:
  - url: https://a:1
    bearerFile: ${at('token')}
    tls: { ca: ${at('ca.pem')}, cert: ${at('client.pem')}, key: ${at('client.key')} }
discover:
  - kubernetes: {}
`;
    expect(await problemsOf(text)).toEqual([]);
  });

  it('are CODEOWNERS as well, that name nobody', async () => {
    const repository = join(folder, 'repository');
    await mkdir(join(repository, '.git'), { recursive: true });
    await mkdir(join(repository, 'CODEOWNERS'));
    await mkdir(join(repository, 'docs'));
    await writeFile(join(repository, 'docs/CODEOWNERS'), `* @shop/orders\n${'#'.repeat(MAX_OWNERS_BYTES)}`);
    const problems = await findOwnersProblems(await Repositories.open([repository]));
    expect(problems.map(({ file, problem }) => `${file.slice(repository.length)}: ${problem.fact}`)).toEqual([
      '/CODEOWNERS: is no file that can be read',
      '/docs/CODEOWNERS: has more than 3 MiB: it names no owners',
    ]);
  });
});
