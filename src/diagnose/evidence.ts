// The chain behind a finding: each entry is one question put to the data, with the numbers that decided it. Outcomes
// are computed, never written down: other data gives another outcome.
import type { Assessment, GoroutineCost, LaneAssessment } from '../detect/assessment.ts';
import { SMALLEST_STACK_BYTES } from '../detect/bytes-each.ts';
import type { Evidence, RuledOut } from '../model/finding.ts';
import { formatBytes } from '../base/units.ts';
import type { Cause } from './cause.ts';
import type { GroupGrowth } from './goroutine-growth.ts';
import type { HeapCause } from './heap-cause.ts';
import { NAME_SAMPLES, type Lender } from './lenders.ts';
import { changeBesideGroups } from './links.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import { THRESHOLDS } from './thresholds.ts';
import { sumGrown } from './unexplained.ts';

type Outcome = Evidence['outcome'];

/** Entries of stage 2, then nothing: the caller puts stage 1's in front. */
export function collectEvidence(
  cause: Cause,
  lane: LaneAssessment | null,
  profiles: ProfileEvidence | null,
  cost: GoroutineCost | null = null,
): Evidence[] {
  if (profiles === null) return [];
  const entries: Evidence[] = [];
  if (cause.groups.length > 0) {
    entries.push(askGoroutines(cause.groups, profiles));
    if (profiles.provenDead !== null) entries.push(askCollector(cause.groups, profiles));
  }
  if (cause.lenders.length > 0) entries.push(askLenders(cause.lenders, profiles));
  if (cause.heap !== null) {
    entries.push(
      askSites(cause.heap, profiles),
      askWentAway(cause.heap, profiles),
      askSurvival(cause.heap, profiles),
    );
    if (cause.kind === 'heap') entries.push(askCoverage(cause.heap, lane, profiles));
  }
  if (cause.kind === 'goroutine') entries.push(askPinned(cause, profiles, cost));
  if (cause.kind === 'fd') entries.push(askDescriptors(cause, lane, profiles));
  if (cause.kind === 'thread') entries.push(askThreads(cause, lane, profiles));
  if (cause.kind === 'native') entries.push(askNative(cause, profiles));
  return entries;
}

