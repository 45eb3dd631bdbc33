import { Type, type Static } from 'typebox';
import { FleetSummarySchema } from './fleet.ts';
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

export const ServiceFleetSchema = Type.Object({ service: Type.String(), ...FleetSummarySchema.properties });
export type ServiceFleet = Static<typeof ServiceFleetSchema>;

/**
 * The answer about many targets at once: a report as of one service with its instances, the findings of all of them, and the
 * report of each.
 */
export const ScreeningReportSchema = Type.Object(
  {
    ...ReportSchema.properties,
    screening: Type.Optional(ScreeningFactsSchema),
    fleets: Type.Optional(
      Type.Array(ServiceFleetSchema, { description: 'of a screening: services with several replicas' }),
    ),
    reports: Type.Optional(
      Type.Array(Type.Object(ReportSchema.properties), {
        description: 'of a screening: one for each target, gravest first',
      }),
    ),
  },
  { $id: 'plimsoll-report/1' },
);
export type ScreeningReport = Static<typeof ScreeningReportSchema>;
