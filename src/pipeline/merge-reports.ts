import type { Finding } from '../model/finding.ts';
import { gravestVerdict, sortFindings, type Report } from '../model/report.ts';
import { VERDICTS } from '../model/finding.ts';

/**
 * Reports of several instances (or lives) of one service as one: findings of one fingerprint become one, the gravest
 * verdict leads, and `instances` names them all. null for no report; one report stays as it is.
 */
export function mergeReports(reports: readonly Report[]): Report | null {
  const [first] = reports;
  if (!first) return null;
  const instances = reports.map((report) => report.target);
  if (reports.length === 1) return { ...first, instances };
  const byGravity = [...reports].sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict));
  const lead = byGravity[0] ?? first;
  const findings = sortFindings(mergeFindings(reports.flatMap((report) => report.findings)));
  const smallest = reports.map((report) => report.smallestDetectable);
  return {
    ...lead,
    target: first.target,
    instances,
    from: Math.min(...reports.map((report) => report.from)),
    to: Math.max(...reports.map((report) => report.to)),
    verdict: gravestVerdict(findings, lead.verdict),
    findings,
    // What can be excluded for the service is what can be excluded for each instance of it.
    smallestDetectable: smallest.some((s) => s === null) ? null : Math.max(...smallest.map((s) => s ?? 0)),
    alarms: reports.flatMap((report) => report.alarms).sort((a, b) => a.at - b.at),
    missingEvidence: dedupe(reports.flatMap((report) => report.missingEvidence)),
    warnings: dedupe(reports.flatMap((report) => report.warnings ?? [])),
  };
}

/** Of one fingerprint the earliest detection and the strongest growth stand. */
function mergeFindings(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of findings) {
    const known = merged.get(finding.fingerprint);
    if (!known) {
      merged.set(finding.fingerprint, finding);
      continue;
    }
    const strongest = (known.growth?.perHour ?? 0) >= (finding.growth?.perHour ?? 0) ? known : finding;
    const detected = [known.detectedAt, finding.detectedAt].filter((at) => at !== null);
    merged.set(finding.fingerprint, {
      ...strongest,
      detectedAt: detected.length ? Math.min(...detected) : null,
    });
  }
  return [...merged.values()];
}

function dedupe<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
