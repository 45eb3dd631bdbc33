// The decision over time. Each evaluation sees only what was known by then; what it raises stands until evidence ends
// it. Pure: the same inputs in the same order give the same alarms, live or replayed.
import type { Millis } from '../base/units.ts';
import { explanationOf, type Lane } from '../detect/assessment.ts';
import { confirmedLanes, findClaimWait, isSilent, seenUntil } from '../detect/confirm.ts';
import { statedGrowth } from '../detect/stated-growth.ts';
import type { Alarm, Finding } from '../model/finding.ts';
import { isApplication, normalizeFunction } from '../profile/frames.ts';
import { getIdentity, type CallStrength, type Cause } from './cause.ts';
import {
  CASE_VERSION,
  EMPTY_CASE,
  MAX_ALARMS,
  MAX_ALIASES,
  MAX_RAISED,
  rankOutsideIn,
  type Alias,
  type CaseInput,
  type CaseState,
  type KnownCode,
  type OverLeak,
  type RaisedLeak,
} from './case-state.ts';
import { findCauses, partHeapCause } from './combine.ts';
import { describeCulprit } from './culprit.ts';
import {
  describeMisnamed,
  findEarlier,
  findMisnamed,
  listEndedCodes,
  rememberEnded,
} from './earlier-leaks.ts';
import { findLane, isUnfitted } from './unexplained.ts';
import { computeFingerprint } from './fingerprint.ts';
import { areHeld } from './held-by-count.ts';
import { describeLanes } from './lane-findings.ts';
import { endLeaks, withoutGrowth } from './leak-end.ts';
import { buildLeakFinding } from './leak-finding.ts';
import { tellPause } from './paused-leak.ts';
import { readProfiles, type ProfileEvidence } from './profile-evidence.ts';
import { findProvenLanes, findStop, type ProvenLane } from './proof.ts';
import { joinEvidence } from './raised-evidence.ts';
import { isContradicted, isLongProven } from './refutation.ts';
import type { SourceQuestion } from './source/source-facts.ts';
import { THRESHOLDS } from './thresholds.ts';
import { rememberStopped } from './stopped-leaks.ts';
import { findWait, longestWait, type Wait } from './wait.ts';

export interface CaseResult {
  readonly state: CaseState;
  /** Raised leaks first, then lanes with another explanation; see sortFindings for a report's order. */
  readonly findings: readonly Finding[];
  readonly alarms: readonly Alarm[];
  /** Leaks that this evaluation ended. */
  readonly over: readonly OverLeak[];
  /** What called leaks wait for until they are raised; null while none does. */
  readonly needed: Wait['needed'];
  /** What the sources should be asked about causes that wait, or are about to be called: at the next evaluation it decides (CaseInput.askSources). */
  readonly questions: readonly SourceQuestion[];
}

