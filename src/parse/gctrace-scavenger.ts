// Lines about memory that goes back to the system, beside those of collections:
//
//   gctrace=1 up to Go 1.13   scvg0: 1 MB released
//                             scvg0: inuse: 5, idle: 50, sys: 56, released: 48, consumed: 7 (MB)
//   scavtrace=1, 1.14, 1.15   scav 1 784 KiB work, 58976 KiB total, 51% util
//                1.16 - 1.20  scav 784 KiB work, 58976 KiB total, 51% util
//                1.21 on      scav 128 KiB work (bg), 0 KiB work (eager), 3112 KiB now, 40% util
import { KIB, MIB, type Bytes } from '../base/units.ts';

/** What one line adds; null = it does not say. */
export interface ScavengerLine {
  /** Address space of the heap that is given back at this moment. */
  readonly releasedBytes: Bytes | null;
  /** Given back since the line before. */
  readonly workBytes: Bytes | null;
  /** Heap that was got from the system, given back or not. */
  readonly heapSysBytes: Bytes | null;
}

const SCAV =
  /^scav (?:\d{1,10} )?(\d{1,15}) KiB work(?: \(bg\), (\d{1,15}) KiB work \(eager\))?, (\d{1,15}) KiB (?:total|now), \d{1,3}% util/;
const SCVG_LEVELS =
  /^scvg-?\d{1,10}: inuse: (\d{1,12}), idle: (\d{1,12}), sys: (\d{1,12}), released: (\d{1,12}), consumed: \d{1,12} \(MB\)/;
const SCVG_RELEASED = /^scvg-?\d{1,10}: (\d{1,12}) MB released/;

/** Where such a line may begin. */
export const SCAVENGER_BEGIN = /scav \d|scvg-?\d/;

/** Null for a line that is something else. */
export function parseScavengerLine(text: string): ScavengerLine | null {
  const scav = SCAV.exec(text);
  if (scav) {
    const [, work, eager, released] = scav;
    const workBytes = (Number(work) + Number(eager ?? 0)) * KIB;
    return { releasedBytes: Number(released) * KIB, workBytes, heapSysBytes: null };
  }
  const levels = SCVG_LEVELS.exec(text);
  if (levels) {
    return { releasedBytes: Number(levels[4]) * MIB, workBytes: null, heapSysBytes: Number(levels[3]) * MIB };
  }
  const released = SCVG_RELEASED.exec(text);
  return released && { releasedBytes: null, workBytes: Number(released[1]) * MIB, heapSysBytes: null };
}

/** What else the runtime says to standard error with gctrace or gcpacertrace set: no message of the program. */
const OTHER_RUNTIME_LINES = [
  /^GC forced$/,
  // gctrace=2 of Go 1.25 and later
  /^scan: (?:total|class \d+B) [\d+]+=\d+ objs, [\d+]+=\d+ spans$/,
  /^pacer: /,
  // Go up to 1.13 with gctrace
  /^scvg: /,
];

export function isOtherRuntimeLine(text: string): boolean {
  return OTHER_RUNTIME_LINES.some((pattern) => pattern.test(text));
}
