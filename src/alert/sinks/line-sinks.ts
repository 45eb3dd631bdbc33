// Sinks of this machine: a line of JSON on standard output or in a file, and a command.
import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { describeError } from '../../base/errors.ts';
import { hideSecrets, secretsOfCommand } from '../../base/secrets.ts';
import type { Notice } from '../../model/alert.ts';
import type { SinkVia } from '../../model/sink.ts';
import { failed, SENT, type SendResult, type Sink } from '../sink.ts';

export function makeStdoutSink(write: (text: string) => void): Sink {
  return {
    send: (notice) => {
      write(`${JSON.stringify(notice)}\n`);
      return Promise.resolve(SENT);
    },
  };
}

/** The end of a file in which a notice that was just written is looked for. */
const TAIL_BYTES = 64 * 1024;

/** Appends a line. One that a killed watcher had written already is not written again, and a torn one is ended. */
export function makeFileSink(path: string): Sink {
  return {
    async send(notice) {
      try {
        const file = await open(path, 'a+', 0o600);
        try {
          const { size } = await file.stat();
          const from = Math.max(0, size - TAIL_BYTES);
          const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
          const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
          if (lines.some((line) => keyOf(line) === notice.key)) return SENT;
          const isTorn = lines.at(-1) !== '';
          await file.writeFile(`${isTorn && size > 0 ? '\n' : ''}${JSON.stringify(notice)}\n`);
          await file.sync();
          return SENT;
        } finally {
          await file.close();
        }
      } catch (error) {
        return failed(describeError(error));
      }
    },
  };
}

function keyOf(line: string): unknown {
  try {
    return (JSON.parse(line) as Partial<Notice>).key;
  } catch {
    return null;
  }
}

/** What a command said last, for people. */
const MAX_SAID = 200;
/** What is kept of it: a secret that is cut in two could not be hidden. */
const MAX_HEARD = 16 * 1024;

/** A shell command with the notice as JSON on its standard input; exit status 0 is sent, everything else is tried again. */
export function makeCommandSink(via: Extract<SinkVia, { kind: 'command' }>): Sink {
  const { command } = via;
  const secrets = [...via.secrets, ...secretsOfCommand(command)];
  return { send: (notice, signal) => runCommand(command, secrets, notice, signal) };
}

async function runCommand(
  command: string,
  secrets: readonly string[],
  notice: Notice,
  signal: AbortSignal,
): Promise<SendResult> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', command], {
      stdio: ['pipe', 'ignore', 'pipe'],
      // A group of its own: a time-out ends what the shell has started as well.
      detached: true,
    });
    let said = '';
    const kill = () => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL');
      }
    };
    signal.addEventListener('abort', kill, { once: true });
    const end = (result: SendResult) => {
      signal.removeEventListener('abort', kill);
      resolve(result);
    };
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-MAX_HEARD)));
    // Whoever does not read its input is no failure of ours: the status decides.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => end(failed(describeError(error))));
    child.on('close', (status, name) => {
      const words = hideSecrets(said, secrets).trim().replace(/\s+/g, ' ').slice(-MAX_SAID);
      const how = signal.aborted
        ? describeError(signal.reason)
        : `command ended with ${name ?? `status ${String(status)}`}`;
      const why = `${how}${words === '' ? '' : `: ${words}`}`;
      end(status === 0 ? SENT : failed(why));
    });
    child.stdin.end(`${JSON.stringify(notice)}\n`);
  });
}
