// Targets and reports to one row per service, gravest first. Pure.
import { VERDICTS, type TimeToExhaustion, type Verdict } from '../model/finding.ts';
import { sortFindings, type Report } from '../model/report.ts';
import type { TargetStatus } from '../model/status.ts';
import type { ServiceSummary } from '../protocol/messages.ts';

export function summarizeFleet(
  targets: readonly TargetStatus[],
  reportOf: (service: string) => Report | null,
): ServiceSummary[] {
  const services = new Map<string, TargetStatus[]>();
  for (const target of targets) {
    const instances = services.get(target.service);
    if (instances) instances.push(target);
    else services.set(target.service, [target]);
  }
  return [...services]
    .map(([service, instances]) => summarizeService(service, instances, reportOf(service)))
    .sort(compareServices);
}

function summarizeService(
  service: string,
  instances: readonly TargetStatus[],
  report: Report | null,
): ServiceSummary {
  const gravest = sortTargets(instances)[0];
  const top = report ? sortFindings(report.findings).find((f) => f.verdict === report.verdict) : undefined;
  const lastEvidence = instances.map((t) => t.lastEvidenceAt).filter((at) => at !== null);
  return {
    service,
    verdict: report?.verdict ?? gravest?.verdict ?? 'undetermined',
    summary: report?.summary ?? 'No evidence yet.',
    state: gravestState(instances),
    isSuspect: instances.some((t) => t.isSuspect),
    instances: instances.length,
    instancesUp: instances.filter((t) => t.state === 'up' || t.state === 'degraded').length,
    memory: nearestLimit(instances),
    growth: top?.growth ?? gravest?.growth ?? null,
    exhaustion: report ? earliestExhaustion(report) : null,
    needed: (report ?? gravest)?.needed ?? null,
    fingerprint: top?.fingerprint ?? null,
    lastEvidenceAt: lastEvidence.length ? Math.max(...lastEvidence) : null,
  };
}

/** Gravest verdict first, then fastest growth, then by name so that the order never flickers. */
export function sortTargets(targets: readonly TargetStatus[]): TargetStatus[] {
  return [...targets].sort(
    (a, b) =>
      rank(a.verdict) - rank(b.verdict) ||
      (b.growth?.perHour ?? 0) - (a.growth?.perHour ?? 0) ||
      compareText(a.service, b.service) ||
      compareText(a.instance, b.instance),
  );
}

function compareServices(a: ServiceSummary, b: ServiceSummary): number {
  return (
    rank(a.verdict) - rank(b.verdict) ||
    (a.exhaustion?.at ?? Infinity) - (b.exhaustion?.at ?? Infinity) ||
    (b.growth?.perHour ?? 0) - (a.growth?.perHour ?? 0) ||
    compareText(a.service, b.service)
  );
}

/** Infinity - Infinity is NaN, which `||` above rightly passes over. */
function rank(verdict: Verdict): number {
  return VERDICTS.indexOf(verdict);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function gravestState(instances: readonly TargetStatus[]): TargetStatus['state'] {
  const has = (state: TargetStatus['state']) => instances.some((t) => t.state === state);
  if (instances.every((t) => t.state === 'down')) return 'down';
  if (has('down') || has('degraded')) return 'degraded';
  return has('up') ? 'up' : 'waiting';
}

/** The instance with the greatest share of its limit; without limits, the largest. */
function nearestLimit(instances: readonly TargetStatus[]): ServiceSummary['memory'] {
  let nearest: ServiceSummary['memory'] = null;
  let nearestShare = -1;
  for (const { instance, memoryBytes, limitBytes } of instances) {
    if (memoryBytes === null) continue;
    const share = limitBytes === null ? 0 : memoryBytes / limitBytes;
    if (share > nearestShare || (share === nearestShare && memoryBytes > (nearest?.bytes ?? 0))) {
      nearest = { instance, bytes: memoryBytes, limitBytes };
      nearestShare = share;
    }
  }
  return nearest;
}

function earliestExhaustion(report: Report): TimeToExhaustion | null {
  const all = [report.exhaustion, ...report.findings.map((f) => f.timeToExhaustion)].filter(
    (e) => e !== null,
  );
  return all.sort((a, b) => a.at - b.at)[0] ?? null;
}
