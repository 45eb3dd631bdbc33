import { describe, expect, it } from 'vitest';
import type { TargetStatus } from '../model/status.ts';
import type { Report } from '../model/report.ts';
import type { WatchView } from '../pipeline/watch-view.ts';
import { StatusLines, countStates, mostUrgent } from './status-lines.ts';

/** `orders:leak billing:down` */
function targets(drawn: string): TargetStatus[] {
  return drawn.split(' ').map((word) => {
    const [service = '', state = ''] = word.split(':');
    const isDown = state === 'down';
    return {
      service,
      instance: `${service}:1`,
      labels: {},
      state: isDown ? 'down' : 'up',
      verdict: isDown ? 'leak' : (state as TargetStatus['verdict']),
      isSuspect: false,
      goVersion: null,
      module: null,
      processStartAt: null,
      restarts: 0,
      firstEvidenceAt: null,
      lastEvidenceAt: null,
      memoryBytes: null,
      liveHeapBytes: null,
      limitBytes: null,
      growth: null,
      diagnosticUntil: null,
      needed: null,
      sources: [],
      missingEvidence: [],
    };
  });
}

describe('the line of a watch over several targets', () => {
  it.each([
    ['a:no-growth b:leak c:undetermined', 'b'],
    ['a:leak b:down', 'b'],
    ['a:no-growth b:no-growth', 'a'],
    ['a:load-driven b:step c:filling-to-bound', 'b'],
  ])('of %s is spent on %s', (drawn, service) => {
    expect(mostUrgent(targets(drawn))?.service).toBe(service);
  });

  it('counts a target that is down by that, not by the verdict it had', () => {
    expect(countStates(targets('a:leak b:down c:no-growth d:no-growth'))).toBe(
      '4 targets: 1 down, 1 leak, 2 no-growth',
    );
  });

  it('needs a target', () => {
    expect(mostUrgent([])).toBeNull();
  });
});

const HOUR = 3_600_000;

/** A watch at these reports, one after the other: `undetermined`, `leak:a1`, `filling-to-bound`; what it prints and tells. */
function follow(reports: readonly string[], timeScale = 1, askingUntil = 0) {
  const results: string[] = [];
  const rounds: number[] = [];
  const told: { text: string; everyMillis: number }[] = [];
  const terminal = {
    result: (text: string) => {
      results.push(text);
      rounds.push(now);
    },
    progress: (text: string, pace?: { readonly everyMillis: number } | null) =>
      void told.push({ text, everyMillis: pace?.everyMillis ?? 0 }),
  };
  let now = 0;
  const view = {
    timeScale,
    now: () => now * HOUR,
    counters: () => ({ evaluations: 1 }),
    targets: () => targets('orders:undetermined'),
    isAskingSources: () => now < askingUntil,
    report: () => drawnReport(reports[now] ?? '', now),
  } as unknown as WatchView;
  const lines = new StatusLines(view, terminal, false);
  for (; now < reports.length; now++) lines.show();
  return { results, rounds, told };
}

function drawnReport(drawn: string, hour: number): Report {
  const [verdict = '', ...found] = drawn.split(' ');
  const findings = found.map((word) => {
    const [of = '', fingerprint = ''] = word.split(':');
    const finding = { verdict: of, class: 'heap', fingerprint, summary: `${fingerprint} is ${of}` };
    return {
      ...finding,
      culprits: [],
      evidence: [],
      ruledOut: [],
      growth: null,
      counts: null,
      timeToExhaustion: null,
      pattern: null,
      fix: null,
    };
  });
  const report = { target: { service: 'orders', instance: 'orders:1' }, verdict, findings };
  const rest = { from: 0, to: hour * HOUR, timeScale: 1, smallestDetectable: null, alarms: [] };
  return {
    ...report,
    ...rest,
    missingEvidence: [],
    exhaustion: null,
    summary: `${verdict} said`,
  } as unknown as Report;
}

describe('what a watch says', () => {
  it('is one line a change of verdict, and nothing while only suspicions come and go', () => {
    const reports = [
      'undetermined',
      'undetermined undetermined:a1',
      'undetermined',
      'no-growth',
      'no-growth',
      'filling-to-bound filling-to-bound:a1',
    ];
    expect(follow(reports).results).toEqual([
      'orders: undetermined after 0 s: undetermined said',
      'orders: no-growth after 3 h: no-growth said',
      'orders: filling-to-bound after 5 h: filling-to-bound said',
    ]);
  });

  it('is the whole report when a leak comes and when it is over', () => {
    const { results } = follow(['leak leak:a1', 'leak leak:a1', 'no-growth', 'no-growth']);
    expect(results).toHaveLength(2);
    for (const text of results) expect(text).toMatch(/^\n.*\n/);
  });

  it('of a leak waits for what the sources say, and no longer than ten rounds', () => {
    const reports = Array<string>(20).fill('leak leak:a1');
    expect([0, 4, 99].map((askingUntil) => follow(reports, 1, askingUntil).rounds)).toEqual([[0], [4], [10]]);
  });

  it.each([
    [1, 10 * 60_000],
    [60, 60_000],
  ])('gives a log at %dx a sign of life each %d ms', (scale, millis) => {
    expect(follow(['undetermined'], scale).told[0]?.everyMillis).toBe(millis);
  });
});
