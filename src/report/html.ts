// A report as one file of HTML: no script, nothing loaded from anywhere, names from outside only ever as text.
import { formatBytes, formatDuration } from '../base/units.ts';
import { formatGrowth, formatPlace } from '../model/finding-text.ts';
import type { Finding } from '../model/finding.ts';
import type { Report } from '../model/report.ts';
import type { ScreeningReport } from '../model/screening.ts';
import { drawWaterline, type ChartInput } from './html-chart.ts';
import { HTML_STYLE } from './html-style.ts';
import { nameLedgerPart } from './ledger-text.ts';
import { restartsSentence } from './restarts-text.ts';
import { screenedFacts, worthReading } from './screening.ts';
import { printable } from './style.ts';
import { formatNumbers } from './numbers-text.ts';
import {
  fleetSentences,
  formatExcluded,
  formatLimit,
  formatNeeds,
  formatScale,
  formatShare,
} from './text.ts';

/**
 * The whole document, ending in a newline. Of a screening: a line for each target, and those in full that need a look.
 * @param chart memory over time, where the evidence is at hand.
 */
export function formatReportHtml(report: ScreeningReport, chart: ChartInput | null = null): string {
  const { reports = [] } = report;
  const [only] = reports;
  if (only !== undefined && reports.length === 1) return formatReportHtml(only, chart);
  const isScreening = reports.length > 1;
  const { service, instance } = report.target;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(`${report.verdict}: ${isScreening ? `${reports.length} targets` : service}`)}</title>
<style>${HTML_STYLE}</style>
<main>
<p class="verdict verdict-${report.verdict}">${text(report.verdict)}${text(formatScale(report))}</p>
<h1>${isScreening ? text(report.screening?.selector ?? `${reports.length} targets`) : `${text(service)} <small>${text(instance)}</small>`}</h1>
<p class="lead">${text(report.summary)}</p>
${isScreening ? targets(report, reports) : body(report, chart)}
<footer>${text(formatDuration(report.to - report.from))} of evidence${text(formatScale(report))}. Made by plimsoll report.</footer>
</main>
</html>
`;
}

function body(report: Report, chart: ChartInput | null): string {
  const picture = chart === null ? '' : drawWaterline(chart, text);
  return `${rest(report)}
${picture === '' ? '' : `<section><h2>Memory against its limit</h2>${picture}${legend(chart)}</section>`}
${report.findings.map((finding) => formatFinding(finding, report)).join('\n')}
${chain(report)}
${ledger(report)}
${missing(report)}`;
}

function targets(whole: ScreeningReport, reports: readonly Report[]): string {
  const rows = reports.map(
    (report) =>
      `<tr><td>${text(report.verdict)}<td>${text(`${report.target.service} ${report.target.instance}`)}<td>${text(screenedFacts(report).join(', '))}`,
  );
  const full = worthReading(reports).map(
    (report) =>
      `<h2>${text(report.verdict)}: ${text(report.target.service)} <small>${text(report.target.instance)}</small></h2>\n<p>${text(report.summary)}</p>\n${body(report, null)}`,
  );
  return `${(whole.warnings ?? []).map((line) => `<p>${text(line)}</p>`).join('\n')}
