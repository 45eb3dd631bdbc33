// plimsoll-known.yaml: leaks that the repository of a service lists as known. It comes with sources, not from who runs the watch: nothing in
// it is a reference, so that it reads no environment and no file.
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Type } from 'typebox';
import type { Millis } from '../base/units.ts';
import type { KnownLeak } from '../model/alert.ts';
import { sortProblems, type ConfigProblem } from './config-problem.ts';
import { readText } from './load-config.ts';
import { SettingsReader, type Path } from './read-settings.ts';
import { group, listOf, verbatim, type SettingSchema } from './setting-kinds.ts';
import { parseYaml } from './yaml-document.ts';

export const KNOWN_FILE = 'plimsoll-known.yaml';
/** Who knows more leaks has another problem; each alert is held against all of them. */
const MAX_KNOWN = 500;

const KnownSchema = group(
  {
    culprit: Type.Optional(verbatim({ description: 'Function as the alert names it.', without: 'any' })),
    fingerprint: Type.Optional(verbatim({ description: 'Of the alert.', without: 'any' })),
    service: Type.Optional(verbatim({ description: 'Name of the service.', without: 'any' })),
    reason: Type.Optional(verbatim({ description: 'Why it is left alone.', without: 'required' })),
    expires: Type.Optional(verbatim({ description: 'Day (UTC) or instant of its end.', without: 'never' })),
  },
  'A known leak.',
);
const FileSchema = group(
  { known: Type.Optional(listOf(KnownSchema, 'What is known.')) },
  'Known leaks of a repository.',
);
type FileValues = Type.Static<typeof FileSchema>;
type KnownValues = NonNullable<FileValues['known']>[number];

export interface ReadKnownLeaks {
  /** Empty where there is a problem: what is half understood keeps nothing quiet. */
  readonly known: readonly KnownLeak[];
  readonly problems: readonly ConfigProblem[];
}

/** Whether it is such a list: by its name, or because it begins with `known:`. Never throws. */
export async function isKnownFile(file: string): Promise<boolean> {
  if (basename(file) === KNOWN_FILE) return true;
  // A pipe is read once, by who starts.
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) return false;
  const text = await readText(file);
  return typeof text === 'string' && /^(?:[ \t]*(?:#.*|---[ \t]*)?\r?\n)*known[ \t]*:/.test(text);
}

/** Never throws for what it says. */
export async function readKnownLeaks(file: string): Promise<ReadKnownLeaks> {
  const text = await readText(file);
  return typeof text === 'string' ? parseKnownLeaks(text, file) : { known: [], problems: [text] };
}

export function parseKnownLeaks(text: string, file: string): ReadKnownLeaks {
  const document = parseYaml(text);
  if ('problems' in document) return { known: [], problems: document.problems };
  const reader = new SettingsReader(
    document,
    { environment: {}, files: new Map() },
    FileSchema as SettingSchema,
  );
  const { known = [] } = reader.read() as FileValues;
  if (known.length > MAX_KNOWN)
    reader.add(['known'], `more than ${MAX_KNOWN} entries`, 'Fix some of them, or use * in culprit.');
  known.slice(0, MAX_KNOWN).forEach((entry, i) => {
    checkEntry(entry, ['known', i], (path, fact, fix) => reader.add(path, fact, fix));
  });
  const problems = sortProblems(reader.problems);
  return { known: problems.length > 0 ? [] : known.map((entry) => makeKnown(entry, file)), problems };
}

function checkEntry(
  entry: KnownValues,
  path: Path,
  add: (path: Path, fact: string, fix: string) => void,
): void {
  const { culprit = '', fingerprint = '', service = '', reason = '', expires } = entry;
  if (culprit === '' && fingerprint === '')
    add(path, 'needs culprit or fingerprint', 'Copy one of them from the alert.');
  // Of such a name every service has one.
  if (culprit !== '' && fingerprint === '' && service === '' && /^(?:\*|main\.)/.test(culprit))
    add([...path, 'culprit'], 'says nothing of which service', 'Add service:, or the package in full.');
  if (reason.trim() === '') add(path, 'needs reason', 'Say why it is left alone.');
  if (expires !== undefined && parseEnd(expires) === null)
    add([...path, 'expires'], 'needs a day or an instant', 'Write 2027-01-31 or 2027-01-31T18:00:00Z.');
}

function makeKnown({ culprit, fingerprint, service, reason, expires }: KnownValues, file: string) {
  return {
    service: orNull(service),
    fingerprint: orNull(fingerprint),
    function: orNull(culprit),
    because: reason ?? '',
    untilMillis: expires === undefined ? null : parseEnd(expires),
    file,
  };
}

function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

/** Through the end of a day. */
function parseEnd(text: string): Millis | null {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  if (!isDay && !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const at = Date.parse(isDay ? `${text}T23:59:59.999Z` : text);
  return Number.isNaN(at) ? null : at;
}
