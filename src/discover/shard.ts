// Several watchers share the targets without a word between them.
import { hashMod } from './relabel.ts';

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/**
 * Whether a target belongs to this watcher: exactly one of `count` says so. The hash of Prometheus (`hashmod` of
 * `__address__`), so that its servers and these watchers can be sharded alike.
 */
export function isInShard(address: string, { index, count }: Shard): boolean {
  return hashMod(address, count) === index;
}

/** As it is written on the command line, `1/3`; null where it is all of the targets. */
export function nameShard(shard: Shard | null): string | null {
  return shard === null || shard.count === 1 ? null : `${shard.index + 1}/${shard.count}`;
}
