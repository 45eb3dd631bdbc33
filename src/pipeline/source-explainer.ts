// What the Go sources say about leaks: what holds the memory, which pattern it is, where the fix goes. They are asked beside
// the evaluations, and what they say joins findings where they are shown; it says of no growth that it is a leak, but a
// bound that it shows is waited for, and a fault in one ends that wait (see diagnose/wait.ts).
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Millis } from '../base/units.ts';
import { addSourceFacts, type SourceFacts, type SourceQuestion } from '../diagnose/source/source-facts.ts';
import type { Finding } from '../model/finding.ts';
import {
  findModuleRoot,
  findModuleSources,
  MAX_SOURCE_FILES,
  type SourceSet,
} from '../workspace/module-sources.ts';
import { answerQuestions, type SourceReply, type SourceRequest } from './source-question.ts';

/** A module's own sources are a few MB; with more, generated code is in it, and the rest is left out. */
const MAX_TEXT_BYTES = 32 * 1024 * 1024;
/** Answers kept: leaks open at once over all targets, and lines that took turns. The oldest go. */
const MAX_ANSWERS = 200;
/** A question takes tens of milliseconds, the largest some seconds; beyond this the sources are no program. */
const LONGEST_ANSWER_MILLIS: Millis = 60_000;

const WORKER_ENTRY = new URL('./source-worker.js', import.meta.url);

export interface SourceOptions {
  /** Given with --source: module roots, or folders above them. */
  readonly folders: readonly string[];
  /** The `source/` of a recording. */
  readonly carried: SourceSet | null;
  /** May the files that a profile names be read where they lie? For processes of this machine only. */
  readonly mayLookLocally: boolean;
  /** Answer in a thread of its own, so that nothing else waits; else in this one. */
  readonly useWorker: boolean;
}

/** Answers once for each leak and its lines; between questions it holds answers only, neither sources nor syntax. */
export class SourceExplainer {
  readonly #options: SourceOptions;
  readonly #answers = new Map<string, SourceFacts | null>();
  readonly #workers = new Set<Worker>();

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /** The finding with what is known by now; the same object when that is nothing. */
  apply(finding: Finding, module: string | null): Finding {
    const [question] = questionsAbout([finding]);
    const facts = question === undefined ? null : this.factsOf(question, module);
    return facts === null ? finding : addSourceFacts(finding, facts);
  }

  /** null while nothing is known, or when the sources say nothing. */
  factsOf(question: SourceQuestion, module: string | null): SourceFacts | null {
    return this.#answers.get(keyOf(question, module)) ?? null;
  }

  /** Is there a question that was not asked before? */
  isNew(questions: readonly SourceQuestion[], module: string | null): boolean {
    return questions.some((question) => !this.#answers.has(keyOf(question, module)));
  }

  /** Ends questions under way: they stay without an answer. */
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  /**
   * Asks the sources what they were not asked before. What goes wrong with sources is no answer, never a throw.
   * @returns whether there is more to say now.
   */
  async learn(questions: readonly SourceQuestion[], module: string | null): Promise<boolean> {
    const open = questions.filter((question) => !this.#answers.has(keyOf(question, module)));
    if (open.length === 0) return false;
    for (const question of open) this.#remember(keyOf(question, module), null); // asked: not again while this runs
    const texts = await this.#readTexts(open, module);
    if (texts.length === 0) return false;
    const request: SourceRequest = {
      texts,
      module: module ?? commonPath(texts.map(([path]) => path)),
      questions: open,
    };
    const reply = await this.#ask(request);
    open.forEach((question, i) => this.#remember(keyOf(question, module), reply[i] ?? null));
    return reply.some((facts) => facts !== null);
  }

  async #ask(request: SourceRequest): Promise<SourceReply> {
    // From sources (tests) there is no compiled worker to start; the work is the same.
    if (!this.#options.useWorker || !existsSync(WORKER_ENTRY)) return answerQuestions(request);
    return this.#askWorker(request);
  }

  /** A thread for one request: leaks are rare, and its memory goes with it. */
  #askWorker(request: SourceRequest): Promise<SourceReply> {
    return new Promise((resolve) => {
      const worker = new Worker(WORKER_ENTRY, { workerData: request });
      this.#workers.add(worker);
      const timer = setTimeout(() => void worker.terminate(), LONGEST_ANSWER_MILLIS);
      timer.unref();
      worker.once('message', (reply: SourceReply) => {
        resolve(reply);
        void worker.terminate();
      });
      worker.once('error', () => resolve([])); // a text that breaks the analysis is not explained
      worker.once('exit', () => {
        clearTimeout(timer);
        this.#workers.delete(worker);
        resolve([]);
      });
    });
  }

  async #readTexts(questions: readonly SourceQuestion[], module: string | null): Promise<[string, string][]> {
    for (const set of await this.#findSets(questions, module)) {
      const texts: [string, string][] = [];
      let left = MAX_TEXT_BYTES;
      for (const file of set.files) {
        if (!file.endsWith('.go') || file.endsWith('_test.go') || texts.length >= MAX_SOURCE_FILES) continue;
        const bytes = await set.read(file);
        left -= bytes?.length ?? 0;
        if (left < 0) break;
        if (bytes !== null) texts.push([file, new TextDecoder().decode(bytes)]);
      }
      if (texts.length > 0) return texts;
    }
    return [];
  }

  /** Places to look, the surest first. */
  async #findSets(questions: readonly SourceQuestion[], module: string | null): Promise<SourceSet[]> {
    const { carried, folders, mayLookLocally } = this.#options;
    const sets: SourceSet[] = carried === null ? [] : [carried];
    if (folders.length > 0) sets.push(await findModuleSources(folders, module));
    if (!mayLookLocally || module === null) return sets;
    for (const { profileFile } of questions.flatMap(({ culprits }) => culprits)) {
      const root = profileFile ? await findModuleRoot(profileFile, module) : null;
      if (root !== null) return [...sets, await findModuleSources([root], module)];
    }
    return sets;
  }

  #remember(key: string, facts: SourceFacts | null): void {
    this.#answers.delete(key);
    this.#answers.set(key, facts);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MAX_ANSWERS) break;
      this.#answers.delete(oldest);
    }
  }
}

/** One for each leak whose code is named. Descriptors leak in calls that no profile samples: the sources alone may show them. */
export function questionsAbout(findings: readonly Finding[]): SourceQuestion[] {
  return findings
    .filter(
      ({ verdict, class: kind, culprits }) => verdict === 'leak' && (culprits.length > 0 || kind === 'fd'),
    )
    .map(({ class: kind, culprits }) => ({ kind, culprits }));
}

/** What an answer hangs on: numbers of a finding change with every evaluation, its lines seldom. */
function keyOf({ kind, culprits }: SourceQuestion, module: string | null): string {
  const lines = culprits.flatMap(({ role, function: name, profileFile, file, line, path }) =>
    role === 'holds' ? [] : [[role, name, profileFile ?? file, line, path ?? []]],
  );
  return JSON.stringify([module, kind, lines]);
}

/** Import path that all files share: the module, or a folder of it. */
function commonPath(paths: readonly string[]): string {
  let common = paths[0]?.split('/').slice(0, -1) ?? [];
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1);
    const end = common.findIndex((part, i) => part !== parts[i]);
    if (end >= 0) common = common.slice(0, end);
  }
  return common.join('/');
}
