// The methods of the table, in its order. A new one is added here.
import {
  coroot,
  manyGoroutines,
  mannKendall,
  predictLinear,
  rssThreshold,
  threeSnapshots,
  twoSnapshots,
} from './baselines.mjs';
import { plimsoll, plimsollWith } from './plimsoll.mjs';

/** @type {readonly import('./method.mjs').Method[]} */
export const METHODS = [
  plimsoll,
  rssThreshold(0.8),
  rssThreshold(0.9),
  predictLinear(1, 4),
  predictLinear(6, 24),
  coroot(1),
  coroot(6),
  mannKendall(6),
  mannKendall(24),
  twoSnapshots({ apartHours: 24, share: 0.25 }),
  threeSnapshots({ apartHours: 24, share: 0.05 }),
  manyGoroutines,
];

/** Plimsoll with one thing taken away at a time: what each is worth. What is taken away is what a watch may lack. */
export const ABLATIONS = [
  plimsoll,
  plimsollWith('without the GC floor', 'only heap_alloc: rolling minimum', {
    gauges: ['liveHeapBytes', 'nextGcBytes'],
  }),
  plimsollWith('without request counters', 'CPU seconds stand for load', { gauges: ['requestsTotal'] }),
  plimsollWith('without any load', 'neither requests nor CPU seconds', {
    gauges: ['requestsTotal', 'cpuSecondsTotal'],
  }),
  plimsollWith('without confirmation', 'alarm at the first evaluation whose rule holds', {
    confirmation: true,
  }),
  plimsollWith('without counts', 'no goroutines, descriptors, threads', {
    gauges: ['goroutines', 'openFds', 'threads'],
  }),
  plimsollWith('without a limit', 'the limit is not known', { gauges: ['memoryLimitBytes'] }),
];