/** One evaluation. `state` is null the first time. */
export function advanceCase(state: CaseState | null, input: CaseInput): CaseResult {
  const before = state ?? EMPTY_CASE;
  const profiles = needsProfiles(before, input) ? readTargetProfiles(before, input) : null;
  const proofs = profiles === null ? [] : findProvenLanes(input.assessment, profiles);
  const proven = updateSince(
    before.proven,
    proofs.map(({ lane }) => lane),
    input.atMillis,
  );
  const calls = collectCalls(before, input, proofs, proven);
  const askedParts: SourceQuestion[] = [];
  const askSources = (question: SourceQuestion) => {
    askedParts.push(question);
    return input.askSources?.(question) ?? null;
  };
  const found = findCauses({
    assessment: input.assessment,
    calls,
    ...(input.askSources === undefined ? {} : { askSources }),
    standing: before.raised.flatMap(({ kind, lead }) => (kind === 'heap' && lead !== null ? [lead] : [])),
    profiles:
      profiles ??
      readTargetProfiles(before, {
        ...input,
        profiles: { heap: [], goroutines: [], stacks: input.profiles.stacks },
      }),
  });
  const causes = found.map((cause) => withSources(cause, input));
  const refuted = (leak: RaisedLeak) =>
    profiles !== null && isContradicted(leak, before.raised, input, profiles);
  const matched = matchCauses(before.raised, causes, (leak, cause) =>
    refuted(leak) ? leak.refutations + 1 < THRESHOLDS.identityChanges : !isLongProven(cause, input, profiles),
  );
  const waiting = updateSince(
    before.waiting,
    matched.fresh.map(({ lane }) => lane),
    input.atMillis,
  );
  const seen = matched.known.map((known) => refreshLeak(known, input, profiles, refuted(known.raised)));
  const named = addAliases(before.aliases ?? [], matched.known, input);
  const { kept, over: ended } = endLeaks(seen, input, profiles);
  const over = [...matched.misnamed.map(describeMisnamed), ...ended];
  const since = (lane: Lane) => waiting.find((entry) => entry.lane === lane)?.sinceMillis ?? input.atMillis;
  const standing = new Set<string>(kept.map(({ kind }) => kind));
  const asked = matched.fresh.map((cause) => ({
    cause,
    wait: findWait(cause, since(cause.lane), input, standing, profiles),
  }));
  const ready = asked.flatMap(({ cause, wait }) => (wait === null ? [cause] : []));
  const isShared = ({ lane }: Cause) =>
    causes.filter((cause) => cause.lane === lane).length > 1 || kept.some((leak) => leak.lane === lane);
  const shown = ready.filter(
    (cause) => isGrowthShown(cause, input) && !isStillOver(cause, isShared(cause), input, profiles),
  );
  const carriedOn = kept.map((leak) => {
    const outer = shown.find((cause) => isOuterOf(cause, leak));
    return outer === undefined ? leak : widenLeak(leak, outer, input, profiles);
  });
  const aliases = addOuterAliases(named, kept, carriedOn, input);
  const room = Math.max(0, MAX_RAISED - kept.length);
  const raisedNow = shown
    .filter((cause) => !kept.some((leak) => isOuterOf(cause, leak)))
    .slice(0, room)
    .reduce<RaisedLeak[]>((all, cause) => {
      const standing = new Set([...kept, ...all].map(({ fingerprint }) => fingerprint));
      const codes = [...(input.siblings ?? []), ...(before.ended ?? [])];
      const earlier = findEarlier(cause, codes, standing);
      return [...all, raiseLeak(cause, input, profiles, { aliases, earlier })];
    }, [])
    .filter((leak) => !carriedOn.some(({ fingerprint }) => fingerprint === leak.fingerprint));
  const raised = [...carriedOn, ...raisedNow];
  const alarms = updateAlarms(before.alarms, raisedNow, over, input.atMillis);
  const waitingFor = asked.flatMap(({ cause, wait }) => (wait === null ? [] : questionOf(cause)));
  // Goroutines that were found through the heap explain their own number as well.
  const carried = new Set<Lane>(
    raised.flatMap(({ lane, kind }) => (kind === 'retention' ? [lane] : [lane, kind])),
  );
  for (const cause of causes) {
    if (raised.some((leak) => leak.lane === cause.lane)) cause.absorbed.forEach((lane) => carried.add(lane));
  }
  // A second leak of a lane goes on waiting while the first one stands.
  const isAwaited = (lane: Lane) => asked.some(({ cause, wait }) => wait !== null && cause.lane === lane);
  const called = asked.flatMap(({ wait }) => (wait === null || carried.has(wait.lane) ? [] : [wait]));
  const waits = [
    ...called,
    ...input.assessment.lanes.flatMap((lane): Wait[] => {
      if (carried.has(lane.lane) || called.some((wait) => wait.lane === lane.lane)) return [];
      const needed = findClaimWait(input.confirmation, lane, input.assessment);
      return needed === null ? [] : [{ lane: lane.lane, needed }];
    }),
  ];
  return {
    state: {
      version: CASE_VERSION,
      waiting: waiting.filter(({ lane }) => isAwaited(lane) || !carried.has(lane)),
      proven,
      raised,
      alarms,
      aliases,
      ended: rememberEnded(before.ended ?? [], before.raised, over, input.atMillis),
      stopped: rememberStopped(before.stopped ?? [], before.raised, over, raised, input),
    },
    findings: [
      ...raised.map((leak) => tellPause(leak, input.confirmation, input.atMillis)),
      ...describeLanes(input.target.service, input.shown ?? input.assessment, profiles, carried, waits),
    ],
    alarms,
    over,
    needed: longestWait(waits),
    questions: [
      ...(waitingFor.length > 0 ? waitingFor : foreseeQuestions(input, profiles, proofs, raised)),
      ...askedParts,
    ],
  };
}

