// A child process that answers each line with one line, pinned to one core where `taskset` is there.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Core that both sides of a comparison run on, one after the other. */
const CORE = '0';

/** @returns {boolean} */
export function canPin() {
  return spawnSync('taskset', ['-c', CORE, 'true']).status === 0;
}

/**
 * @typedef {object} Conversation
 * @property {number} pid
 * @property {(line: string) => Promise<string>} ask
 * @property {() => void} end
 */

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ isPinned: boolean, env?: NodeJS.ProcessEnv }} options
 * @returns {Conversation}
 */
export function converse(command, args, { isPinned, env = process.env }) {
  const line = isPinned ? ['taskset', '-c', CORE, command, ...args] : [command, ...args];
  const child = spawn(line[0], line.slice(1), { stdio: ['pipe', 'pipe', 'inherit'], env });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return {
    pid: child.pid ?? 0,
    async ask(question) {
      child.stdin.write(`${question}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`${command} ended without an answer to "${question}"`);
      return value;
    },
    end: () => child.stdin.end(),
  };
}
