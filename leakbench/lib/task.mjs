// One series from start to judgements: what a worker does with one task.
import { ABLATIONS, METHODS } from '../methods/all.mjs';
import { watchThroughGates } from '../methods/gates.mjs';
import { askTimes, judge } from './judge.mjs';
import { drawSeries, kindNamed } from './series.mjs';

/**
 * @typedef {object} Task
 * @property {string} kind
 * @property {number} seed
 * @property {number} days
 * @property {number} stepMillis
 * @property {number} everyMillis
 * @property {number} patienceMillis
 * @property {readonly string[]} methods names; empty = all
 * @property {'methods' | 'ablation' | 'gates'} what
 */

/**
 * @param {Task} task
 * @returns {import('./judge.mjs').Judged[]}
 */
export function runTask({ kind: name, seed, days, stepMillis, methods, what, ...options }) {
  const kind = kindNamed(name);
  if (!kind) throw new Error(`no kind is called "${name}"`);
  const series = drawSeries(kind, seed, { days, stepMillis });
  const asksMillis = askTimes(series);
  if (what === 'gates') {
    return watchThroughGates(series, { ...options, asksMillis }).map((gate) =>
      judge(series, gate, gate.outcome),
    );
  }
  return (what === 'ablation' ? ABLATIONS : METHODS)
    .filter((method) => methods.length === 0 || methods.includes(method.name))
    .map((method) => judge(series, method, method.watch(series, { ...options, asksMillis })));
}
