import { formatThreeDigits, HOUR_MILLIS } from '../../base/units.ts';
import type { Lane, LaneState } from '../../detect/assessment.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { formatGrowth } from '../../model/finding-text.ts';
import type { JudgedGauge } from '../../series/history.ts';
import { decisiveEvidence } from './decisive.ts';
import { END_SHARE, endsOf, laneOf, lastOf, round, windowOf, type Facts, roundKnown } from './facts.ts';

const COUNTED = ['goroutine', 'fd', 'thread'] as const satisfies readonly Lane[];
const WORDS = { goroutine: 'goroutines', fd: 'file descriptors', thread: 'threads' } as const;
/** What they are counted by. */
const GAUGES = ['goroutines', 'openFds', 'threads'] as const satisfies readonly JudgedGauge[];
/** Slope over its standard error, as in stage 1. */
const COUNT_Z = 6;

/** Fewer finalizers than this wait for any collection to pass. */
const WAITING_FINALIZERS = 100;

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
  const queue = finalizerQueueOf(facts);
  const isQueueGrowing = queue !== null && queue.isGrowing;
  const isCounted = lead !== null || decisive !== null;
  const outcome = isCounted || isQueueGrowing ? 'supports' : isJudged ? 'contradicts' : 'open';
  return {
    step: 'counts',
    question: 'Do goroutines, file descriptors or threads grow with it?',
    hypothesis: 'what is never ended keeps the memory',
    prediction: 'their exact count rises and does not come back',
    test: decisive?.test ?? 'slope of each count over its standard error',
    numbers: {
      statistic: roundKnown(decisive?.statistic ?? (lead === null ? steepest(known) : slopeOf(lead))),
      threshold: decisive?.threshold ?? COUNT_Z,
      ...levels(known),
      finalizersWaiting: queue === null ? null : Math.round(queue.waiting),
      ...windowOf(facts),
    },
    outcome,
    answer: answer(
      facts,
      known,
      outcome,
      counts === null ? growing.map(({ lane, growth }) => textOf(lane, growth)) : [formatGrowth(counts)],
      queue,
    ),
    ruledOut:
      outcome === 'contradicts'
        ? known.map(({ lane }) => ({
            explanation: `${WORDS[lane as keyof typeof WORDS]} that never end`,
            why: 'their count does not grow',
          }))
        : [],
    advice: isQueueGrowing
      ? [
          'take a goroutine dump: what runtime.runFinalizers (runfinq before Go 1.25) or a cleanup waits for holds up all of them',
        ]
      : [],
    next: outcome === 'supports' ? ['code'] : [],
  };
}

/** Slope over its standard error; of what hardly moves at all, by how much it may have. */
function slopeOf({ z, line }: LaneState): number | null {
  if (z !== null) return z;
  return line && line.standardError > 0 ? line.perHour / line.standardError : null;
}

function steepest(known: readonly LaneState[]): number | null {
  const slopes = known.map(slopeOf).filter((slope) => slope !== null);
  return slopes.length === 0 ? null : Math.max(...slopes);
}

interface FinalizerQueue {
  readonly waiting: number;
  readonly perHour: number;
  readonly isGrowing: boolean;
}

/** Finalizers and cleanups that are due and do not run: all of them wait behind one that blocks. */
function finalizerQueueOf({ table, rows }: Facts): FinalizerQueue | null {
  const queued = table.column('finalizersQueuedTotal');
  const executed = table.column('finalizersExecutedTotal');
  if (queued === null || executed === null) return null;
  const timeMillis: number[] = [];
  const waiting: number[] = [];
  for (let row = rows.from; row < rows.to; row++) {
    const value = queued[row] - executed[row];
    if (Number.isNaN(value)) continue;
    timeMillis.push(table.timeMillis[row]);
    waiting.push(value);
  }
  const ends = endsOf(waiting);
  if (ends === null) return null;
  const grown = ends.after - ends.before;
  const hours = ((1 - END_SHARE) * (timeMillis[timeMillis.length - 1] - timeMillis[0])) / HOUR_MILLIS;
  return {
    waiting: ends.after,
    perHour: grown / hours,
    isGrowing: ends.after >= WAITING_FINALIZERS && grown > ends.after / 2 && grown > ends.noise,
  };
}

function textOf(lane: Lane, growth: LaneState['growth']): string {
  return growth === null ? WORDS[lane as keyof typeof WORDS] : formatGrowth(growth);
}

function levels(known: readonly LaneState[]): Record<string, number> {
  return Object.fromEntries(
    known.map(({ lane, level }) => [WORDS[lane as keyof typeof WORDS], round(level)]),
  );
}

function answer(
  facts: Facts,
  known: readonly LaneState[],
  outcome: ChainStep['outcome'],
  growing: readonly string[],
  queue: FinalizerQueue | null,
): string {
  if (outcome === 'supports') {
    const blocked =
      queue !== null && queue.isGrowing
        ? [
            `${formatThreeDigits(queue.waiting)} finalizers wait to run, ${formatThreeDigits(queue.perHour)} an hour more: one of them blocks`,
          ]
        : [];
    return `Yes: ${[...growing, ...blocked].join(', ')}.`;
  }
  if (known.length === 0) {
    const isCounted = GAUGES.some((name) => lastOf(facts, name) !== null);
    return isCounted ? 'Too early to tell.' : 'None of them is counted.';
  }
  const now = known.map(
    ({ lane, level }) => `${formatThreeDigits(level)} ${WORDS[lane as keyof typeof WORDS]}`,
  );
  return outcome === 'contradicts'
    ? `No: ${now.join(', ')}, steady.`
    : `Too early to tell (${now.join(', ')}).`;
}
