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
import { plimsoll } from './plimsoll.mjs';

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
