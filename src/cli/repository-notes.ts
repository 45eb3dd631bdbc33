// What the repositories of services say of alerts: leaks that they know, and whose the code is. Read again when it changes.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatProblem, type ConfigProblem } from '../config/config-problem.ts';
import { followFiles } from '../config/follow-files.ts';
import { KNOWN_FILE, readKnownLeaks } from '../config/known-leaks.ts';
import type { KnownLeak } from '../model/alert.ts';
import type { Incident } from '../model/incident.ts';
import type { Talk } from '../pipeline/ports.ts';
import { packageOf } from '../profile/frames.ts';
import { Repositories } from '../workspace/repositories.ts';

/** Real time between two looks at files that change with a checkout. */
const LOOK_MILLIS = 5000;

export interface KnownFile {
  readonly file: string;
  readonly known: readonly KnownLeak[];
  readonly problems: readonly ConfigProblem[];
}

/** The files of known leaks in repositories, those that are there. */
export async function readKnownFiles(repositories: Repositories): Promise<readonly KnownFile[]> {
  const files = [];
  for (const file of knownPaths(repositories)) {
    if ((await stat(file).catch(() => null)) === null) continue;
    files.push({ file, ...(await readKnownLeaks(file)) });
  }
  return files;
}

function knownPaths(repositories: Repositories): readonly string[] {
  return repositories.roots().map((root) => join(root, KNOWN_FILE));
}

export class RepositoryNotes {
  readonly #folders: readonly string[];
  readonly #talk: Talk;
  #repositories: Repositories;
  /** By file: what was understood last. */
  #known: ReadonlyMap<string, readonly KnownLeak[]> = new Map();

  private constructor(folders: readonly string[], talk: Talk, repositories: Repositories) {
    this.#folders = folders;
    this.#talk = talk;
    this.#repositories = repositories;
  }

  static async open(folders: readonly string[], talk: Talk): Promise<RepositoryNotes> {
    const notes = new RepositoryNotes(folders, talk, await Repositories.open(folders));
    await notes.#readKnown();
    return notes;
  }

  known(): readonly KnownLeak[] {
    return [...this.#known.values()].flat();
  }

  /**
   * Of the file of its first culprit; where that is nobody's here, as code of a library is, of the file where the fix goes, else of
   * what holds it. null where no repository says so.
   */
  async ownerOf({ finding: { culprits, fix } }: Incident): Promise<string | null> {
    const [first, ...others] = culprits.map((culprit) => ({
      role: culprit.role,
      file: culprit.file ?? culprit.profileFile ?? null,
      importPath: packageOf(culprit.function),
    }));
    const places = [
      ...(first === undefined ? [] : [first]),
      ...(fix === null || fix.file === null ? [] : [{ file: fix.file, importPath: null }]),
      ...others.filter(({ role }) => role === 'holds' || role === 'creates'),
    ];
    for (const place of places) {
      const owner = await this.#repositories.ownerOf(place);
      if (owner !== null) return owner;
    }
    return null;
  }

  /** Until `signal` aborts. */
  async follow(signal: AbortSignal, intervalMillis = LOOK_MILLIS): Promise<void> {
    if (this.#folders.length === 0) return;
    await followFiles({
      files: () => [
        ...knownPaths(this.#repositories),
        ...this.#repositories.ownersFiles,
        ...this.#repositories.moduleFiles,
      ],
      onChange: async () => {
        this.#repositories = await Repositories.open(this.#folders);
        await this.#readKnown();
      },
      signal,
      intervalMillis,
    });
  }

  /** A file that is wrong changes nothing: what was read of it before goes on. */
  async #readKnown(): Promise<void> {
    const known = new Map<string, readonly KnownLeak[]>();
    for (const { file, problems, known: read } of await readKnownFiles(this.#repositories)) {
      const [problem] = problems;
      if (problem) this.#talk.warn(`${formatProblem(file, problem)} What it said before goes on.`);
      known.set(file, problem ? (this.#known.get(file) ?? []) : read);
    }
    this.#known = known;
  }
}
