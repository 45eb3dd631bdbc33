import type { Finding } from '../model/finding.ts';
import type { FleetSummary } from '../model/fleet.ts';
import { compareFindings, gravestVerdict, sortFindings, type Report } from '../model/report.ts';
import { VERDICTS } from '../model/finding.ts';
import { targetKey } from '../model/target.ts';

/**
 * Reports of several instances (or lives) of one service as one: findings of one fingerprint become one, the gravest
 * verdict leads, and `instances` names them all. null for no report; one report stays as it is.
 * @param fleet what they say together.
 */
export function mergeReports(reports: readonly Report[], fleet: FleetSummary | null = null): Report | null {
  const [first] = reports;
  if (!first) return null;
  const instances = reports.map((report) => report.target);
  if (reports.length === 1) return { ...first, instances };
  const findings = sortFindings(mergeFindings(reports.flatMap(withInstance)));
  const lead = leadOf(reports, findings) ?? first;
  const smallest = reports.map((report) => report.smallestDetectable);
  return {
    ...lead,
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
    ...(fleet ? { fleet } : {}),
  };
}

/** The one that speaks for all: whose finding comes first, else the gravest. */
function leadOf(reports: readonly Report[], findings: readonly Finding[]): Report | undefined {
  const gravest = [...reports].sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict))[0];
  const whose = findings[0]?.instances?.[0];
  if (whose === undefined || findings[0]?.verdict !== gravest?.verdict) return gravest;
  return reports.find(({ target }) => targetKey(target) === targetKey(whose)) ?? gravest;
}

function withInstance({ findings, target: { service, instance } }: Report): Finding[] {
  return findings.map((finding) => ({ ...finding, instances: [{ service, instance }] }));
}

/**
 * Of one fingerprint the earliest detection, the gravest verdict and the strongest growth stand: an instance that cannot tell yet
 * takes nothing back.
 */
function mergeFindings(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of findings) {
    const known = merged.get(finding.fingerprint);
    if (!known) {
      merged.set(finding.fingerprint, finding);
      continue;
    }
    const [strongest, other] = compareFindings(known, finding) <= 0 ? [known, finding] : [finding, known];
    const detected = [known.detectedAt, finding.detectedAt].filter((at) => at !== null);
    merged.set(finding.fingerprint, {
      ...strongest,
      detectedAt: detected.length ? Math.min(...detected) : null,
      instances: [...(strongest.instances ?? []), ...(other.instances ?? [])],
    });
  }
  return [...merged.values()];
}

function dedupe<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
