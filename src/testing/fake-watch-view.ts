// A running watch without a pipeline, for tests of the server and the page: the fleet of fake-fleet.ts, actions
// that take effect, changes that tests emit.
import { HOUR_MILLIS, MIB, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { ChainStep } from '../model/chain-step.ts';
import type { Finding } from '../model/finding.ts';
import type { Incident, Told } from '../model/incident.ts';
import { gravestVerdict, sortFindings, type Report } from '../model/report.ts';
import type { Mark, Series, SourceExcerpt, TargetStatus } from '../model/status.ts';
import type { TargetName } from '../model/target.ts';
import type { IncidentAction, WatchChange, WatchCounters, WatchView } from '../pipeline/watch-view.ts';
import { HUB_FINGERPRINT, loadFinding, SOURCE_TEXT } from './fake-findings.ts';
import { fakeIncidents, fakeTargets } from './fake-fleet.ts';

export const FAKE_NOW: Millis = 1_790_000_000_000;

/** Smallest body that a gzip reader accepts: what a stored profile starts with. */
export const FAKE_PROFILE_BYTES = new Uint8Array([
  0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

const FAKE_STEP: ChainStep = {
  step: 'limit',
  question: 'Is the memory limit too small?',
  prediction: 'the peak of resident memory comes close to it',
  test: 'peak of resident memory over the limit',
  numbers: { statistic: 0.42, threshold: 0.9 },
  outcome: 'contradicts',
  answer: 'No: the peak took 42 % of 512 MiB.',
  ruledOut: [{ explanation: 'a limit that is too small', why: 'the peak took 42 % of it' }],
  advice: ['memory limit 272 MiB (224 MiB to 400 MiB)'],
  next: [],
};

export class FakeWatchView implements WatchView {
  readonly timeScale: number;
  readonly startedAtMillis: Millis;
  recording: string | null = null;
  /** Public so that a test can change what is watched; then `emit` what changed. */
  targetList: TargetStatus[];
  incidentList: Incident[];
  ready = { isReady: true, reason: 'ready' };
  readonly marks: { service: string; instance: string | null; mark: Mark }[] = [];
  readonly diagnosing = new Map<string, Millis | null>();
  /** When set, every read of the store fails with it. */
  storeError: Error | null = null;
  readonly #listeners = new Set<(change: WatchChange) => void>();
  #now: Millis;

  constructor(options: { readonly timeScale?: number; readonly isEmpty?: boolean } = {}) {
    this.#now = FAKE_NOW;
    this.timeScale = options.timeScale ?? 1;
    this.startedAtMillis = FAKE_NOW - 7 * HOUR_MILLIS;
    this.targetList = options.isEmpty ? [] : fakeTargets(FAKE_NOW);
    this.incidentList = options.isEmpty ? [] : fakeIncidents(FAKE_NOW);
  }

  now(): Millis {
    return this.#now;
  }

  advance(millis: Millis): void {
    this.#now += millis;
  }

  emit(change: WatchChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  readiness() {
    return Promise.resolve(this.ready);
  }

  targets(): readonly TargetStatus[] {
    return this.targetList;
  }

  incidents(): readonly Incident[] {
    return this.incidentList;
  }

  unseenCauses(): ReadonlyMap<string, 'unknown' | 'elsewhere'> {
    return new Map();
  }

  labelsOf({ service, instance }: TargetName): Readonly<Record<string, string>> | null {
    return this.targetList.find((t) => t.service === service && t.instance === instance)?.labels ?? null;
  }

  isAskingSources(): boolean {
    return false;
  }

  report(service: string, instance?: string): Report | null {
    const targets = this.targetList.filter(
      (t) => t.service === service && (instance === undefined || t.instance === instance),
    );
    const first = targets[0];
    if (!first) return null;
    const findings = sortFindings(this.#findings(service, instance));
    const verdict = gravestVerdict(findings, first.verdict);
    return {
      schema: 'plimsoll-report/1',
      target: { service, instance: instance ?? first.instance },
      instances: targets.map((t) => ({ service, instance: t.instance })),
      from: first.firstEvidenceAt ?? this.#now,
      to: this.#now,
      timeScale: this.timeScale,
      verdict,
      summary: findings[0]?.summary ?? SUMMARIES[first.verdict],
      findings,
      smallestDetectable: first.verdict === 'undetermined' ? null : 1.8 * MIB,
      needed: first.needed,
      exhaustion: findings[0]?.timeToExhaustion ?? null,
      alarms: [],
      missingEvidence: first.missingEvidence,
      ledger: null,
      investigation: service === 'orders' ? [FAKE_STEP] : [],
      warnings: service === 'orders' ? ['One scrape was refused and taken again.'] : [],
    };
  }

  #findings(service: string, instance: string | undefined): Finding[] {
    const byFingerprint = new Map<string, Finding>();
    for (const incident of this.incidentList) {
      const isWanted =
        incident.service === service && (instance === undefined || incident.instance === instance);
      if (isWanted && incident.state !== 'resolved' && !byFingerprint.has(incident.fingerprint)) {
        byFingerprint.set(incident.fingerprint, incident.finding);
      }
    }
    return service === 'gateway' ? [loadFinding(FAKE_NOW)] : [...byFingerprint.values()];
  }

  async series(
    service: string,
    instance: string,
    query: { fromMillis: Millis; toMillis: Millis; maxPoints: number; gauges: readonly string[] },
  ): Promise<Series | null> {
    if (this.storeError) throw this.storeError;
    const found = this.targetList.find((t) => t.service === service && t.instance === instance);
    return found ? drawSeries(found, query, this.#now) : null;
  }

  source(fingerprint: string): Promise<SourceExcerpt | null> {
    const lines = SOURCE_TEXT.split('\n');
    const excerpt = { file: 'sub/hub.go', line: 41, firstLine: 33, lines };
    return Promise.resolve(fingerprint === HUB_FINGERPRINT ? excerpt : null);
  }

  profiles(service: string, instance: string) {
    if (service !== 'orders') return Promise.resolve([]);
    const id = (kind: string) => `${kind}-${instance.replace(/\W/g, '')}`;
    return Promise.resolve([
      { id: id('heap'), kind: 'heap', takenAt: this.#now - 6 * MINUTE_MILLIS, sizeBytes: 48_211 },
      { id: id('goroutine'), kind: 'goroutine', takenAt: this.#now - 7 * MINUTE_MILLIS, sizeBytes: 9_120 },
    ]);
  }

  profileBytes(id: string) {
    return Promise.resolve(
      id.startsWith('gone') ? null : { bytes: FAKE_PROFILE_BYTES, fileName: `orders ${id}.pb.gz` },
    );
  }

  noteTold(fingerprint: string, told: Told): void {
    this.incidentList = this.incidentList.map((incident) => {
      const isKept = incident.told !== undefined || incident.state !== 'resolved';
      return incident.fingerprint === fingerprint && isKept ? { ...incident, told } : incident;
    });
  }

  async act(incidentId: string, action: IncidentAction): Promise<Incident | null> {
    const index = this.incidentList.findIndex((i) => i.id === incidentId);
    const incident = this.incidentList[index];
    if (!incident) return null;
    const changed = applyAction(incident, action, this.#now);
    this.incidentList = this.incidentList.with(index, changed);
    this.emit({ kind: 'incident', service: incident.service, id: incident.id, atMillis: this.#now });
    return changed;
  }

  addMark(service: string, instance: string | null, mark: Mark): Promise<void> {
    this.marks.push({ service, instance, mark });
    return Promise.resolve();
  }

  diagnose(service: string, untilMillis: Millis | null): boolean {
    if (!this.targetList.some((t) => t.service === service)) return false;
    this.diagnosing.set(service, untilMillis);
    this.targetList = this.targetList.map((t) =>
      t.service === service ? { ...t, diagnosticUntil: untilMillis } : t,
    );
    return true;
  }

  counters(): WatchCounters {
    return {
      scrapes: 13_440,
      scrapeFailures: 20,
      profiles: 72,
      profileFailures: 3,
      evaluations: 3360,
      evaluationSeconds: 4.75,
      storeFailures: 0,
    };
  }

  subscribe(listener: (change: WatchChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

const SUMMARIES: Readonly<Record<TargetStatus['verdict'], string>> = {
  leak: 'Memory leaks.',
  undetermined: 'Too little evidence for a verdict yet.',
  step: 'Memory rose once and stays there.',
  'filling-to-bound': 'A cache fills; it levels off near 720 MiB [680 MiB, 790 MiB].',
  'load-driven': 'Memory follows the load.',
  'no-growth': 'No growth; a leak above 1.8 MiB/h would have been seen by now.',
};

function applyAction(incident: Incident, action: IncidentAction, now: Millis): Incident {
  switch (action.kind) {
    case 'ack':
      return withTransition({ ...incident, state: 'acknowledged' }, 'acknowledged', 'by hand', now);
    case 'mute':
      return withTransition(
        { ...incident, state: 'muted', mutedUntil: action.untilMillis },
        'muted',
        'by hand',
        now,
      );
    case 'resolve':
      return withTransition({ ...incident, state: 'resolved', resolvedAt: now }, 'resolved', action.why, now);
  }
}

function withTransition(
  incident: Incident,
  what: Incident['history'][number]['what'],
  why: string,
  at: Millis,
): Incident {
  return { ...incident, history: [...incident.history, { at, what, why }] };
}

/** A day's swell, garbage as a saw, and the growth of the target on top; no randomness, so pictures compare. */
function drawSeries(
  target: TargetStatus,
  query: { fromMillis: Millis; toMillis: Millis; maxPoints: number; gauges: readonly string[] },
  now: Millis,
): Series {
  const from = Math.max(query.fromMillis, target.firstEvidenceAt ?? now);
  const to = Math.min(query.toMillis, target.lastEvidenceAt ?? now);
  const isOne = to - from < MINUTE_MILLIS;
  const points = isOne ? 1 : Math.min(query.maxPoints, 400);
  const time = Array.from({ length: points }, (_, i) => from + ((to - from) * i) / Math.max(1, points - 1));
  const perMilli = (target.growth?.perHour ?? 0) / HOUR_MILLIS;
  const rss = target.memoryBytes ?? 0;
  const level = (at: Millis, base: number) => base + perMilli * (at - to);
  const wave = (at: Millis) =>
    Math.sin(at / (37 * MINUTE_MILLIS)) + 0.4 * Math.sin(at / (11 * MINUTE_MILLIS));
  const draw: Readonly<Record<string, (at: Millis, i: number) => number>> = {
    rssBytes: (at, i) => level(at, rss) + 6 * MIB * wave(at) + ((i * 7) % 5) * MIB,
    liveFloorBytes: (at) => level(at, target.liveHeapBytes ?? rss * 0.6) + 2 * MIB * wave(at),
    goroutines: (at) =>
      27_884 + ((target.growth?.perHour ?? 0) / HOUR_MILLIS / 8400) * (at - to) + 20 * wave(at),
  };
  const values = Object.fromEntries(
    query.gauges.map((name) => [name, time.map((at, i) => draw[name]?.(at, i) ?? null)]),
  );
  const isLeak = target.verdict === 'leak' && !isOne;
  return {
    service: target.service,
    instance: target.instance,
    from,
    to,
    time,
    values,
    limitBytes: target.limitBytes,
    goMemLimitBytes: target.service === 'orders' ? 460 * MIB : null,
    marks: target.service === 'orders' ? drawMarks(to) : [],
    fits: isLeak ? drawFits(target, from, to, level) : [],
    forecast: isLeak ? drawForecast(target, to) : null,
    ledger: isOne ? null : drawLedger(rss, target.liveHeapBytes ?? 0),
  };
}

function drawMarks(to: Millis): Mark[] {
  return [
    { at: to - 6.2 * HOUR_MILLIS, kind: 'restart', text: 'process started again' },
    { at: to - 5 * HOUR_MILLIS, kind: 'deploy', text: 'v1.4.2' },
    { at: to - 3 * HOUR_MILLIS, kind: 'alarm', text: 'leak in sub.(*Hub).Subscribe' },
  ];
}

function drawFits(
  target: TargetStatus,
  from: Millis,
  to: Millis,
  level: (at: Millis, base: number) => number,
): Series['fits'] {
  const time = [from, (from + to) / 2, to];
  const base = target.liveHeapBytes ?? 0;
  const heap = {
    lane: 'heap',
    unit: 'bytes',
    time,
    value: time.map((at) => level(at, base)),
    growth: target.growth,
  };
  if (target.service !== 'orders') return [heap];
  const counts = { unit: 'goroutines', perHour: 3870, low: 3810, high: 3930, confidence: 0.95 };
  const value = time.map((at) => 27_884 + (3870 / HOUR_MILLIS) * (at - to));
  return [heap, { lane: 'goroutine', unit: 'goroutines', time, value, growth: counts }];
}

function drawForecast(target: TargetStatus, to: Millis): Series['forecast'] {
  const { growth, memoryBytes, limitBytes } = target;
  if (!growth || memoryBytes === null || limitBytes === null) return null;
  const reach = ((limitBytes - memoryBytes) / growth.perHour) * HOUR_MILLIS;
  const time = Array.from({ length: 12 }, (_, i) => to + (reach * (i + 1)) / 12);
  const along = (perHour: number) =>
    time.map((at) => Math.min(limitBytes, memoryBytes + (perHour / HOUR_MILLIS) * (at - to)));
  return { time, mid: along(growth.perHour), low: along(growth.low), high: along(growth.high) };
}

function drawLedger(rss: number, live: number): Series['ledger'] {
  const rest = rss - live;
  return {
    rssBytes: rss,
    liveBytes: live,
    garbageBytes: rest * 0.32,
    stackBytes: rest * 0.3,
    runtimeBytes: rest * 0.1,
    fragmentationBytes: rest * 0.08,
    idleBytes: rest * 0.12,
    nativeBytes: null,
    fileBackedBytes: rest * 0.06,
    residualBytes: rest * 0.02,
  };
}
