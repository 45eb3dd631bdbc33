import type { GaugeName, GaugeReading } from '../base/gauges.ts';
import { toVirtualMillis, type TimeMap } from '../model/raw-evidence.ts';

/** Gauges whose value is an instant that the process printed in its own (recorded) time. */
const INSTANTS: readonly GaugeName[] = ['processStartMillis', 'lastGcMillis'];

/** A reading with its instants in virtual time: what goes into history and store. */
export function toVirtualReading(reading: GaugeReading, timeMap: TimeMap): GaugeReading {
  if (timeMap.scale === 1) return reading;
  const virtual: GaugeReading = { ...reading };
  for (const name of INSTANTS) {
    const value = reading[name];
    if (value !== undefined) virtual[name] = toVirtualMillis(timeMap, value);
  }
  return virtual;
}