<section><h2>Targets</h2><table><tr><th>verdict<th>target<th>what is known\n${rows.join('\n')}</table></section>
${full.join('\n')}`;
}

function rest(report: Report): string {
  const lines: string[] = [];
  const restarts = restartsSentence(report);
  if (restarts !== null) lines.push(`${restarts}.`);
  lines.push(...fleetSentences(report).map((sentence) => `Replicas: ${sentence}.`));
  const excluded = formatExcluded(report);
  if (excluded !== null) lines.push(`Excluded: ${excluded}.`);
  const needed = report.needed ?? null;
  if (needed !== null) {
    lines.push(
      `Needed: ${needed.what}${needed.millis === null ? '' : `, about ${formatDuration(needed.millis)}`}.`,
    );
  }
  if (report.exhaustion !== null) lines.push(`${formatLimit(report.exhaustion, report.to)}.`);
  else if (report.noForecast !== undefined) lines.push(`No time to the limit: ${report.noForecast}.`);
  return [...lines, ...(report.warnings ?? [])].map((line) => `<p>${text(line)}</p>`).join('\n');
}

function legend(chart: ChartInput | null): string {
  const names = (chart?.lines ?? []).map(
    ({ label }, i) => `<span class="key key-${i}">${text(label)}</span>`,
  );
  const limit = chart?.limitBytes ?? null;
  if (limit !== null) names.push(`<span class="key key-limit">limit ${text(formatBytes(limit))}</span>`);
  return `<p class="legend">${names.join(' ')}</p>`;
}

function formatFinding(finding: Finding, report: Report): string {
  const scale = formatScale(report);
  const facts: [string, string][] = finding.culprits.map((culprit) => [
    culprit.role,
    `<code>${text(culprit.function)}</code>${culprit.file === null ? '' : ` at <code>${text(formatPlace(culprit))}</code>`}${text(formatShare(culprit))}`,
  ]);
  const add = (name: string, value: string | null) => {
    if (value !== null) facts.push([name, text(value)]);
  };
  add('growth', finding.growth === null ? null : `${formatGrowth(finding.growth)}${scale}`);
  add('count', finding.counts ? `${formatGrowth(finding.counts)}${scale}` : null);
  add('holds', typeof finding.heldBytes === 'number' ? formatBytes(finding.heldBytes) : null);
  add('limit', finding.timeToExhaustion === null ? null : formatLimit(finding.timeToExhaustion, report.to));
  add('pattern', finding.pattern);
  add('fix', finding.fix === null ? null : finding.fix.text);
  add('needs', formatNeeds(finding, report));
  const evidence = finding.evidence.map(
    (entry) =>
      `<tr><td>${text(entry.question)}<td class="outcome-${entry.outcome}">${entry.outcome}<td>${text(formatNumbers(entry))}`,
  );
  const ruledOut = finding.ruledOut.map((one) => `<li>${text(one.explanation)}: ${text(one.why)}`);
  return `<section>
<h2>${text(finding.verdict)}, ${text(finding.class)} <small>${text(finding.fingerprint.slice(0, 12))}</small></h2>
<p>${text(finding.summary)}</p>
<table>${facts.map(([name, value]) => `<tr><th scope="row">${text(name)}<td>${value}`).join('\n')}</table>
${evidence.length === 0 ? '' : `<h3>Evidence</h3><table><tr><th>question<th>outcome<th>numbers\n${evidence.join('\n')}</table>`}
${ruledOut.length === 0 ? '' : `<h3>Ruled out</h3><ul>${ruledOut.join('\n')}</ul>`}
</section>`;
}

function chain(report: Report): string {
  const steps = (report.investigation ?? []).map(
    ({ question, outcome, answer, advice, test }) =>
      `<li><strong>${text(question)}</strong> <span class="outcome-${outcome}">${outcome}</span><br>${text(answer)}` +
      `${advice.map((line) => `<br><em>${text(line)}</em>`).join('')}<br><small>${text(test)}</small>`,
  );
  return steps.length === 0 ? '' : `<section><h2>Investigation</h2><ol>${steps.join('\n')}</ol></section>`;
}

function ledger(report: Report): string {
  const parts = Object.entries(report.ledger ?? {}).filter(([name]) => name.endsWith('Bytes'));
  if (parts.length === 0) return '';
  const rows = parts.map(
    ([name, bytes]) =>
      `<tr><th scope="row">${text(nameLedgerPart(name))}<td>${bytes === null ? 'not known' : text(formatBytes(bytes))}`,
  );
  return `<section><h2>What resident memory is made of</h2><table>${rows.join('\n')}</table></section>`;
}

function missing(report: Report): string {
  const rows = report.missingEvidence.map(
    ({ source, why, costs }) => `<li><code>${text(source)}</code>: ${text(why)}; costs ${text(costs)}`,
  );
  return rows.length === 0 ? '' : `<section><h2>Missing evidence</h2><ul>${rows.join('\n')}</ul></section>`;
}

/** Text, whatever it says. */
function text(value: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return printable(value).replace(/[&<>"']/g, (character) => names[character] ?? '');
}
