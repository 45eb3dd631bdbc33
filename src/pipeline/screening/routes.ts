// Which requests come by which route: counters of suspects by their label of routes, for who grows with one of them.
import type { Millis } from '../../base/units.ts';
import { ROUTE_LABELS } from '../../parse/request-routes.ts';
import type { Labels } from '../../parse/history-names.ts';
import type { SeriesView } from '../../parse/query-answer.ts';
import { MAX_ROUTES, RouteHistory } from '../../series/route-history.ts';
import { rowOf, type Grid } from './grid.ts';

/** Of each counter; routes are told apart by how they rise over hours, not by minutes. */
const MOST_POINTS = 400;
/** Dots need another grammar of queries, which servers before Prometheus 3 do not have. */
const PLAIN_NAME = /^[A-Za-z_]\w*$/;

/** Labels that may name a route and are none of the target itself (`endpoint` often is), best first. */
export function routeLabels(labelNames: readonly string[]): string[] {
  return ROUTE_LABELS.filter((name) => PLAIN_NAME.test(name) && !labelNames.includes(name));
}

/** The route of a series, and its labels without those of routes; null where it has none. */
export function splitRoute(labels: Labels, names: readonly string[]): { route: string; rest: Labels } | null {
  const route = names.map((name) => labels[name] ?? '').find((value) => value !== '');
  if (route === undefined) return null;
  return {
    route,
    rest: Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name))),
  };
}

/** The last instant alone: who has routes, and how many. */
export function lastInstant(grid: Grid): Grid {
  return { ...grid, fromMillis: grid.toMillis, points: 1 };
}

/** The same time at MOST_POINTS instants at most, the last of them at its end. */
export function routeGrid(grid: Grid): Grid {
  const steps = Math.max(1, Math.ceil((grid.points - 1) / (MOST_POINTS - 1)));
  const points = Math.floor((grid.points - 1) / steps) + 1;
  const stepMillis = steps * grid.stepMillis;
  return { ...grid, fromMillis: grid.toMillis - (points - 1) * stepMillis, stepMillis, points };
}

/** Routes that are told apart. One route says no more than their sum; a counter with very many has paths with numbers in them. */
export function isWorthRoutes(routes: ReadonlySet<string>): boolean {
  return routes.size >= 2 && routes.size <= MAX_ROUTES;
}

/** Counters of one target by route, as they arrive. */
export class RouteSeries {
  readonly #grid: Grid;
  readonly #columns = new Map<string, Float64Array>();

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  take(route: string, { count, timeMillis, value }: SeriesView): void {
    let column = this.#columns.get(route);
    if (!column) {
      if (this.#columns.size === MAX_ROUTES) return;
      this.#columns.set(route, (column = new Float64Array(this.#grid.points).fill(NaN)));
    }
    for (let i = 0; i < count; i++) {
      const row = rowOf(this.#grid, timeMillis[i] ?? NaN);
      if (row >= 0) column[row] = value[i] ?? NaN;
    }
  }

  /** From this instant on: nothing is compared across a restart. */
  since(fromMillis: Millis): RouteHistory {
    const history = new RouteHistory();
    for (let row = 0; row < this.#grid.points; row++) {
      const atMillis = this.#grid.fromMillis + row * this.#grid.stepMillis;
      if (atMillis < fromMillis) continue;
      const counters = new Map<string, number>();
      for (const [route, column] of this.#columns) {
        const value = column[row] ?? NaN;
        if (Number.isFinite(value)) counters.set(route, value);
      }
      if (counters.size > 0) history.append(atMillis, counters);
    }
    return history;
  }
}
