// Memory that is held and not leaked: each explanation is tested by its own gauge, and comes with what cures it.
import { MIB, formatBytes, type Bytes, type Millis } from '../../base/units.ts';
import type { ChainStep } from '../../model/chain-step.ts';
import { computeLiveFloor } from '../../series/live-floor.ts';
import { interpolateAt } from '../../series/work.ts';
import { lastOf, pointsOf, windowOf, type Facts } from './facts.ts';
import { growthOfLedger, type LedgerGrowth } from './ledger-growth.ts';

/** An explanation is named when it holds at least this share of resident memory ... */
const NAMED_SHARE = 0.2;
/** ... and this much. */
const SMALLEST_BYTES = 8 * MIB;
/** Objects fell to this share of their peak while live bytes kept at least that one: tables keep their size. */
const OBJECTS_LEFT = 0.6;
const BYTES_LEFT = 0.85;

interface Explanation {
  readonly name: string;
  readonly bytes: number;
  readonly why: string;
  readonly cure: string;
}

/** What is held without being a leak? */
export function askRetention(facts: Facts): ChainStep {
  const growth = growthOfLedger(facts);
  const rss = growth?.rssNowBytes ?? null;
  const least = Math.max(SMALLEST_BYTES, NAMED_SHARE * (rss ?? 0));
  const tested = growth === null ? [] : explain(facts, growth);
  const named = tested.filter(({ bytes }) => bytes >= least).sort((a, b) => b.bytes - a.bytes);
  const lead = named[0] ?? null;
  const outcome = growth === null ? 'open' : lead === null ? 'contradicts' : 'supports';
  return {
    step: 'retention',
    question: 'Is memory held that is no leak?',
    hypothesis: 'the collector, an allocator or the kernel keeps it, and would give it back',
    prediction: 'a part of resident memory that no object uses is large',
    test: 'the largest part of the ledger beside live objects, against a share of resident memory',
    numbers: {
      statistic: Math.round(Math.max(0, ...tested.map(({ bytes }) => bytes))),
      threshold: Math.round(least),
      unit: 'bytes',
      rssBytes: rss === null ? null : Math.round(rss),
      ...Object.fromEntries(tested.map(({ name, bytes }) => [`${camel(name)}Bytes`, Math.round(bytes)])),
      ...windowOf(facts),
    },
    outcome,
    answer:
      growth === null
        ? lastOf(facts, 'rssBytes') === null
          ? 'Resident memory is not known.'
          : 'Too early to tell.'
        : lead === null
          ? `No: what is resident is in use${pacedUpTo(facts)}.`
          : `Yes: ${named.map(({ name, bytes, why }) => `${name} ${formatBytes(bytes)} (${why})`).join('; ')}.`,
    ruledOut: tested
      .filter(({ bytes }) => bytes < least)
      .map(({ name, bytes }) => ({
        explanation: name,
        why: `${formatBytes(Math.max(0, bytes))} of it, too little to matter`,
      })),
    advice: lead === null && pacingLimit(facts) !== null ? [PACED_CURE] : named.map(({ cure }) => cure),
    next: [],
  };
}

function explain(facts: Facts, growth: LedgerGrowth): Explanation[] {
  const now = new Map(growth.parts.map(({ part, nowBytes }) => [part, nowBytes]));
  const native = Math.max(0, now.get('nativeBytes') ?? 0);
  const huge = lastOf(facts, 'anonHugePageBytes');
  // Backing what Go uses they cost nothing; what is resident beyond that may be theirs.
  const hugeBytes = huge === null ? null : Math.min(huge, native);
  const buckets = lastOf(facts, 'buckHashSysBytes');
  const runtime = now.get('runtimeBytes');
  const found: (Explanation | null)[] = [
    of('GC pacing', now.get('garbageBytes'), ...pacingOf(facts)),
    of(
      'idle heap',
      now.get('idleBytes'),
      'free spans that the scavenger has not returned',
      'a GOMEMLIMIT below the limit makes the scavenger return it; it is reused before the heap grows',
    ),
    of(
      'fragmentation',
      now.get('fragmentationBytes'),
      'holes between objects in spans',
      'fewer long-lived small objects among short-lived ones, or a restart',
    ),
    of(
      'lazily freed pages',
      now.get('lazyFreeBytes'),
      'given back with MADV_FREE, taken when the kernel needs it',
      'GODEBUG=madvdontneed=1 shows the true size',
    ),
    of(
      'mapped files',
      now.get('fileBackedBytes'),
      'the kernel drops them under pressure',
      'watch the working set instead of RSS',
    ),
    of(
      'transparent huge pages',
      hugeBytes ?? undefined,
      'pages of 2 MiB behind memory that Go has given back, at most',
      'set transparent_hugepage to madvise, or max_ptes_none to 0',
    ),
    of(
      'C libraries and arenas of their allocator',
      // Of a program that is not Go all memory is "outside of Go".
      lastOf(facts, 'heapSysBytes') === null ? undefined : native - (hugeBytes ?? 0),
      'outside of Go and steady: in use, or free and kept by malloc',
      'MALLOC_ARENA_MAX=2, malloc_trim(0) or another allocator gives back what is free; mallinfo2() tells how much is',
    ),
    of(
      'profiling buckets',
      buckets ?? undefined,
      'one for each distinct stack that allocated, never given back',
      'fewer distinct stacks: deep recursion and generated code make them; GODEBUG=profstackdepth=32 or a larger runtime.MemProfileRate',
    ),
    of(
      'tables of the runtime',
      runtime === undefined ? undefined : runtime - (buckets ?? 0),
      'as large as the most heap and the most goroutines that there ever were',
      'a lower peak (goroutines that have ended leave their descriptor behind), or a restart after it',
    ),
    tables(facts),
  ];
  return found.filter((explanation) => explanation !== null);
}

