// What the Go sources say about leaks: what holds the memory, which pattern it is, where the fix goes. Asked once, when a
// report is made: it changes nothing about whether something is a leak.
import { explainSource } from '../diagnose/source/explain-source.ts';
import { SourceAnalysis } from '../gosource/source-analysis.ts';
import type { Culprit, Finding } from '../model/finding.ts';
import type { Report } from '../model/report.ts';
import { openGoParser } from '../workspace/go-parser.ts';

/** Go sources of a service by `<import path>/<file>`. */
export interface SourceSet {
  readonly files: readonly string[];
  /** null for a file that is not there. */
  readonly read: (file: string) => Promise<Uint8Array | null>;
}

/** A module larger than this has its generated code in it; the rest is left out. */
const MAX_FILES = 5000;
const MAX_BYTES = 64 * 1024 * 1024;
/** Below this the pattern is a guess: what holds the memory is told, a fix is not. */
const SURE_ENOUGH = 0.4;

/** The report with holders and fixes in its leaks, as far as the sources tell. */
export async function explainReport(report: Report, sources: SourceSet, module: string): Promise<Report> {
  if (sources.files.length === 0 || !report.findings.some(isExplainable)) return report;
  const texts = await readTexts(sources);
  if (texts.size === 0) return report;
  const analysis = new SourceAnalysis(texts, await openGoParser(), module);
  const findings = report.findings.map((finding) =>
    isExplainable(finding) ? explain(finding, analysis, module) : finding,
  );
  return { ...report, findings };
}

function isExplainable({ verdict, culprits }: Finding): boolean {
  return verdict === 'leak' && culprits.length > 0;
}

async function readTexts({ files, read }: SourceSet): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  let left = MAX_BYTES;
  for (const file of files) {
    if (!file.endsWith('.go') || file.endsWith('_test.go')) continue;
    const bytes = await read(file);
    if (bytes === null) continue;
    left -= bytes.length;
    if (left < 0 || texts.size >= MAX_FILES) break;
    texts.set(file, new TextDecoder().decode(bytes));
  }
  return texts;
}

function explain(finding: Finding, analysis: SourceAnalysis, module: string): Finding {
  const answer = explainSource(analysis, finding.class, finding.culprits);
  if (answer === null) return finding;
  const inModule = (path: string): string =>
    module !== '' && path.startsWith(`${module}/`) ? path.slice(module.length + 1) : path;
  const holders = answer.holders.slice(0, 1).map(({ name, file, node }): Culprit => ({
    role: 'holds',
    function: name,
    file: inModule(file.path),
    profileFile: null,
    line: file.tree.line(node),
    share: null,
    low: null,
    high: null,
  }));
  const culprits = [...finding.culprits, ...holders];
  if (answer.confidence < SURE_ENOUGH) return { ...finding, culprits };
  const { file, line, text } = answer.fix;
  return { ...finding, culprits, pattern: answer.pattern, fix: { text, file: inModule(file.path), line } };
}
