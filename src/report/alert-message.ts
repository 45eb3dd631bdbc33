// An alert in words: what every sink shows, each in its own form. Made of findings alone, so that no secret of the
// configuration can be in it.
import { formatUtcMinute } from '../base/calendar.ts';
import { formatBytes, formatDuration, type Millis } from '../base/units.ts';
import type { Alert, AlertMessage, NoticeKind } from '../model/alert.ts';
import { formatGrowth, formatPlace } from '../model/finding-text.ts';
import type { Finding } from '../model/finding.ts';
import { ENDED_WORDS, type Ending } from '../model/incident.ts';
import { writeEvidenceLines } from './alert-evidence.ts';
import { printable } from './style.ts';
import { formatLimit } from './text.ts';

export type SourceState = 'none' | 'asking' | 'asked';

export interface AlertWords {
  readonly alert: Alert;
  readonly kind: NoticeKind;
  /** Of the instance whose limit is nearest. */
  readonly finding: Finding;
  /** Why it is over, for `resolved`. */
  readonly why: string | null;
  /** Who said that it is over, as the incident has it. */
  readonly resolvedBy?: Ending;
  /** Other leaks that stand in the same process, by their code. */
  readonly goesOnAs?: readonly string[];
  /** Whether the watch has Go sources, and has asked them about this leak. */
  readonly sources: SourceState;
  readonly links: AlertMessage['links'];
  /** On the clock of the finding. */
  readonly atMillis: Millis;
  /** The same moment for the reader, Unix milliseconds: a message may wait for its sink, "in 2 h" is counted from here. */
  readonly toldAtMillis: Millis;
  /** Virtual seconds a real one; instants are only told where they are the reader's. */
  readonly timeScale: number;
}

/** Longer names are cut: a line of chat, and limits of vendors (PagerDuty: 1024 for a summary). */
const MAX_SUMMARY = 900;
const MAX_TITLE = 200;
const MAX_FACT = 300;
const MAX_NAMED = 3;

const HEADS: Readonly<Record<NoticeKind, string>> = {
  opened: 'Memory leak',
  escalated: 'The limit comes near',
  repeated: 'Still leaking',
  resolved: 'Resolved',
  regressed: 'The leak is back',
  digest: 'Digest',
  heartbeat: 'Plimsoll is watching',
  test: 'Test',
};

/** What ended it is the first that a reader has to know: only evidence says that it is mended. */
const ENDS: Readonly<Record<Ending, string>> = {
  evidence: HEADS.resolved,
  person: 'Resolved by hand',
  gone: 'Gone, no fix was seen',
  'goes-on': 'Not over, but another leak',
};

/** The message of an alert about a leak. */
export function writeAlertMessage(words: AlertWords): AlertMessage {
  const { alert, kind, finding, resolvedBy = 'evidence' } = words;
  const isOver = kind === 'resolved';
  const culprit = finding.culprits[0];
  const where = culprit === undefined ? '' : `: ${culprit.function}`;
  return {
    title: shorten(`${isOver ? ENDS[resolvedBy] : HEADS[kind]} in ${alert.service}${where}`, MAX_TITLE),
    summary: shorten(isOver ? describeEnd(words, resolvedBy) : finding.summary, MAX_SUMMARY),
    facts: describeFacts(words).map(({ name, value }) => ({ name, value: shorten(value, MAX_FACT) })),
    evidence: isOver ? [] : writeEvidenceLines(finding.evidence).map((line) => shorten(line, MAX_FACT)),
    advice: isOver ? null : shorten(describeAdvice(finding, words.sources), MAX_SUMMARY),
    links: words.links,
  };
}

function describeEnd({ why, finding, goesOnAs = [] }: AlertWords, by: Ending): string {
  if (by !== 'goes-on') return `Over: ${why ?? 'growth is gone'}. It was: ${finding.summary}`;
  const others =
    goesOnAs.length === 0
      ? 'No other leak of this process is told yet; it is watched on'
      : `Leaks of this process that are told: ${listSome(goesOnAs)}`;
  return `The growth goes on: ${why ?? 'it is another leak'}. ${others}. It was called: ${finding.summary}`;
}

const THRESHOLD_HEADS: Readonly<Partial<Record<NoticeKind, string>>> = {
  resolved: 'Threshold no longer crossed',
  repeated: 'Threshold still crossed',
  regressed: 'Threshold crossed again',
};

