import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { buildReport, type ReportInput } from './build-report.ts';
import { formatReportMarkdown } from './markdown.ts';
import { formatSparkline } from './sparkline.ts';
import { ANSI } from './style.ts';
import { formatNumbers } from './numbers-text.ts';
import { formatReportText } from './text.ts';

function report(over: Partial<ReportInput> = {}) {
  return buildReport({
    target: { service: 'orders', instance: '127.0.0.1:8080' },
    from: 0,
    to: 4 * HOUR_MILLIS,
    timeScale: 1,
    assessment: {
      lanes: [{ lane: 'heap', verdict: 'no-growth', needed: null }],
      ledger: null,
      exhaustion: null,
      smallestDetectableBytesPerHour: 2 * MIB,
      needed: null,
      missing: [{ source: '/proc', why: 'the process is remote', costs: 'open files cannot be counted' }],
    },
    findings: [drawFinding()],
    alarms: [],
    ...over,
  });
}

const LEAK_TEXT = `LEAK  orders 127.0.0.1:8080
The live heap leaks by 30 MiB/h in orders/store.(*Store).Put (store/put.go:27).

leak heap 5f2c0a
  culprit      orders/store.(*Store).Put store/put.go:27 (allocates, 93 % (90 to 96 %))
  growth       30 MiB/h (28 MiB to 32 MiB)
  holds        60 MiB
  limit        the memory limit in 5 h (4 h to 7 h)
  pattern      unbounded-growth
  yes  Which code allocates what stays?
       growth over its noise: z 6.4, threshold 3.4, grown 60 MiB
  ruled out    load-driven: growth went on at equal load

  missing      /proc: the process is remote; costs open files cannot be counted
`;

describe('formatReportText', () => {
  it('shows verdict, culprit, growth and limit with intervals, evidence and what was ruled out', () => {
    expect(formatReportText(report())).toBe(LEAK_TEXT);
  });

  it('gives the tests that decide in words on request, and says where the others are', () => {
    const test = (question: string, outcome: 'supports' | 'open') => ({
      ...{ question, prediction: 'P', test: 'T', numbers: { statistic: 1, threshold: 2 }, outcome },
    });
    const evidence = [test('Q1?', 'supports'), test('Q2?', 'open'), test('Q3?', 'open')];
    const text = formatReportText(report({ findings: [drawFinding({ evidence })] }), {
      ...{ evidence: 'in words', moreAt: '--verbose' },
    });
    expect(text).toContain('  because      Q1? T: statistic 1, threshold 2\n');
    expect(text).toContain('  tests        3, each with its numbers: --verbose\n');
    expect(text).not.toMatch(/Q2|Q3/);
  });

  it('says why there is no time to a limit, and what the growth covers', () => {
    const growth = { unit: 'bytes', perHour: MIB, low: MIB / 2, high: 2 * MIB, confidence: 0.95 };
    const finding = drawFinding({
      timeToExhaustion: null,
      noForecast: 'no memory limit is known',
      growth: { ...growth, covers: 'stacks only' },
    });
    const text = formatReportText(report({ findings: [finding] }));
    expect(text).toContain('  limit        no memory limit is known\n');
    expect(text).toContain('1 MiB/h (512 KiB to 2 MiB, stacks only)');
    expect(formatReportMarkdown(report({ findings: [finding] }))).toContain('no memory limit is known');
  });

  it('marks every rate in accelerated time', () => {
    const lines = formatReportText(report({ timeScale: 60 })).split('\n');
    for (const label of ['growth', 'limit']) {
      expect(lines.find((line) => line.startsWith(`  ${label}`))).toContain('[60x]');
    }
    expect(lines[0]).toContain('[60x]');
    expect(LEAK_TEXT).not.toContain('x]');
  });

  it('names the smallest leak that was excluded when nothing was found', () => {
    const text = formatReportText(report({ findings: [] }));
    expect(text).toMatch(/^NO-GROWTH/);
    expect(text).toContain('leaks above 2 MiB/h');
  });

  it('says what is needed and how long that takes when it cannot tell', () => {
    const open = {
      lanes: [{ lane: 'heap', verdict: 'undetermined' as const, needed: null }],
      ledger: null,
      exhaustion: null,
      smallestDetectableBytesPerHour: null,
      needed: { what: 'more gauges', millis: 90 * 60_000 },
      missing: [],
    };
    const text = formatReportText(report({ findings: [], assessment: open }));
    expect(text).toContain('needed       more gauges, about 1 h 30 min');
  });

  it('prints no size where no leak is excluded, in any form', () => {
    const blind = {
      lanes: [{ lane: 'heap', verdict: 'undetermined' as const, needed: null }],
      ledger: null,
      exhaustion: null,
      smallestDetectableBytesPerHour: null,
      needed: null,
      missing: [],
    };
    const open = report({ findings: [], assessment: blind });
    for (const text of [formatReportText(open), formatReportMarkdown(open)]) {
      expect(text).toContain('no leak, however large');
      expect(text).not.toContain('leaks above');
    }
    const found = report({ findings: [drawFinding()], assessment: blind });
    expect(formatReportText(found)).not.toContain('excluded');
  });

  it('says that a culprit is not yet named instead of leaving a gap', () => {
    expect(formatReportText(report({ findings: [drawFinding({ culprits: [] })] }))).toContain(
      'not yet named',
    );
  });

  it('changes no visible character when it colours', () => {
    const coloured = formatReportText(report(), { style: ANSI });
    expect(coloured).not.toBe(LEAK_TEXT);
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(LEAK_TEXT);
  });

  it('lets no name of a target drive the terminal', () => {
    const evil = drawFinding({ culprits: [{ ...drawFinding().culprits[0], function: 'a\u001b[2Jb\u202e' }] });
    const text = formatReportText(
      report({ findings: [evil], target: { service: 'x\u0007', instance: 'y\r' } }),
    );
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  });

  it('draws the series in one line', () => {
    const text = formatReportText(report(), { series: { label: 'live heap', values: [1, 2, 4, 8] } });
    expect(text).toContain('live heap    ▁▂▄█');
  });
});

