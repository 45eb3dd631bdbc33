import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { PlimsollError } from '../../base/errors.ts';
import { findLocalServices, type LocalService } from '../../collect/find-local-services.ts';
import { listProbeAddresses } from '../../collect/probe-addresses.ts';
import { formatFirstConfig, type FirstTarget } from '../../config/first-config.ts';
import { CONFIG_FILE, readConfigText, settingsOf } from '../../config/load-config.ts';
import { isEngineInstalled } from '../../store/engine-installed.ts';
import { provideSchema, SCHEMA_FILE } from '../editor-schema.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { Terminal } from '../terminal.ts';

export interface InitOptions {
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** Asks a question and gives the answer, trimmed. */
type Ask = (question: string) => Promise<string>;

/**
 * Looks for Go services on this machine and writes a first configuration that works as it is. Asks on a terminal which of
 * them to watch; elsewhere, or with `yes`, it takes all. A file that is there stays, but with `force`.
 */
export async function initCommand(named: string | undefined, options: InitOptions): Promise<ExitStatus> {
  const file = named ?? CONFIG_FILE;
  if (existsSync(file) && options.force !== true)
    throw new PlimsollError('OUTPUT_EXISTS', 'config', 'is there already', { where: file });
  const terminal = new Terminal();
  const stop = stopOnSignals();
  try {
    terminal.info('looking for Go services on this machine that serve metrics or profiles');
    const found = await findLocalServices({ signal: stop.signal });
    if (stop.signal.aborted) return EXIT.error;
    const mayAsk = options.yes !== true && process.stdin.isTTY && process.stderr.isTTY;
    const targets = mayAsk ? await withQuestions(stop.signal, (ask) => choose(found, ask, terminal)) : found;
    for (const target of targets) terminal.info(`target: ${describe(target)}`);
    if (targets.length === 0) terminal.info('no target yet: add one to the file at any time');
    const isMemoryOnly = !isEngineInstalled();
    // What is written works: the very reader of `watch` has a look at it.
    settingsOf(file, readConfigText(formatFirstConfig({ targets, schema: null, isMemoryOnly }), {}));
    const schema = await provideSchema(file);
    if (schema === SCHEMA_FILE) terminal.info(`${schema}: for editors, belongs beside the file`);
    await write(file, formatFirstConfig({ targets, schema, isMemoryOnly }), options.force === true);
    process.stdout.write(`${file}\n`);
    terminal.info(`next: plimsoll watch -c ${file}`);
    return EXIT.none;
  } finally {
    stop.dispose();
  }
}

function describe({ service, url, gives }: FirstTarget & { readonly gives?: readonly string[] }): string {
  return `${service} at ${url}${gives === undefined ? '' : ` (${gives.join(', ')})`}`;
}

async function withQuestions<T>(signal: AbortSignal, talk: (ask: Ask) => Promise<T>): Promise<T> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await talk(async (question) => (await lines.question(question, { signal })).trim());
  } finally {
    lines.close();
  }
}

/** Which of them, and which others: one question each. */
export async function choose(
  found: readonly LocalService[],
  ask: Ask,
  talk: { readonly warn: (text: string) => void },
): Promise<FirstTarget[]> {
  const targets: FirstTarget[] = [];
  for (const service of found) {
    if (await confirm(`watch ${describe(service)}? [Y/n] `, ask, talk)) targets.push(service);
  }
  for (;;) {
    const url = await ask('another address to watch, such as http://10.0.0.7:6060 (none: Enter): ');
    if (url === '') return targets;
    try {
      if (!/:\d+(?:$|[/?])|^https?:/i.test(url)) {
        talk.warn(`${url} has neither a port nor http:// in front`);
        continue;
      }
      const { instance } = listProbeAddresses(url);
      targets.push({ service: instance, url, pprof: null });
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      talk.warn(error.fact);
    }
  }
}

/** Enter is yes; what is neither is asked again. */
async function confirm(
  question: string,
  ask: Ask,
  talk: { readonly warn: (text: string) => void },
): Promise<boolean> {
  for (;;) {
    const answer = await ask(question);
    if (/^(?:y|yes)?$/i.test(answer)) return true;
    if (/^(?:n|no)$/i.test(answer)) return false;
    talk.warn('answer y or n');
  }
}

async function write(file: string, text: string, mayReplace: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: mayReplace ? 'w' : 'wx' });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    if (isThere) throw new PlimsollError('OUTPUT_EXISTS', 'config', 'is there already', { where: file });
    throw new PlimsollError('OUTPUT_FAILED', 'config', 'cannot be written', { where: file }, error);
  }
}
