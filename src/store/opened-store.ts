import type { Retention } from './retention.ts';
import type { Store } from './store.ts';

export type StoreKind = 'chdb' | 'clickhouse' | 'memory';

export interface OpenStoreOptions {
  readonly kind: StoreKind;
  /** Folder of this process: lock, raw profiles and, with chdb, the tables. Not used by `memory`. */
  readonly dataDir: string;
  /** Of a ClickHouse server, with credentials if it wants some; only with `clickhouse`. */
  readonly url?: string | null;
  readonly retention?: Partial<Retention>;
}

export interface StoreDescription {
  readonly kind: StoreKind;
  /** Folder or URL, without credentials; null for memory. */
  readonly where: string | null;
  /** The engine's own process: null without one, or while it is being started anew. */
  readonly enginePid: number | null;
  readonly engineVersion: string | null;
  readonly engineRestarts: number;
  /** Raw profiles that are kept. */
  readonly blobBytes: number;
  /** What the bounds of the memory store have pushed out: rows, profiles, sites, events and incidents. */
  readonly dropped: number;
}

export type OpenedStore = Store & { describe(): StoreDescription };
