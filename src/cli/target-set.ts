// The targets of a running watch follow the configuration: what is there no more ends, what is new begins, the others
// notice nothing.
import { describeError } from '../base/errors.ts';
import type { TargetSetting } from '../config/settings.ts';
import type { ContainerHistory } from '../parse/container-status.ts';
import type { Clock, Talk } from '../pipeline/ports.ts';
import { Gate } from '../pipeline/gate.ts';
import { sharedAbort } from '../collect/shared-abort.ts';
import type { Watch } from '../pipeline/watch.ts';
import { addOpened, openTarget, type OpenedTarget } from './open-target.ts';

/** Targets that are asked at once what they offer: a fleet that is discovered must not be asked in one instant. */
const OPENED_AT_ONCE = 32;

interface Member {
  readonly stop: AbortController;
  /** Key in the watch once it is added; null when it was ended before, or could not be added. */
  readonly added: Promise<string | null>;
}

export interface TargetSetParts {
  readonly watch: Pick<Watch, 'addTarget' | 'removeTarget' | 'noteContainer'>;
  readonly clock: Clock;
  readonly talk: Talk;
  /** Before a target is added to the watch. */
  readonly onOpened: (opened: OpenedTarget, setting: TargetSetting) => Promise<void>;
}

export class TargetSet {
  readonly #parts: TargetSetParts;
  readonly #gate = new Gate(OPENED_AT_ONCE);
  /** By everything that is set for them: a target of which anything changed is another one. */
  readonly #members = new Map<string, Member>();

  constructor(parts: TargetSetParts) {
    this.#parts = parts;
  }

  /**
   * Ends what is not in `settings`, then begins what is new, each on its own: a target that takes its time to answer
   * delays no other. One whose settings changed ends and begins again, with its history out of the store.
   *
   * @returns how many ended, and the new ones: each resolves when it is added, and rejects where it cannot be.
   */
  async apply(
    settings: readonly TargetSetting[],
  ): Promise<{ readonly ended: number; readonly adding: readonly Promise<void>[] }> {
    const wanted = new Map(settings.map((setting) => [JSON.stringify(setting), setting]));
    const gone = [...this.#members].filter(([key]) => !wanted.has(key));
    await Promise.all(gone.map(([key, member]) => this.#end(key, member)));
    const fresh = [...wanted].filter(([key]) => !this.#members.has(key));
    return { ended: gone.length, adding: fresh.map(([key, setting]) => this.#begin(key, setting)) };
  }

  /** What is known of the container of a target, once that is watched; of others nothing is kept. */
  noteContainer(setting: TargetSetting, container: ContainerHistory): void {
    const { watch } = this.#parts;
    void this.#members
      .get(JSON.stringify(setting))
      ?.added.then((name) => name !== null && watch.noteContainer(name, container))
      .catch(() => undefined); // that it could not be added is told where it was
  }

  /** Ends requests of targets that are being opened; those that are added end with the watch. */
  stop(): void {
    for (const { stop } of this.#members.values()) stop.abort();
  }

  async #end(key: string, member: Member): Promise<void> {
    member.stop.abort();
    this.#members.delete(key);
    const { watch, talk } = this.#parts;
    const name = await member.added.catch(() => null);
    if (name === null) return;
    try {
      await watch.removeTarget(name);
      talk.info(`no longer watched: ${name}`);
    } catch (error) {
      talk.warn(`${name}: could not be ended in order: ${describeError(error)}`);
    }
  }

  async #begin(key: string, setting: TargetSetting): Promise<void> {
    const stop = sharedAbort();
    const added = this.#add(setting, stop.signal);
    this.#members.set(key, { stop, added });
    try {
      await added;
    } catch (error) {
      // It may be named again, once what is in its way is gone.
      this.#members.delete(key);
      throw error;
    }
  }

  async #add(setting: TargetSetting, signal: AbortSignal): Promise<string | null> {
    const { watch, clock, onOpened } = this.#parts;
    const opened = await this.#gate.run(async () =>
      signal.aborted ? null : openTarget(setting, clock, signal),
    );
    if (opened === null || signal.aborted) return null;
    await onOpened(opened, setting);
    return (await addOpened(watch, opened)).key;
  }
}
