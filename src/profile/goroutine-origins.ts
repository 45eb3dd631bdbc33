// A goroutine dump reduced to what profiles do not carry: who started the goroutines of each stack, and how long they wait.
import type { Millis } from '../base/units.ts';
import type { GoroutineDump } from '../pprof/goroutine-dump.ts';
import { NO_ROW } from '../pprof/tables.ts';
import type { Frame, GoroutineOrigins } from './snapshot.ts';
import type { StackInterner } from './stack-interner.ts';

/** Rows kept of one dump, those of most goroutines: what leaks has many goroutines in a row, and 2,000 take 200 kB. */
export const MAX_ORIGIN_ROWS = 2000;

interface OpenRow {
  readonly stack: number;
  readonly createdBy: number;
  readonly reason: number;
  count: number;
  minutes: number;
}

/**
 * @param takenAtMillis when it was asked for, virtual time.
 * @param scale virtual over real time: minutes in the text are the process's own.
 */
export function reduceOrigins(
  dump: GoroutineDump,
  interner: StackInterner,
  takenAtMillis: Millis,
  scale = 1,
): GoroutineOrigins {
  const { strings, frames, stacks } = dump;
  const frameAt = (row: number): Frame => ({
    function: strings.get(frames.function[row]),
    file: strings.get(frames.file[row]),
    line: frames.line[row],
  });
  const internAt = (row: number) => {
    const open = stacks.frame.subarray(stacks.frameStart[row], stacks.frameStart[row + 1]);
    return interner.intern(Array.from(open, frameAt));
  };
  const rows = largestRows(dump);
  return {
    takenAtMillis,
    length: rows.length,
    stack: Int32Array.from(rows, ({ stack }) => internAt(stack)) as GoroutineOrigins['stack'],
    count: Float64Array.from(rows, ({ count }) => count),
    createdBy: rows.map(({ createdBy }) => (createdBy === NO_ROW ? null : frameAt(createdBy))),
    reason: rows.map(({ reason }) => strings.get(dump.goroutines.waitReason[reason])),
    longestMinutes: Float64Array.from(rows, ({ minutes }) => Math.floor(minutes * scale)),
  };
}

/** `reason` of a row is the goroutine whose reason it is. */
function largestRows({ goroutines }: GoroutineDump): OpenRow[] {
  const rows = new Map<string, OpenRow>();
  for (let at = 0; at < goroutines.length; at++) {
    const stack: number = goroutines.stack[at];
    const createdBy: number = goroutines.createdBy[at];
    const key = `${stack} ${createdBy} ${goroutines.waitReason[at]}`;
    let row = rows.get(key);
    if (row === undefined) {
      row = { stack, createdBy, reason: at, count: 0, minutes: 0 };
      rows.set(key, row);
    }
    row.count++;
    row.minutes = Math.max(row.minutes, goroutines.waitMinutes[at]);
  }
  // In the order of the text where they are as many: sorting is stable.
  return [...rows.values()].sort((a, b) => b.count - a.count).slice(0, MAX_ORIGIN_ROWS);
}
