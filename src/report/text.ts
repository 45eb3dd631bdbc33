// A report for the terminal: verdict first, then what a person needs to act, then why it can be believed.
import { formatBytes, formatBytesPerHour, formatDuration, formatThreeDigits } from '../base/units.ts';
import type { Culprit, Evidence, Finding, TimeToExhaustion, Verdict } from '../model/finding.ts';
import { formatGrowth, formatLeft, formatPlace, formatResource } from '../model/finding-text.ts';
import { describeFleetSummary } from '../model/fleet-text.ts';
import type { Report } from '../model/report.ts';
import { writeEvidenceLines } from './alert-evidence.ts';
import { OUTCOMES, formatChainStep } from './chain-text.ts';
import { formatNumbers } from './numbers-text.ts';
import { restartsSentence, wasKilled } from './restarts-text.ts';
import { formatSparkline } from './sparkline.ts';
import { PLAIN, printable, type Style, type TextRole } from './style.ts';

export interface TextOptions {
  readonly style?: Style;
  /** Series of the live heap or RSS to draw in one line, oldest first. */
  readonly series?: { readonly label: string; readonly values: ArrayLike<number> };
  /** Lines between the summary and the findings. */
  readonly picture?: readonly string[];
  /** All tests with their statistics (the default), or the few that decide, in words. */
  readonly evidence?: 'all' | 'in words';
  /** Where the tests that are left out can be seen. */
  readonly moreAt?: string;
  /** false where the reader has seen the steps of the investigation come by. */
  readonly isChainShown?: boolean;
}

/** Culprits shown of one finding. */
const MAX_CULPRITS_SHOWN = 3;
const LABEL_WIDTH = 12;

export const VERDICT_ROLES: Readonly<Record<Verdict, TextRole>> = {
  leak: 'bad',
  undetermined: 'warning',
  step: 'warning',
  'filling-to-bound': 'good',
  'load-driven': 'good',
  'no-growth': 'good',
};

/** The whole report, ending in a newline. Lines stay below 120 characters where names allow. */
export function formatReportText(report: Report, options: TextOptions = {}): string {
  const style = options.style ?? PLAIN;
  const { service, instance } = report.target;
  const lines = [
    `${style(VERDICT_ROLES[report.verdict], report.verdict.toUpperCase())}  ${style('heading', printable(service))} ${style('faint', printable(instance))}${formatScale(report)}`,
    printable(report.summary),
  ];
  if (options.series !== undefined) {
    lines.push(row(options.series.label, formatSparkline(options.series.values)));
  }
  if (options.picture !== undefined) lines.push('', ...options.picture);
  for (const finding of report.findings) {
    lines.push('', ...formatFinding(finding, report, style, options));
  }
  const chain = report.investigation ?? [];
  if (chain.length > 0 && options.isChainShown !== false) {
    const of = (report.instances?.length ?? 0) > 1 ? ` of ${printable(`${service} ${instance}`)}` : '';
    lines.push(
      '',
      style('heading', `investigation${of}`),
      ...chain.map((step) => formatChainStep(step, style)),
    );
  }
  lines.push(...formatRest(report, style));
  return `${lines.join('\n')}\n`;
}

