// "Why was there no alert before this kill?": from what a watch has stored, what was seen and what was missing.
import {
  formatBytes,
  formatBytesPerHour,
  formatDuration,
  MINUTE_MILLIS,
  type Bytes,
  type Millis,
} from '../base/units.ts';
import type { Incident } from '../model/incident.ts';
import type { Report } from '../model/report.ts';
import type { Series, TargetStatus } from '../model/status.ts';
import { fitRobustGrowth, type RobustGrowth } from './robust-growth.ts';

/** What a watch says about one target; gathered by whoever asks it. */
export interface WatchRecord {
  /** Null: it does not watch this service. */
  readonly target: TargetStatus | null;
  /** rssBytes, liveFloorBytes, memoryLimitBytes and processStartMillis of the time before the kill. */
  readonly series: Series | null;
  readonly incidents: readonly Incident[];
  readonly report: Report | null;
  readonly snapshots: readonly { readonly kind: string; readonly takenAt: Millis }[];
}

export interface SilenceAnswer {
  /** An alert was raised, and stood when the process was killed. */
  readonly hadAlert: boolean;
  readonly why: string;
  readonly seen: readonly string[];
  readonly missing: readonly string[];
  /** What the kernel and the watch say otherwise of the same process, both of them, and what may be the reason; null where they agree. */
  readonly disagreement: string | null;
  /** Growth of RSS in the life that was killed, where the watch saw enough of it. */
  readonly growth: RobustGrowth | null;
}

/** Younger lives are not judged: pools and caches fill. Detection wants as much again to see a slope. */
const JUDGED_AFTER: Millis = 40 * MINUTE_MILLIS;
/** A last gauge older than so many intervals: the watch was blind when it happened. */
const BLIND_INTERVALS = 4;
/** So much of the limit within the last minutes is a burst, which no trend foretells. */
const BURST_SHARE = 0.3;
const BURST_MILLIS: Millis = 5 * MINUTE_MILLIS;
/** A live heap below this share of the limit leaves room for the collector, so it was no leak of Go's heap. */
const SMALL_HEAP_SHARE = 0.4;

/** As the kernel log tells them. */
export interface KilledProcess {
  readonly pid: number | null;
  readonly heldBytes: Bytes | null;
}

/** Two sizes of one process, read seconds apart, of which one is less than this share of the other are of two processes, or of a burst. */
const AGREES_SHARE = 0.5;

/** @param limitBytes as the kernel log tells it; the watch may not know one. */
export function whyNoAlert(
  killedAt: Millis,
  limitBytes: Bytes | null,
  record: WatchRecord,
  killed: KilledProcess = { pid: null, heldBytes: null },
): SilenceAnswer {
  const { target, series } = record;
  if (target === null || series === null) {
    return {
      hadAlert: false,
      why: 'this watch does not watch the service',
      seen: [],
      missing: ['the service among its targets: plimsoll watch, or targets in plimsoll.yaml'],
      disagreement: null,
      growth: null,
    };
  }
  const life = lastLife(series, killedAt);
  const seen = describeSeen(life, record, killedAt);
  const missing = describeMissing(record, limitBytes, life);
  const growth = life === null ? null : growthOf(life);
  const disagreement = life === null ? null : describeDisagreement(life, killedAt, killed);
  const alert = findAlert(record.incidents, killedAt);
  if (alert !== null) return { ...alert, seen, missing, disagreement, growth };
  return {
    hadAlert: false,
    why: findReason(killedAt, limitBytes, record, life, growth),
    seen,
    missing,
    disagreement,
    growth,
  };
}

function describeDisagreement(
  life: LifeRows,
  killedAt: Millis,
  { pid, heldBytes }: KilledProcess,
): string | null {
  const row = life.rss.findLastIndex((rss) => rss !== null);
  const rss = life.rss[row] ?? null;
  if (rss === null || heldBytes === null) return null;
  if (Math.min(rss, heldBytes) >= AGREES_SHARE * Math.max(rss, heldBytes)) return null;
  const apart = killedAt - (life.time[row] ?? 0);
  const who = pid === null ? 'the killed process' : `process ${pid}`;
  const isOld = apart > BLIND_INTERVALS * life.intervalMillis;
  const reason = isOld
    ? 'the reading is old'
    : heldBytes > rss
      ? 'a burst since then, or another process of that name than the one that is watched'
      : 'another process of that name than the one that is watched, or one of several of it';
  return `the kernel says that ${who} held ${formatBytes(heldBytes)}, the watch read ${formatBytes(rss)} ${formatDuration(apart)} before: ${reason}`;
}