/** The line that most of the growth comes from: the others change with every profile. */
function questionOf({ kind, culprits }: Cause): SourceQuestion[] {
  return kind === 'heap' && culprits.length > 0 ? [{ kind, culprits: culprits.slice(0, 1) }] : [];
}

/**
 * Asked before the heap is called, so that a bound that the sources show is known by then: stage 1's rule holds, or profiles prove
 * it, which takes minutes yet to count.
 */
function foreseeQuestions(
  { assessment }: CaseInput,
  profiles: ProfileEvidence | null,
  proofs: readonly ProvenLane[],
  raised: readonly RaisedLeak[],
): SourceQuestion[] {
  const isClaimed =
    findLane(assessment, 'heap')?.verdict === 'leak' || proofs.some(({ lane }) => lane === 'heap');
  if (profiles === null || !isClaimed || raised.some(({ kind }) => kind === 'heap')) return [];
  return profiles.heapCauses.flatMap((cause): SourceQuestion[] => {
    const [lead] = cause.culprits;
    if (lead === undefined) return [];
    const parts: SourceQuestion[] = [];
    partHeapCause(cause, { profiles, askSources: (question) => (parts.push(question), null) }, []);
    return [
      { kind: 'heap', culprits: [describeCulprit(lead.frame, 'allocates', profiles.place, lead)] },
      ...parts,
    ];
  });
}

function withSources(cause: Cause, { askSources }: CaseInput): Cause {
  const [question] = questionOf(cause);
  if (askSources === undefined || question === undefined || cause.heap === null) return cause;
  return { ...cause, heap: { ...cause.heap, said: askSources(question) } };
}

function needsProfiles(state: CaseState, input: CaseInput): boolean {
  if (state.raised.length > 0 || state.waiting.length > 0 || confirmedLanes(input.confirmation).length > 0)
    return true;
  return input.assessment.lanes.some((lane) => lane.isSuspect || lane.verdict !== 'no-growth');
}

function readTargetProfiles(state: CaseState, input: CaseInput): ProfileEvidence {
  const { assessment } = input;
  const isGoroutineLeak =
    confirmedLanes(input.confirmation).includes('goroutine') ||
    findLane(assessment, 'goroutine')?.verdict === 'leak';
  const from = Math.max(assessment.incarnationStartMillis, input.profilesFromMillis ?? -Infinity);
  return readProfiles(input.profiles, input.module, from, isGoroutineLeak, listEndedCodes(state, from));
}

/** Lanes called a leak: confirmed, proved by profiles for a while, or raised before and not over. */
function collectCalls(
  state: CaseState,
  input: CaseInput,
  proofs: readonly ProvenLane[],
  proven: CaseState['proven'],
): Map<Lane, CallStrength> {
  const calls = new Map<Lane, CallStrength>();
  const age = input.atMillis - input.assessment.incarnationStartMillis;
  for (const { lane, fromAgeMillis } of proofs) {
    const since = proven.find((entry) => entry.lane === lane)?.sinceMillis ?? input.atMillis;
    const isHeld = seenUntil(input.assessment) - since >= THRESHOLDS.proofHoldMillis;
    if (isHeld && age >= fromAgeMillis) calls.set(lane, 'proved');
  }
  for (const lane of confirmedLanes(input.confirmation)) calls.set(lane, 'confirmed');
  for (const { lane } of state.raised) calls.set(lane, 'confirmed');
  return calls;
}

interface Matches {
  readonly known: readonly KnownLeak[];
  readonly fresh: readonly Cause[];
  /** They stand no more: what they are taken for is not what leaks. */
  readonly misnamed: readonly RaisedLeak[];
}

interface KnownLeak {
  readonly raised: RaisedLeak;
  /** What it is now; null = nothing of its class names its code. */
  readonly cause: Cause | null;
  /** The heap grows in its code: a sign of it, never a finding of its own. */
  readonly isSeenInHeap: boolean;
}

/**
 * A cause goes on as the leak whose lead it still names; a leak without a lead takes the largest of its class.
 *
 * @param isDoubtful does a leak of its class that stands under another name speak against this cause?
 */
