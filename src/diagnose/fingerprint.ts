// One identity per cause, free of everything that a new build, another replica or another day changes.
import { sha256Hex } from '../base/sha256.ts';
import type { LeakClass } from '../model/finding.ts';
import { normalizeFunction } from '../profile/frames.ts';

/** Hex digits kept: 128 bits, no collision in any fleet. */
const FINGERPRINT_DIGITS = 32;

/** Hash of service, class and the functions of the culprit's application frames, in stack order. */
export function computeFingerprint(service: string, kind: LeakClass, functions: readonly string[]): string {
  const parts = [service, kind, ...functions.map(normalizeFunction)];
  return sha256Hex(parts.join('\n')).slice(0, FINGERPRINT_DIGITS);
}
