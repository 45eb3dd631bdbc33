// A report with what the Go sources say in its leaks.
import type { Report } from '../model/report.ts';
import type { SourceExplainer } from './source-explainer.ts';

/** Asks the sources about the leaks of a finished report. The same object when they say nothing. */
export async function explainReport(
  report: Report,
  explainer: SourceExplainer,
  module: string | null,
): Promise<Report> {
  const isTold = await explainer.learn(report.findings, module);
  if (!isTold) return report;
  return { ...report, findings: report.findings.map((finding) => explainer.apply(finding, module)) };
}
