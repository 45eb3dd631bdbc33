// How fast a cause grows in bytes: stacks by count, heap by the live floor or by the sites' samples.
import { HOUR_MILLIS } from '../base/units.ts';
import type { Growth } from '../model/finding.ts';
import type { HeapCause } from './heap-cause.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { THRESHOLDS } from './thresholds.ts';
import { findLane, type Rest } from './unexplained.ts';

export function bytesPerGoroutine(): number {
  return THRESHOLDS.stackBytes + THRESHOLDS.goroutineDescriptorBytes;
}

/** Stacks (by count) and the live heap (by stage 1, which sees all of it), per hour. */
export function growthOfBytes(rest: Rest, heap: HeapCause | null, stackBytes: number): Growth | null {
  const { assessment, profiles } = rest.input;
  const measured = findLane(assessment, 'heap')?.growth ?? null;
  if (measured === null) return growthOfSites(profiles, heap, stackBytes);
  const perHour = stackBytes / coveredHours(profiles);
  return {
    ...measured,
    perHour: measured.perHour + perHour,
    low: measured.low + perHour,
    high: measured.high + perHour,
  };
}

/** The same from the sites' sampled growth, where stage 1's heap growth belongs to something else as well. */
export function growthOfSites(
  profiles: ProfileEvidence,
  heap: HeapCause | null,
  stackBytes: number,
): Growth | null {
  if (heap === null && stackBytes === 0) return null;
  const hours = coveredHours(profiles);
  const bytes = heap?.growth.bytes ?? { value: 0, low: 0, high: 0 };
  return {
    unit: 'bytes',
    perHour: (bytes.value + stackBytes) / hours,
    low: (bytes.low + stackBytes) / hours,
    high: (bytes.high + stackBytes) / hours,
    confidence: 0.95,
  };
}

export function coveredHours(profiles: ProfileEvidence): number {
  const { timeMillis } = profiles.sites.timeMillis.length >= 2 ? profiles.sites : profiles.groups;
  const base = timeMillis === profiles.sites.timeMillis ? profiles.siteBase : profiles.groupBase;
  const span = timeMillis.length >= 2 ? timeMillis[timeMillis.length - 1] - timeMillis[base] : HOUR_MILLIS;
  return Math.max(span, 1) / HOUR_MILLIS;
}

export function scaleGrowth(growth: Growth, share: number): Growth {
  return { ...growth, perHour: growth.perHour * share, low: growth.low * share, high: growth.high * share };
}