/** The message of an alert about a plain threshold: says that it is no verdict. */
export function writeThresholdMessage({
  alert,
  kind,
  finding,
  why,
  links,
  atMillis,
  toldAtMillis,
}: AlertWords): AlertMessage {
  const isOver = kind === 'resolved';
  const facts = [
    { name: 'Level', value: isOver ? 'resolved' : alert.level },
    ...(alert.labels['owner'] === undefined ? [] : [{ name: 'Owner', value: alert.labels['owner'] }]),
    ...(isOver ? [] : [{ name: 'Instances', value: describeInstances(alert) }]),
    { name: 'Open for', value: formatDuration((alert.resolvedAt ?? atMillis) - alert.openedAt) },
    { name: 'As of', value: formatInstant(toldAtMillis) },
  ];
  return {
    title: shorten(`${THRESHOLD_HEADS[kind] ?? 'Threshold crossed'} in ${alert.service}`, MAX_TITLE),
    summary: shorten(
      isOver ? `Over: ${why ?? ''}. It was: ${finding.summary}` : finding.summary,
      MAX_SUMMARY,
    ),
    facts: facts.map(({ name, value }) => ({ name, value: shorten(value, MAX_FACT) })),
    evidence: [],
    advice: isOver
      ? null
      : 'This is a plain threshold of the configuration, not a verdict: the page says whether it is a leak, load, a cache that fills, or not decided yet.',
    links,
  };
}

/** Of a watcher of a part of the fleet it says so: others may have the same leak. */
function describeInstances({ instances, shard }: Alert): string {
  return `${listSome(instances)}${shard === undefined ? '' : ` (of shard ${shard})`}`;
}

function describeFacts(words: AlertWords): AlertMessage['facts'] {
  const { alert, finding, kind, atMillis, toldAtMillis } = words;
  const [culprit] = finding.culprits;
  const { growth } = finding;
  const isOver = kind === 'resolved';
  const facts: [string, string | null][] = [
    ['Level', isOver ? ENDED_WORDS[words.resolvedBy ?? 'evidence'] : alert.level],
    ['Culprit', culprit === undefined ? null : describeCulprit(culprit)],
    ['Version', alert.labels['version'] ?? null],
    ['Owner', alert.labels['owner'] ?? null],
    ['Growth', growth === null ? null : formatGrowth(growth)],
    ['Count', finding.counts ? formatGrowth(finding.counts) : null],
    ['Holds', (finding.heldBytes ?? null) === null ? null : formatBytes(finding.heldBytes ?? 0)],
    ['Limit', isOver ? null : describeLimit(words)],
    ['Instances', isOver ? null : describeInstances(alert)],
    ['Open for', formatDuration((alert.resolvedAt ?? atMillis) - alert.openedAt)],
    ['As of', formatInstant(toldAtMillis)],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}

function describeLimit({ finding, atMillis, toldAtMillis, timeScale }: AlertWords): string | null {
  const { timeToExhaustion: limit, noForecast } = finding;
  if (limit === null) return noForecast ?? null;
  const left = limit.at - atMillis;
  const when = timeScale === 1 && left > 0 ? `, at ${formatInstant(toldAtMillis + left)}` : '';
  return `${formatLimit(limit, atMillis)}${when}`;
}

/** `2026-11-22 14:10 UTC`: readers of one message sit in several time zones. */
function formatInstant(millis: Millis): string {
  return `${formatUtcMinute(millis)} UTC`;
}

function describeCulprit(culprit: Finding['culprits'][number]): string {
  return culprit.file === null ? culprit.function : `${culprit.function} at ${formatPlace(culprit)}`;
}

function listSome(names: readonly string[]): string {
  const named = names.slice(0, MAX_NAMED).join(', ');
  const more = names.length - MAX_NAMED;
  return more > 0 ? `${names.length}: ${named} and ${more} more` : named;
}

function describeAdvice({ fix, culprits }: Finding, sources: SourceState): string {
  if (fix !== null) {
    const place = fix.file === null ? '' : ` (${fix.file}${fix.line === null ? '' : `:${fix.line}`})`;
    return `${fix.text}${place}`;
  }
  const [culprit] = culprits;
  if (culprit === undefined)
    return 'Turn on pprof for this service, so that the code can be named: plimsoll doctor says how.';
  const made = culprit.role === 'allocates' ? 'allocates' : 'starts';
  return `Look at what keeps what ${culprit.function} ${made}${FURTHER[sources]}`;
}

/** What more there is to come. */
const FURTHER: Readonly<Record<SourceState, string>> = {
  none: '; with its sources (setting source) the holder and the fix are named.',
  asking: '; the sources are being read: the page will say what holds it, and the fix where they show one.',
  asked: ': the sources that are there show no fix by themselves.',
};

function shorten(text: string, longest: number): string {
  const clean = printable(text);
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean;
}

/** The whole message as plain text: mail, issues, files, logs. */
export function formatAlertText(message: AlertMessage): string {
  const width = Math.max(0, ...message.facts.map(({ name }) => name.length)) + 2;
  const lines = [message.title, '', message.summary, ''];
  lines.push(...message.facts.map(({ name, value }) => `${`${name}:`.padEnd(width)}${value}`));
  if (message.evidence.length > 0) lines.push('', 'Evidence:', ...message.evidence.map((e) => `- ${e}`));
  if (message.advice !== null) lines.push('', `What to do: ${message.advice}`);
  if (message.links.length > 0) lines.push('', ...message.links.map(({ name, url }) => `${name}: ${url}`));
  return `${lines.join('\n')}\n`;
}
