// Why an alert that fires is not told: people, plans and the service's own repository may say so.
import { DAY_MILLIS, type Millis } from '../base/units.ts';
import type { Feedback, KnownLeak, Silence } from '../model/alert.ts';
import type { Finding } from '../model/finding.ts';
import { matchesAll, parseMatcher, type LabelMatcher } from '../base/label-matcher.ts';

/** A window in which nothing that matches is told: once, or on days of the week (UTC). */
export interface MaintenanceWindow {
  readonly matchers: readonly LabelMatcher[];
  readonly when:
    | { readonly from: Millis; readonly until: Millis }
    /** Days from 0 = Sunday; `startMillis` after midnight. */
    | { readonly days: readonly number[]; readonly startMillis: Millis; readonly lastsMillis: Millis };
}

export interface QuietRules {
  readonly silences: readonly Silence[];
  readonly feedback: readonly Feedback[];
  readonly maintenance: readonly MaintenanceWindow[];
  readonly known: readonly KnownLeak[];
}

/**
 * @param labelsOfEach labels of each instance that leaks: something about instances keeps it quiet only when it is
 *   about all of them.
 */
export function whyQuiet(
  finding: Finding,
  labelsOfEach: readonly Readonly<Record<string, string>>[],
  rules: QuietRules,
  atMillis: Millis,
): string | null {
  const denied = rules.feedback.findLast(({ fingerprint }) => fingerprint === finding.fingerprint);
  if (denied?.verdict === 'not-a-leak') return `not a leak, says ${denied.by}: ${denied.why}`;
  const service = labelsOfEach[0]?.['service'];
  const known = rules.known.find(
    (each) => (each.service === null || each.service === service) && isKnown(each, finding, atMillis),
  );
  if (known) return `known (${known.file}): ${known.because}`;
  const reasons = labelsOfEach.map((labels) => whyInstanceQuiet(labels, rules, atMillis));
  return reasons.every((reason) => reason !== null) ? (reasons[0] ?? null) : null;
}

/**
 * Whether a digest or a sign of life is kept quiet: only by who names its kind. They are about no service, and whoever waits for signs of
 * life is not to be alarmed by what was meant for leaks.
 */
export function isKindQuiet(
  labels: Readonly<Record<string, string>>,
  { silences, maintenance }: Pick<QuietRules, 'silences' | 'maintenance'>,
  atMillis: Millis,
): boolean {
  const isNamed = (matcher: LabelMatcher | null) => matcher?.name === 'kind';
  const rules = {
    silences: silences.filter(({ matchers }) => matchers.some((text) => isNamed(parseMatcher(text)))),
    maintenance: maintenance.filter(({ matchers }) => matchers.some(isNamed)),
  };
  return whyInstanceQuiet(labels, rules, atMillis) !== null;
}

function whyInstanceQuiet(
  labels: Readonly<Record<string, string>>,
  { silences, maintenance }: Pick<QuietRules, 'silences' | 'maintenance'>,
  atMillis: Millis,
): string | null {
  const silence = silences.find((each) => isSilenceActive(each, atMillis) && isMatched(each, labels));
  if (silence) return `${silence.endsAt === null ? 'muted' : 'silenced'} by ${silence.by}: ${silence.why}`;
  const isInWindow = maintenance.some(
    ({ matchers, when }) => isWithin(when, atMillis) && matchesAll(matchers, labels),
  );
  return isInWindow ? 'maintenance' : null;
}

export function isSilenceActive({ startsAt, endsAt }: Silence, atMillis: Millis): boolean {
  return startsAt <= atMillis && (endsAt === null || atMillis < endsAt);
}

/** A silence without a matcher, or with one that cannot be read, keeps nothing quiet. */
function isMatched({ matchers }: Silence, labels: Readonly<Record<string, string>>): boolean {
  const parsed = matchers.map(parseMatcher).filter((matcher) => matcher !== null);
  return parsed.length === matchers.length && parsed.length > 0 && matchesAll(parsed, labels);
}

function isWithin(when: MaintenanceWindow['when'], atMillis: Millis): boolean {
  if ('from' in when) return when.from <= atMillis && atMillis < when.until;
  // A window that began on an earlier day may still last.
  const daysBack = Math.ceil(when.lastsMillis / DAY_MILLIS);
  for (let back = 0; back <= daysBack; back++) {
    const day = Math.floor(atMillis / DAY_MILLIS) - back;
    const start = day * DAY_MILLIS + when.startMillis;
    // 1970-01-01 was a Thursday.
    if (!when.days.includes((day + 4) % 7)) continue;
    if (start <= atMillis && atMillis < start + when.lastsMillis) return true;
  }
  return false;
}

function isKnown(known: KnownLeak, finding: Finding, atMillis: Millis): boolean {
  if (known.untilMillis !== null && atMillis >= known.untilMillis) return false;
  if (known.fingerprint !== null && known.fingerprint !== finding.fingerprint) return false;
  const { function: pattern } = known;
  if (pattern === null) return known.fingerprint !== null;
  // Who has a small part in another leak keeps nothing quiet.
  return finding.culprits.some(
    (culprit, rank) => (rank === 0 || culprit.role === 'holds') && isLike(culprit.function, pattern),
  );
}

/** `*` stands for any text; linear in both, whatever they hold. */
export function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split('*');
  const [head = '', ...rest] = parts;
  const tail = rest.pop();
  if (tail === undefined) return text === pattern;
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  let at = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + tail.length <= text.length;
}
