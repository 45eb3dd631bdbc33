// Builds and runs the Go program of test/fixtures/go: a real process for what cannot be faked.
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const SOURCE = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'go');

/** Why Go programs cannot be built here, null when they can. */
export function whyNoGo(): string | null {
  const { error, status } = spawnSync('go', ['version'], { stdio: 'ignore' });
  return error || status !== 0 ? 'go is not installed; see go.dev/dl' : null;
}

export interface RunningGo {
  readonly pid: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  stop(): Promise<void>;
}

export interface GoFixture {
  /** @param environment beside that of the test. */
  start(environment?: Readonly<Record<string, string>>): Promise<RunningGo>;
  /** Stops what runs and removes the program. */
  remove(): Promise<void>;
}

/** @param name of the executable, which is what the process is called. */
export async function buildGoFixture(name: string): Promise<GoFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-go-'));
  for (const file of ['go.mod', 'main.go']) await copyFile(join(SOURCE, file), join(folder, file));
  const program = join(folder, name);
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: folder });
  const running = new Set<ChildProcess>();
  return {
    async start(environment = {}) {
      const env = { ...process.env, ...environment };
      const child = spawn(program, [], { env, stdio: ['pipe', 'pipe', 'inherit'] });
      running.add(child);
      const [address] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      return {
        pid: child.pid ?? 0,
        url: `http://${address}`,
        async stop() {
          running.delete(child);
          const ended = once(child, 'exit');
          child.stdin.end();
          await ended;
        },
      };
    },
    async remove() {
      for (const child of running) child.kill('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
}
