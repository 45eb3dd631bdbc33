// Processes that are measured from outside: start, what the kernel says about them, stop. Linux.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

/** USER_HZ, which the kernel shows to programs, is 100 on every Linux that Node runs on. */
const TICK_SECONDS = 0.01;
const STOP_PATIENCE_MILLIS = 10_000;

// An interrupted benchmark ends by way of `exit`, whose listeners end the programs and remove the folders it made.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));

/**
 * @typedef {object} Running
 * @property {number} pid
 * @property {string} firstLine of standard output, or of standard error with `awaitTalk`
 * @property {() => string} said the last of standard error
 * @property {() => Promise<void>} stop SIGTERM, then SIGKILL
 */

/**
 * Starts a program; with `await` resolves when a line matches on that stream.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ await?: { stream: 'stdout' | 'stderr', match: RegExp }, env?: NodeJS.ProcessEnv, cwd?: string }} options
 * @returns {Promise<Running>}
 */
export async function start(command, args, options = {}) {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-8000)));
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  void ended.then(() => process.off('exit', kill));
  let firstLine = '';
  const watchFor = options.await;
  if (watchFor) {
    const lines = createInterface({ input: child[watchFor.stream] });
    firstLine = await Promise.race([
      new Promise((resolve) => lines.on('line', (line) => watchFor.match.test(line) && resolve(line))),
      ended.then((status) => {
        throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${said.trim()}`);
      }),
    ]);
  }
  child.stdout.resume();
  return {
    pid: child.pid ?? 0,
    firstLine,
    said: () => said,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(kill, STOP_PATIENCE_MILLIS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string }} options
 * @returns {Promise<{ status: number | string | null, millis: number, cpuMillis: number, stdout: string, stderr: string }>}
 *   `cpuMillis`: user and system time of the program and its children, resolution 10 ms
 */
export async function runOnce(command, args, options = {}) {
  const before = childrenCpuMillis();
  const startedAt = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const millis = performance.now() - startedAt;
  return { status, millis, cpuMillis: childrenCpuMillis() - before, stdout, stderr };
}

/** CPU time of all children that have ended, milliseconds. */
function childrenCpuMillis() {
  const fields = statFields('self');
  return (Number(fields[13]) + Number(fields[14])) * TICK_SECONDS * 1000;
}

/**
 * User and system CPU time of a process so far, all its threads, without its children.
 * @param {number} pid
 */
export function cpuSeconds(pid) {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK_SECONDS;
}

/**
 * Fields of /proc/PID/stat from the third on: the second, a name in brackets, may hold spaces.
 * @param {number | 'self'} pid
 */
function statFields(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/**
 * Resident memory in MiB: all of it, and the anonymous part (without mapped program files, which can be given back).
 * @param {number} pid
 */
export function residentMib(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { rss: kib('VmRSS') / 1024, anon: kib('RssAnon') / 1024, peak: kib('VmHWM') / 1024 };
}

/**
 * @param {number} pid
 * @returns {number[]} its children's
 */
export function childPids(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number);
}

/** @param {number} millis */
export function sleep(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
