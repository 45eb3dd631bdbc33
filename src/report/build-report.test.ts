import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Finding } from '../model/finding.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { buildReport, type AssessedTarget, type ReportInput } from './build-report.ts';
import { formatReportHtml } from './html.ts';
import { buildReportJsonSchema } from './schema.ts';
import { formatReportText } from './text.ts';

const QUIET: AssessedTarget = {
  lanes: [
    { lane: 'heap', verdict: 'no-growth', needed: null },
    { lane: 'goroutine', verdict: 'no-growth', needed: null },
  ],
  ledger: { atMillis: 5, rssBytes: 100, liveBytes: 40, nativeBytes: null, residualBytes: NaN },
  exhaustion: null,
  smallestDetectableBytesPerHour: 2 * MIB,
  needed: null,
  missing: [],
};

function build(over: Partial<ReportInput> = {}) {
  return buildReport({
    target: { service: 'orders', instance: '127.0.0.1:8080' },
    from: 0,
    to: 4 * HOUR_MILLIS,
    timeScale: 1,
    assessment: QUIET,
    findings: [],
    alarms: [],
    ...over,
  });
}

const checkReport = new Ajv2020({ strict: false }).compile(buildReportJsonSchema());

function problems(value: unknown): string[] {
  return checkReport(value) ? [] : (checkReport.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
}

describe('a process of which nothing can be excluded', () => {
  it('is undetermined, however quiet it looks', () => {
    const blind = build({ assessment: { ...QUIET, smallestDetectableBytesPerHour: null } });
    expect(blind).toMatchObject({ verdict: 'undetermined', smallestDetectable: null });
    expect(blind.summary).toMatch(/^Cannot tell yet/);
  });
});

describe('a leak that is certain and not raised yet', () => {
  it('says what it waits for, not what the gauges lack', () => {
    const assessment = { ...QUIET, needed: { what: 'a longer watch', millis: 60_000 } };
    const findings = [drawFinding({ verdict: 'undetermined' })];
    const needed = { what: 'a name', millis: 5 };
    expect(build({ assessment, findings, needed }).needed).toEqual(needed);
    expect(build({ assessment, findings, needed: null }).needed?.what).toBe('a longer watch');
  });
});

describe('a process that is killed for memory before it can be judged', () => {
  const kills = [1, 2].map((hour) => ({ at: hour * HOUR_MILLIS, reason: 'OOMKilled' }));
  const young: AssessedTarget = {
    ...QUIET,
    lanes: [],
    smallestDetectableBytesPerHour: null,
    needed: { what: 'a life of 35 min and more', millis: null },
  };

  it('is told with its kills, in one sentence and in the text', () => {
    const report = build({ assessment: young, restarts: 3, kills });
    expect(report.summary).toBe(
      'Cannot tell yet: restarted 3 times (2 OOMKilled) in 4 h. Needed: a life of 35 min and more.',
    );
    expect(problems(report)).toEqual([]);
    expect(formatReportText(report)).toContain('killed for memory');
  });

  it('is told without them where it was never restarted', () => {
    const report = build({ assessment: young, restarts: 0, kills: [] });
    expect(report.summary).toBe('Cannot tell yet. Needed: a life of 35 min and more.');
    expect(report).not.toHaveProperty('restarts');
    expect(report).not.toHaveProperty('kills');
  });
});

describe('a target that gives no gauge of Go', () => {
  it('needs gauges, not time', () => {
    const sources = ['go_memstats_next_gc_bytes', 'process_resident_memory_bytes', 'go_goroutines'];
    const missing = sources.map((source) => ({ source, why: 'not exported', costs: 'all' }));
    const needed = { what: 'time', millis: 300_000 };
    const neededOf = (count: number) =>
      build({ assessment: { ...QUIET, lanes: [], needed, missing: missing.slice(0, count) } }).needed;
    expect(neededOf(3)?.what).toContain('plimsoll doctor');
    expect(neededOf(3)?.millis).toBeNull();
    expect(neededOf(2)).toEqual(needed);
  });
});

describe('a process that has just restarted', () => {
  const young: AssessedTarget = { ...QUIET, lanes: [], smallestDetectableBytesPerHour: null };
  const earlier = {
    endedAtMillis: 3.5 * HOUR_MILLIS,
    lanes: QUIET.lanes,
    smallestDetectableBytesPerHour: 2 * MIB,
  };

  it('cannot be judged by itself', () => {
    expect(build({ assessment: young }).verdict).toBe('undetermined');
  });

  it('keeps the verdict of the life before, and says that it is of that life', () => {
    const report = build({ assessment: { ...young, earlier } });
    expect(report).toMatchObject({ verdict: 'no-growth', needed: null, smallestDetectable: 2 * MIB });
    expect(report.summary).toBe(
      'No growth found before the restart 30 min ago; a leak above 2 MiB/h would have been seen.',
    );
  });

  it('stays undetermined where the life before was', () => {
    const open = { ...earlier, lanes: [{ lane: 'heap', verdict: 'undetermined' as const, needed: null }] };
    expect(build({ assessment: { ...young, earlier: open } }).verdict).toBe('undetermined');
  });
});

describe('buildReport', () => {
  const cases: readonly [string, Partial<ReportInput>][] = [
    ['a quiet target', {}],
    ['a target without any evidence', { assessment: null }],
    ['a leak', { findings: [drawFinding()] }],
    [
      'a leak without a name, limit or growth',
      { findings: [drawFinding({ culprits: [], growth: null, timeToExhaustion: null })] },
    ],
    [
      'a fleet with warnings',
      { instances: [{ service: 'orders', instance: 'a' }], warnings: ['scrape gap of 3 min'] },
    ],
    ['a withdrawn alarm', { alarms: [{ fingerprint: 'x', at: 1, withdrawnAt: 2 }] }],
  ];

  it.each(cases)('of %s is valid by its own schema, also after a trip through JSON', (_, over) => {
    const report = build(over);
    expect(problems(report)).toEqual([]);
    const again: unknown = JSON.parse(JSON.stringify(report));
    expect(again).toEqual(report);
    expect(problems(again)).toEqual([]);
  });

  it('is refused by the schema when a verdict or class is not one of ours', () => {
    expect(problems({ ...build(), verdict: 'maybe' })).not.toEqual([]);
    const finding = { ...drawFinding(), class: 'disk' } as unknown as Finding;
    expect(problems({ ...build(), findings: [finding] })).not.toEqual([]);
  });

  it('takes the gravest verdict and puts its finding first', () => {
    const report = build({
      findings: [
        drawFinding({ verdict: 'load-driven', class: 'goroutine', fingerprint: 'a' }),
        drawFinding({ verdict: 'leak', fingerprint: 'b' }),
      ],
    });
    expect([report.verdict, report.findings[0].fingerprint]).toEqual(['leak', 'b']);
  });

  it('never makes a leak of retention', () => {
    expect(build({ findings: [drawFinding({ class: 'retention' })] }).verdict).toBe('no-growth');
  });

  it('is undetermined, with what is needed, while the heap is, and says no growth only when it was looked at', () => {
    const open = {
      ...QUIET,
      lanes: [{ lane: 'heap', verdict: 'undetermined' as const, needed: null }],
      needed: { what: 'an hour more', millis: HOUR_MILLIS },
    };
    expect(build({ assessment: open })).toMatchObject({
      verdict: 'undetermined',
      needed: { what: 'an hour more' },
    });
    expect(build({ assessment: { ...QUIET, lanes: [] } }).verdict).toBe('undetermined');
    expect(build().verdict).toBe('no-growth');
    expect(build().needed).toBeNull();
  });

  it('states a limit that comes near without a leak on the report itself, and only there', () => {
    const exhaustion = {
      resource: 'memory-limit' as const,
      at: 9 * HOUR_MILLIS,
      low: 8 * HOUR_MILLIS,
      high: null,
      confidence: 0.8,
    };
    expect(build({ assessment: { ...QUIET, exhaustion } }).exhaustion).toEqual(exhaustion);
    expect(build({ assessment: { ...QUIET, exhaustion }, findings: [drawFinding()] }).exhaustion).toBeNull();
  });

  it('tells no time until a memory limit that memory is above, but why, in every form', () => {
    const exhaustion = {
      resource: 'memory-limit',
      at: 5 * HOUR_MILLIS,
      low: 0,
      high: null,
      confidence: 0.8,
    } as const;
    const at = (rss: number) =>
      build({
        assessment: { ...QUIET, exhaustion, memoryLimitBytes: 100 * MIB, ledger: { rssBytes: rss * MIB } },
      });
    const passed = at(140);
    expect(passed.exhaustion).toBeNull();
    expect(passed.noForecast).toMatch(/^memory \(140 MiB\) is above the limit that is known \(100 MiB\)/);
    expect(problems(passed)).toEqual([]);
    const forms = [formatReportText(passed), formatReportHtml(passed)];
    for (const form of forms) expect(form).toContain('is above the limit that is known');
    expect([passed.summary, ...forms].join()).not.toMatch(/limit is reached/);
    expect(at(105)).toMatchObject({ exhaustion });
    expect(at(105).noForecast).toBeUndefined();
    const descriptors = { ...exhaustion, resource: 'max-fds' } as const;
    const other = { ...QUIET, exhaustion: descriptors, memoryLimitBytes: 1, ledger: { rssBytes: 100 } };
    expect(build({ assessment: other }).exhaustion).toEqual(descriptors);
  });

  it('keeps unknown parts of the ledger null instead of dropping or inventing them', () => {
    expect(build().ledger).toEqual({
      atMillis: 5,
      rssBytes: 100,
      liveBytes: 40,
      nativeBytes: null,
      residualBytes: null,
    });
  });

  it('lists missing evidence once a source', () => {
    const missing = [{ source: 'proc', why: 'remote', costs: 'fds' }];
    expect(build({ assessment: { ...QUIET, missing }, missing }).missingEvidence).toEqual(missing);
  });
});