function matchCauses(
  raised: readonly RaisedLeak[],
  causes: readonly Cause[],
  isDoubtful: (leak: RaisedLeak, cause: Cause) => boolean,
): Matches {
  const free = new Set(causes);
  const pick = (leak: RaisedLeak, fits: (cause: Cause) => boolean): Cause | null => {
    const cause = [...free].find((candidate) => candidate.kind === leak.kind && fits(candidate)) ?? null;
    if (cause !== null) free.delete(cause);
    return cause;
  };
  const byLead = raised.map((leak) => ({
    raised: leak,
    cause: leak.lead === null ? null : pick(leak, (cause) => namesFunction(cause, leak.lead)),
  }));
  const misnamed = findMisnamed(byLead, free);
  const standing = byLead.filter(({ raised: leak }) => !misnamed.includes(leak));
  const isNameless = ({ lead, isNameAssumed }: RaisedLeak) => lead === null || isNameAssumed === true;
  const known = standing.map(({ raised: leak, cause }) => {
    const inHeap = [...free].filter((candidate) => isHeapOf(candidate, leak));
    inHeap.forEach((candidate) => free.delete(candidate));
    return {
      raised: leak,
      cause: cause ?? (isNameless(leak) ? pick(leak, () => true) : null),
      isSeenInHeap: inHeap.length > 0,
    };
  });
  // A cause of a class that already stands under another name must refute that name first (see refutation.ts).
  const unseen = known.filter(({ cause, isSeenInHeap }) => cause === null && !isSeenInHeap);
  const fresh = [...free].filter(
    (cause) => !unseen.some(({ raised: leak }) => leak.kind === cause.kind && isDoubtful(leak, cause)),
  );
  return { known, fresh, misnamed };
}

/** What goroutines, threads or connections hold grows in the heap as well, and may stand out there at other times. */
function isHeapOf(cause: Cause, leak: RaisedLeak): boolean {
  if (cause.kind !== 'heap' || leak.kind === 'heap' || leak.lead === null) return false;
  return (
    cause.culprits.length > 0 &&
    normalizeFunction(cause.culprits[0].function) === normalizeFunction(leak.lead)
  );
}

function namesFunction(cause: Cause, lead: string | null): boolean {
  return cause.culprits.some(({ function: name, share }) => {
    const isSame = lead !== null && normalizeFunction(name) === normalizeFunction(lead);
    return isSame && (share === null || share >= THRESHOLDS.refutedShare);
  });
}

/** Since when each of these lanes is in its state without a break. */
function updateSince(
  known: CaseState['waiting'],
  lanes: readonly Lane[],
  atMillis: Millis,
): CaseState['waiting'] {
  return [...new Set(lanes)].map(
    (lane) => known.find((entry) => entry.lane === lane) ?? { lane, sinceMillis: atMillis },
  );
}

/**
 * A claim may stand from the life before, or for another leak of the lane: what is new must grow beyond doubt by itself.
 * Numbers that hold zero are no growth yet.
 */
function isGrowthShown(cause: Cause, { assessment }: CaseInput): boolean {
  const lane = findLane(assessment, cause.lane);
  if (lane === null) return true;
  const isByProfiles = cause.strength === 'proved' && isUnfitted(lane);
  if (lane.verdict !== 'leak' && !lane.isSuspect && !isByProfiles) return false;
  const bytes = cause.growth === null ? null : statedGrowth(cause.growth, lane, assessment);
  // Of what was found in another lane the profiles may have counted each that came, whatever else came and went.
  const counted = assessment.lanes.find((own) => own.lane === cause.kind)?.growth ?? null;
  const isCounted = cause.lane === cause.kind || (counted !== null && counted.low > 0);
  const known = [bytes, isCounted ? cause.counts : null].filter((growth) => growth !== null);
  return known.length === 0 || known.some(({ low }) => low > 0);
}

/**
 * A leak whose growth had visibly stopped when it would be raised is history, not an alarm.
 *
 * @param isShared its lane grows by something else as well, which says nothing about this one.
 */
function isStillOver(
  cause: Cause,
  isShared: boolean,
  input: CaseInput,
  profiles: ProfileEvidence | null,
): boolean {
  if (profiles === null || cause.culprits.length === 0) return false;
  const lane = findLane(input.assessment, cause.lane);
  const seen = lane !== null && isShared ? withoutGrowth(lane, null) : lane;
  return findStop(profiles, cause.culprits[0].function, seen) !== null;
}

