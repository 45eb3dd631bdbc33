// What is remembered of a target between evaluations. Plain JSON: it is stored and read back across restarts.
import type { Millis } from '../base/units.ts';
import type { Assessment, Lane } from '../detect/assessment.ts';
import type { ConfirmationState } from '../detect/confirm.ts';
import type { Alarm, Evidence, Finding, LeakClass } from '../model/finding.ts';
import type { TargetName } from '../model/target.ts';
import type { Profiles } from './profile-evidence.ts';
import type { SourceFacts, SourceQuestion } from './source/source-facts.ts';

/** Alarms kept for one target; the oldest go. A target that raises more has other problems. */
export const MAX_ALARMS = 200;
/** Leaks open at once for one target: five lanes and as many second causes. */
export const MAX_RAISED = 12;

/** Leaks that stopped in this life, kept for one target; the oldest go. */
export const MAX_STOPPED = 3;

/** Names that were learned late, kept for one target; the oldest go. As many as leaks could have had one over months. */
export const MAX_ALIASES = 50;
/** Leaks with a name that are over, kept for one target; the oldest go. */
export const MAX_ENDED = 50;

export const CASE_VERSION = 1;

export interface CaseState {
  readonly version: typeof CASE_VERSION;
  /** Lanes that are called a leak but not raised yet, and since when. */
  readonly waiting: readonly { readonly lane: Lane; readonly sinceMillis: Millis }[];
  /** Lanes that profiles prove at each evaluation, and since when. */
  readonly proven: readonly { readonly lane: Lane; readonly sinceMillis: Millis }[];
  readonly raised: readonly RaisedLeak[];
  /** Every alarm ever raised, oldest first. */
  readonly alarms: readonly Alarm[];
  /** Missing from states that were stored before there were any. */
  readonly aliases?: readonly Alias[];
  /** Leaks with a name that are over, the newest last. Missing from states that were stored before they were kept. */
  readonly ended?: readonly KnownCode[];
  /** Leaks that stopped in this life of the process, newest last. Missing from states that were stored before they were kept. */
  readonly stopped?: readonly StoppedLeak[];
}

/** What it brought is still held: the process goes on. */
export interface StoppedLeak {
  readonly finding: Finding;
  readonly incarnationStartMillis: Millis;
}

/** The fingerprint under which people know a leak of this code. */
export interface KnownCode {
  readonly fingerprint: string;
  readonly kind: LeakClass;
  /** First function of its name. */
  readonly lead: string;
  /** Of leaks of this target that are over. Missing from states that were stored before it was kept. */
  readonly endedAt?: Millis;
}

/** A leak that was raised before its code was known goes on under its first fingerprint, also when it comes back. */
export interface Alias {
  /** What the code that is known by now would be called. */
  readonly fingerprint: string;
  readonly of: string;
}

/** One evaluation's inputs. */
export interface CaseInput {
  readonly target: TargetName;
  /** Import path of the main module, null when unknown. */
  readonly module: string | null;
  readonly assessment: Assessment;
  /** The same with verdicts that have held (detect/settle.ts), for what is told and decides nothing; null = `assessment`. */
  readonly shown?: Assessment | null;
  /** What stage 1 claims over time, this evaluation taken in. */
  readonly confirmation: ConfirmationState;
  readonly profiles: Profiles;
  /** Profiles before this are of a leak that is over; null = all of this life count. */
  readonly profilesFromMillis?: Millis | null;
  /** Leaks of the other instances of the service, as far as they are known, those that stand last. */
  readonly siblings?: readonly KnownCode[];
  /** What the sources are known to say; null where nobody asked them, or they say nothing. */
  readonly askSources?: (question: SourceQuestion) => SourceFacts | null;
  readonly atMillis: Millis;
}

/** A leak that was raised: its identity stands, what is known of it may grow. */
export interface RaisedLeak {
  readonly fingerprint: string;
  readonly kind: LeakClass;
  readonly lane: Lane;
  /** Function in the identity; null when it was raised before the code was named. */
  readonly lead: string | null;
  /** No profile has shown its code since it was raised: the name is that of an earlier leak of its class. */
  readonly isNameAssumed?: boolean;
  readonly detectedAt: Millis;
  readonly incarnationStartMillis: Millis;
  /** Growth when it was last seen, in the lane's unit per hour. */
  readonly ratePerHour: number | null;
  /** Evaluations in a row in which the data named something else. */
  readonly refutations: number;
  /** Since when its lane shows no growth; null while it does. */
  readonly quietSinceMillis: Millis | null;
  readonly finding: Finding;
  /** What it was raised by; missing from states that were stored before this was kept. */
  readonly raisedBy?: readonly Evidence[];
}

/** Lanes from the outside in: what one holds grows in those behind it as well. */
const OWNERSHIP: readonly Lane[] = ['thread', 'fd', 'goroutine', 'heap'];

/** 0 = outermost; what holds nothing of another class is innermost. */
export function rankOutsideIn({ kind }: Pick<RaisedLeak, 'kind'>): number {
  const rank = OWNERSHIP.findIndex((name) => name === kind);
  return rank === -1 ? OWNERSHIP.length : rank;
}

/** The lanes whose growth a leak explains: its own, and those inside it. */
export function lanesInside({ kind, lane }: RaisedLeak): Lane[] {
  const outermost = OWNERSHIP.findIndex((name) => name === kind || name === lane);
  return outermost === -1 ? [lane] : OWNERSHIP.slice(outermost);
}

/** A raised leak that is no more. */
export interface OverLeak {
  readonly fingerprint: string;
  readonly why: string;
  /** It was never a leak: its alarm was false. */
  readonly isWithdrawn: boolean;
  /** Only its name or class was wrong: the growth stands, and is evidence for what it is called next. */
  readonly goesOn?: boolean;
  /** It bends towards a bound: what was grown until then explains what it is, and goes on being fitted. */
  readonly isBound?: boolean;
}

export const EMPTY_CASE: CaseState = {
  version: CASE_VERSION,
  waiting: [],
  proven: [],
  raised: [],
  alarms: [],
};