function windowOf(timeMillis: readonly number[], base: number): Record<string, number | null> {
  return {
    from: timeMillis[base] ?? null,
    to: timeMillis[timeMillis.length - 1] ?? null,
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
      z: round(growth.z),
      threshold: round(heap.criticalZ),
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
      secondHalf: persistence === null ? null : round(persistence),
      threshold: THRESHOLDS.minPersistence,
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
    test: 'sampled objects that stayed among those allocated, Wilson interval',
    numbers: {
      share: survival === null ? null : round(survival.value),
      low: survival === null ? null : round(survival.low),
      high: survival === null ? null : round(survival.high),
      threshold: THRESHOLDS.minSurvival,
      sampledBirths: births,
      sampledDeaths: deaths,
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome: survival !== null && survival.low >= THRESHOLDS.minSurvival ? 'supports' : 'open',
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
      coverage: seen === null ? null : round(seen),
      threshold: THRESHOLDS.coverageLow,
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
    test: 'net over the root of gross movement of the count',
    numbers: {
      z: round(z),
      threshold: THRESHOLDS.goroutineZ,
      grown,
      now: group.count[group.count.length - 1],
      netOverGross: round(monotony),
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
    numbers: { dead, threshold: 1, ...windowOf(profiles.groups.timeMillis, profiles.groupBase) },
    outcome: dead >= 1 ? 'supports' : 'open',
  };
}

/** Whose calls started goroutines that run a library's code? */
export function askLenders(lenders: readonly Lender[], profiles: ProfileEvidence): Evidence {
  const [first] = lenders;
  const isEnough = first.samples >= NAME_SAMPLES && (first.share?.value ?? 0) >= THRESHOLDS.majority;
  return {
    question: 'Which code of the service starts them?',
    hypothesis: `each came with a call of ${first.frame.function}`,
    prediction: 'what that call allocates stays, one object or a few for each goroutine',
    test: 'sampled objects that stayed below callers of the library; objects of the largest site for each goroutine',
    numbers: {
      samples: first.samples,
      threshold: NAME_SAMPLES,
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
    test: 'sampled growth of those sites, interval above zero; bytes for each goroutine',
    numbers: {
      grownBytes: bytes === null ? null : Math.round(bytes.value),
      lowBytes: bytes === null ? null : Math.round(bytes.low),
      highBytes: bytes === null ? null : Math.round(bytes.high),
      threshold: 0,
      eachBytes: bytes === null || grown <= 0 ? null : Math.round(bytes.value / grown),
      stackBytes: stack === null ? null : Math.round(stack.value),
      lowStackBytes: Math.round(stack?.low ?? SMALLEST_STACK_BYTES),
      highStackBytes: stack === null ? null : Math.round(stack.high),
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome: isHeapHeld ? 'supports' : 'open',
  };
}

/** Do descriptors come with goroutines and buffers? */
export function askDescriptors(
  cause: Cause,
  lane: LaneAssessment | null,
  profiles: ProfileEvidence,
): Evidence {
  const grown = sumGrown(cause.groups);
  const fds = lane?.lane === 'fd' ? changeBesideGroups(lane, profiles) : null;
  const perFd = fds !== null && fds > 0 ? grown / fds : null;
  const isMatched = perFd !== null && perFd > 0.5;
  return {
    question: 'What comes with each descriptor?',
    prediction: 'an HTTP connection brings two goroutines, a database connection buffers',
    test: 'goroutines grown for each descriptor; growth of sites that open connections',
    numbers: {
      goroutinesEach: perFd === null ? null : round(perFd),
      threshold: 0.5,
      grownFds: fds === null ? null : Math.round(fds),
      grownGoroutines: grown,
      connectionBytes: cause.heap === null ? null : Math.round(cause.heap.growth.bytes.value),
      ...windowOf(profiles.groups.timeMillis, profiles.groupBase),
    },
    outcome: isMatched || (cause.heap?.growth.bytes.low ?? 0) > 0 ? 'supports' : 'open',
  };
}

/** Which goroutines keep the threads? */
export function askThreads(cause: Cause, lane: LaneAssessment | null, profiles: ProfileEvidence): Evidence {
  const grown = sumGrown(cause.groups);
  const threads = lane?.lane === 'thread' ? changeBesideGroups(lane, profiles) : null;
  const perThread = threads !== null && threads > 0 ? grown / threads : null;
  const isMatched = perThread !== null && perThread > 0.5;
  return {
    question: 'What comes with each thread?',
    prediction: 'a thread that never ends is in a call, or is locked to a goroutine that waits',
    test: 'goroutines in calls, or as many as threads, grown for each thread',
    numbers: {
      goroutinesEach: perThread === null ? null : round(perThread),
      threshold: 0.5,
      grownThreads: threads === null ? null : Math.round(threads),
      grownGoroutines: grown,
      ...windowOf(profiles.groups.timeMillis, profiles.groupBase),
    },
    outcome: isMatched ? 'supports' : 'open',
  };
}

/** Which C code? Go's profiles cannot say. */
export function askNative(cause: Cause, profiles: ProfileEvidence): Evidence {
  return {
    question: 'Which code allocates it?',
    prediction: 'outstanding C allocations grow below one Go caller',
    test: 'native allocation tracing; not available, so only the callers of C are listed',
    numbers: {
      callersSeen: cause.culprits.length,
      threshold: 1,
      ...windowOf(profiles.sites.timeMillis, profiles.siteBase),
    },
    outcome: 'open',
  };
}

/** Explanations that the profiles exclude, each with the number that excludes it. */
export function collectRuledOut(cause: Cause, assessment: Assessment): RuledOut[] {
  const ruledOut: RuledOut[] = [];
  const lead = cause.heap?.culprits[0]?.growth ?? cause.heap?.growth ?? null;
  if (lead !== null && lead.monotony >= THRESHOLDS.minMonotony) {
    ruledOut.push({
      explanation: 'buffers that come and go',
      why: `${Math.round(100 * lead.monotony)} % of all movement is growth, at least ${100 * THRESHOLDS.minMonotony} % where growth lasts`,
    });
  }
  if (
    lead?.persistence !== undefined &&
    lead.persistence !== null &&
    lead.persistence >= THRESHOLDS.minPersistence
  ) {
    ruledOut.push({
      explanation: 'warm-up',
      why: `the second half of the window brought ${Math.round(100 * lead.persistence)} % of even growth, at least ${100 * THRESHOLDS.minPersistence} % where growth lasts`,
    });
  }
  const [group] = cause.groups;
  if (group !== undefined && group.monotony >= THRESHOLDS.minMonotony) {
    ruledOut.push({
      explanation: 'a pool or a burst of goroutines',
      why: `the count rose by ${group.grown} net, ${Math.round(100 * group.monotony)} % of all movement`,
    });
  }
  const { ledger } = assessment;
  if (cause.kind === 'heap' && ledger !== null && ledger.liveBytes !== null) {
    ruledOut.push({
      explanation: 'GC pacing',
      why: `the live heap (${formatBytes(ledger.liveBytes)}) is what survived a collection; GOGC only adds garbage on top`,
    });
    if (ledger.idleBytes !== null && ledger.fragmentationBytes !== null && cause.heldBytes !== null) {
      const retained = ledger.idleBytes + ledger.fragmentationBytes;
      ruledOut.push({
        explanation: 'allocator retention',
        why: `${formatBytes(retained)} are idle or fragmented and not part of the ${formatBytes(cause.heldBytes)} that objects hold`,
      });
    }
  }
  return ruledOut;
}

function round(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : 0;
}