/** Leaks that were raised without a name, or under a library's, and have got the service's own since. */
function addAliases(
  known: readonly Alias[],
  leaks: readonly KnownLeak[],
  { target, module }: CaseInput,
): readonly Alias[] {
  const added = leaks.flatMap(({ raised, cause }): Alias[] => {
    if (cause === null || !isNameBetter(cause, raised.lead, module)) return [];
    const identity = getIdentity(cause);
    const fingerprint = computeFingerprint(target.service, cause.kind, identity);
    const isNew = identity.length > 0 && fingerprint !== raised.fingerprint;
    return isNew && !known.some((alias) => alias.fingerprint === fingerprint)
      ? [{ fingerprint, of: raised.fingerprint }]
      : [];
  });
  return added.length > 0 ? [...known, ...added].slice(-MAX_ALIASES) : known;
}

/** The first culprit is the service's own code, and what the leak was raised under is a library's, or nothing. */
function isNameBetter({ culprits }: Cause, lead: string | null, module: string | null): boolean {
  const isOwn = (culprit: Cause['culprits'][number] | undefined) =>
    culprit !== undefined &&
    isApplication(
      { function: culprit.function, file: culprit.profileFile ?? '', line: culprit.line ?? 0 },
      module,
    );
  if (!isOwn(culprits[0])) return false;
  const name = lead === null ? null : normalizeFunction(lead);
  return !isOwn(culprits.find((culprit) => normalizeFunction(culprit.function) === name));
}

/** The same code, seen by now to hold more than what it was raised for: connections whose goroutines were seen first. */
function isOuterOf(cause: Cause, leak: RaisedLeak): boolean {
  const lead = getIdentity(cause)[0] ?? null;
  const isSame =
    lead === null ? leak.kind === 'goroutine' && areHeld(cause.heldGoroutines) : lead === leak.lead;
  return isSame && leak.lead === lead && rankOutsideIn(cause) < rankOutsideIn(leak);
}

/** One cause is told once: the leak goes on, under its name, as one of the outer class. */
function widenLeak(
  leak: RaisedLeak,
  cause: Cause,
  input: CaseInput,
  profiles: ProfileEvidence | null,
): RaisedLeak {
  return {
    ...leak,
    kind: cause.kind,
    lane: cause.lane,
    ratePerHour: findLane(input.assessment, cause.lane)?.growth?.perHour ?? null,
    quietSinceMillis: null,
    refutations: 0,
    finding: buildLeakFinding(cause, leak, input.assessment, profiles),
  };
}

/** When it comes back, it is the same incident, whichever class is seen first. */
function addOuterAliases(
  known: readonly Alias[],
  before: readonly RaisedLeak[],
  after: readonly RaisedLeak[],
  { target }: CaseInput,
): readonly Alias[] {
  const added = after.flatMap(({ kind, lead, fingerprint: of }, i): Alias[] => {
    if (kind === before[i].kind || lead === null) return [];
    const fingerprint = computeFingerprint(target.service, kind, [lead]);
    return known.some((alias) => alias.fingerprint === fingerprint) ? [] : [{ fingerprint, of }];
  });
  return added.length > 0 ? [...known, ...added].slice(-MAX_ALIASES) : known;
}

function raiseLeak(
  cause: Cause,
  input: CaseInput,
  profiles: ProfileEvidence | null,
  known: { readonly aliases: readonly Alias[]; readonly earlier: KnownCode | null },
): RaisedLeak {
  const identity = getIdentity(cause);
  const own = computeFingerprint(input.target.service, cause.kind, identity);
  const alias = known.aliases.find(({ fingerprint }) => fingerprint === own)?.of;
  const fingerprint = alias ?? known.earlier?.fingerprint ?? own;
  const isNameAssumed = identity.length === 0 && fingerprint === known.earlier?.fingerprint;
  const raised = {
    fingerprint,
    detectedAt: input.atMillis,
    lead: isNameAssumed ? (known.earlier?.lead ?? null) : (identity[0] ?? null),
    ...(isNameAssumed ? { isNameAssumed } : {}),
  };
  const finding = buildLeakFinding(cause, raised, input.assessment, profiles);
  return {
    ...raised,
    kind: cause.kind,
    lane: cause.lane,
    incarnationStartMillis: input.assessment.incarnationStartMillis,
    ratePerHour: findLane(input.assessment, cause.lane)?.growth?.perHour ?? null,
    refutations: 0,
    quietSinceMillis: null,
    finding,
    raisedBy: finding.evidence,
  };
}

