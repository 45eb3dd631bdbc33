// The one interface of everything that finds targets.
import type { TargetGroup } from './labels.ts';

/** Where a discoverer tells what it has found. */
export interface DiscoverySink {
  /**
   * All groups that it knows now, not a difference; what is not among them is gone.
   * @param failure what of it could not be looked at, as in `failed`.
   */
  found(groups: readonly TargetGroup[], failure?: string | null): void;
  /** Why the last look gave nothing, in one line without secrets; what was found before goes on. */
  failed(why: string): void;
}

export interface Discoverer {
  /** Looks and goes on looking; resolves when `signal` aborts. Never rejects for what is found wrong outside. */
  run(sink: DiscoverySink, signal: AbortSignal): Promise<void>;
}