/** The rows of one life, up to the kill. */
interface LifeRows {
  readonly time: readonly Millis[];
  readonly rss: readonly (number | null)[];
  readonly floor: readonly (number | null)[];
  readonly startMillis: Millis;
  readonly intervalMillis: Millis;
}

function lastLife(series: Series, killedAt: Millis): LifeRows | null {
  const end = series.time.findIndex((at) => at > killedAt);
  const to = end < 0 ? series.time.length : end;
  if (to === 0) return null;
  const started = series.values['processStartMillis'];
  const restart = series.marks.filter(({ kind, at }) => kind === 'restart' && at <= killedAt).at(-1);
  const said = started?.slice(0, to).findLast((value) => value !== null) ?? null;
  const startMillis = Math.max(said ?? -Infinity, restart?.at ?? -Infinity, series.from);
  const from = Math.max(
    0,
    series.time.findIndex((at) => at >= startMillis),
  );
  const time = series.time.slice(from, to);
  const gaps = time
    .slice(1)
    .map((at, i) => at - (time[i] ?? at))
    .sort((a, b) => a - b);
  return {
    time,
    rss: (series.values['rssBytes'] ?? []).slice(from, to),
    floor: (series.values['liveFloorBytes'] ?? []).slice(from, to),
    startMillis,
    intervalMillis: gaps[Math.floor(gaps.length / 2)] ?? MINUTE_MILLIS,
  };
}

function findAlert(
  incidents: readonly Incident[],
  killedAt: Millis,
): Pick<SilenceAnswer, 'hadAlert' | 'why'> | null {
  const before = incidents.filter(({ openedAt }) => openedAt <= killedAt);
  const standing = before.find(({ resolvedAt }) => resolvedAt === null || resolvedAt > killedAt);
  if (standing !== undefined) {
    const ago = formatDuration(killedAt - standing.openedAt);
    const muted = standing.mutedUntil !== null && standing.mutedUntil > killedAt ? '; it was muted' : '';
    return { hadAlert: true, why: `there was one, ${ago} before: ${standing.finding.summary}${muted}` };
  }
  const withdrawn = before.at(-1);
  if (withdrawn === undefined || withdrawn.resolvedAt === null) return null;
  const by = {
    person: 'somebody resolved it',
    gone: 'its target was no longer watched',
    evidence: 'the evidence took it back',
    'goes-on': 'it was taken back as another leak than it was called',
  }[withdrawn.resolvedBy ?? 'evidence'];
  const ago = formatDuration(killedAt - withdrawn.resolvedAt);
  return {
    hadAlert: false,
    why: `there had been one, but ${by} ${ago} before: ${withdrawn.finding.summary}`,
  };
}

