// How commands reach a Prometheus-compatible query API, and say what they asked of it.
import { formatBytes, formatDuration, type Millis } from '../base/units.ts';
import { createPrometheusApi, type PrometheusApi } from '../collect/prometheus-api.ts';
import type { Grid } from '../pipeline/screening/grid.ts';
import { accessOf, type AccessOptions } from './access-options.ts';
import { headerArguments } from './arguments.ts';

export interface QueryApiOptions extends AccessOptions {
  readonly prometheus: string;
  readonly header: readonly string[];
}

/** To be closed by whoever opens it. @throws PlimsollError ARGUMENTS_INVALID for options that do not fit together */
export function openQueryApi(options: QueryApiOptions): PrometheusApi {
  return createPrometheusApi({
    url: options.prometheus,
    headers: headerArguments(options.header),
    access: accessOf(options),
  });
}

/** `7 d at steps of 5 min from http://...: 12 queries, 3 MiB` */
export function describeAsked(api: PrometheusApi, sinceMillis: Millis, grid: Grid): string {
  return (
    `${formatDuration(sinceMillis)} at steps of ${formatDuration(grid.stepMillis)} from ${api.where}: ` +
    `${api.sent.queries} queries, ${formatBytes(api.sent.receivedBytes)}`
  );
}
