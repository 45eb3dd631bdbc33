// How often Plimsoll was right, as far as people have said.
import type { Alert, Feedback } from '../model/alert.ts';

export interface Judged {
  readonly judged: number;
  readonly leaks: number;
  readonly precision: { readonly value: number; readonly low: number; readonly high: number } | null;
}

/** 95 % of a normal distribution. */
const Z = 1.96;

/** Whoever acknowledges a leak works on it: it counts as one until somebody says that it is none, also once it is over. */
export function computePrecision(
  alerts: readonly Pick<Alert, 'fingerprint' | 'ack' | 'lastAck' | 'kind'>[],
  feedback: readonly Pick<Feedback, 'fingerprint' | 'verdict'>[],
): Judged {
  const verdicts = new Map<string, boolean>();
  for (const { fingerprint, ack, lastAck } of alerts)
    if (ack !== null || lastAck !== undefined) verdicts.set(fingerprint, true);
  for (const { fingerprint, verdict } of feedback) verdicts.set(fingerprint, verdict === 'leak');
  // A threshold claims no leak.
  for (const { fingerprint, kind } of alerts) if (kind === 'threshold') verdicts.delete(fingerprint);
  const judged = verdicts.size;
  const leaks = [...verdicts.values()].filter(Boolean).length;
  return { judged, leaks, precision: judged === 0 ? null : wilson(leaks, judged) };
}

/** Score interval (Wilson 1927): holds for small numbers and for 0 and 1. */
function wilson(hits: number, of: number): { value: number; low: number; high: number } {
  const value = hits / of;
  const square = (Z * Z) / of;
  const middle = (value + square / 2) / (1 + square);
  const half = (Z / (1 + square)) * Math.sqrt((value * (1 - value)) / of + square / (4 * of));
  return { value, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
