// plimsoll.yaml while a watch runs: read again on SIGHUP and when it has changed. What cannot be used is told, and what
// was loaded before goes on.
import { PlimsollError, describeError } from '../base/errors.ts';
import { formatProblem, type ConfigProblem } from '../config/config-problem.ts';
import { followFiles, lookAt, LOOK_INTERVAL_MILLIS } from '../config/follow-files.ts';
import { isReadAgain, type ReadConfig } from '../config/load-config.ts';
import type { Settings } from '../config/settings.ts';
import type { ConfigStatus } from '../model/status.ts';
import type { Talk } from '../pipeline/ports.ts';

export interface ConfigReloaderParts {
  readonly file: string;
  readonly read: () => Promise<ReadConfig>;
  /** From settings of the file to those of the watch. @throws PlimsollError where they cannot go together. */
  readonly complete: (settings: Settings) => Settings;
  readonly talk: Talk;
  /** Real time, Unix milliseconds. */
  readonly now: () => number;
  readonly lookMillis?: number;
}

/** Makes the watch do what the settings say; tells what was done, in a few words. */
export type ApplySettings = (settings: Settings, before: Settings) => Promise<string>;

/** What is read once, when a watch starts. */
const START_SETTINGS = [
  'listen',
  'push',
  'dataDir',
  'storage',
  'storageUrl',
  'retention',
  'sourceDirs',
  'alertFolder',
] as const;
const SETTING_NAMES: Readonly<Record<(typeof START_SETTINGS)[number], string>> = {
  listen: 'listen',
  push: 'push',
  dataDir: 'data',
  storage: 'storage.kind',
  storageUrl: 'storage.url',
  retention: 'retention',
  sourceDirs: 'source',
  alertFolder: 'alerts.folder',
};
/** Problems in the status; the terminal has one of them, `config check` all. */
const MAX_TOLD_PROBLEMS = 10;

/** A full disk, or an editor that empties before it writes: nobody takes all targets and sinks out by that. */
const EMPTIED: ConfigProblem = {
  line: null,
  column: null,
  field: '',
  found: null,
  fact: 'is empty now',
  fix: 'Write it again; {} takes everything out.',
};

export class ConfigReloader {
  readonly #parts: ConfigReloaderParts;
  #status: ConfigStatus;
  #files: readonly string[];
  #since: string | undefined;
  #start: Settings | null = null;
  #current: Settings | null = null;
  #apply: ApplySettings | null = null;
  #running: Promise<void> | null = null;
  #isAskedAgain = false;
  #isEmpty = true;

  constructor(parts: ConfigReloaderParts) {
    this.#parts = parts;
    this.#files = [parts.file];
    const now = parts.now();
    this.#status = {
      file: parts.file,
      isLastReloadSuccessful: true,
      lastReloadAt: now,
      lastSuccessAt: now,
      problems: [],
      needsRestart: [],
    };
  }

  status(): ConfigStatus {
    return this.#status;
  }

  /** One line while what runs is not what the file says, else null. */
  notice(): string | null {
    const { isLastReloadSuccessful, file, problems } = this.#status;
    if (isLastReloadSuccessful) return null;
    const [first] = problems;
    const parts = first === undefined ? [] : [first.line === null ? '' : `line ${first.line}`, first.field];
    const what = [...parts, first?.fact ?? ''].filter((part) => part !== '').join(': ');
    const line = what === '' ? '' : ` (${what})`;
    return `${file} cannot be used${line}, settings of before go on`;
  }

  /** The first time: what is wrong ends the command. @throws PlimsollError */
  async load(settingsOf: (read: ReadConfig) => Settings): Promise<Settings> {
    const before = await lookAt([this.#parts.file]);
    const read = await this.#parts.read();
    const settings = this.#parts.complete(settingsOf(read));
    this.#files = [this.#parts.file, ...read.files];
    // Where it was written to meanwhile, the first look of `follow` is to see that.
    const isSame = (await lookAt([this.#parts.file])) === before;
    this.#since = isSame ? await lookAt(this.#files) : '';
    this.#start = this.#current = settings;
    this.#isEmpty = read.isEmpty;
    return settings;
  }

  /** Follows the file until `signal` aborts. */
  async follow(apply: ApplySettings, signal: AbortSignal): Promise<void> {
    this.#apply = apply;
    await followFiles({
      files: () => this.#files,
      onChange: () => this.reload(),
      signal,
      intervalMillis: this.#parts.lookMillis ?? LOOK_INTERVAL_MILLIS,
      ...(this.#since === undefined ? {} : { since: this.#since }),
    });
    this.#apply = null;
    await this.#running;
  }

  /** Reads the file again, now; one after the other, and not more often than somebody asks. Never throws. */
  async reload(): Promise<void> {
    if (this.#running) {
      this.#isAskedAgain = true;
      return this.#running;
    }
    this.#running = (async () => {
      do {
        this.#isAskedAgain = false;
        await this.#reloadOnce();
      } while (this.#isAskedAgain);
      this.#running = null;
    })();
    await this.#running;
  }

  async #reloadOnce(): Promise<void> {
    const { read, complete, talk, file } = this.#parts;
    const [apply, before] = [this.#apply, this.#current];
    if (!apply || !before) return;
    try {
      if (!(await isReadAgain(file)))
        throw new PlimsollError('CONFIG_INVALID', 'config', 'is a pipe: it is read once');
      const config = await read();
      // Also of one that is wrong: a file that it names and that is not there may come.
      this.#files = [file, ...config.files];
      if (config.settings === null) return this.#fail(config.problems);
      if (config.isEmpty && !this.#isEmpty) return this.#fail([EMPTIED]);
      const settings = complete(config.settings);
      const done = await apply(settings, before);
      this.#current = settings;
      this.#isEmpty = config.isEmpty;
      this.#succeed(settings);
      talk.info(`${file}: loaded again${done === '' ? '' : `: ${done}`}${this.#restartNote()}`);
    } catch (error) {
      const fact = error instanceof PlimsollError ? error.fact : describeError(error);
      this.#fail([{ line: null, column: null, field: '', found: null, fact, fix: 'Correct it and save.' }]);
    }
  }

  #succeed(settings: Settings): void {
    const now = this.#parts.now();
    const start = this.#start ?? settings;
    const needsRestart = START_SETTINGS.filter(
      (key) => JSON.stringify(settings[key]) !== JSON.stringify(start[key]),
    ).map((key) => SETTING_NAMES[key]);
    this.#status = {
      ...this.#status,
      isLastReloadSuccessful: true,
      lastReloadAt: now,
      lastSuccessAt: now,
      problems: [],
      needsRestart,
    };
  }

  #fail(problems: readonly ConfigProblem[]): void {
    const { file, talk, now } = this.#parts;
    const told = problems.slice(0, MAX_TOLD_PROBLEMS);
    this.#status = {
      ...this.#status,
      isLastReloadSuccessful: false,
      lastReloadAt: now(),
      problems: told.map(({ line, column, field, fact, fix }) => ({ line, column, field, fact, fix })),
    };
    const more = problems.length > 1 ? ` (${problems.length - 1} more: plimsoll config check ${file})` : '';
    const [first] = problems;
    const what = first ? formatProblem(file, first) : file;
    talk.warn(`${what}${more} The settings of before go on.`);
  }

  #restartNote(): string {
    const { needsRestart } = this.#status;
    return needsRestart.length === 0 ? '' : `; ${needsRestart.join(', ')} with the next start`;
  }
}
