// What must be known of alerts over a restart, in one file; and the log of who did what.
//
//     state.json     alerts, silences, feedback, notices that are not in the outbox yet; replaced whole
//     audit.ndjson   one line an action, appended; the older half goes when it is full
import { appendFile, mkdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { PlimsollError } from '../base/errors.ts';
import {
  AlertSchema,
  AuditEntrySchema,
  DecisionSchema,
  FeedbackSchema,
  NoticeSchema,
  SilenceSchema,
  type AuditEntry,
  type Decision,
} from '../model/alert.ts';
import type { KeptFiles } from './kept-files.ts';
import { parseKept } from './parse-kept.ts';

/** Causes of a large fleet over a year; resolved ones that are older go first. */
export const MAX_ALERTS = 5000;
/** As in Alertmanager, people forget them; those that are over go after a while. */
export const MAX_SILENCES = 1000;
/** One for each fingerprint that somebody has judged. */
export const MAX_FEEDBACK = 5000;
/** Of as many incidents people have said something. */
export const MAX_DECISIONS = 5000;
/** Actions kept; by people, so years of them. */
export const MAX_AUDIT = 10_000;

const AlertStateSchema = Type.Object({
  version: Type.Literal(1),
  alerts: Type.Array(AlertSchema),
  silences: Type.Array(SilenceSchema),
  feedback: Type.Array(FeedbackSchema),
  /** Missing from what was stored before they were kept. */
  decisions: Type.Optional(Type.Array(DecisionSchema)),
  /** Written down before they are put into the outbox, so that a kill in between loses none. */
  outgoing: Type.Array(Type.Object({ sink: Type.String(), notice: NoticeSchema })),
  /** Counts digests, heartbeats and tests: their keys. */
  count: Type.Integer(),
  digestAt: Type.Union([Type.Number(), Type.Null()]),
  heartbeatAt: Type.Union([Type.Number(), Type.Null()]),
});
export type AlertState = Static<typeof AlertStateSchema>;

export const EMPTY_STATE: AlertState = {
  version: 1,
  alerts: [],
  silences: [],
  feedback: [],
  outgoing: [],
  count: 0,
  digestAt: null,
  heartbeatAt: null,
};

const STATE = 'state.json';
const AUDIT = 'audit.ndjson';

export class AlertFiles {
  readonly #files: KeptFiles;
  readonly #folder: string | null;
  readonly #audit: AuditEntry[] = [];

  constructor(files: KeptFiles) {
    this.#files = files;
    this.#folder = files.folder;
  }

  /** @throws PlimsollError ALERTS_UNREADABLE for a state that is not ours: to go on without it would tell everything again. */
  async load(): Promise<AlertState> {
    if (this.#folder === null) return EMPTY_STATE;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#audit.push(...(await readAudit(join(this.#folder, AUDIT))));
    return (await readState(this.#folder)) ?? EMPTY_STATE;
  }

  /** On disk when it returns, or in trouble and waiting (see KeptFiles). */
  async save(state: AlertState): Promise<void> {
    await this.#files.write(STATE, () => JSON.stringify(state));
  }

  /** Newest last. */
  audit(): readonly AuditEntry[] {
    return this.#audit;
  }

  async log(entry: AuditEntry): Promise<void> {
    this.#audit.push(entry);
    const isFull = this.#audit.length > MAX_AUDIT;
    if (isFull) this.#audit.splice(0, MAX_AUDIT / 2);
    if (this.#folder === null) return;
    const path = join(this.#folder, AUDIT);
    const line = `${JSON.stringify(entry)}\n`;
    const isDone = await (isFull ? rename(path, `${path}.1`) : appendFile(path, line, { mode: 0o600 })).then(
      () => !isFull,
      () => false,
    );
    // Whole: it begins anew, or half a line may be there.
    if (!isDone)
      await this.#files.write(AUDIT, () => this.#audit.map((each) => `${JSON.stringify(each)}\n`).join(''));
  }
}

/** @throws PlimsollError ALERTS_UNREADABLE; null = there is none. */
async function readState(folder: string): Promise<AlertState | null> {
  const path = join(folder, STATE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new PlimsollError('ALERTS_UNREADABLE', 'store', 'cannot be read', { where: path }, error);
  });
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (Value.Check(AlertStateSchema, value)) return value;
  } catch (error) {
    throw new PlimsollError('ALERTS_UNREADABLE', 'store', 'is no JSON', { where: path }, error);
  }
  throw new PlimsollError('ALERTS_UNREADABLE', 'store', 'is not as this version writes it', {
    where: path,
  });
}

/** What people say to the watcher that has the folder, for one that waits. */
export class DecisionsOfOther {
  readonly #folder: string;
  #readAt = 0;
  #decisions: readonly Decision[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws PlimsollError ALERTS_UNREADABLE */
  async read(): Promise<readonly Decision[]> {
    const info = await stat(join(this.#folder, STATE)).catch(() => null);
    if (info === null || info.mtimeMs === this.#readAt) return this.#decisions;
    this.#decisions = (await readState(this.#folder))?.decisions ?? [];
    this.#readAt = info.mtimeMs;
    return this.#decisions;
  }
}

async function readAudit(path: string): Promise<AuditEntry[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => parseKept(AuditEntrySchema, line) ?? []);
}
