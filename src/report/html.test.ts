import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS } from '../base/units.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { buildReport, type ReportInput } from './build-report.ts';
import { formatReportHtml } from './html.ts';

function report(over: Partial<ReportInput> = {}) {
  return buildReport({
    target: { service: 'orders', instance: '127.0.0.1:8080' },
    from: 0,
    to: 4 * HOUR_MILLIS,
    timeScale: 60,
    assessment: null,
    findings: [drawFinding()],
    alarms: [],
    ...over,
  });
}

const minutes = Array.from({ length: 240 }, (_, i) => i * MINUTE_MILLIS);
const chart = (bytes: readonly number[], limitBytes: number | null) => ({
  lines: [{ label: 'resident memory', timeMillis: minutes, bytes }],
  limitBytes,
  marks: [{ at: HOUR_MILLIS, text: 'process <restarted>' }],
});

describe('a report as HTML', () => {
  it('loads nothing, runs nothing, and has verdict, culprit and scale in it', () => {
    const html = formatReportHtml(report());
    expect(html).not.toMatch(/<script|src=|href=|url\(/i);
    expect(html).toContain("default-src 'none'");
    for (const part of ['LEAK', 'orders/store.(*Store).Put', 'store/put.go:27', '[60x]', '30 MiB/h']) {
      expect(html.toUpperCase()).toContain(part.toUpperCase());
    }
  });

  it('tells which parts of resident memory are taken off, so that the table adds up', () => {
    const html = formatReportHtml({
      ...report(),
      ledger: { rssBytes: 90, liveBytes: 100, untouchedBytes: 10, residualBytes: 0 },
    });
    expect(html).toContain('less untouched<td>10 B');
    expect(html).toContain('<th scope="row">live<td>100 B');
  });

  it('shows names from outside as text, wherever they stand', () => {
    const evil = `<img src=x onerror="alert('1')">`;
    const html = formatReportHtml(
      report({
        target: { service: evil, instance: evil },
        findings: [
          drawFinding({
            summary: evil,
            pattern: evil,
            culprits: [{ role: 'allocates', function: evil, file: evil, line: 1, share: 1, low: 1, high: 1 }],
            fix: { text: evil, file: null, line: null },
            ruledOut: [{ explanation: evil, why: evil }],
          }),
        ],
        missing: [{ source: evil, why: evil, costs: evil }],
        warnings: [evil],
      }),
      chart(minutes, null),
    );
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<restarted>');
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;');
  });

  it('draws memory with its limit, a gap where nothing was known for long, none for one lost scrape', () => {
    const memory = minutes.map((_, i) =>
      i === 50 || (i >= 100 && i < 110) ? NaN : i === 200 ? 400 * MIB : 100 * MIB,
    );
    const html = formatReportHtml(report(), chart(memory, 512 * MIB));
    expect(html).toContain('aria-label="memory over 3 h 59 min, at most 400 MiB of 512 MiB"');
    expect(html.match(/class="limit"/g)).toHaveLength(1);
    expect(/<path class="line line-0" d="([^"]*)"/.exec(html)?.[1]?.match(/M/g)).toHaveLength(2);
  });

  it('names a limit that is far away instead of pressing the line flat', () => {
    const html = formatReportHtml(
      report(),
      chart(
        minutes.map(() => 10 * MIB),
        4096 * MIB,
      ),
    );
    expect(html).not.toContain('class="limit"');
    expect(html).toContain('limit 4 GiB');
  });

  it('has no picture where there is no evidence at hand', () => {
    expect(formatReportHtml(report())).not.toContain('<svg');
  });
});
