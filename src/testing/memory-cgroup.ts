// A memory cgroup of one's own, where the machine gives the right to make one: for kills that are real.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Bytes } from '../base/units.ts';

const ROOT_FOLDER = '/sys/fs/cgroup';
const V1 = join(ROOT_FOLDER, 'memory');

function isVersion1(): boolean {
  return existsSync(join(V1, 'memory.limit_in_bytes'));
}

/** Why no process can be killed for memory here, and be found in the kernel's buffer; null when it can. */
export function whyNoMemoryCgroup(): string | null {
  const reason = 'no right to make a memory cgroup and to read /dev/kmsg';
  if (process.platform !== 'linux') return reason;
  const folder = join(isVersion1() ? V1 : ROOT_FOLDER, `plimsoll-probe-${process.pid}`);
  try {
    accessSync('/dev/kmsg', constants.R_OK);
    mkdirSync(folder);
    const hasLimit = existsSync(join(folder, isVersion1() ? 'memory.limit_in_bytes' : 'memory.max'));
    rmdirSync(folder);
    return hasLimit ? null : reason;
  } catch {
    return reason;
  }
}

export interface MemoryCgroup {
  readonly folder: string;
  /** As the kernel log has it. */
  readonly path: string;
  /** Runs a script of Node's in the group until it ends; resolves with its process id and the signal that ended it. */
  run(script: string): Promise<{ readonly pid: number; readonly signal: NodeJS.Signals | null }>;
  remove(): void;
}

export function makeMemoryCgroup(name: string, limitBytes: Bytes): MemoryCgroup {
  const folder = join(isVersion1() ? V1 : ROOT_FOLDER, name);
  mkdirSync(folder);
  writeFileSync(join(folder, isVersion1() ? 'memory.limit_in_bytes' : 'memory.max'), String(limitBytes));
  return {
    ...{ folder, path: `/${name}` },
    async run(script) {
      // The shell enters the group and becomes the program, which so is charged from its first page.
      const child = spawn(
        '/bin/sh',
        ['-c', `echo $$ > '${folder}/cgroup.procs' && exec "$0" -e "$1"`, process.execPath, script],
        { stdio: 'ignore' },
      );
      const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      return { pid: child.pid ?? 0, signal };
    },
    remove() {
      // A process that has just been killed may still be on its way out.
      for (let tries = 0; tries < 1000 && readFileSync(join(folder, 'cgroup.procs'), 'utf8') !== ''; tries++);
      rmdirSync(folder);
    },
  };
}