/** Newer numbers under the same identity; a name that the data contradicts for long is refuted. */
function refreshLeak(
  { raised: leak, cause, isSeenInHeap }: KnownLeak,
  input: CaseInput,
  profiles: ProfileEvidence | null,
  isRefuted: boolean,
): RaisedLeak {
  const lane = findLane(input.assessment, leak.lane);
  const explanation = lane === null ? null : explanationOf(lane);
  const isQuiet =
    lane !== null && !lane.isSuspect && explanation !== 'leak' && explanation !== 'undetermined';
  const quietSinceMillis = isQuiet ? (leak.quietSinceMillis ?? input.atMillis) : null;
  if (cause === null) {
    const isCounted = isRefuted && !isSeenInHeap && !isSilent(input.assessment);
    const refutations = isCounted ? leak.refutations + 1 : leak.refutations;
    return { ...leak, quietSinceMillis, refutations };
  }
  const shown = lane?.growth ? statedGrowth(lane.growth, lane, input.assessment) : null;
  const isGrowing = !isQuiet && lane !== null && shown !== null && shown.low > 0;
  const finding = isGrowing
    ? buildLeakFinding(keepLead(cause, leak.lead, input.module), leak, input.assessment, profiles)
    : leak.finding;
  const { isNameAssumed, ...known } = leak;
  const isAssumed = isNameAssumed === true && getIdentity(cause).length === 0;
  return {
    ...known,
    ...(isAssumed ? { isNameAssumed } : {}),
    quietSinceMillis,
    refutations: 0,
    ratePerHour: isGrowing ? (lane.growth?.perHour ?? leak.ratePerHour) : leak.ratePerHour,
    incarnationStartMillis: input.assessment.incarnationStartMillis,
    finding: mergeKnowledge(leak.finding, {
      ...finding,
      evidence: isGrowing ? joinEvidence(leak.raisedBy ?? [], finding.evidence) : finding.evidence,
    }),
  };
}

/** The lead in the identity stays the first culprit, unless it is a library's and the service's own code is known now. */
function keepLead(cause: Cause, lead: string | null, module: string | null): Cause {
  if (lead === null || isNameBetter(cause, lead, module)) return cause;
  const name = normalizeFunction(lead);
  const isLead = (culprit: Cause['culprits'][number]) => normalizeFunction(culprit.function) === name;
  return {
    ...cause,
    culprits: [...cause.culprits.filter(isLead), ...cause.culprits.filter((c) => !isLead(c))],
  };
}

/** After a restart of the process the new life has shown little yet: what was known of the code stays. */
function mergeKnowledge(old: Finding, now: Finding): Finding {
  const onsetAt = findOnset(old, now);
  if (now.culprits.length > 0 || old.culprits.length === 0) return { ...now, onsetAt };
  return { ...now, onsetAt, culprits: old.culprits, pattern: now.pattern ?? old.pattern };
}

/** No leak begins after it was found: such an onset is that of a later life, or of another rate. */
function findOnset(old: Finding, now: Finding): Millis | null {
  const onsetAt = now.onsetAt ?? null;
  const isLater = onsetAt !== null && now.detectedAt !== null && onsetAt > now.detectedAt;
  return isLater ? (old.onsetAt ?? null) : (onsetAt ?? old.onsetAt ?? null);
}

function updateAlarms(
  alarms: readonly Alarm[],
  raisedNow: readonly RaisedLeak[],
  over: readonly OverLeak[],
  atMillis: Millis,
): Alarm[] {
  const withdrawn = new Set(
    over.filter(({ isWithdrawn }) => isWithdrawn).map(({ fingerprint }) => fingerprint),
  );
  const standing = alarms.map((alarm) =>
    alarm.withdrawnAt === null && withdrawn.has(alarm.fingerprint)
      ? { ...alarm, withdrawnAt: atMillis }
      : alarm,
  );
  const added = raisedNow.map(({ fingerprint }) => ({ fingerprint, at: atMillis, withdrawnAt: null }));
  return [...standing, ...added].slice(-MAX_ALARMS);
}
