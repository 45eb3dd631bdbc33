import { Type, type Static } from 'typebox';
import { ReportSchema } from './report.ts';

/** What was asked of a query API. */
export const ScreeningFactsSchema = Type.Object({
  api: Type.String({ description: 'its address, without secrets' }),
  selector: Type.String(),
  from: Type.Number(),
  to: Type.Number(),
  stepMillis: Type.Number(),
  queries: Type.Number(),
  receivedBytes: Type.Number(),
  isPartial: Type.Boolean({ description: 'it said that a part of its data could not be asked' }),
  leftOut: Type.Number({ description: 'targets beyond the bound' }),
});
export type ScreeningFacts = Static<typeof ScreeningFactsSchema>;

/**
 * The answer about many targets at once: a report as of one service with its instances, the findings of all of them, and the
 * report of each.
 */
export const ScreeningReportSchema = Type.Object(
  {
    ...ReportSchema.properties,
    screening: Type.Optional(ScreeningFactsSchema),
    reports: Type.Optional(
      Type.Array(Type.Object(ReportSchema.properties), {
        description: 'of a screening: one for each target, gravest first',
      }),
    ),
  },
  { $id: 'plimsoll-report/1' },
);
export type ScreeningReport = Static<typeof ScreeningReportSchema>;
