// What a report prints, to standard output or to a file.
import { closeSync, openSync, writeSync } from 'node:fs';
import { PlimsollError, describeError, type Stage } from '../base/errors.ts';
import { encodeUtf8 } from '../base/utf8.ts';
import type { ReportOutput } from '../profile/reports/options.ts';

const STDOUT = 1;

/** Pieces are put together to this size before they are written. */
const WRITE_CHARACTERS = 1 << 18;

/** What a report may print: far more than anyone reads, less than fills a disk. */
const MAX_OUTPUT_CHARACTERS = 4 * 2 ** 30;

/**
 * @param path null = standard output.
 * @param stage what failed when it cannot be written. A reader that has seen enough and closes its end is no error.
 * @throws PlimsollError OUTPUT_FAILED, REPORT_TOO_LARGE
 */
export async function writeOutput(
  output: ReportOutput,
  path: string | null,
  stage: Stage = 'profile',
): Promise<void> {
  if (path === null) return writeStdout(output);
  try {
    const file = openSync(path, 'w');
    try {
      for (const part of inParts(output)) writeAll(file, part);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof PlimsollError) throw error;
    throw new PlimsollError('OUTPUT_FAILED', stage, describeError(error), { where: path }, error);
  }
}

function writeAll(file: number, part: string | Uint8Array): void {
  const bytes = typeof part === 'string' ? encodeUtf8(part) : part;
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

async function writeStdout(output: ReportOutput): Promise<void> {
  for (const part of inParts(output)) {
    const rest = writeAtOnce(typeof part === 'string' ? encodeUtf8(part) : part);
    if (rest.length === 0) continue;
    // Waiting for each part keeps memory bounded where the reader is slow, and nothing is cut at the exit.
    const error = await new Promise<Error | null | undefined>((resolve) =>
      process.stdout.write(rest, resolve),
    );
    // closed-output.ts says what there is to say, and ends the process.
    if (error) return;
  }
}

/**
 * Writes to standard output without Node's stream, which takes longer to make than most reports to write.
 * @returns what is left where the reader is slow, or something is wrong: the stream waits, or finds that again and says so.
 */
function writeAtOnce(bytes: Uint8Array): Uint8Array {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(STDOUT, bytes, written);
  } catch {
    // As described.
  }
  return bytes.subarray(written);
}

function* inParts(output: ReportOutput): Generator<string | Uint8Array> {
  if (typeof output === 'string' || output instanceof Uint8Array) {
    yield output;
    return;
  }
  let text = '';
  let written = 0;
  for (const piece of output) {
    text += piece;
    written += piece.length;
    if (written > MAX_OUTPUT_CHARACTERS)
      throw new PlimsollError('REPORT_TOO_LARGE', 'profile', 'it has more than 4 GiB');
    if (text.length < WRITE_CHARACTERS) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