describe('formatReportMarkdown', () => {
  it('makes no markup of names from outside', () => {
    const evil = drawFinding({
      summary: 'see <img src=x> [here](http://evil) @everyone',
      culprits: [{ ...drawFinding().culprits[0], function: 'a`|b' }],
    });
    const text = formatReportMarkdown(report({ findings: [evil] }));
    expect(text).toContain('see \\<img src=x\\> \\[here\\](http://evil) \\@everyone');
    expect(text).toContain("`a'¦b`");
  });

  it('shows culprit, growth, evidence and what was ruled out', () => {
    const text = formatReportMarkdown(report({ timeScale: 60 }));
    expect(text).toContain('## leak: orders (127.0.0.1:8080) [60x]');
    expect(text).toContain(
      '| allocates | `orders/store.(*Store).Put` at `store/put.go:27`, 93 % (90 to 96 %) |',
    );
    expect(text).toContain('| growth | 30 MiB/h (28 MiB to 32 MiB) [60x] |');
    expect(text).toContain('- load-driven: growth went on at equal load');
  });
});

describe('formatSparkline', () => {
  it.each([
    [[1, 2, 4, 8], '▁▂▄█'],
    [[5, 5, 5], '▁▁▁'],
    [[1, NaN, 3], '▁ █'],
    [[], ''],
    [[NaN], ''],
  ])('draws %j as %j', (values, expected) => {
    expect(formatSparkline(values)).toBe(expected);
  });

  it('thins a long series to its width by the mean', () => {
    expect(formatSparkline([0, 2, 4, 6, 8, 10, 12, 14], 4)).toBe('▁▃▆█');
  });
});

describe('the numbers of an evidence', () => {
  const shown = (numbers: Record<string, number | string | null>) =>
    formatNumbers({ question: 'Q?', prediction: 'P', test: 'T', numbers, outcome: 'open' });

  it('begin with the statistic and its threshold, and name it once', () => {
    expect(shown({ grownBytes: 2 * MIB, z: 6.4, threshold: 3.4, statistic: 6.4, fromMillis: 1 })).toBe(
      'statistic 6.4, threshold 3.4, grown 2 MiB',
    );
    expect(shown({ statistic: 2 * MIB, threshold: 0, unit: 'bytes', lowBytes: 2 * MIB })).toBe(
      'statistic 2 MiB, threshold 0 B',
    );
  });
});

describe('a finding that is not decided', () => {
  it('says what would settle it where the report waits for something else', () => {
    const needed = { what: 'profiles that name the code', millis: HOUR_MILLIS };
    const finding = drawFinding({ verdict: 'undetermined', class: 'fd', needed });
    expect(formatReportText(report({ findings: [finding] }))).toContain(
      'needs        profiles that name the code, about 1 h',
    );
    expect(formatReportMarkdown(report({ findings: [finding] }))).toContain(
      '| needs | profiles that name the code, about 1 h |',
    );
  });
});
