// What a leak stands on: its claim may be stronger than what the newest look at the series shows by itself.
import type { Evidence, Finding } from '../../model/finding.ts';

export interface Decisive {
  readonly test: string;
  readonly statistic: number;
  readonly threshold: number;
}

/**
 * The first evidence of a finding that supports growth by a statistic and says so of one of these.
 * @param questions what the evidence is about, the best first.
 */
export function decisiveEvidence(finding: Finding, questions: readonly RegExp[]): Decisive | null {
  for (const question of questions) {
    for (const entry of finding.evidence) {
      const decisive = question.test(entry.question) ? decisionOf(entry) : null;
      if (decisive !== null) return decisive;
    }
  }
  return null;
}

function decisionOf({ outcome, numbers, test }: Evidence): Decisive | null {
  const statistic = numbers['statistic'] ?? numbers['z'];
  const threshold = numbers['threshold'];
  if (outcome !== 'supports' || typeof statistic !== 'number' || typeof threshold !== 'number') return null;
  return { test, statistic, threshold };
}
