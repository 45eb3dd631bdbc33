// What grows, over time, for the picture in a message.
import { HOUR_MILLIS, type Millis } from '../base/units.ts';
import { MAX_CURVE_POINTS, type Curve } from '../model/alert.ts';
import type { LeakClass } from '../model/finding.ts';
import type { Incident } from '../model/incident.ts';
import type { WatchView } from './watch-view.ts';

interface Grows {
  readonly gauge: string;
  readonly of: Curve['of'];
  readonly unit: Curve['unit'];
}

const HEAP: Grows = { gauge: 'liveFloorBytes', of: 'live heap', unit: 'bytes' };
const GROWS: Readonly<Record<LeakClass, Grows>> = {
  heap: HEAP,
  retention: HEAP,
  goroutine: { gauge: 'goroutines', of: 'goroutines', unit: 'count' },
  fd: { gauge: 'openFds', of: 'open files', unit: 'count' },
  thread: { gauge: 'threads', of: 'threads', unit: 'count' },
  native: { gauge: 'rssBytes', of: 'memory of the process', unit: 'bytes' },
};

/** Of what is shown, this part is from before the growth began: else nobody sees that it did. */
const BEFORE = 0.5;
const SHORTEST: Millis = HOUR_MILLIS;

/** @returns null when the target is not watched any more, or the watch cannot say: a message needs no picture. */
export async function readCurve(watch: WatchView, incident: Incident): Promise<Curve | null> {
  const { gauge, of, unit } = GROWS[incident.finding.class];
  const now = watch.now();
  const since = incident.finding.onsetAt ?? incident.openedAt;
  const fromMillis = since - Math.max(SHORTEST, BEFORE * (now - since));
  const asked = { fromMillis, toMillis: now, maxPoints: MAX_CURVE_POINTS, gauges: [gauge] };
  const series = await watch.series(incident.service, incident.instance, asked).catch(() => null);
  const value = series?.values[gauge];
  if (!series || value === undefined) return null;
  const limit =
    limitOf(incident, unit) ?? (unit === 'bytes' ? (series.goMemLimitBytes ?? series.limitBytes) : null);
  return { of, unit, time: series.time, value: value.map(round), limit };
}

/** That of the forecast, where it is in the unit of the curve: goroutines reach the limit of memory. */
function limitOf({ finding }: Incident, unit: Curve['unit']): number | null {
  const { resource, limit = null } = finding.timeToExhaustion ?? {};
  const isCounted = resource === 'max-fds' || resource === 'max-threads';
  return isCounted === (unit === 'count') ? limit : null;
}

function round(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
