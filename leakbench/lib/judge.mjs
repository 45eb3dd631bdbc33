// One method on one series against the truth: what is counted, before any figure is made of it.
import { firstRowFrom } from '../methods/method.mjs';
import { DAY_MILLIS, HOUR_MILLIS } from './simulate.mjs';

/** Forecasts and intervals are asked for at these shares of the time from onset to exhaustion. */
export const ASKED_SHARES = [0.5, 0.75, 0.9];
/** Alarms that come back within a day are one. */
const SAME_ALARM_MILLIS = DAY_MILLIS;

/**
 * @typedef {object} Judged
 * @property {string} kind
 * @property {number} seed
 * @property {'inside' | 'outside'} family
 * @property {'leak' | 'steady' | 'adversarial'} group
 * @property {string} method
 * @property {boolean} matters
 * @property {number} falseAlarms on healthy code: raised at all, whether or not taken back
 * @property {number} withdrawn alarms on a leak that were taken back while it went on
 * @property {number} healthyDays watched
 * @property {boolean} found
 * @property {boolean | null} isClassRight
 * @property {number | null} delayHours from onset to the alarm
 * @property {number | null} leakedShare of the limit that had leaked by then
 * @property {number | null} leadHours from the alarm to exhaustion; null where it never exhausted or was not found
 * @property {boolean | null} inTime an hour or more before exhaustion; null where it never exhausted
 * @property {boolean | null} warnedInTime the same, or a warning that memory runs out
 * @property {number} falseWarnings
 * @property {readonly Forecast[]} forecasts
 * @property {string | null} finalVerdict
 * @property {boolean | null} isVerdictRight
 * @property {number | null} unattendedHours
 * @property {number | null} perHour true bytes per hour
 */

/**
 * @typedef {object} Forecast
 * @property {'alarm' | 'asked'} why
 * @property {number | null} lifeShare of onset to exhaustion
 * @property {number | null} timeError |forecast - true| / true, of the time left
 * @property {number | null} timeRatio forecast / true
 * @property {boolean | null} isTimeCovered by the 80 % interval
 * @property {boolean | null} isGrowthCovered by the 95 % interval: the rate since the onset that is stated
 * @property {boolean | null} isMeanCovered the same against the rate since the true onset
 * @property {number | null} growthRatio stated / true
 * @property {number | null} perRequestError
 */

/**
 * Times at which answers are wanted.
 * @param {import('./series.mjs').Series} series
 */
export function askTimes({ truth }) {
  const { onsetMillis, exhaustedMillis } = truth;
  if (onsetMillis === null || exhaustedMillis === null) return [];
  return ASKED_SHARES.map((part) => onsetMillis + part * (exhaustedMillis - onsetMillis));
}

/**
 * @param {import('./series.mjs').Series} series
 * @param {{ name: string }} method
 * @param {import('../methods/method.mjs').Outcome} outcome
 * @returns {Judged}
 */
export function judge(series, method, outcome) {
  const { kind, truth } = series;
  const onset = truth.onsetMillis ?? Infinity;
  const alarms = mergeAlarms(outcome.alarms);
  const early = alarms.filter(({ atMillis }) => atMillis < onset);
  const first = outcome.alarms.find(({ atMillis }) => atMillis >= onset);
  const healthyUntil = Math.min(onset, outcome.untilMillis);
  const warning = outcome.warnings.find(({ atMillis }) => atMillis >= onset);
  const exhausted = truth.exhaustedMillis;
  const inTime = (/** @type {{ atMillis: number } | undefined} */ event) =>
    exhausted === null ? null : event !== undefined && event.atMillis <= exhausted - HOUR_MILLIS;
  return {
    kind: kind.name,
    seed: series.seed,
    family: kind.family,
    group: kind.group,
    method: method.name,
    matters: truth.matters,
    falseAlarms: early.length,
    withdrawn: outcome.alarms.filter((a) => a.atMillis >= onset && a.endMillis !== null).length,
    healthyDays: Math.max(0, healthyUntil - series.fromMillis) / DAY_MILLIS,
    found: first !== undefined,
    isClassRight: first?.class == null ? null : first.class === truth.class,
    delayHours: first ? (first.atMillis - onset) / HOUR_MILLIS : null,
    leakedShare: first ? mostLeaked(series, onset, first.atMillis) / truth.limitBytes : null,
    leadHours: first && exhausted !== null ? (exhausted - first.atMillis) / HOUR_MILLIS : null,
    inTime: inTime(first),
    warnedInTime: inTime(earlier(first, warning)),
    falseWarnings: outcome.warnings.filter(({ atMillis }) => atMillis < onset).length,
    forecasts: outcome.answers.flatMap((answer) => judgeAnswer(series, answer)),
    finalVerdict: outcome.finalVerdict,
    isVerdictRight: outcome.finalVerdict === null ? null : truth.verdicts.includes(outcome.finalVerdict),
    unattendedHours: truth.unattendedHours,
    perHour: trueRate(series, series.toMillis),
  };
}

