// The package as npm users get it: packed, installed in an empty folder, run.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { follow, freePort, ROOT, SESSIONS_RECORDING, requireBuild } from './built-cli.ts';

requireBuild();

/** Packed bytes: the page, the compiled code, the demo's sources and one recording. */
const MAX_PACKED_BYTES = 5 * 1024 * 1024;

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

const run = promisify(execFile);

describe('the npm package', () => {
  let folder: string;
  let packed: Packed;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-package-'));
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder],
      { cwd: ROOT, maxBuffer: 1 << 24 },
    );
    packed = (JSON.parse(stdout) as [Packed])[0];
    await writeFile(join(folder, 'package.json'), '{ "name": "empty", "private": true }\n');
    const options = ['--omit=optional', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', ...options, join(folder, packed.filename)], { cwd: folder });
  }, 240_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds what runs and what explains it, and nothing of the workshop', () => {
    const paths = packed.files.map(({ path }) => path);
    for (const wanted of [
      'dist/bin/plimsoll.js',
      'dist/bin/package.json',
      'dist/bin/main.mjs',
      'dist/web/index.html',
      'dist/web/profile/index.html',
      'dist/pipeline/decode-worker.js',
      'dist/pprof/kernel.wasm',
      'dist/store/engine/engine-child.js',
      'demo/go.mod',
      'demo/recordings/sessions.tar.gz',
      'docs/recording.md',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
    ]) {
      expect(paths).toContain(wanted);
    }
    expect(
      paths.filter((path) => /^(src|test|bench|scripts|node_modules|demo\/bin)\/|\.test\./.test(path)),
    ).toEqual([]);
    expect(packed.size).toBeLessThan(MAX_PACKED_BYTES);
  });

  it('shows its help and its version through npx in an empty folder', async () => {
    const help = await run('npx', ['--no-install', 'plimsoll', '--help'], { cwd: folder });
    expect(help.stdout).toContain('plimsoll watch');
    const version = await run('npx', ['--no-install', 'plimsoll', '--version'], { cwd: folder });
    expect(version.stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('replays a recording without the optional engine being installed', async () => {
    expect(await readdir(join(folder, 'node_modules'))).not.toContain('chdb');
    const replay = run('npx', ['--no-install', 'plimsoll', 'replay', '--json', SESSIONS_RECORDING], {
      cwd: folder,
      maxBuffer: 1 << 24,
    });
    // 1 = leak: execFile reports every status but 0 as an error.
    const error = await replay.then(
      () => null,
      (reason: { code: number; stdout: string }) => reason,
    );
    expect(error?.code).toBe(1);
    expect(JSON.parse(error?.stdout ?? '')).toMatchObject({ schema: 'plimsoll-report/1', verdict: 'leak' });
  });

  it('says how to get the engine when a watch needs it', async () => {
    const watch = run('npx', ['--no-install', 'plimsoll', 'watch', 'http://127.0.0.1:9'], { cwd: folder });
    const error = await watch.then(
      () => null,
      (reason: { code: number; stderr: string }) => reason,
    );
    expect(error?.code).toBe(3);
    expect(error?.stderr).toMatch(/chdb/);
    expect(
      error?.stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('npm ')),
    ).toHaveLength(1);
  });

  it('says how to get the client of Kubernetes when pods are to be found', async () => {
    const config = join(folder, 'plimsoll.yaml');
    await writeFile(config, 'storage: { kind: memory }\ndiscover: [{ kubernetes: { kubeconfig: none } }]\n');
    const program = join(folder, 'node_modules', 'plimsoll', 'dist', 'bin', 'plimsoll.js');
    const listen = `127.0.0.1:${await freePort()}`;
    const watch = follow(spawn(process.execPath, [program, 'watch', '-c', config, '--listen', listen]));
    await watch.waitFor(
      /kubernetes all namespaces: @kubernetes\/client-node is not installed: npm install @kubernetes\/client-node@1/,
    );
    await watch.kill('SIGTERM');
  }, 60_000);
});
