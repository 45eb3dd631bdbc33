// Leaks that stopped by themselves in a process that goes on: a limit of the kernel was hit, or what was taken for a leak is full
// (streams that came evenly until all were there). What they brought is still held, and who looks back over this life is told so.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import { isOfSameLife } from '../detect/settle.ts';
import { summarizeStopped } from '../model/finding-text.ts';
import type { Evidence, Finding } from '../model/finding.ts';
import {
  MAX_STOPPED,
  type CaseInput,
  type OverLeak,
  type RaisedLeak,
  type StoppedLeak,
} from './case-state.ts';
import { THRESHOLDS } from './thresholds.ts';
import { findLane } from './unexplained.ts';

/**
 * Those of this life, newest last: what was withdrawn, goes on as another leak, or has come back, is none of them.
 *
 * @param leaks as they stood before this evaluation.
 * @param raised as they stand after it.
 */
export function rememberStopped(
  known: readonly StoppedLeak[],
  leaks: readonly RaisedLeak[],
  over: readonly OverLeak[],
  raised: readonly RaisedLeak[],
  input: CaseInput,
): readonly StoppedLeak[] {
  const stopped = over.flatMap((end): StoppedLeak[] => {
    const leak = leaks.find(({ fingerprint }) => fingerprint === end.fingerprint);
    if (leak === undefined || end.isWithdrawn || end.goesOn === true) return [];
    const { incarnationStartMillis } = leak;
    return [{ finding: describeStopped(leak, end, input), incarnationStartMillis }];
  });
  const isGone = ({ finding, ...life }: StoppedLeak) =>
    !isOfSameLife(life, input.assessment) ||
    raised.some(({ fingerprint }) => fingerprint === finding.fingerprint);
  return [...known, ...stopped].filter((leak) => !isGone(leak)).slice(-MAX_STOPPED);
}

function describeStopped(leak: RaisedLeak, { why }: OverLeak, input: CaseInput): Finding {
  const { finding } = leak;
  return {
    ...finding,
    verdict: 'undetermined',
    detectedAt: null,
    timeToExhaustion: null,
    noForecast: 'its growth has stopped',
    evidence: [...finding.evidence, askStop(leak, why, input)],
    summary: summarizeStopped(finding, why),
    needed: {
      what: 'growth that sets in again, or work that comes back: it stopped, or is full',
      millis: null,
    },
  };
}

function askStop({ lane: name, ratePerHour }: RaisedLeak, why: string, input: CaseInput): Evidence {
  const recent = findLane(input.assessment, name)?.recent ?? null;
  const overMillis: Millis = recent?.overMillis ?? HOUR_MILLIS;
  return {
    question: 'Does it still grow?',
    prediction: 'growth at the rate at which it was called',
    test: why,
    numbers: {
      statistic: recent?.perHour ?? 0,
      threshold: ratePerHour === null ? null : THRESHOLDS.overRateFraction * ratePerHour,
      fromMillis: input.atMillis - overMillis,
      toMillis: input.atMillis,
    },
    outcome: 'contradicts',
  };
}
