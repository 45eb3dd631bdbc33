/**
 * What sinks know a leak by. Each watcher of a part of the fleet has names of its own, since these watchers know nothing of each other: what
 * one tells must not pass for what another told, and its end is no end of the other's.
 *
 * @param shard such as `1/3`; undefined = all of the fleet.
 */
export function toldName(fingerprint: string, shard: string | undefined): string {
  return shard === undefined ? fingerprint : `${fingerprint}-${shard}`;
}
