// The sinks as configured. One whose settings did not change stays the one that it was.
import type { SinkSetting } from '../model/sink.ts';
import type { DeliverySink } from './delivery.ts';
import { makeSink, type SinkWorld } from './make-sink.ts';
import type { SinkMemories } from './sink-memory.ts';

export class SinkSet {
  readonly #world: SinkWorld;
  readonly #memories: SinkMemories;
  #made = new Map<string, DeliverySink & { readonly settings: string }>();

  constructor(world: SinkWorld, memories: SinkMemories) {
    this.#world = world;
    this.#memories = memories;
  }

  /** @returns all sinks by name, and the names of those that are not as they were. */
  update(settings: readonly SinkSetting[]): {
    sinks: ReadonlyMap<string, DeliverySink>;
    changed: ReadonlySet<string>;
  } {
    const before = this.#made;
    this.#made = new Map(
      settings.map((setting) => {
        const { name, perMinute } = setting;
        const text = JSON.stringify(setting);
        const known = before.get(name);
        if (known?.settings === text) return [name, known];
        const sink = makeSink(setting, this.#world, this.#memories.of(name));
        return [name, { settings: text, sink, perMinute }];
      }),
    );
    const changed = [...this.#made].filter(([name, made]) => before.get(name) !== made);
    return { sinks: this.#made, changed: new Set(changed.map(([name]) => name)) };
  }
}
