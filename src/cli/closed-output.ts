// What happens when whoever reads the output has seen enough: `plimsoll replay x.tar.gz | head -1`.
import { PlimsollError, describeError } from '../base/errors.ts';
import { EXIT, failWith } from './exit-status.ts';

/** What a shell reports of a program that SIGPIPE ended. Node ignores that signal, and so each write has to be looked at. */
const EXIT_CLOSED_PIPE = 128 + 13;

/**
 * Makes a closed pipe behind standard output or error the quiet end that it is for other programs: status 141 and not a word.
 * What else goes wrong there, such as a full disk, is told in one line, status 3. A command that ends in order on SIGTERM (`watch`,
 * `record`, a traced program) does so now, with the status that it has then. To be called once, before anything is written.
 */
export function endWhenOutputFails(): void {
  let isEnding = false;
  const onError = (name: string) => (error: NodeJS.ErrnoException) => {
    if (isEnding) return;
    isEnding = true;
    const isClosed = error.code === 'EPIPE';
    if (!isClosed) {
      const where = { where: `standard ${name}` };
      failWith(new PlimsollError('OUTPUT_FAILED', 'report', describeError(error), where, error));
    }
    if (process.listenerCount('SIGTERM') === 0) process.exit(isClosed ? EXIT_CLOSED_PIPE : EXIT.error);
    process.emit('SIGTERM');
  };
  onFirstUse('stdout', (stream) => stream.on('error', onError('output')));
  onFirstUse('stderr', (stream) => stream.on('error', onError('error')));
}

/** Node makes these streams when they are first asked for, which takes some milliseconds that not every command needs. */
function onFirstUse(name: 'stdout' | 'stderr', prepare: (stream: NodeJS.WriteStream) => void): void {
  const made = Object.getOwnPropertyDescriptor(process, name);
  if (made?.get === undefined || made.configurable !== true) return prepare(process[name]);
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get: () => {
      Object.defineProperty(process, name, made);
      prepare(process[name]);
      return process[name];
    },
  });
}
