// plimsoll.yaml, the files that it names and the environment to settings.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { problemsToError, sortProblems, type ConfigProblem } from './config-problem.ts';
import { ConfigSchema, type ConfigValues } from './config-schema.ts';
import {
  checkTogether,
  makeDiscover,
  makeRelabel,
  makeSettings,
  makeTarget,
  type DiscoverValues,
  type TargetValues,
} from './make-settings.ts';
import { SettingsReader, type Path } from './read-settings.ts';
import {
  isReference,
  readReferencedFiles,
  referencedFile,
  referencedPaths,
  type Environment,
  type Sources,
} from './references.ts';
import type { SettingSchema } from './setting-kinds.ts';
import type { DiscoverParts, DiscoverSetting, Settings, TargetSetting } from './settings.ts';
import { MAX_CONFIG_BYTES, parseYaml, textsOf } from './yaml-document.ts';

/** The file that `init` writes and `config check` reads. */
export const CONFIG_FILE = 'plimsoll.yaml';

export interface ReadConfig {
  /** Null where there is a problem. */
  readonly settings: Settings | null;
  readonly problems: readonly ConfigProblem[];
  /** Nothing stands in it but comments: sound, and what a file looks like that is just being written. */
  readonly isEmpty: boolean;
  /** What can be looked at further, other problems or not. */
  readonly sound: {
    readonly targets: readonly { readonly index: number; readonly setting: TargetSetting }[];
    readonly sourceDirs: readonly { readonly index: number; readonly folder: string }[];
    readonly discover: readonly { readonly index: number; readonly setting: DiscoverSetting }[];
    /** Of entries of `discover` that are not sound the sources and rules that are; null = a rule that is not. */
    readonly discoverParts: readonly { readonly index: number; readonly parts: DiscoverParts }[];
    /** Expressions of rules that are not sound. */
    readonly expressions: readonly { readonly path: Path; readonly regex: string }[];
    /** Files that sinks write. */
    readonly sinkFiles: readonly { readonly path: Path; readonly file: string }[];
  };
  /** For what only those who use a setting can find wrong: a problem at its place. */
  readonly problemAt: (path: Path, fact: string, fix: string) => ConfigProblem;
  /** Files whose text is part of it, as they are found on disk. */
  readonly files: readonly string[];
}

/** Settings of a file over the defaults, and of the environment over both. Never throws for what they say. */
export async function readConfig(file: string, environment: Environment): Promise<ReadConfig> {
  const text = await readText(file);
  if (typeof text !== 'string') return failed([text]);
  const document = parseYaml(text);
  if ('problems' in document) return failed(document.problems);
  const paths = textsOf(document).filter(isReference).flatMap(referencedPaths);
  const files = await readReferencedFiles(paths, file);
  return {
    ...readDocument(document, { environment, files }),
    files: [...files.keys()].map((path) => referencedFile(path, file)),
  };
}

/** As `readConfig`, of a text; `file:` finds nothing. */
export function readConfigText(text: string, environment: Environment): ReadConfig {
  const document = parseYaml(text);
  if ('problems' in document) return failed(document.problems);
  return { ...readDocument(document, { environment, files: new Map() }), files: [] };
}

/** Whether it can be read a second time: a pipe cannot. */
export async function isReadAgain(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found === null || !found.isFIFO();
}

/** @throws PlimsollError CONFIG_INVALID with file, line, column and field of the first problem. */
export async function loadConfig(file: string, environment: Environment): Promise<Settings> {
  return settingsOf(file, await readConfig(file, environment));
}

/** The settings without a file. @throws PlimsollError CONFIG_INVALID naming a variable. */
export function settingsWithoutFile(environment: Environment): Settings {
  return settingsOf('environment', readConfigText('', environment));
}

export function settingsOf(file: string, { settings, problems }: ReadConfig): Settings {
  if (settings === null) throw problemsToError(file, problems);
  return settings;
}

export const DEFAULT_SETTINGS: Settings = settingsWithoutFile({});

function readDocument(
  document: Exclude<ReturnType<typeof parseYaml>, { problems: unknown }>,
  sources: Sources,
): Omit<ReadConfig, 'files'> {
  const reader = new SettingsReader(document, sources, ConfigSchema as SettingSchema);
  // The schema is the type: a test reads every setting of it.
  const values = reader.read() as ConfigValues;
  checkTogether(values, (path, fact, fix, unless = [path]) => {
    if (!unless.some((each) => hasProblem(reader.problems, each.join('.')))) reader.add(path, fact, fix);
  });
  const port = checkPort(sources.environment);
  const problems = port === null ? reader.problems : [...reader.problems, port];
  return {
    settings:
      problems.length > 0 ? null : withPort(makeSettings(values, reader.referenced), sources.environment),
    problems: sortProblems(problems),
    isEmpty: document.root === null,
    sound: soundOf(values, problems),
    problemAt: (path, fact, fix) => reader.problem(path, fact, fix),
  };
}

