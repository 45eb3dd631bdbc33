// What a running watch is to watch: the targets that are listed and those that are found, this watcher's share of them.
import { describeError } from '../base/errors.ts';
import { shownUrl } from '../collect/readable-failure.ts';
import type { Settings, TargetSetting } from '../config/settings.ts';
import { createDiscoverer } from '../discover/create-discoverer.ts';
import { Discovery } from '../discover/discovery.ts';
import type { DiscoveredTarget } from '../discover/target-of-labels.ts';
import type { DiscoveryStatus } from '../model/status.ts';
import type { Talk } from '../pipeline/ports.ts';
import { addressOf, listNamesakes } from './open-target.ts';
import { isInShard, type Shard } from '../discover/shard.ts';
import type { TargetSet } from './target-set.ts';

/** Targets of one watch; a larger fleet shares them with --shard. What is beyond is not watched, and that is said. */
export const MAX_TARGETS = 10_000;
/** Names that are told of what is left out. */
const TOLD_NAMES = 3;

type PlannedSettings = Pick<Settings, 'targets' | 'discover'>;

export interface TargetPlanParts {
  readonly targets: Pick<TargetSet, 'apply' | 'noteContainer'>;
  readonly talk: Talk;
  readonly shard: Shard | null;
  /** Of the configuration: where paths of its `files` start. */
  readonly folder: string;
  readonly gatherMillis?: number;
}

export interface Applied {
  readonly ended: number;
  readonly adding: readonly Promise<void>[];
}

export class TargetPlan {
  readonly #parts: TargetPlanParts;
  readonly #discovery: Discovery;
  #listed: readonly TargetSetting[] = [];
  #found: readonly DiscoveredTarget[] = [];
  #running: Promise<unknown> = Promise.resolve();
  /** What was said of targets that are left out: again only when it changes. */
  #said = '';

  constructor(parts: TargetPlanParts) {
    this.#parts = parts;
    const { folder, talk, gatherMillis } = parts;
    this.#discovery = new Discovery({
      create: (source) => createDiscoverer(source, { folder }),
      onTargets: (found) => this.#takeFound(found),
      onFailure: (source, why) =>
        why === null
          ? talk.info(`${source}: found again`)
          : talk.warn(`${source}: ${why}. What was found before goes on.`),
      now: Date.now,
      ...(gatherMillis === undefined ? {} : { gatherMillis }),
    });
  }

  discovery(): readonly DiscoveryStatus[] {
    return this.#discovery.status();
  }

  /** Follows new settings: what is listed at once, what is discovered when it is found. */
  async update(settings: PlannedSettings): Promise<Applied> {
    this.#listed = settings.targets;
    this.#discovery.update(settings.discover);
    return this.#apply();
  }

  /** Follows what is found until `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#discovery.run(signal);
  }

  async #takeFound(found: readonly DiscoveredTarget[]): Promise<void> {
    const { talk, targets } = this.#parts;
    this.#found = found;
    const { adding } = await this.#apply();
    for (const added of adding)
      added.catch((error: unknown) => talk.warn(`a target cannot be watched: ${describeError(error)}`));
    for (const { setting, container } of found)
      if (container?.lives.some(({ finishedAtMillis }) => finishedAtMillis !== null))
        targets.noteContainer(setting, container);
  }

  /** One after the other: what ends makes room for a name that begins. */
  #apply(): Promise<Applied> {
    const next = this.#running.then(() => this.#parts.targets.apply(this.#plan()));
    this.#running = next.catch(() => undefined);
    return next;
  }

  #plan(): TargetSetting[] {
    const { shard } = this.#parts;
    const all = [
      ...this.#listed.map((setting) => ({ address: addressOf(setting), setting })),
      ...this.#found,
    ];
    const ours = shard === null ? all : all.filter(({ address }) => isInShard(address, shard));
    const settings = ours.map(({ setting }) => setting);
    const namesakes = new Set(listNamesakes(settings).map(({ index }) => index));
    const unique = settings.filter((_, index) => !namesakes.has(index));
    this.#say(
      settings.filter((_, index) => namesakes.has(index)),
      unique.length - MAX_TARGETS,
    );
    return unique.slice(0, MAX_TARGETS);
  }

  #say(namesakes: readonly TargetSetting[], beyond: number): void {
    const names = namesakes.map(({ url, service }) => `${service ?? ''} ${shownUrl(url)}`.trim());
    const more = names.length > TOLD_NAMES ? ` and ${names.length - TOLD_NAMES} more` : '';
    const said = [
      names.length > 0
        ? `named twice, watched once: ${names.slice(0, TOLD_NAMES).join(', ')}${more}. Give each an instance label of its own.`
        : '',
      beyond > 0
        ? `${beyond} targets are beyond ${MAX_TARGETS} and not watched: share them with --shard.`
        : '',
    ].filter((text) => text !== '');
    if (said.join() === this.#said) return;
    this.#said = said.join();
    for (const text of said) this.#parts.talk.warn(text);
  }
}
