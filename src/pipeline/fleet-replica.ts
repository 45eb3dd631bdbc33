// One process as its fleet sees it.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import type { AssessmentState } from '../detect/assessment.ts';
import type { FleetReplica } from '../detect/fleet/describe-fleet.ts';
import type { GaugeHistory } from '../series/gauge-history.ts';

export function describeReplica(
  version: string | null,
  assessment: AssessmentState,
  history: GaugeHistory,
): FleetReplica {
  const startMillis = history.lastKnown('processStartMillis');
  return {
    version,
    ageMillis: startMillis === null ? null : assessment.lastEvidenceMillis - startMillis,
    lanes: assessment.lanes,
    workPerHour: requestsPerHour(history),
  };
}

function requestsPerHour(history: GaugeHistory): number | null {
  const requests = history.column('requestsTotal');
  const { timeMillis } = history;
  if (requests === null || timeMillis.length < 2) return null;
  let done = 0;
  let before = NaN;
  let first: Millis | null = null;
  let last: Millis = 0;
  for (let row = 0; row < requests.length; row++) {
    const count = requests[row] ?? NaN;
    if (Number.isNaN(count)) continue;
    if (count > before) done += count - before;
    before = count;
    last = timeMillis[row] ?? 0;
    first ??= last;
  }
  return first === null || last <= first ? null : (done / (last - first)) * HOUR_MILLIS;
}
