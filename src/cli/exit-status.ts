import { PlimsollError, describeError } from '../base/errors.ts';
import type { Verdict } from '../model/finding.ts';

/** CONTRACTS section 2: 0 no leak, 1 leak, 2 cannot tell, 3 error. */
export const EXIT = { none: 0, leak: 1, undetermined: 2, error: 3 } as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** Exit status of a verdict under `--fail-on`; the verdict itself never changes. */
export function statusOf(verdict: Verdict, failOn: string): ExitStatus {
  const wanted = failOn.split(',').map((word) => word.trim());
  for (const word of wanted) {
    if (!['leak', 'undetermined', 'none'].includes(word)) {
      throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs leak, undetermined or none', {
        field: '--fail-on',
        value: word,
      });
    }
  }
  if (verdict === 'leak' && wanted.includes('leak')) return EXIT.leak;
  if (verdict === 'undetermined' && wanted.includes('undetermined')) return EXIT.undetermined;
  return EXIT.none;
}

/** Waits for a command and makes its status the status of the process. */
export async function endWith(command: Promise<number>): Promise<void> {
  process.exitCode = await command;
}

/** Says why a command failed, in one line, and makes the process end with status 3. */
export function failWith(error: unknown): void {
  const advice = error instanceof PlimsollError ? ` ${error.advice}` : '';
  process.stderr.write(`plimsoll: ${describeError(error)}.${advice}\n`);
  if (!(error instanceof PlimsollError) && error instanceof Error && process.env['PLIMSOLL_DEBUG'])
    process.stderr.write(`${error.stack}\n`);
  process.exitCode = EXIT.error;
}
