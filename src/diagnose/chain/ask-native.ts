import { MIB, formatBytes } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import {
  endsOf,
  laneOf,
  pointsOf,
  ratePerHour,
  halvesOf,
  round,
  windowOf,
  type Facts,
  roundKnown,
} from './facts.ts';

/** Growth of the native lane over its standard error, as in stage 1. */
const NATIVE_Z = 6;
/** A thread takes a stack of this order; fewer bytes for each new thread are not theirs. */
const THREAD_STACK_BYTES = 8 * 1024;

/** Whose memory is it that Go does not account for? */
export function askNative(facts: Facts): ChainStep {
  const lane = laneOf(facts, 'native');
  const cgo = pointsOf(facts, 'cgoCallsTotal');
  const { startMillis, endMillis } = halvesOf(facts);
  const callsPerHour = cgo === null ? null : ratePerHour(cgo, startMillis, endMillis);
  const threads = pointsOf(facts, 'threads');
  const threadEnds = threads === null ? null : endsOf(threads.value);
  const newThreads = threadEnds === null ? null : threadEnds.after - threadEnds.before;
  const isGrowing = lane !== null && (lane.verdict === 'leak' || lane.isSuspect);
  const outcome = isGrowing
    ? 'supports'
    : lane !== null && lane.verdict !== 'undetermined'
      ? 'contradicts'
      : 'open';
  return {
    step: 'native',
    question: 'Is it memory of C, and does it stay?',
    hypothesis: 'C code behind cgo allocates and does not free',
    prediction: 'anonymous memory beyond what Go has taken rises without bound, with calls into C',
    test: 'models of growth on anonymous RSS less what Go has taken; calls into C; new threads',
    numbers: {
      statistic: roundKnown(lane?.z),
      threshold: NATIVE_Z,
      cgoCallsPerHour: callsPerHour === null ? null : Math.round(callsPerHour),
      newThreads: newThreads === null ? null : round(newThreads),
      grownBytes: lane === null ? null : Math.round(lane.grown),
      ...windowOf(facts),
    },
    outcome,
    answer: answer(outcome, lane?.grown ?? null, callsPerHour),
    ruledOut: [
      ...(callsPerHour === 0 ? [{ explanation: 'C code called by Go', why: 'no call into C was made' }] : []),
      ...(lane !== null && newThreads !== null && newThreads * THREAD_STACK_BYTES < 0.1 * lane.grown
        ? [
            {
              explanation: 'stacks of threads',
              why: `${round(newThreads)} more threads explain less than a tenth`,
            },
          ]
        : []),
    ],
    advice:
      outcome === 'supports'
        ? [
            "trace outstanding C allocations by their Go caller; Go profiles cannot see them. Leave out stacks with runtime.sysMap, sysAlloc or sysReserve: with cgo Go's own heap goes through libc's mmap, and memleak counts it",
            ...((lane?.grown ?? 0) < 64 * MIB
              ? [
                  'if it levels off, it is arenas that the C allocator keeps: MALLOC_ARENA_MAX=2 or malloc_trim() tells',
                ]
              : []),
          ]
        : [],
    next: isGrowing ? ['code'] : [],
  };
}

function answer(outcome: ChainStep['outcome'], grown: number | null, calls: number | null): string {
  const made = calls === null ? 'calls into C are not counted' : `${Math.round(calls)} calls into C an hour`;
  if (outcome === 'supports') return `It grows without bound by now (${formatBytes(grown ?? 0)}; ${made}).`;
  return outcome === 'contradicts'
    ? `It levels off: retention of an allocator rather than a leak (${made}).`
    : `Cannot be told yet (${made}).`;
}
