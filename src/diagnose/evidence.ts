// The chain behind a finding: each entry is one question put to the data, with the numbers that decided it. Outcomes
// are computed, never written down: other data gives another outcome.
import {
  gaugeWindow,
  type Assessment,
  type GoroutineCost,
  type LaneAssessment,
} from '../detect/assessment.ts';
import { SMALLEST_STACK_BYTES } from '../detect/bytes-each.ts';
import type { Evidence } from '../model/finding.ts';
import { isApplication } from '../profile/frames.ts';
import { isFaultSeen, weighBound } from './bound-signs.ts';
import type { Cause } from './cause.ts';
import { findCreator, type Creator } from './creators.ts';
import { relateFile } from './culprit.ts';
import type { GroupGrowth } from './goroutine-growth.ts';
import { askHeldGoroutines, askHeldHeap } from './held-by-count.ts';
import type { HeapCause } from './heap-cause.ts';
import { NAME_SAMPLES, type Lender } from './lenders.ts';
import { changeBesideGroups } from './links.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import type { SourceFacts } from './source/source-facts.ts';
import { THRESHOLDS } from './thresholds.ts';
import { sumGrown } from './unexplained.ts';

type Outcome = Evidence['outcome'];

/** Entries of stage 2, then nothing: the caller puts stage 1's in front. */
export function collectEvidence(
  cause: Cause,
  lane: LaneAssessment | null,
  profiles: ProfileEvidence | null,
  assessment: Assessment | null = null,
): Evidence[] {
  if (profiles === null) return [];
  const entries: Evidence[] = [];
  if (cause.groups.length > 0) {
    entries.push(askGoroutines(cause.groups, profiles));
    if (profiles.provenDead !== null) entries.push(askCollector(cause.groups, profiles));
  }
  const creator = cause.groups.length > 0 ? findCreator(profiles.creators, cause.groups[0].group) : null;
  const isTold = creator !== null && isApplication(creator.frame, profiles.place.module);
  // One question, one answer: the `go` statement itself, unless it stands in a library and the callers of that are known.
  if (creator !== null && (isTold || cause.lenders.length === 0)) entries.push(askCreator(creator, profiles));
  else if (cause.lenders.length > 0) entries.push(askLenders(cause.lenders, profiles));
  if (cause.heap !== null) {
    entries.push(
      askSites(cause.heap, profiles),
      askWentAway(cause.heap, profiles),
      askSurvival(cause.heap, profiles),
    );
    if (cause.kind === 'heap') {
      entries.push(askCoverage(cause.heap, lane, profiles));
      if (assessment !== null) entries.push(askBound(cause.heap, assessment, profiles));
      if (cause.heap.said) entries.push(askBoundInSources(cause.heap, cause.heap.said, profiles));
    }
  }
  if (cause.heldGoroutines !== null) entries.push(askHeldGoroutines(cause.heldGoroutines));
  if (cause.heldHeap !== null) entries.push(askHeldHeap(cause.heldHeap));
  else if (cause.kind === 'goroutine')
    entries.push(askPinned(cause, profiles, assessment?.goroutineCost ?? null));
  if (cause.kind === 'fd') entries.push(askDescriptors(cause, lane, profiles));
  if (cause.kind === 'thread') entries.push(askThreads(cause, lane, profiles));
  if (cause.kind === 'native') entries.push(askNative(cause, profiles));
  return assessment === null ? entries : entries.map((entry) => withWindow(entry, assessment));
}

/** Where no snapshot was there to look at, what was asked of the data is that of the gauges. */
function withWindow(entry: Evidence, assessment: Assessment): Evidence {
  const { fromMillis, toMillis } = entry.numbers;
  if ((fromMillis ?? null) !== null && (toMillis ?? null) !== null) return entry;
  return { ...entry, numbers: { ...entry.numbers, ...gaugeWindow(assessment) } };
}

