// The report's JSON Schema as published in docs/report.schema.json, made from the one place that defines it.
import { ScreeningReportSchema } from '../model/screening.ts';

export const REPORT_SCHEMA_URL = 'https://json-schema.org/draft/2020-12/schema';

/** A plain JSON Schema document (draft 2020-12), free of the symbols that TypeBox keeps. */
export function buildReportJsonSchema(): Record<string, unknown> {
  const plain = JSON.parse(JSON.stringify(ScreeningReportSchema)) as Record<string, unknown>;
  return { $schema: REPORT_SCHEMA_URL, title: 'Plimsoll report', ...plain };
}
