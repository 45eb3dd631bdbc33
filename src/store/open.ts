// Opens a store. The heavy ones are loaded only when they are asked for: check, replay, profile and lint use
// `memory` and never load the engine.
import { MemoryStore } from './memory.ts';
import type { OpenStoreOptions, OpenedStore } from './opened-store.ts';

/**
 * @throws PlimsollError STORE_LOCKED (another process has the folder), STORE_ENGINE_MISSING (chDB cannot be
 *   loaded), STORE_ENGINE_FAILED, STORE_FAILED, CONFIG_INVALID (no URL).
 */
export async function openStore(options: OpenStoreOptions): Promise<OpenedStore> {
  if (options.kind === 'memory') return new MemoryStore();
  const { openDurableStore } = await import('./open-durable.ts');
  return openDurableStore(options);
}
