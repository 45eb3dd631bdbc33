import type { Finding } from '../model/finding.ts';
import type { SourceExcerpt } from '../model/status.ts';
import { packageOf } from '../profile/frames.ts';
import { findSource, type SourcePlaces } from '../workspace/find-source.ts';

/** Lines shown before and after the culprit's line. */
const LINES_AROUND = 8;

/** Source around the first culprit of a finding; null when it has no line or its source is not at hand. */
export async function readExcerpt(finding: Finding, places: SourcePlaces): Promise<SourceExcerpt | null> {
  const culprit = finding.culprits[0];
  if (!culprit?.file || culprit.line === null) return null;
  const name = {
    file: culprit.file,
    profileFile: culprit.profileFile ?? null,
    importPath: packageOf(culprit.function),
  };
  const text = await findSource(name, places);
  if (text === null) return null;
  const lines = text.split('\n');
  if (culprit.line > lines.length) return null; // another version of the file: worse than none
  const firstLine = Math.max(1, culprit.line - LINES_AROUND);
  return {
    file: culprit.file,
    line: culprit.line,
    firstLine,
    lines: lines.slice(firstLine - 1, culprit.line + LINES_AROUND),
  };
}
