// How long what is kept. Every span counts real time from the moment of writing: a row's own time is virtual and
// may lie in the future (an accelerated demo) or long ago (evidence brought in later).
import { DAY_MILLIS, GIB, type Bytes, type Millis } from '../base/units.ts';

export interface Retention {
  /** Whole days; the engine drops a table's day when all of it is past this. */
  readonly gaugeDays: number;
  readonly profileDays: number;
  readonly siteDays: number;
  readonly findingDays: number;
  readonly incidentDays: number;
  readonly eventDays: number;
  readonly blobAgeMillis: Millis;
  readonly blobTotalBytes: Bytes;
}

/**
 * Gauges, index and sites: a month shows a leak of a monthly release cycle. Findings and incidents: more than a
 * year, so that "this came back" can be said. Raw bytes: a week, the time in which somebody opens them in pprof.
 */
export const DEFAULT_RETENTION: Retention = {
  gaugeDays: 30,
  profileDays: 30,
  siteDays: 30,
  findingDays: 400,
  incidentDays: 400,
  eventDays: 90,
  blobAgeMillis: 7 * DAY_MILLIS,
  blobTotalBytes: 2 * GIB,
};

/** Stacks outlive the sites that name them: one is written again when it was last written more than a day ago. */
export const STACK_EXTRA_DAYS = 7;
