import { MIB, formatBytes } from '../../base/units.ts';
import type { ChainStep, ChainStepName } from '../../model/chain-step.ts';
import { laneOf, lastOf, round, windowOf, type Facts } from './facts.ts';
import { growthOfLedger, type LedgerGrowth, type LedgerPart, type PartGrowth } from './ledger-growth.ts';

/** Less than this is what any process does. */
const SMALLEST_GROWTH_BYTES = 1 * MIB;
const SMALLEST_SHARE = 0.03;

interface AboutPart {
  readonly words: string;
  readonly next: readonly ChainStepName[];
}

/** What growth of a part means, and what to ask then. */
const ABOUT: Readonly<Record<LedgerPart, AboutPart>> = {
  liveBytes: { words: 'live heap', next: ['work', 'idle', 'counts', 'code'] },
  garbageBytes: { words: 'garbage that waits for the collector', next: ['retention', 'cost'] },
  stackBytes: { words: 'goroutine stacks', next: ['counts', 'code'] },
  runtimeBytes: { words: "the runtime's own tables", next: ['counts', 'retention'] },
  fragmentationBytes: { words: 'holes in spans (fragmentation)', next: ['retention'] },
  idleBytes: { words: 'free memory not yet given back', next: ['retention'] },
  untouchedBytes: { words: 'memory that Go had taken before and now writes to', next: ['retention'] },
  nativeBytes: { words: 'memory outside of Go', next: ['native', 'counts'] },
  fileBackedBytes: { words: 'mapped files', next: ['retention'] },
  swappedBytes: { words: 'pages that came back from swap', next: ['retention'] },
  lazyFreeBytes: { words: 'pages given back lazily (MADV_FREE)', next: ['retention'] },
};

/** Which part of resident memory? */
export function askPart(facts: Facts): ChainStep {
  const growth = growthOfLedger(facts);
  const lead = growth?.parts[0] ?? null;
  const least =
    growth === null
      ? SMALLEST_GROWTH_BYTES
      : Math.max(SMALLEST_GROWTH_BYTES, SMALLEST_SHARE * growth.rssNowBytes);
  const isClear = lead !== null && lead.bytes >= least && lead.bytes > lead.noiseBytes;
  const isFlat = growth !== null && !isClear && growth.rssBytes < least;
  const outcome = isClear ? 'supports' : isFlat ? 'contradicts' : 'open';
  return {
    step: 'part',
    question: 'Which part of resident memory grows?',
    hypothesis: 'one part of the ledger carries the growth',
    prediction: 'its median in the last fifth lies above that of the first by more than it moves anyway',
    test: 'growth of the largest part, medians of the first and the last fifth of this life',
    numbers: {
      statistic: lead === null ? null : Math.round(lead.bytes),
      threshold: Math.round(least),
      unit: 'bytes',
      part: lead?.part ?? null,
      ...numbersOf(growth),
      ...windowOf(facts),
    },
    outcome,
    answer: answer(facts, growth, lead, outcome),
    ruledOut: outcome === 'supports' ? ruleOut(growth, lead) : [],
    advice: [],
    next:
      isClear && lead !== null
        ? [...ABOUT[lead.part].next, ...others(facts, lead), 'cost', 'limit']
        : next(facts),
  };
}

function numbersOf(growth: LedgerGrowth | null): Record<string, number | null> {
  if (growth === null) return { rssGrownBytes: null };
  const parts = growth.parts.map(({ part, bytes }) => [
    part.replace('Bytes', 'GrownBytes'),
    Math.round(bytes),
  ]);
  return {
    rssGrownBytes: Math.round(growth.rssBytes),
    residualBytes: Math.round(growth.residualBytes),
    ...(Object.fromEntries(parts) as Record<string, number>),
  };
}

function answer(
  facts: Facts,
  growth: LedgerGrowth | null,
  lead: PartGrowth | null,
  outcome: ChainStep['outcome'],
): string {
  if (growth === null) {
    const now = lastOf(facts, 'rssBytes');
    return now === null
      ? 'Resident memory is not known; only the heap can be judged.'
      : `Too early to tell (RSS ${formatBytes(now)}).`;
  }
  const total = `RSS ${signed(growth.rssBytes)} to ${formatBytes(growth.rssNowBytes)}`;
  if (lead === null || outcome === 'contradicts') return `None: ${total}.`;
  const shown = growth.parts
    .filter(({ bytes }) => Math.abs(bytes) >= Math.max(SMALLEST_GROWTH_BYTES, 0.1 * Math.abs(lead.bytes)))
    .slice(0, 3)
    .map(({ part, bytes }) => `${ABOUT[part].words} ${signed(bytes)}`);
  return outcome === 'supports' ? `${shown.join(', ')}; ${total}.` : `No part stands out; ${total}.`;
}

function signed(bytes: number): string {
  return `${bytes < 0 ? '-' : '+'}${formatBytes(Math.abs(bytes))}`;
}

/** Parts that are known and hardly take part. */
function ruleOut(growth: LedgerGrowth | null, lead: PartGrowth | null): ChainStep['ruledOut'] {
  if (growth === null || lead === null) return [];
  const suspects: readonly LedgerPart[] = [
    'idleBytes',
    'fragmentationBytes',
    'nativeBytes',
    'fileBackedBytes',
  ];
  return growth.parts
    .filter(({ part, bytes }) => suspects.includes(part) && part !== lead.part && bytes < 0.1 * lead.bytes)
    .map(({ part, bytes }) => ({
      explanation: ABOUT[part].words,
      why: `${signed(bytes)}, ${round(Math.max(0, bytes) / lead.bytes)} of what ${ABOUT[lead.part].words} brought`,
    }));
}

/** Parts hide each other: a heap lane that grows is followed even where another part leads. */
function others(facts: Facts, lead: PartGrowth): ChainStepName[] {
  const heap = laneOf(facts, 'heap');
  const isHeapGrowing = heap !== null && (heap.verdict === 'leak' || heap.isSuspect);
  return isHeapGrowing && lead.part !== 'liveBytes' ? [...ABOUT.liveBytes.next] : [];
}

/** Without an answer here, the lanes say where to look. */
function next(facts: Facts): ChainStepName[] {
  const grows = facts.assessment.lanes.filter(({ verdict, isSuspect }) => verdict === 'leak' || isSuspect);
  const isLeak = facts.findings.some(({ verdict }) => verdict === 'leak');
  return [
    ...(grows.some(({ lane }) => lane === 'heap') ? (['work', 'idle'] as const) : []),
    ...(grows.some(({ lane }) => lane === 'native') ? (['native'] as const) : []),
    'counts',
    ...(grows.length > 0 || isLeak ? (['code'] as const) : []),
    'cost',
    'limit',
  ];
}
