// A whole command from outside: wall time, CPU time and peak memory, by GNU time where it is there, else by the kernel's
// account of this process's children.
import { spawn } from 'node:child_process';
import { existsSync, openSync, closeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

const GNU_TIME = '/usr/bin/time';

/**
 * Runs a program to its end, its standard output thrown away.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ status: number | string | null, millis: number, peakMib: number, cpuSeconds: number, stderr: string }>}
 *   `peakMib` and `cpuSeconds`: NaN where GNU time is missing
 */
export async function measure(command, args, { env = process.env } = {}) {
  const isTimed = existsSync(GNU_TIME);
  const line = isTimed ? [GNU_TIME, '-f', 'peak %M cpu %U %S', command, ...args] : [command, ...args];
  const sink = openSync('/dev/null', 'w');
  const start = performance.now();
  const child = spawn(line[0], line.slice(1), { stdio: ['ignore', sink, 'pipe'], env });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const millis = performance.now() - start;
  closeSync(sink);
  const [, peakKib, user, system] = /^peak (\d+) cpu ([\d.]+) ([\d.]+)$/m.exec(stderr) ?? [];
  const cpuSeconds = Number(user) + Number(system);
  return { status, millis, peakMib: Number(peakKib) / 1024, cpuSeconds, stderr };
}
