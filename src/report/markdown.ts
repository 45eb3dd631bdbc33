// A report that pastes into a ticket or a chat: plain Markdown, no HTML.
import { formatBytes, formatDuration } from '../base/units.ts';
import type { Finding } from '../model/finding.ts';
import { formatGrowth, formatPlace } from '../model/finding-text.ts';
import type { Report } from '../model/report.ts';
import type { ScreeningReport } from '../model/screening.ts';
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
 * The whole report as Markdown, ending in a newline. Of a screening: a line for each target, and those in full that need
 * a look.
 */
export function formatReportMarkdown(report: ScreeningReport): string {
  const { reports = [] } = report;
  const [only] = reports;
  if (only !== undefined && reports.length === 1) return formatReportMarkdown(only);
  return reports.length > 1 ? formatTargets(report, reports) : formatOne(report);
}

function formatTargets(whole: ScreeningReport, reports: readonly Report[]): string {
  const name = whole.screening?.selector ?? `${reports.length} targets`;
  const lines = [
    `## ${whole.verdict}: ${escapeMarkdown(name)}`,
    '',
    escapeMarkdown(whole.summary),
    ...(whole.warnings ?? []).flatMap((warning) => ['', escapeMarkdown(warning)]),
    '',
    '| verdict | target | what is known |',
    '|---|---|---|',
    ...reports.map(
      (report) =>
        `| ${report.verdict} | ${escapeMarkdown(`${report.target.service} ${report.target.instance}`)} | ${escapeMarkdown(screenedFacts(report).join(', '))} |`,
    ),
  ];
  return [`${lines.join('\n')}\n`, ...worthReading(reports).map(formatOne)].join('\n');
}

function formatOne(report: Report): string {
  const { service, instance } = report.target;
  const lines = [
    `## ${report.verdict}: ${escapeMarkdown(service)} (${escapeMarkdown(instance)})${formatScale(report)}`,
    '',
    escapeMarkdown(report.summary),
  ];
  const restarts = restartsSentence(report);
  if (restarts !== null) lines.push('', `${escapeMarkdown(restarts)}.`);
  for (const finding of report.findings) lines.push('', ...formatFinding(finding, report));
  const chain = report.investigation ?? [];
  if (chain.length > 0) {
    lines.push('', '### Investigation', '', '| question | outcome | answer |', '|---|---|---|');
    for (const { question, outcome, answer } of chain)
      lines.push(`| ${escapeMarkdown(question)} | ${outcome} | ${escapeMarkdown(answer)} |`);
    const advice = chain.flatMap((step) => step.advice);
    if (advice.length > 0) lines.push('', ...advice.map((line) => `- ${escapeMarkdown(line)}`));
  }
  lines.push(...formatLedger(report));
  for (const sentence of fleetSentences(report)) lines.push('', `Replicas: ${escapeMarkdown(sentence)}.`);
  const excluded = formatExcluded(report);
  if (excluded !== null) lines.push('', `Excluded: ${excluded}.`);
  const needed = report.needed ?? null;
  if (needed !== null) {
    const time = needed.millis === null ? '' : ` (about ${formatDuration(needed.millis)})`;
    lines.push('', `Needed: ${escapeMarkdown(needed.what)}${time}.`);
  }
  if (report.missingEvidence.length > 0) {
    lines.push('', 'Missing evidence:', '');
    for (const missing of report.missingEvidence) {
      lines.push(
        `- ${code(missing.source)}: ${escapeMarkdown(missing.why)}; costs ${escapeMarkdown(missing.costs)}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

/** What resident memory is made of. */
function formatLedger({ ledger }: Report): string[] {
  const parts = Object.entries(ledger ?? {}).filter(
    ([name, bytes]) => name.endsWith('Bytes') && bytes !== null,
  );
  if (parts.length === 0) return [];
  const rows = parts.map(([name, bytes]) => `| ${nameLedgerPart(name)} | ${formatBytes(bytes ?? 0)} |`);
  return ['', '### What resident memory is made of', '', '| | |', '|---|---|', ...rows];
}

function formatFinding(finding: Finding, report: Report): string[] {
  const scale = formatScale(report);
  const facts: [string, string][] = [];
  for (const culprit of finding.culprits) {
    const place = culprit.file === null ? '' : ` at ${code(formatPlace(culprit))}`;
    facts.push([culprit.role, `${code(culprit.function)}${place}${formatShare(culprit)}`]);
  }
  if (finding.growth !== null) facts.push(['growth', `${formatGrowth(finding.growth)}${scale}`]);
  const counts = finding.counts ?? null;
  if (counts !== null) facts.push(['count', `${formatGrowth(counts)}${scale}`]);
  const held = finding.heldBytes ?? null;
  if (held !== null) facts.push(['holds', formatBytes(held)]);
  if (finding.timeToExhaustion !== null) {
    facts.push(['limit', `${formatLimit(finding.timeToExhaustion, report.to)}${scale}`]);
  } else if (finding.noForecast !== undefined) facts.push(['limit', finding.noForecast]);
  if (finding.pattern !== null) facts.push(['pattern', code(finding.pattern)]);
  if (finding.fix !== null) facts.push(['fix', escapeMarkdown(finding.fix.text)]);
  const needs = formatNeeds(finding, report);
  if (needs !== null) facts.push(['needs', escapeMarkdown(needs)]);
  const lines = [`### ${finding.verdict}, ${finding.class} (${code(finding.fingerprint.slice(0, 12))})`, ''];
  lines.push('| | |', '|---|---|', ...facts.map(([name, value]) => `| ${name} | ${value} |`));
  if (finding.evidence.length > 0) {
    lines.push('', '| question | outcome | numbers |', '|---|---|---|');
    for (const entry of finding.evidence) {
      lines.push(
        `| ${escapeMarkdown(entry.question)} | ${entry.outcome} | ${escapeMarkdown(formatNumbers(entry))} |`,
      );
    }
  }
  if (finding.ruledOut.length > 0) {
    lines.push('', 'Ruled out:', '');
    for (const { explanation, why } of finding.ruledOut) {
      lines.push(`- ${escapeMarkdown(explanation)}: ${escapeMarkdown(why)}`);
    }
  }
  return lines;
}

/** Names from outside stay text: no links, tables, HTML or mentions made of them. */
export function escapeMarkdown(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>#|@]/g, (char) => `\\${char}`);
}

/** Inline code; a backtick inside would end it, a bar the table cell. */
function code(text: string): string {
  return `\`${printable(text).replaceAll('`', "'").replaceAll('|', '¦')}\``;
}
