// A memory limit that memory has left behind: no time until it can be true.
import { formatBytes, type Bytes } from '../base/units.ts';

/** Resident memory counts shared pages that a cgroup does not: a little above is no contradiction. */
const PASSED_FACTOR = 1.1;

/** Why no time is told; null where the limit may hold. */
export function describePassedLimit(resident: Bytes | null, limit: Bytes | null): string | null {
  if (limit === null || resident === null || resident <= PASSED_FACTOR * limit) return null;
  return `memory (${formatBytes(resident)}) is above the limit that is known (${formatBytes(limit)}): that one is not enforced, or is another one`;
}
