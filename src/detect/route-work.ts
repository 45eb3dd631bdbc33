// The work that brings the growth may be that of one route: then a night in which it rests is no end of the growth, however busy
// other routes are.
import type { LiveFloor } from '../series/live-floor.ts';
import type { RouteTable } from '../series/route-history.ts';
import type { Work } from '../series/work.ts';
import { measureRouteGrowth } from './route-growth.ts';

export interface RouteWork {
  readonly work: Work;
  readonly route: string;
}

/** A route that brings less is one of several, and the whole work says more. */
const LEAST_SHARE = 0.5;

/** Requests of the route that the live heap grows with; null where it grows with no single one for certain. */
export function findRouteWork(floor: LiveFloor, routes: RouteTable): RouteWork | null {
  const growth = measureRouteGrowth(floor, routes);
  if (growth === null || growth.route === null || (growth.share?.low ?? 0) < LEAST_SHARE) return null;
  const column = routes.routes.find(({ name }) => name === growth.route);
  if (column === undefined) return null;
  const work: Work = { timeMillis: routes.timeMillis, value: column.done, source: 'requests' };
  return { work, route: growth.route };
}
