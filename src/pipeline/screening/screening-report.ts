import type { Bytes } from '../../base/units.ts';
import type { ScreeningReport } from '../../model/screening.ts';
import { screenedVerdict, summarizeScreening, type ScreenedRow } from '../../report/screening.ts';
import { mergeReports } from '../merge-reports.ts';
import type { Grid } from './grid.ts';
import type { ScreenedHistory } from './screen-history.ts';

/**
 * One document about all of them: findings, instances and alarms as of one service, and the report of each.
 * @param ranked gravest first; null for none.
 */
export function buildScreeningReport(
  ranked: readonly ScreenedRow[],
  about: {
    readonly api: string;
    readonly selector: string;
    readonly grid: Grid;
    readonly sent: { readonly queries: number; readonly receivedBytes: Bytes };
    readonly screened: ScreenedHistory;
  },
): ScreeningReport | null {
  const reports = ranked.map(({ report }) => report);
  const merged = mergeReports(reports);
  if (merged === null) return null;
  const { grid, screened, sent } = about;
  const { investigation: _steps, ledger: _ledger, labels: _labels, ...whole } = merged;
  return {
    ...whole,
    verdict: screenedVerdict(ranked),
    summary: summarizeScreening(ranked),
    from: grid.fromMillis,
    to: grid.toMillis,
    warnings: [...(merged.warnings ?? []), ...screened.warnings],
    screening: {
      api: about.api,
      selector: about.selector,
      from: grid.fromMillis,
      to: grid.toMillis,
      stepMillis: grid.stepMillis,
      queries: sent.queries,
      receivedBytes: sent.receivedBytes,
      isPartial: screened.isPartial,
      leftOut: screened.leftOut,
    },
    ...(screened.fleets.length > 0 ? { fleets: [...screened.fleets] } : {}),
    reports,
  };
}
