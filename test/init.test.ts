// `plimsoll init` writes a configuration that `config check` and `watch` take as it is.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildGoFixture, whyNoGo } from '../src/testing/go-fixture.ts';
import { skipNote } from '../src/testing/why-no-chdb.ts';
import { freePort, requireBuild, runCli, startCli } from './built-cli.ts';

requireBuild();

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-init-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('plimsoll init', () => {
  it('writes a file that is valid and that watch runs with, unedited', async () => {
    const init = await runCli(['init', '--yes'], { cwd: folder });
    expect(init).toMatchObject({ status: 0, stdout: 'plimsoll.yaml\n' });
    const text = await readFile(join(folder, 'plimsoll.yaml'), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=plimsoll\.schema\.json\n/);
    const schema = await readFile(join(folder, 'plimsoll.schema.json'), 'utf8');
    expect(schema).toBe((await runCli(['config', 'schema'])).stdout);
    const check = await runCli(['config', 'check'], { cwd: folder });
    expect(check).toMatchObject({ status: 0, stderr: '' });
    await writeFile(join(folder, 'plimsoll.schema.json'), '{"title":"plimsoll.yaml"}');
    const later = await runCli(['config', 'check'], { cwd: folder });
    expect(later).toMatchObject({ status: 0, stdout: check.stdout });
    expect(later.stderr).toContain('is of another version: plimsoll config schema > plimsoll.schema.json');
    const told = await runCli(['config', 'check', '--json'], { cwd: folder });
    expect(JSON.parse(told.stdout)).toMatchObject({
      isValid: true,
      editorSchema: expect.stringContaining('of another version') as string,
    });
    const env = { PORT: String(await freePort()) };
    const watch = startCli(['watch', '-c', 'plimsoll.yaml', '--storage', 'memory'], { cwd: folder, env });
    await watch.waitFor(/page: http/);
    expect((await watch.kill('SIGTERM')).status).toBe(0);
  }, 60_000);

  it('leaves a file that is there alone, but with --force', async () => {
    expect((await runCli(['init'], { cwd: folder })).status).toBe(0);
    const again = await runCli(['init', '--yes'], { cwd: folder });
    expect(again).toMatchObject({ status: 3, stdout: '' });
    expect(again.stderr).toContain('plimsoll.yaml: is there already');
    expect((await runCli(['init', '--force'], { cwd: folder })).status).toBe(0);
  }, 60_000);

  it('says why a file cannot be written', async () => {
    const ended = await runCli(['init', join(folder, 'nowhere', 'plimsoll.yaml')]);
    expect(ended).toMatchObject({ status: 3, stdout: '' });
    expect(ended.stderr).toMatch(/cannot be written/);
  }, 60_000);
});

const noGo = process.platform === 'linux' ? whyNoGo() : 'there is no /proc';
describe.skipIf(noGo)(`plimsoll init beside a Go service${skipNote(noGo)}`, () => {
  it('finds it, and watch gets evidence from it with the file as it is', async () => {
    const fixture = await buildGoFixture('orders-fixture');
    try {
      const { url } = await fixture.start();
      const init = await runCli(['init'], { cwd: folder });
      expect(init.stderr).toContain(`target: fixture at ${url} (metrics, expvar, pprof)`);
      const env = { PORT: String(await freePort()) };
      const watch = startCli(['watch', '-c', 'plimsoll.yaml', '--storage', 'memory'], { cwd: folder, env });
      await watch.waitFor(/target: fixture at \S+ \(metrics, pprof/);
      expect((await watch.kill('SIGTERM')).status).toBe(0);
    } finally {
      await fixture.remove();
    }
  }, 120_000);
});
