// A report with what the Go sources say in its leaks.
import { retellHolder } from '../diagnose/chain/ask-code.ts';
import type { Finding } from '../model/finding.ts';
import type { Report } from '../model/report.ts';
import { questionsAbout, type SourceExplainer } from './source-explainer.ts';

/** The report with what is known of its findings from the sources, in the investigation as well. */
export function withExplained(report: Report, explain: (finding: Finding) => Finding): Report {
  const findings = report.findings.map(explain);
  const { investigation } = report;
  return {
    ...report,
    findings,
    ...(investigation === undefined ? {} : { investigation: retellHolder(investigation, findings) }),
  };
}

/** Asks the sources about the leaks of a finished report. The same object when they say nothing. */
export async function explainReport(
  report: Report,
  explainer: SourceExplainer,
  module: string | null,
): Promise<Report> {
  await explainer.learn(questionsAbout(report.findings), module);
  const explain = (finding: Finding) => explainer.apply(finding, module);
  const isTold = report.findings.some((finding) => explain(finding) !== finding);
  return isTold ? withExplained(report, explain) : report;
}
