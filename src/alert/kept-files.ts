// The folder of alerts. What cannot be written now (a full disk, a folder that is read-only) waits in memory and is written, in
// order, as soon as it can be: people are told all the same, for told twice after a kill is better than not told.
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError } from '../base/errors.ts';
import type { Millis } from '../base/units.ts';

/** Why what is said of alerts is in memory alone. */
export interface FolderTrouble {
  /** The folder. */
  readonly path: string;
  readonly why: string;
  /** Real time. */
  readonly since: Millis;
}

/** null = it is to go away. The text is made when it is written. */
type Wanted = (() => string) | null;

export class KeptFiles {
  readonly folder: string | null;
  readonly #warn: (text: string) => void;
  /** By name, in the order in which they were wanted; bounded by what the owners of files keep. */
  readonly #pending = new Map<string, Wanted>();
  #trouble: FolderTrouble | null = null;
  #turn: Promise<void> = Promise.resolve();

  /**
   * @param folder null = nothing survives.
   * @param warn told once when it cannot be written, and once when it can be again.
   */
  constructor(folder: string | null, warn: (text: string) => void = () => undefined) {
    this.folder = folder;
    this.#warn = warn;
  }

  /** null = all is on disk, or nothing is to be. */
  trouble(): FolderTrouble | null {
    return this.#trouble;
  }

  /** Of a folder inside, which is made if there is none. @returns names and texts; what cannot be read is left out. */
  async readAll(inside: string): Promise<{ readonly name: string; readonly text: string }[]> {
    if (this.folder === null) return [];
    const folder = join(this.folder, inside);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
    const texts: { name: string; text: string }[] = [];
    for (const name of names) {
      const text = await readFile(join(folder, name), 'utf8').catch(() => null);
      if (text !== null) texts.push({ name, text });
    }
    return texts;
  }

  /** On disk when it returns, whole, after all that was wanted before; or there is trouble, and it waits. */
  async write(name: string, text: () => string): Promise<void> {
    await this.#want(name, text);
  }

  /** Gone when it returns, or there is trouble, and it waits. */
  async remove(name: string): Promise<void> {
    await this.#want(name, null);
  }

  /** Tries what waits. */
  async retry(): Promise<void> {
    if (this.#pending.size > 0) await this.#inTurn();
  }

  async #want(name: string, wanted: Wanted): Promise<void> {
    if (this.folder === null) return;
    this.#pending.delete(name);
    this.#pending.set(name, wanted);
    await this.#inTurn();
  }

  #inTurn(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#settle());
    return this.#turn;
  }

  /** Never throws. Once one write fails, removals alone go on: they need no room, and make some. */
  async #settle(): Promise<void> {
    let failure: unknown = null;
    for (const [name, wanted] of this.#pending) {
      if (failure !== null && wanted !== null) continue;
      try {
        await this.#put(name, wanted);
        if (this.#pending.get(name) === wanted) this.#pending.delete(name);
      } catch (error) {
        failure ??= error;
        if (wanted === null) break;
      }
    }
    this.#note(failure);
  }

  async #put(name: string, wanted: Wanted): Promise<void> {
    const path = join(this.folder ?? '', name);
    if (wanted !== null) await writeWhole(path, wanted());
    else await rm(path, { force: true });
  }

  #note(failure: unknown): void {
    const path = this.folder ?? '';
    if (failure !== null) {
      if (this.#trouble === null)
        this.#warn(
          `${path} cannot be written: ${describeError(failure)}. Alerts go out from memory; what was told since is told again after a restart. Make room, or let it be written`,
        );
      this.#trouble = { path, why: describeError(failure), since: this.#trouble?.since ?? Date.now() };
    } else if (this.#trouble !== null && this.#pending.size === 0) {
      this.#trouble = null;
      this.#warn(`${path} can be written again, and has all that was told`);
    }
  }
}

/** The whole file or none of it, on disk when it returns. */
async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft`;
  const file = await open(draft, 'w', 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    // Half of it takes room that there is not.
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}
