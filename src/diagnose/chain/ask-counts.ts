import { formatThreeDigits } from '../../base/units.ts';
import type { Lane, LaneState } from '../../detect/assessment.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { formatGrowth } from '../../model/finding-text.ts';
import type { JudgedGauge } from '../../series/history.ts';
import { decisiveEvidence } from './decisive.ts';
import { laneOf, lastOf, round, windowOf, type Facts, roundKnown } from './facts.ts';

const COUNTED = ['goroutine', 'fd', 'thread'] as const satisfies readonly Lane[];
const WORDS = { goroutine: 'goroutines', fd: 'file descriptors', thread: 'threads' } as const;
/** What they are counted by. */
const GAUGES = ['goroutines', 'openFds', 'threads'] as const satisfies readonly JudgedGauge[];
/** Slope over its standard error, as in stage 1. */
const COUNT_Z = 6;

/** What a finding of theirs stands on. */
const COUNT_QUESTIONS = [/^Does the (goroutine|fd|thread) series grow/, /^Which goroutines/] as const;

/** Do goroutines, descriptors or threads come with it? */
export function askCounts(facts: Facts): ChainStep {
  const known = COUNTED.flatMap((name) => laneOf(facts, name) ?? []);
  const growing = known.filter(
    ({ verdict, isSuspect, growth }) => verdict === 'leak' || (isSuspect && (growth?.low ?? 0) > 0),
  );
  const lead = growing[0] ?? null;
  // The count of one group of goroutines can rise where that of all of them does not show it.
  const counted = facts.findings.find(
    ({ verdict, counts }) => verdict === 'leak' && (counts ?? null) !== null,
  );
  const decisive = lead === null && counted !== undefined ? decisiveEvidence(counted, COUNT_QUESTIONS) : null;
  const counts = decisive === null ? null : (counted?.counts ?? null);
  const isJudged = known.length > 0 && known.every(({ verdict }) => verdict !== 'undetermined');
  const outcome = lead !== null || decisive !== null ? 'supports' : isJudged ? 'contradicts' : 'open';
  return {
    step: 'counts',
    question: 'Do goroutines, file descriptors or threads grow with it?',
    hypothesis: 'what is never ended keeps the memory',
    prediction: 'their exact count rises and does not come back',
    test: decisive?.test ?? 'slope of each count over its standard error',
    numbers: {
      statistic: roundKnown(decisive?.statistic ?? (lead ?? known[0])?.z),
      threshold: decisive?.threshold ?? COUNT_Z,
      ...levels(known),
      ...windowOf(facts),
    },
    outcome,
    answer: counts === null ? answer(facts, known, growing, outcome) : `Yes: ${formatGrowth(counts)}.`,
    ruledOut:
      outcome === 'contradicts'
        ? known.map(({ lane }) => ({
            explanation: `${WORDS[lane as keyof typeof WORDS]} that never end`,
            why: 'their count does not grow',
          }))
        : [],
    advice: [],
    next: outcome === 'supports' ? ['code'] : [],
  };
}

function levels(known: readonly LaneState[]): Record<string, number> {
  return Object.fromEntries(
    known.map(({ lane, level }) => [WORDS[lane as keyof typeof WORDS], round(level)]),
  );
}

function answer(
  facts: Facts,
  known: readonly LaneState[],
  growing: readonly LaneState[],
  outcome: ChainStep['outcome'],
): string {
  if (known.length === 0) {
    const isCounted = GAUGES.some((name) => lastOf(facts, name) !== null);
    return isCounted ? 'Too early to tell.' : 'None of them is counted.';
  }
  if (outcome === 'supports') {
    return `Yes: ${growing.map(({ lane, growth }) => (growth === null ? WORDS[lane as keyof typeof WORDS] : formatGrowth(growth))).join(', ')}.`;
  }
  const now = known.map(
    ({ lane, level }) => `${formatThreeDigits(level)} ${WORDS[lane as keyof typeof WORDS]}`,
  );
  return outcome === 'contradicts'
    ? `No: ${now.join(', ')}, steady.`
    : `Too early to tell (${now.join(', ')}).`;
}
