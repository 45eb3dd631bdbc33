// Requests by route over one life of a process, bounded: rows thin out evenly, routes beyond the bound are left out.
import type { Millis } from '../base/units.ts';

/** Rows; when they are full, every second one goes. */
const MAX_ROWS = 512;
/** Busy services have some dozens of routes; each costs 4 KiB. */
export const MAX_ROUTES = 64;

/** Cumulative requests since the first row, by route; never falling. */
export interface RouteTable {
  readonly timeMillis: Float64Array;
  readonly routes: readonly { readonly name: string; readonly done: Float64Array }[];
}

interface Row {
  readonly atMillis: Millis;
  /** By number of the route; shorter where later routes were not known yet. */
  readonly done: readonly number[];
}

export class RouteHistory {
  #rows: Row[] = [];
  readonly #names: string[] = [];
  readonly #indexOf = new Map<string, number>();
  /** By number of the route: the counter as it was read last, and what it has risen by since the first row. */
  readonly #last: number[] = [];
  readonly #done: number[] = [];
  /** Least time between two rows, so that thinning stays even. */
  #spacingMillis: Millis = 0;

  /** @param counters by route, as they are served; what falls began anew at zero or lost a label. */
  append(atMillis: Millis, counters: ReadonlyMap<string, number>): void {
    const newest = this.#rows.at(-1)?.atMillis ?? -Infinity;
    if (atMillis <= newest) return;
    for (const [name, value] of counters) {
      const route = this.#indexOf.get(name) ?? this.#add(name, value);
      if (route === null) continue;
      this.#done[route] = (this.#done[route] ?? 0) + Math.max(0, value - (this.#last[route] ?? value));
      this.#last[route] = value;
    }
    if (atMillis - newest < this.#spacingMillis) return;
    this.#rows.push({ atMillis, done: [...this.#done] });
    if (this.#rows.length < MAX_ROWS) return;
    this.#rows = this.#rows.filter((_, row) => row % 2 === 0);
    const [first, last] = [this.#rows[0], this.#rows.at(-1)];
    if (first && last) this.#spacingMillis = (last.atMillis - first.atMillis) / this.#rows.length;
  }

  /** A new life: nothing is compared across a restart. */
  restart(): void {
    this.#rows = [];
    this.#names.length = 0;
    this.#indexOf.clear();
    this.#last.length = 0;
    this.#done.length = 0;
    this.#spacingMillis = 0;
  }

  /** Rows up to this instant; null for fewer than two. */
  upTo(atMillis: Millis): RouteTable | null {
    const rows = this.#rows.filter((row) => row.atMillis <= atMillis);
    if (rows.length < 2) return null;
    return {
      timeMillis: Float64Array.from(rows, (row) => row.atMillis),
      routes: this.#names.map((name, route) => ({
        name,
        done: Float64Array.from(rows, ({ done }) => done[route] ?? 0),
      })),
    };
  }

  #add(name: string, value: number): number | null {
    if (this.#names.length === MAX_ROUTES) return null;
    const route = this.#names.push(name) - 1;
    this.#indexOf.set(name, route);
    this.#last.push(value);
    this.#done.push(0);
    return route;
  }
}