/** `60x` stands wherever a rate stands in accelerated time; nothing in real time. */
export function formatScale(report: Pick<Report, 'timeScale'>): string {
  const scale = report.timeScale ?? 1;
  return scale === 1 ? '' : ` [${formatThreeDigits(scale)}x]`;
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)} ${value}`;
}

function formatFinding(
  finding: Finding,
  report: Report,
  style: Style,
  { evidence, moreAt }: TextOptions,
): string[] {
  const scale = formatScale(report);
  const head = `${style(VERDICT_ROLES[finding.verdict], finding.verdict)} ${style('heading', finding.class)} ${style('faint', finding.fingerprint.slice(0, 12))}${nameInstances(finding, report)}`;
  const lines = [head];
  finding.culprits.slice(0, MAX_CULPRITS_SHOWN).forEach((culprit, i) => {
    lines.push(row(i === 0 ? 'culprit' : '', formatCulprit(culprit, style)));
  });
  if (finding.culprits.length === 0 && finding.verdict === 'leak') {
    const lack = report.missingEvidence.find(({ source }) => source === 'profile:heap');
    const why =
      lack === undefined
        ? 'not yet named: more profiles of this process are needed'
        : `not named, no heap profile: ${lack.why}`;
    lines.push(row('culprit', printable(why)));
  }
  if (finding.growth !== null) lines.push(row('growth', `${formatGrowth(finding.growth)}${scale}`));
  const counts = finding.counts ?? null;
  if (counts !== null) lines.push(row('count', `${formatGrowth(counts)}${scale}`));
  const held = finding.heldBytes ?? null;
  if (held !== null) lines.push(row('holds', formatBytes(held)));
  const limit = finding.timeToExhaustion;
  if (limit !== null) lines.push(row('limit', `${formatLimit(limit, report.to)}${scale}`));
  else if (finding.noForecast !== undefined) lines.push(row('limit', finding.noForecast));
  if (finding.pattern !== null) lines.push(row('pattern', finding.pattern));
  if (finding.fix !== null) lines.push(row('fix', printable(finding.fix.text)));
  if (evidence === 'in words') lines.push(...formatInWords(finding, moreAt));
  else for (const entry of finding.evidence) lines.push(...formatEvidence(entry, style));
  const needed = formatNeeds(finding, report);
  if (needed !== null) lines.push(row('needs', printable(needed)));
  finding.ruledOut.forEach((ruledOut, i) => {
    lines.push(row(i === 0 ? 'ruled out' : '', printable(`${ruledOut.explanation}: ${ruledOut.why}`)));
  });
  return lines;
}

/** What would settle a finding that is not decided; null where nothing would, or the report says the same of itself. */
export function formatNeeds({ needed }: Finding, report: Report): string | null {
  if (needed === undefined || needed.what === report.needed?.what) return null;
  const time = needed.millis === null ? '' : `, about ${formatDuration(needed.millis)}${formatScale(report)}`;
  return `${needed.what}${time}`;
}

/** ` on a:1, b:1`, with the service where that is not the report's. */
function nameInstances({ instances = [] }: Finding, { target }: Report): string {
  if (instances.length === 0) return '';
  const names = instances.map(({ service, instance }) =>
    service === target.service ? instance : `${service} ${instance}`,
  );
  const more = names.length > MAX_INSTANCES ? ` and ${names.length - MAX_INSTANCES} more` : '';
  return ` on ${printable(names.slice(0, MAX_INSTANCES).join(', '))}${more}`;
}

/** The first of them have the strongest growth. */
const MAX_INSTANCES = 3;

function formatCulprit(culprit: Culprit, style: Style): string {
  const place = culprit.file === null ? '' : ` ${style('code', printable(formatPlace(culprit)))}`;
  return `${printable(culprit.function)}${place} ${style('faint', `(${culprit.role}${formatShare(culprit)})`)}`;
}

/** `, 93 % (90 to 96 %)`; nothing where the share is not known. */
export function formatShare(culprit: Culprit): string {
  const { share, low, high } = culprit;
  if (share === null) return '';
  const percent = (value: number) => `${Math.round(value * 100)}`;
  return `, ${percent(share)} %${low === null || high === null ? '' : ` (${percent(low)} to ${percent(high)} %)`}`;
}

/** `memory limit in 5 h (3 h to 9 h)`. */
export function formatLimit(limit: TimeToExhaustion, atMillis: number): string {
  return `${formatResource(limit.resource)} ${formatLeft(limit, atMillis)}`;
}

function formatInWords({ evidence }: Finding, moreAt: string | undefined): string[] {
  const lines = writeEvidenceLines(evidence).map((line, i) => row(i === 0 ? 'because' : '', printable(line)));
  const isMore = moreAt !== undefined && evidence.length > lines.length;
  return isMore ? [...lines, row('tests', `${evidence.length}, each with its numbers: ${moreAt}`)] : lines;
}

function formatEvidence(entry: Evidence, style: Style): string[] {
  const { mark, role } = OUTCOMES[entry.outcome];
  return [
    `  ${style(role, mark.padEnd(4))} ${printable(entry.question)}`,
    `       ${style('faint', printable(`${entry.test}: ${formatNumbers(entry)}`))}`,
  ];
}

/** What the evidence excludes, as an object of a sentence; null where a leak was found or the verdict says it. */
export function formatExcluded(report: Report): string | null {
  const { verdict, smallestDetectable, findings } = report;
  if (verdict === 'leak') return null;
  if (smallestDetectable !== null && findings.some(({ growth }) => (growth?.high ?? 0) > smallestDetectable))
    return null; // as much may be growing: what is seen says more than what would have been
  if (smallestDetectable !== null)
    return `leaks above ${formatBytesPerHour(smallestDetectable)}${formatScale(report)}`;
  return verdict === 'undetermined'
    ? 'no leak, however large: steady growth cannot be told from warm-up, load and noise in what was seen'
    : null;
}

/** What the replicas say together; nothing where there is one. */
export function fleetSentences({ fleet }: Report): string[] {
  return fleet === undefined ? [] : describeFleetSummary(fleet);
}

function formatRest(report: Report, style: Style): string[] {
  const lines: string[] = [];
  const restarts = restartsSentence(report);
  if (restarts !== null) lines.push(row('restarts', style(wasKilled(report) ? 'bad' : 'warning', restarts)));
  for (const [i, sentence] of fleetSentences(report).entries()) {
    lines.push(row(i === 0 ? 'replicas' : '', printable(sentence)));
  }
  const excluded = formatExcluded(report);
  if (excluded !== null) lines.push(row('excluded', excluded));
  const needed = report.needed ?? null;
  if (needed !== null) {
    const time =
      needed.millis === null ? '' : `, about ${formatDuration(needed.millis)}${formatScale(report)}`;
    lines.push(row('needed', printable(`${needed.what}${time}`)));
  }
  if (report.exhaustion !== null) {
    lines.push(row('limit', `${formatLimit(report.exhaustion, report.to)}${formatScale(report)}`));
  } else if (report.noForecast !== undefined) lines.push(row('limit', report.noForecast));
  for (const [i, missing] of report.missingEvidence.entries()) {
    lines.push(
      row(i === 0 ? 'missing' : '', printable(`${missing.source}: ${missing.why}; costs ${missing.costs}`)),
    );
  }
  for (const warning of report.warnings ?? []) lines.push(`  ${style('warning', printable(warning))}`);
  return lines.length === 0 ? [] : ['', ...lines];
}
