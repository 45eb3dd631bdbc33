// Everything that finds targets, as one list that follows the configuration and what is found.
import { sharedAbort } from '../collect/shared-abort.ts';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Millis } from '../base/units.ts';
import type { DiscoverSetting, SourceSetting } from '../config/settings.ts';
import type { DiscoveryStatus } from '../model/status.ts';
import { describeSource } from './create-discoverer.ts';
import type { Discoverer } from './discoverer.ts';
import type { TargetGroup } from './labels.ts';
import { compileRelabel, type Relabel } from './relabel.ts';
import { targetOfLabels, withDefaults, type DiscoveredTarget } from './target-of-labels.ts';

/** Nothing may change for so long before what was found is used: a rollout changes hundreds of pods one by one. */
const GATHER_MILLIS: Millis = 1000;
/** But it is used after so long in any case; also what the first look of every source has at most. */
const GATHER_LONGEST_MILLIS: Millis = 5000;
/** Targets relabelled in one turn of the event loop: some 10 ms. */
const TARGETS_A_TURN = 200;

export interface DiscoveryParts {
  readonly create: (source: SourceSetting) => Discoverer;
  /** Gets every target that there is, never two at once. */
  readonly onTargets: (targets: readonly DiscoveredTarget[]) => Promise<void>;
  /** A source that cannot look, and one that can again. */
  readonly onFailure: (source: string, why: string | null) => void;
  /** Real time, Unix milliseconds. */
  readonly now: () => number;
  readonly gatherMillis?: Millis;
}

interface RunningSource {
  readonly setting: SourceSetting;
  readonly stop: AbortController;
  groups: readonly TargetGroup[];
  hasTold: boolean;
  failure: string | null;
  lastFoundAt: number | null;
  ended: Promise<void>;
}

interface Entry {
  readonly setting: DiscoverSetting;
  readonly relabel: Relabel;
  readonly sources: readonly string[];
}

export class Discovery {
  readonly #parts: DiscoveryParts;
  /** By what is set for them: rules that change restart no source. */
  readonly #sources = new Map<string, RunningSource>();
  #entries: readonly Entry[] = [];
  #counted: readonly {
    readonly job: string | null;
    readonly source: RunningSource;
    readonly counts: Counts;
  }[] = [];
  #changedAt: number | null = null;
  #wake: () => void = () => undefined;

  constructor(parts: DiscoveryParts) {
    this.#parts = parts;
  }

  status(): readonly DiscoveryStatus[] {
    return this.#counted.map(({ job, source, counts }) => ({
      job,
      source: describeSource(source.setting),
      ...counts,
      lastFoundAt: source.lastFoundAt,
      failure: source.failure,
    }));
  }

  /** Follows new settings: sources that are there already notice nothing. @throws PlimsollError for a rule that is wrong. */
  update(settings: readonly DiscoverSetting[]): void {
    const entries = settings.map((setting) => ({
      setting,
      relabel: compileRelabel(setting.relabel),
      sources: setting.sources.map((source) => JSON.stringify(source)),
    }));
    const wanted = new Map(
      settings.flatMap(({ sources }) => sources).map((each) => [JSON.stringify(each), each]),
    );
    for (const [key, source] of this.#sources) {
      if (wanted.has(key)) continue;
      source.stop.abort();
      this.#sources.delete(key);
    }
    for (const [key, setting] of wanted) if (!this.#sources.has(key)) this.#start(key, setting);
    this.#entries = entries;
    this.#change();
  }

  /** Hands over what is found until `signal` aborts; sources end with it. */
  async run(signal: AbortSignal): Promise<void> {
    const abort = () => {
      for (const { stop } of this.#sources.values()) stop.abort();
      this.#wake();
    };
    signal.addEventListener('abort', abort, { once: true });
    while (!signal.aborted) {
      if (this.#changedAt === null) await new Promise<void>((resolve) => (this.#wake = resolve));
      await this.#gather(signal);
      if (signal.aborted) break;
      this.#changedAt = null;
      await this.#parts.onTargets(await this.#makeTargets());
    }
    abort();
    await Promise.all([...this.#sources.values()].map(({ ended }) => ended));
  }

  #start(key: string, setting: SourceSetting): void {
    const stop = sharedAbort();
    const source: RunningSource = {
      setting,
      stop,
      groups: [],
      hasTold: false,
      failure: null,
      lastFoundAt: null,
      ended: Promise.resolve(),
    };
    this.#sources.set(key, source);
    const tellFailure = (why: string | null) => {
      source.hasTold = true;
      if (source.failure === why) return;
      source.failure = why;
      if (!stop.signal.aborted) this.#parts.onFailure(describeSource(setting), why);
    };
    const sink = {
      found: (groups: readonly TargetGroup[], failure: string | null = null) => {
        source.groups = groups;
        source.lastFoundAt = this.#parts.now();
        tellFailure(failure);
        this.#change();
      },
      failed: (why: string) => {
        const isFirst = !source.hasTold;
        tellFailure(why);
        if (isFirst) this.#change();
      },
    };
    source.ended = this.#parts
      .create(setting)
      .run(sink, stop.signal)
      .catch((error: unknown) => sink.failed(`ended: ${error instanceof Error ? error.message : ''}`));
  }

  #change(): void {
    this.#changedAt = performance.now();
    this.#wake();
  }

  async #gather(signal: AbortSignal): Promise<void> {
    const quiet = this.#parts.gatherMillis ?? GATHER_MILLIS;
    const latest = performance.now() + (quiet * GATHER_LONGEST_MILLIS) / GATHER_MILLIS;
    for (;;) {
      const now = performance.now();
      const isWaitedFor = [...this.#sources.values()].some(({ hasTold }) => !hasTold);
      const due = Math.min(latest, isWaitedFor ? latest : (this.#changedAt ?? now) + quiet);
      if (due <= now || signal.aborted) return;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([woken, sleep(due - now, undefined, { ref: false })]);
    }
  }

  async #makeTargets(): Promise<DiscoveredTarget[]> {
    const targets: DiscoveredTarget[] = [];
    const counted = [];
    for (const entry of this.#entries) {
      for (const key of entry.sources) {
        const source = this.#sources.get(key);
        if (!source) continue;
        const counts = await applyRules(entry, source.groups, targets);
        counted.push({ job: entry.setting.job, source, counts });
      }
    }
    this.#counted = counted;
    return targets;
  }
}

type Counts = Pick<DiscoveryStatus, 'found' | 'kept' | 'dropped' | 'unfit' | 'unfitWhy'>;

/** Adds to `targets` what the rules leave over. */
async function applyRules(
  { setting, relabel }: Entry,
  groups: readonly TargetGroup[],
  targets: DiscoveredTarget[],
): Promise<Counts> {
  const counts = { found: 0, kept: 0, dropped: 0, unfit: 0, unfitWhy: null as string | null };
  for (const group of groups) {
    for (const [index, own] of group.targets.entries()) {
      if (++counts.found % TARGETS_A_TURN === 0) await nextTurn();
      const labels = relabel(withDefaults({ ...group.labels, ...own }, setting.job));
      const target = labels && targetOfLabels(labels, setting.common);
      if (target === null) counts.dropped++;
      else if (typeof target === 'string') {
        counts.unfit++;
        counts.unfitWhy ??= target;
      } else {
        counts.kept++;
        const container = group.containers?.[index] ?? null;
        targets.push(container === null ? target : { ...target, container });
      }
    }
  }
  return counts;
}
