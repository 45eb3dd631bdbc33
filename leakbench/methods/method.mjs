// What a method of detection is to the benchmark: one object. docs/leakbench.md says how to add one.

/**
 * @typedef {object} Alarm
 * @property {number} atMillis when it was raised, by what was known then
 * @property {number | null} endMillis when it was taken back; null while it stands
 * @property {string} [id] what it is about, where the method has several
 * @property {string | null} [class] where the method says one
 */

/**
 * What a method says at one time.
 * @typedef {object} Answer
 * @property {'alarm' | 'asked'} why
 * @property {number} atMillis
 * @property {boolean} isLeak
 * @property {{ perHour: number, low: number, high: number } | null} growth bytes
 * @property {number | null} onsetMillis
 * @property {{ at: number, low: number | null, high: number | null, isKill: boolean } | null} exhaustion `low`, `high`: 80 % interval;
 *   null = open; `isKill`: of the limit whose crossing ends the process, not of a soft one
 * @property {{ value: number, low: number, high: number } | null} perRequest bytes
 */

/**
 * @typedef {object} Outcome
 * @property {Alarm[]} alarms in order of time
 * @property {{ atMillis: number }[]} warnings that memory runs out, without a claim of a leak
 * @property {Answer[]} answers
 * @property {string | null} finalVerdict
 * @property {number} untilMillis how far it watched
 * @property {number} evaluations
 */

/**
 * @typedef {object} Method
 * @property {string} name
 * @property {string} about one line for the table's notes
 * @property {readonly import('./edited-product.mjs').Edit[]} [edits] what is changed in the product for it
 * @property {(series: import('../lib/series.mjs').Series, options: WatchOptions) => Outcome} watch
 */

/**
 * @typedef {object} WatchOptions
 * @property {number} everyMillis at least so long between evaluations; 0 = as often as the method likes
 * @property {readonly number[]} asksMillis answers are wanted at the first evaluation from each of these on
 * @property {number} patienceMillis how long a leak is watched on after its alarm
 * @property {any} [product] class Investigation with the method's edits
 */

export const MINUTE_MILLIS = 60_000;
export const HOUR_MILLIS = 60 * MINUTE_MILLIS;

/** @typedef {(row: number) => boolean} Holds whether the rule holds at this row, by rows up to it */

/**
 * Runs a rule over the scrapes as an alert manager does: an alarm once it held for `forMillis` without a break, its end when it
 * holds no more.
 * @param {import('../lib/series.mjs').Series} series
 * @param {{ everyMillis: number, forMillis: number, holds: Holds, answer?: (row: number) => Partial<Answer> } & Pick<WatchOptions, 'asksMillis'>} rule
 * @returns {Outcome}
 */
export function runRule(series, { everyMillis, forMillis, holds, answer, asksMillis }) {
  const { timeMillis } = series;
  /** @type {Alarm[]} */
  const alarms = [];
  /** @type {Answer[]} */
  const answers = [];
  const asks = [...asksMillis].sort((a, b) => a - b);
  let since = NaN;
  let next = -Infinity;
  let evaluations = 0;
  const say = (
    /** @type {'alarm' | 'asked'} */ why,
    /** @type {number} */ row,
    /** @type {boolean} */ isLeak,
  ) =>
    answers.push({
      why,
      atMillis: timeMillis[row],
      isLeak,
      growth: null,
      onsetMillis: null,
      exhaustion: null,
      perRequest: null,
      ...(isLeak && answer ? answer(row) : {}),
    });
  for (let row = 0; row < timeMillis.length; row++) {
    const atMillis = timeMillis[row];
    if (atMillis < next) continue;
    next = atMillis + Math.max(everyMillis, 1) - MINUTE_MILLIS / 2;
    evaluations++;
    const isTrue = holds(row);
    if (!isTrue) since = NaN;
    else if (Number.isNaN(since)) since = atMillis;
    const standing = alarms.at(-1)?.endMillis === null ? alarms.at(-1) : undefined;
    const isAlarm = isTrue && atMillis - since >= forMillis;
    if (isAlarm && !standing) {
      alarms.push({ atMillis, endMillis: null });
      say('alarm', row, true);
    } else if (!isTrue && standing) standing.endMillis = atMillis;
    while (asks.length > 0 && asks[0] <= atMillis) {
      asks.shift();
      say('asked', row, isAlarm);
    }
  }
  const untilMillis = timeMillis.at(-1) ?? series.fromMillis;
  return { alarms, warnings: [], answers, finalVerdict: null, untilMillis, evaluations };
}

/**
 * First row at or after this time.
 * @param {Float64Array} timeMillis ascending
 * @param {number} atMillis
 */
export function firstRowFrom(timeMillis, atMillis) {
  let low = 0;
  let high = timeMillis.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeMillis[middle] < atMillis) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Least squares of value over hours, from row `from` up to `to` (not included); NaN cells are left out.
 * @param {Float64Array} timeMillis
 * @param {Float64Array} value
 * @param {number} from
 * @param {number} to
 * @returns {{ perHour: number, atEnd: number, points: number } | null} `atEnd`: the line at the last row's time
 */
export function fitLine(timeMillis, value, from, to) {
  let n = 0;
  let sumX = 0;
  let sumY = 0;
  let sumXX = 0;
  let sumXY = 0;
  const end = timeMillis[to - 1];
  for (let row = from; row < to; row++) {
    if (Number.isNaN(value[row])) continue;
    const x = (timeMillis[row] - end) / HOUR_MILLIS;
    n++;
    sumX += x;
    sumY += value[row];
    sumXX += x * x;
    sumXY += x * value[row];
  }
  const spread = n * sumXX - sumX * sumX;
  if (n < 2 || !(spread > 0)) return null;
  const perHour = (n * sumXY - sumX * sumY) / spread;
  return { perHour, atEnd: (sumY - perHour * sumX) / n, points: n };
}