/**
 * @template {{ atMillis: number }} T
 * @param {T | undefined} a
 * @param {{ atMillis: number } | undefined} b
 */
function earlier(a, b) {
  if (!a || !b) return a ?? b;
  return a.atMillis <= b.atMillis ? a : b;
}

/**
 * @param {readonly import('../methods/method.mjs').Alarm[]} alarms
 * @returns {import('../methods/method.mjs').Alarm[]}
 */
function mergeAlarms(alarms) {
  /** @type {import('../methods/method.mjs').Alarm[]} */
  const merged = [];
  for (const alarm of alarms) {
    const last = merged.at(-1);
    const isSame = last && (last.endMillis === null || alarm.atMillis - last.endMillis < SAME_ALARM_MILLIS);
    if (isSame) last.endMillis = alarm.endMillis;
    else merged.push({ ...alarm });
  }
  return merged;
}

/**
 * @param {import('./series.mjs').Series} series
 * @param {import('../methods/method.mjs').Answer} answer
 * @returns {Forecast[]}
 */
function judgeAnswer(series, answer) {
  const { truth, lives } = series;
  if (truth.onsetMillis === null || answer.atMillis < truth.onsetMillis || !answer.isLeak) return [];
  const life = lives.find(
    ({ startMillis, endMillis }) => startMillis < answer.atMillis && answer.atMillis <= endMillis,
  );
  const left = life?.end === 'oom' ? life.endMillis - answer.atMillis : null;
  const said = answer.exhaustion;
  const hasTime = left !== null && left > 0 && said !== null && said.isKill;
  const { growth, perRequest, onsetMillis } = answer;
  // What is stated is growth since the onset that is stated with it, and is held against what leaked since then.
  const rate = trueRate(series, answer.atMillis, onsetMillis ?? truth.onsetMillis);
  const mean = trueRate(series, answer.atMillis);
  return [
    {
      why: answer.why,
      lifeShare:
        truth.exhaustedMillis === null
          ? null
          : (answer.atMillis - truth.onsetMillis) / (truth.exhaustedMillis - truth.onsetMillis),
      timeError: hasTime ? Math.abs(said.at - answer.atMillis - left) / left : null,
      timeRatio: hasTime ? (said.at - answer.atMillis) / left : null,
      isTimeCovered:
        hasTime && said.low !== null
          ? said.low <= answer.atMillis + left && (said.high === null || answer.atMillis + left <= said.high)
          : null,
      isGrowthCovered: growth && rate !== null ? growth.low <= rate && rate <= growth.high : null,
      isMeanCovered: growth && mean !== null ? growth.low <= mean && mean <= growth.high : null,
      growthRatio: growth && rate !== null && rate > 0 ? growth.perHour / rate : null,
      perRequestError:
        perRequest && truth.bytesPerRequest !== null
          ? Math.abs(perRequest.value - truth.bytesPerRequest) / truth.bytesPerRequest
          : null,
    },
  ];
}

/**
 * True bytes per hour from `sinceMillis` (or the life's start, or the seven days that are looked back on) to `atMillis`.
 * @param {import('./series.mjs').Series} series
 * @param {number} atMillis
 * @param {number | null} [sinceMillis] the onset where it is not given
 */
export function trueRate({ truth, lives, hidden }, atMillis, sinceMillis = truth.onsetMillis) {
  if (truth.onsetMillis === null || sinceMillis === null) return null;
  const life = lives.findLast(({ startMillis }) => startMillis < atMillis);
  if (!life) return null;
  const from = firstRowFrom(
    hidden.timeMillis,
    Math.max(sinceMillis, life.startMillis, atMillis - 7 * DAY_MILLIS),
  );
  const to = firstRowFrom(hidden.timeMillis, Math.min(atMillis, life.endMillis));
  const row = Math.min(to, hidden.timeMillis.length - 1);
  const hours = (hidden.timeMillis[row] - hidden.timeMillis[from]) / HOUR_MILLIS;
  if (!(hours > 0)) return null;
  return (hidden.leakedBytes[row] - hidden.leakedBytes[from]) / hours;
}

/**
 * @param {import('./series.mjs').Series} series
 * @param {number} fromMillis
 * @param {number} toMillis
 */
function mostLeaked({ hidden }, fromMillis, toMillis) {
  let most = 0;
  const to = firstRowFrom(hidden.timeMillis, toMillis);
  for (
    let row = firstRowFrom(hidden.timeMillis, fromMillis);
    row <= to && row < hidden.timeMillis.length;
    row++
  ) {
    most = Math.max(most, hidden.leakedBytes[row]);
  }
  return most;
}