/** The first that holds, from what leaves nothing to judge to what was judged and found harmless. */
function findReason(
  killedAt: Millis,
  limitBytes: Bytes | null,
  record: WatchRecord,
  life: LifeRows | null,
  growth: SilenceAnswer['growth'],
): string {
  if (life === null || life.time.length === 0) return 'the watch had no gauges of it before the kill';
  const last = life.time[life.time.length - 1] ?? 0;
  const blind = killedAt - last;
  if (blind > BLIND_INTERVALS * life.intervalMillis)
    return `the watch was blind: its last gauges are ${formatDuration(blind)} older than the kill`;
  const watched = killedAt - Math.max(life.startMillis, life.time[0] ?? 0);
  if (watched < JUDGED_AFTER)
    return `the life was ${formatDuration(watched)} long as far as it was watched: growth is judged after ${formatDuration(JUDGED_AFTER)}`;
  const rss = lastKnown(life.rss);
  if (rss === null) return 'resident memory was not among its gauges';
  const before = valueBefore(life, killedAt - BURST_MILLIS);
  const bound = limitBytes ?? rss;
  if (before !== null && bound - before > BURST_SHARE * bound)
    return `memory jumped: ${formatBytes(before)} five minutes before, with a limit of ${formatBytes(bound)}; a burst within ${formatDuration(BURST_MILLIS)} is no trend`;
  const floor = lastKnown(life.floor);
  if (
    floor !== null &&
    limitBytes !== null &&
    floor < SMALL_HEAP_SHARE * limitBytes &&
    growth?.standsOut !== true
  )
    return `nothing grew: the live heap was ${formatBytes(floor)} of a limit of ${formatBytes(limitBytes)}; the limit is too small for the pace of the collector, or memory outside of Go filled it`;
  // Where it runs again, the report is of the new life and says nothing about this one.
  const report = record.report !== null && record.report.to <= killedAt ? record.report : null;
  if (report?.verdict === 'undetermined')
    return `it could not be told yet: ${report.needed?.what ?? report.summary}`;
  if (report !== null) return `what was seen was judged ${report.verdict}: ${report.summary}`;
  if (growth?.standsOut !== true) return 'growth did not stand out from the noise of this process';
  return `it grew, but had not been confirmed as a leak within the ${formatDuration(watched)} of this life`;
}

function describeSeen(life: LifeRows | null, { snapshots }: WatchRecord, killedAt: Millis): string[] {
  if (life === null || life.time.length === 0) return [];
  const [first = 0] = life.time;
  const seen = [
    `${life.time.length} readings over ${formatDuration(killedAt - first)} of the life that was killed`,
  ];
  const rss = lastKnown(life.rss);
  const last = life.time[life.time.length - 1] ?? 0;
  if (rss !== null) seen.push(`RSS ${formatBytes(rss)}, ${formatDuration(killedAt - last)} before the kill`);
  const floor = lastKnown(life.floor);
  if (floor !== null) seen.push(`live heap ${formatBytes(floor)}`);
  const growth = growthOf(life);
  if (growth !== null)
    seen.push(
      `RSS grew ${formatBytesPerHour(growth.perHour)} (${formatBytesPerHour(growth.low)} to ${formatBytesPerHour(growth.high)})`,
    );
  const newest = snapshots.filter(({ takenAt }) => takenAt <= killedAt && takenAt >= first);
  for (const kind of ['heap', 'goroutine']) {
    const last = newest.filter((snapshot) => snapshot.kind === kind).sort((a, b) => b.takenAt - a.takenAt)[0];
    if (last) seen.push(`a ${kind} profile, ${formatDuration(killedAt - last.takenAt)} before`);
  }
  return seen;
}

function describeMissing(record: WatchRecord, limitBytes: Bytes | null, life: LifeRows | null): string[] {
  const missing: string[] = [];
  if ((record.target?.limitBytes ?? null) === null && limitBytes !== null)
    missing.push(
      `the limit of ${formatBytes(limitBytes)}: without it no time to the limit is told (--memory-limit)`,
    );
  if (life !== null && lastKnown(life.floor) === null) missing.push('gauges of the Go heap');
  const kinds = new Set(record.snapshots.map(({ kind }) => kind));
  if (!kinds.has('heap')) missing.push('a heap profile of any time');
  for (const source of record.target?.sources ?? []) {
    if (source.state === 'failing') missing.push(`${source.request}: ${source.error?.message ?? 'it fails'}`);
  }
  for (const { source, why } of record.report?.missingEvidence ?? []) missing.push(`${source}: ${why}`);
  return [...new Set(missing)];
}

function growthOf(life: LifeRows): SilenceAnswer['growth'] {
  const from = life.time.findIndex((at) => at >= life.startMillis + WARM_UP);
  if (from < 0) return null;
  return fitRobustGrowth(
    life.time.slice(from),
    life.rss.slice(from).map((rss) => rss ?? NaN),
  );
}

/** As in detection. */
const WARM_UP: Millis = 10 * MINUTE_MILLIS;

function lastKnown(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

function valueBefore({ time, rss }: LifeRows, at: Millis): number | null {
  for (let i = time.length - 1; i >= 0; i--) {
    const value = rss[i] ?? null;
    if ((time[i] ?? 0) <= at && value !== null) return value;
  }
  return null;
}