/** Goroutines that came between two profiles of them; null where there are no two. */
function countGrown({ groups }: Cause, { groups: table, groupBase }: ProfileEvidence): number | null {
  return table.timeMillis.length - groupBase >= 2 ? sumGrown(groups) : null;
}

function windowOf(timeMillis: readonly number[], base: number): Record<string, number | null> {
  return {
    fromMillis: timeMillis[base] ?? null,
    toMillis: timeMillis[timeMillis.length - 1] ?? null,
    snapshots: Math.max(0, timeMillis.length - base),
  };
}

/** Which code keeps what it allocates? */
export function askSites(heap: HeapCause, profiles: ProfileEvidence): Evidence {
  const lead = heap.culprits[0];
  const growth = lead?.growth ?? heap.growth;
  const outcome: Outcome =
    growth.z >= heap.criticalZ ? 'supports' : growth.bytes.value <= 0 ? 'contradicts' : 'open';
  return {
    question: 'Which code allocates what stays?',
    hypothesis: `${lead?.frame.function ?? 'one allocation site'} keeps what it allocates`,
    prediction: 'its sampled objects in use rise by more than births and deaths allow by chance',
    test: 'growth over its sampling noise, against the bound for all sites tested together',
    numbers: {
      statistic: round(growth.z),
      threshold: round(heap.criticalZ),
      z: round(growth.z),
      sitesTested: heap.sitesTested,
      grownBytes: Math.round(growth.bytes.value),
      lowBytes: Math.round(growth.bytes.low),
      highBytes: Math.round(growth.bytes.high),
      sampledBirths: growth.births,
      sampledDeaths: growth.deaths,
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome,
  };
}

/** Did it go away again? */
export function askWentAway(heap: HeapCause, profiles: ProfileEvidence): Evidence {
  const { persistence, monotony } = heap.culprits[0]?.growth ?? heap.growth;
  const lasts = persistence !== null && persistence >= THRESHOLDS.minPersistence;
  const outcome: Outcome =
    persistence === null ? 'open' : lasts && monotony >= THRESHOLDS.minMonotony ? 'supports' : 'contradicts';
  return {
    question: 'Does the growth last, or does it come and go?',
    prediction: 'later snapshots go on growing, and hardly ever fall',
    test: 'share of even growth in the second half of the window; net over gross movement',
    numbers: {
      statistic: persistence === null ? null : round(persistence),
      threshold: THRESHOLDS.minPersistence,
      secondHalf: persistence === null ? null : round(persistence),
      netOverGross: round(monotony),
      netThreshold: THRESHOLDS.minMonotony,
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome,
  };
}

/** Do new allocations stay? A leak on a rare path keeps few of them, so a low share refutes nothing. */
export function askSurvival(heap: HeapCause, profiles: ProfileEvidence): Evidence {
  const { survival, births, deaths } = heap.culprits[0]?.growth ?? heap.growth;
  return {
    question: 'How much of what is allocated there stays?',
    prediction: 'all of it, or the part that takes the leaking path',
    test: 'sampled objects that stayed among those allocated, lower end of the Wilson interval',
    numbers: {
      statistic: survival === null ? null : round(survival.low),
      threshold: THRESHOLDS.minSurvival,
      share: survival === null ? null : round(survival.value),
      low: survival === null ? null : round(survival.low),
      high: survival === null ? null : round(survival.high),
      sampledBirths: births,
      sampledDeaths: deaths,
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome: survival !== null && survival.low >= THRESHOLDS.minSurvival ? 'supports' : 'open',
  };
}

/** Does anything look as if it took away again what grows? */
function askBound(heap: HeapCause, assessment: Assessment, profiles: ProfileEvidence): Evidence {
  const { signs, holdMillis, watchedMillis } = weighBound(heap, assessment, profiles);
  const shown = Object.fromEntries(signs.map(({ kind, function: name }) => [kind, name]));
  return {
    question: 'Are there signs of a bound?',
    hypothesis: 'nothing takes away again what grows there',
    prediction:
      'no order among the entries, no goroutine that sweeps them, no name for it, as much kept of the new as of the old, no size that the sources hold to; or growth that outlasts them',
    test: 'time watched, against the time that these signs ask for',
    numbers: {
      statistic: watchedMillis,
      threshold: holdMillis,
      unit: 'millis',
      ...shown,
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome: signs.length === 0 ? 'supports' : watchedMillis >= holdMillis ? 'open' : 'contradicts',
  };
}

/** Does the code take away again all that it keeps? */
function askBoundInSources(heap: HeapCause, said: SourceFacts, profiles: ProfileEvidence): Evidence {
  return {
    question: 'Do the sources take away again what is kept there?',
    hypothesis: 'nothing does, or what does so misses some',
    prediction: 'a container on the way from that line that nothing bounds, or a way past what bounds it',
    test: 'how well the sources fit a fault in what bounds it',
    numbers: {
      statistic: round(said.confidence),
      threshold: THRESHOLDS.sourceFault,
      ...(said.pattern === null ? {} : { pattern: said.pattern }),
      ...(said.bound === null ? {} : { bound: said.bound }),
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome: isFaultSeen(heap) ? 'supports' : said.bound === null ? 'open' : 'contradicts',
  };
}

/** Do the sites account for what the gauges saw? */
export function askCoverage(
  heap: HeapCause,
  lane: LaneAssessment | null,
  profiles: ProfileEvidence,
): Evidence {
  const seen = lane === null || lane.grown <= 0 ? null : heap.growth.bytes.value / lane.grown;
  const isCovered = seen !== null && seen >= THRESHOLDS.coverageLow && seen <= THRESHOLDS.coverageHigh;
  return {
    question: 'Do these sites account for the growth of the live heap?',
    prediction: 'sampled growth and the growth of the live floor agree',
    test: 'sampled growth of the sites over the growth of the live floor',
    numbers: {
      statistic: seen === null ? null : round(seen),
      threshold: THRESHOLDS.coverageLow,
      coverage: seen === null ? null : round(seen),
      upperThreshold: THRESHOLDS.coverageHigh,
      siteBytes: Math.round(heap.growth.bytes.value),
      floorBytes: lane === null ? null : Math.round(lane.grown),
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome:
      seen === null
        ? 'open'
        : isCovered
          ? 'supports'
          : seen < THRESHOLDS.coverageLow / 2
            ? 'contradicts'
            : 'open',
  };
}

/** Which goroutines never end? */
export function askGoroutines(groups: readonly GroupGrowth[], profiles: ProfileEvidence): Evidence {
  const [first] = groups;
  const { group, z, monotony, persistence } = first;
  const grown = groups.reduce((sum, growth) => sum + growth.grown, 0);
  const outcome: Outcome =
    z >= THRESHOLDS.goroutineZ && monotony >= THRESHOLDS.minMonotony
      ? 'supports'
      : grown <= 0
        ? 'contradicts'
        : 'open';
  return {
    question: 'Which goroutines come and never go?',
    hypothesis: `goroutines of ${group.root.function} wait in ${group.waitsIn.function} (${group.reason}) for ever`,
    prediction: 'their exact count rises step by step and hardly ever falls',
    test: 'net over the root of gross movement of the count; net over gross',
    numbers: {
      statistic: round(z),
      threshold: THRESHOLDS.goroutineZ,
      z: round(z),
      grown,
      now: group.count[group.count.length - 1],
      netOverGross: round(monotony),
      netThreshold: THRESHOLDS.minMonotony,
      secondHalf: persistence === null ? null : round(persistence),
      waits: group.reason,
      ...windowOf(profiles.groups.timeMillis, profiles.groupBase),
    },
    outcome,
  };
}

/** Has the garbage collector proved them dead? A hit is proof; none says nothing (tickers, I/O, anything reachable). */
export function askCollector(groups: readonly GroupGrowth[], profiles: ProfileEvidence): Evidence {
  const roots = new Set(groups.map(({ group }) => group.root.function));
  const dead = [...roots].reduce((sum, root) => sum + (profiles.provenDead?.get(root) ?? 0), 0);
  return {
    question: 'Has the collector proved that they can never go on?',
    prediction: 'what they wait for is unreachable, so the goroutineleak profile lists them',
    test: 'goroutines of these functions in the newest goroutineleak profile',
    numbers: {
      statistic: dead,
      threshold: 1,
      unit: 'goroutines',
      dead,
      ...windowOf(profiles.groups.timeMillis, profiles.groupBase),
    },
    outcome: dead >= 1 ? 'supports' : 'open',
  };
}

/** Whose `go` statement started them? A library's own starts its goroutines for whoever calls it. */
export function askCreator(creator: Creator, profiles: ProfileEvidence): Evidence {
  const { frame, share, goroutines, longestMinutes, reason, takenAtMillis } = creator;
  const isOwn = isApplication(frame, profiles.place.module);
  const ownShare = isOwn ? round(share) : 0;
  return {
    question: 'Which code of the service starts them?',
    hypothesis: `${frame.function} starts them`,
    prediction: 'the dump of all goroutines names one function of the service as the creator of most of them',
    test: 'share of the goroutines at this place in the dump (debug=2) that were created by one go statement of the service',
    numbers: {
      statistic: ownShare,
      threshold: THRESHOLDS.majority,
      share: ownShare,
      goroutines,
      longestMinutes,
      waits: reason,
      createdBy: frame.function,
      createdAt: `${relateFile(frame, profiles.place) ?? '?'}:${frame.line}`,
      dumpAt: takenAtMillis,
      ...windowOf(profiles.groups.timeMillis, profiles.groupBase),
    },
    outcome: isOwn && share >= THRESHOLDS.majority ? 'supports' : 'open',
  };
}

/** Whose calls started goroutines that run a library's code? */
export function askLenders(lenders: readonly Lender[], profiles: ProfileEvidence): Evidence {
  const [first] = lenders;
  const share = first.share?.value ?? 0;
  const isEnough = first.samples >= NAME_SAMPLES && share >= THRESHOLDS.majority;
  return {
    question: 'Which code of the service starts them?',
    hypothesis: `each came with a call of ${first.frame.function}`,
    prediction: 'what that call allocates stays, one object or a few for each goroutine',
    test: 'sampled objects that stayed below this caller of the library, and its share of all such; objects of its largest site for each goroutine',
    numbers: {
      statistic: first.samples,
      threshold: NAME_SAMPLES,
      samples: first.samples,
      share: round(share),
      shareThreshold: THRESHOLDS.majority,
      objectsEach: round(first.objectsEach.value),
      lowEach: round(first.objectsEach.low),
      highEach: round(first.objectsEach.high),
      callers: lenders.length,
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome: isEnough ? 'supports' : 'open',
  };
}

/** What do these goroutines hold? */
export function askPinned(
  cause: Cause,
  profiles: ProfileEvidence,
  cost: GoroutineCost | null = null,
): Evidence {
  const stack = cost?.stack ?? null;
  const grown = cause.groups.reduce((sum, growth) => sum + growth.grown, 0);
  const bytes = cause.heap?.growth.bytes ?? null;
  const isHeapHeld = bytes !== null && bytes.low > 0;
  return {
    question: 'What do these goroutines keep alive?',
    prediction: 'heap sites of the same code grow in step with their count',
    test: 'sampled growth of those sites, lower end of its interval; bytes for each goroutine',
    numbers: {
      statistic: bytes === null ? null : Math.round(bytes.low),
      threshold: 0,
      unit: 'bytes',
      grownBytes: bytes === null ? null : Math.round(bytes.value),
      lowBytes: bytes === null ? null : Math.round(bytes.low),
      highBytes: bytes === null ? null : Math.round(bytes.high),
      eachBytes: bytes === null || grown <= 0 ? null : Math.round(bytes.value / grown),
      stackBytes: stack === null ? null : Math.round(stack.value),
      lowStackBytes: Math.round(stack?.low ?? SMALLEST_STACK_BYTES),
      highStackBytes: stack === null ? null : Math.round(stack.high),
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome: isHeapHeld ? 'supports' : 'open',
  };
}

/** Goroutines for each descriptor, or thread, above which they come with them. */
const MATCHED_EACH = 0.5;

/** Do descriptors come with goroutines and buffers? */
export function askDescriptors(
  cause: Cause,
  lane: LaneAssessment | null,
  profiles: ProfileEvidence,
): Evidence {
  const grown = countGrown(cause, profiles);
  const fds = lane?.lane === 'fd' ? changeBesideGroups(lane, profiles) : null;
  const perFd = fds !== null && fds > 0 && grown !== null ? grown / fds : null;
  const isMatched = perFd !== null && perFd > MATCHED_EACH;
  const bytes = cause.heap?.growth.bytes ?? null;
  // Where no goroutines come with them, the sites that open them may.
  const isByBytes = !isMatched && bytes !== null;
  return {
    question: 'What comes with each descriptor?',
    prediction: 'an HTTP connection brings two goroutines, a database connection buffers',
    test: isByBytes
      ? 'sampled growth of sites that open connections, lower end of its interval'
      : 'goroutines grown for each descriptor',
    numbers: {
      statistic: isByBytes ? Math.round(bytes.low) : roundKnown(perFd),
      threshold: isByBytes ? 0 : MATCHED_EACH,
      ...(isByBytes ? { unit: 'bytes' } : {}),
      goroutinesEach: roundKnown(perFd),
      grownFds: fds === null ? null : Math.round(fds),
      grownGoroutines: grown,
      connectionBytes: bytes === null ? null : Math.round(bytes.value),
      ...windowOf(profiles.groups.timeMillis, profiles.groupBase),
    },
    outcome: isMatched || (isByBytes && bytes.low > 0) ? 'supports' : 'open',
  };
}

/** Which goroutines keep the threads? */
export function askThreads(cause: Cause, lane: LaneAssessment | null, profiles: ProfileEvidence): Evidence {
  const grown = countGrown(cause, profiles);
  const threads = lane?.lane === 'thread' ? changeBesideGroups(lane, profiles) : null;
  const perThread = threads !== null && threads > 0 && grown !== null ? grown / threads : null;
  const isMatched = perThread !== null && perThread > MATCHED_EACH;
  return {
    question: 'What comes with each thread?',
    prediction: 'a thread that never ends is in a call, or is locked to a goroutine that waits',
    test: 'goroutines in calls, or as many as threads, grown for each thread',
    numbers: {
      statistic: roundKnown(perThread),
      threshold: MATCHED_EACH,
      goroutinesEach: roundKnown(perThread),
      grownThreads: threads === null ? null : Math.round(threads),
      grownGoroutines: grown,
      ...windowOf(profiles.groups.timeMillis, profiles.groupBase),
    },
    outcome: isMatched ? 'supports' : 'open',
  };
}

/** Who calls C? Which of its allocations stay, Go's profiles cannot say. */
export function askNative(cause: Cause, profiles: ProfileEvidence): Evidence {
  const callers = cause.culprits.length;
  return {
    question: 'Which code of the service calls C?',
    prediction: 'what allocates outside of Go was called from Go: its callers are on stacks of profiles',
    test: 'callers of C on the stacks of profiles; which of their allocations stay takes a tracer of the C allocator',
    numbers: {
      statistic: callers,
      threshold: 1,
      unit: 'callers',
      callersSeen: callers,
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome: callers >= 1 ? 'supports' : 'open',
  };
}

function round(value: number): number | null {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null;
}

function roundKnown(value: number | null): number | null {
  return value === null ? null : round(value);
}
