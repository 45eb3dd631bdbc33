// One series from start to judgements: what a worker does with one task.
import { ABLATIONS } from '../methods/ablations.mjs';
import { METHODS } from '../methods/all.mjs';
import { importEdited } from '../methods/edited-product.mjs';
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
 * @property {Readonly<Record<string, string>>} edited folders of edited products, by method
 */

/**
 * @param {Task} task
 * @returns {Promise<import('./judge.mjs').Judged[]>}
 */
export async function runTask({ kind: name, seed, days, stepMillis, methods, what, edited, ...options }) {
  const kind = kindNamed(name);
  if (!kind) throw new Error(`no kind is called "${name}"`);
  const series = drawSeries(kind, seed, { days, stepMillis });
  const asksMillis = askTimes(series);
  if (what === 'gates') {
    return watchThroughGates(series, { ...options, asksMillis }).map((gate) =>
      judge(series, gate, gate.outcome),
    );
  }
  const judged = [];
  for (const method of what === 'ablation' ? ABLATIONS : METHODS) {
    if (methods.length > 0 && !methods.includes(method.name)) continue;
    const folder = edited[method.name];
    const product = folder === undefined ? undefined : await importEdited(folder);
    judged.push(judge(series, method, method.watch(series, { ...options, asksMillis, product })));
  }
  return judged;
}
