// Connections that stay, and the goroutines that serve them, come with the users of a morning: straight for hours, whatever the requests
// do. By gauges alone only a whole day tells them from a leak; while the limit is far, nothing is lost by seeing one.
import { DAY_MILLIS, HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { Assessment, Lane } from './assessment.ts';

/** Users come for half a day: what would reach the limit sooner than half of that is raised. */
const NEAR_MILLIS: Millis = 6 * HOUR_MILLIS;
/** Users, not code, may move these. */
const USER_LANES: ReadonlySet<Lane> = new Set<Lane>(['fd', 'goroutine']);

/**
 * How long a claim on this lane whose code no profile names waits: until the target was watched for a whole day, over restarts, or its
 * first limit is 6 h away. 0 when the wait is over, and where no limit is known: then nobody knows what there is time for.
 */
export function waitForFirstDay(lane: Lane, assessment: Assessment): Millis {
  const { atMillis, firstEvidenceMillis, exhaustion, memoryLimitBytes } = assessment;
  if (!USER_LANES.has(lane) || (exhaustion === null && memoryLimitBytes === null)) return 0;
  const untilDay = firstEvidenceMillis + DAY_MILLIS - atMillis;
  const untilNear = exhaustion === null ? Infinity : exhaustion.at - atMillis - NEAR_MILLIS;
  return Math.max(0, Math.min(untilDay, untilNear));
}