function of(name: string, bytes: number | undefined, why: string, cure: string): Explanation | null {
  return bytes === undefined ? null : { name, bytes, why, cure };
}

/** GOMEMLIMIT is math.MaxInt64 when there is none. */
const NO_LIMIT_BYTES: Bytes = 2 ** 60;
/** Go takes this share of GOMEMLIMIT: that, and no longer GOGC, says when it collects. */
const PACED_SHARE = 0.85;

/** What paces the collector, and what to set for less garbage. */
/** The GOMEMLIMIT that says when Go collects; null where GOGC does. */
function pacingLimit(facts: Facts): number | null {
  const limit = lastOf(facts, 'goMemLimitBytes') ?? NO_LIMIT_BYTES;
  const sys = lastOf(facts, 'sysBytes');
  const claimed = sys === null ? null : sys - (lastOf(facts, 'heapReleasedBytes') ?? 0);
  return limit < NO_LIMIT_BYTES && claimed !== null && claimed >= PACED_SHARE * limit ? limit : null;
}

const PACED_CURE =
  'a lower GOMEMLIMIT, or a GOGC beside it, keeps resident memory nearer to what lives, and costs CPU';

/** However little lives: who looks at resident memory alone takes it for a process that needs all of that. */
function pacedUpTo(facts: Facts): string {
  const limit = pacingLimit(facts);
  return limit === null
    ? ''
    : `; GOMEMLIMIT ${formatBytes(limit)} paces the collector, so that Go uses all of that before it collects, however little lives`;
}

function pacingOf(facts: Facts): [why: string, cure: string] {
  const gogc = lastOf(facts, 'gogcPercent');
  const limit = pacingLimit(facts);
  if (limit !== null) {
    return [
      `garbage until GOMEMLIMIT ${formatBytes(limit)} is reached, which Go then stays below`,
      'a lower GOMEMLIMIT, or a GOGC beside it, trades CPU for it; the growth up to the limit is no leak',
    ];
  }
  return [
    `garbage until the next collection, GOGC ${gogc ?? 'not known'}`,
    'a lower GOGC or a GOMEMLIMIT trades CPU for it',
  ];
}

/** Spans of equal length whose lowest count stands for what lives: the count has dead objects in it until they are swept. */
const OBJECT_SPANS = 12;
/** Fewer counts in a span may all lie before a collection. */
const FEWEST_IN_SPAN = 4;
/** So many collections in a span, or dead objects stood all through it. */
const CYCLES_IN_SPAN = 3;

/**
 * Maps keep their buckets, slices their arrays: many objects went since there were most, and their bytes did not. Null where
 * that is not seen, which rules nothing out: a map that has its values inside is a few large objects, full or empty.
 */
function tables(facts: Facts): Explanation | null {
  const floor = computeLiveFloor(facts.table, facts.rows);
  const spans = livingObjects(facts);
  const newest = spans.at(-1);
  if (newest === undefined || floor === null || floor.value.length < 4) return null;
  const peak = spans.reduce((a, b) => (b.objects > a.objects ? b : a));
  const left = newest.objects / Math.max(1, peak.objects);
  const lastBytes = floor.value[floor.value.length - 1];
  const kept = lastBytes / Math.max(1, interpolateAt(floor, peak.untilMillis));
  // Bytes that have grown since are held by what came since.
  if (left >= OBJECTS_LEFT || !(kept > BYTES_LEFT && kept < 1 / BYTES_LEFT)) return null;
  return {
    name: 'tables that keep their size',
    bytes: lastBytes * (1 - left),
    why: `${Math.round(100 * left)} % of the objects are left and ${Math.round(100 * kept)} % of the bytes`,
    cure: 'copy what is left into a new map or slice: buckets and arrays never shrink',
  };
}

interface LivingObjects {
  readonly objects: number;
  readonly untilMillis: Millis;
}

/** Of the spans that had collections enough to tell, where those are counted. */
function livingObjects(facts: Facts): LivingObjects[] {
  const counts = pointsOf(facts, 'heapObjects');
  const cycles = pointsOf(facts, 'gcCyclesTotal');
  const size = counts === null ? 0 : Math.floor(counts.value.length / OBJECT_SPANS);
  if (counts === null || size < FEWEST_IN_SPAN) return [];
  const start = counts.value.length - size * OBJECT_SPANS;
  return Array.from({ length: OBJECT_SPANS }, (_, span) => {
    const [first, end] = [start + span * size, start + (span + 1) * size];
    const [fromMillis, untilMillis] = [counts.timeMillis[first], counts.timeMillis[end - 1]];
    const ended =
      cycles === null ? Infinity : interpolateAt(cycles, untilMillis) - interpolateAt(cycles, fromMillis);
    const objects = counts.value.subarray(first, end).reduce((a, b) => Math.min(a, b));
    return { objects, untilMillis, ended };
  }).filter(({ ended }) => ended >= CYCLES_IN_SPAN);
}

function camel(name: string): string {
  return name.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
}
