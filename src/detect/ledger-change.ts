// How the parts of the heap changed while it grew: what survives a collection, what is garbage, what the allocator keeps.
import { HOUR_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import { computeLedger } from '../series/ledger.ts';
import type { LiveFloorSource } from '../series/live-floor.ts';
import { Interpolation } from '../series/work.ts';
import type { Life } from './life.ts';

/** Of the rows at each end; what lies between says nothing of the change. */
const END_SHARE = 0.2;
/** Garbage and idle spans go up and down with every cycle: the mean of so many instants is off by a twentieth of their swing. */
const MAX_INSTANTS = 30;
const MIN_INSTANTS = 3;

/** Means of the last fifth of a window less those of its first. */
export interface LedgerChange {
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  /** Between the middles of both ends. */
  readonly hours: number;
  /** What survived collections. */
  readonly liveBytes: Bytes;
  /** null = not known at both ends, here and below. */
  readonly garbageBytes: Bytes | null;
  /** Idle spans that were not given back, and what is free inside spans in use. */
  readonly retainedBytes: Bytes | null;
  readonly floorSource: LiveFloorSource;
  readonly gogcChanges: number;
}

/** From `fromMillis` (or the start of the live floor) to now; null where too little is known for two ends. */
export function measureLedgerChange({ table, rows, floor }: Life, fromMillis: Millis): LedgerChange | null {
  if (floor === null || floor.value.length < 2) return null;
  const start = Math.max(fromMillis, floor.timeMillis[0]);
  let from = rows.from;
  while (from < rows.to && table.timeMillis[from] < start) from++;
  const width = Math.floor(END_SHARE * (rows.to - from));
  if (width < MIN_INSTANTS) return null;
  const live = new Interpolation(floor);
  const mean = (first: number): Mean => {
    const sum = new Mean();
    const step = Math.max(1, Math.floor(width / MAX_INSTANTS));
    for (let row = first; row < first + width; row += step) {
      const at = table.timeMillis[row];
      const parts = computeLedger(table, row, live.at(at));
      sum.add('live', parts?.liveBytes ?? live.at(at));
      sum.add('garbage', parts?.garbageBytes ?? null);
      sum.add('retained', parts === null ? null : plus(parts.idleBytes, parts.fragmentationBytes));
      sum.add('millis', at);
    }
    return sum;
  };
  const before = mean(from);
  const after = mean(rows.to - width);
  const change = (name: Part) => {
    const [a, b] = [after.of(name), before.of(name)];
    return a === null || b === null ? null : a - b;
  };
  const liveBytes = change('live');
  const millis = change('millis');
  if (liveBytes === null || millis === null || !(millis > 0)) return null;
  return {
    fromMillis: table.timeMillis[from],
    toMillis: table.timeMillis[rows.to - 1],
    hours: millis / HOUR_MILLIS,
    liveBytes,
    garbageBytes: change('garbage'),
    retainedBytes: change('retained'),
    floorSource: floor.source,
    gogcChanges: floor.gogcChanges,
  };
}

type Part = 'live' | 'garbage' | 'retained' | 'millis';

class Mean {
  readonly #sum = new Map<Part, { total: number; count: number }>();

  add(name: Part, value: number | null): void {
    if (value === null || !Number.isFinite(value)) return;
    const known = this.#sum.get(name) ?? { total: 0, count: 0 };
    known.total += value;
    known.count++;
    this.#sum.set(name, known);
  }

  of(name: Part): number | null {
    const known = this.#sum.get(name);
    return known === undefined || known.count < MIN_INSTANTS ? null : known.total / known.count;
  }
}

function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