function hasProblem(problems: readonly ConfigProblem[], path: string): boolean {
  return problems.some(({ field }) => field === path || field.startsWith(`${path}.`));
}

function soundOf(values: ConfigValues, problems: readonly ConfigProblem[]): ReadConfig['sound'] {
  // What could not be read is undefined, whatever the type says.
  const targets: readonly (TargetValues | undefined)[] = values.targets ?? [];
  const entries: readonly (DiscoverValues | undefined)[] = values.discover ?? [];
  const folders: readonly (string | undefined)[] = values.source ?? [];
  return {
    targets: targets.flatMap((target, index) =>
      target !== undefined && !hasProblem(problems, `targets.${index}`)
        ? [{ index, setting: makeTarget(target) }]
        : [],
    ),
    sourceDirs: folders.flatMap((folder, index) =>
      folder !== undefined && !hasProblem(problems, `source.${index}`) ? [{ index, folder }] : [],
    ),
    discover: entries.flatMap((entry, index) =>
      entry !== undefined && !hasProblem(problems, `discover.${index}`)
        ? [{ index, setting: makeDiscover(entry) }]
        : [],
    ),
    discoverParts: entries.flatMap((entry, index) =>
      entry !== undefined && hasProblem(problems, `discover.${index}`)
        ? [{ index, parts: partsOf(entry, (key) => !hasProblem(problems, `discover.${index}.${key}`)) }]
        : [],
    ),
    expressions: entries.flatMap((entry, index) => expressionsOf(entry, index, problems)),
    sinkFiles: Object.entries(values.alerts.sinks ?? {}).flatMap(([name, sink]) => {
      const file: string | undefined = sink.file?.path;
      return file === undefined ? [] : [{ path: ['alerts', 'sinks', name, 'file', 'path'], file }];
    }),
  };
}

/** What remains when each source and rule that cannot be read is left out. */
function partsOf(entry: DiscoverValues, isSound: (key: string) => boolean): DiscoverParts {
  const rules = entry.relabel ?? [];
  const kept = Object.entries(entry).filter(([key, value]) => value !== undefined && isSound(key));
  // Which pods there are to choose from says nothing about what is wrong.
  const { sources } = makeDiscover({ ...Object.fromEntries(kept), relabel: [] });
  const relabel = rules.map((rule, at) => (isSound(`relabel.${at}`) ? makeRelabel(rule) : null));
  return { sources, relabel };
}

function expressionsOf(entry: DiscoverValues | undefined, index: number, problems: readonly ConfigProblem[]) {
  const rules: readonly ({ readonly regex?: string | undefined } | undefined)[] = entry?.relabel ?? [];
  return rules.flatMap((rule, at) =>
    rule?.regex === undefined || !hasProblem(problems, `discover.${index}.relabel.${at}`)
      ? []
      : [{ path: ['discover', index, 'relabel', at, 'regex'] as const, regex: rule.regex }],
  );
}

/** `PORT` is what platforms and `npm start` set: the port of the page, whatever its host. */
function withPort(settings: Settings, { PORT }: Environment): Settings {
  if (PORT === undefined || PORT === '') return settings;
  return { ...settings, listen: { ...settings.listen, port: Number(PORT) } };
}

function checkPort({ PORT }: Environment): ConfigProblem | null {
  if (PORT === undefined || PORT === '') return null;
  if (/^\d{1,5}$/.test(PORT) && Number(PORT) <= 65_535) return null;
  return wholeProblem('needs a port', 'Write a number up to 65535.', 'PORT', PORT);
}

/** Bounded; of a folder, a device or what is not there, the problem. */
export async function readText(file: string): Promise<string | ConfigProblem> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) return wholeProblem('is a folder', `Name the file, ${CONFIG_FILE} for example.`);
    // A pipe is read once, by what starts; devices never end.
    if (!found.isFile() && !found.isFIFO())
      return wholeProblem('is no file', `Name a file, ${CONFIG_FILE} for example.`);
    const chunks: Buffer[] = [];
    // One byte more than it may have: parseYaml refuses that.
    for await (const chunk of createReadStream(file, { end: MAX_CONFIG_BYTES })) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT' ? 'cannot be read: there is no such file' : `cannot be read (${code ?? ''})`;
    return wholeProblem(why, 'Name a file that is there; plimsoll init writes a first one.');
  }
}

function wholeProblem(fact: string, fix: string, field = '', found: string | null = null): ConfigProblem {
  return { line: null, column: null, field, found, fact, fix };
}

function failed(problems: readonly ConfigProblem[]): ReadConfig {
  const problemAt = (path: Path, fact: string, fix: string) => wholeProblem(fact, fix, path.join('.'));
  return {
    settings: null,
    problems,
    isEmpty: false,
    problemAt,
    sound: { targets: [], sourceDirs: [], discover: [], discoverParts: [], expressions: [], sinkFiles: [] },
    files: [],
  };
}
