// From single judgements to the figures of one method.
import { bootstrap, medianFigure, rate, share } from './statistics.mjs';

/** @typedef {import('./judge.mjs').Judged} Judged */
/** @typedef {import('./statistics.mjs').Figure} Figure */

/**
 * @typedef {object} Score
 * @property {Figure} precision of series with an alarm: those that leak and were not accused before they did
 * @property {Figure} recall leaks that exhaust memory within 14 days when left alone
 * @property {Figure} recallAll
 * @property {Figure} f1 of precision and recall
 * @property {Figure} falsePerDaySteady alarms a service-day
 * @property {Figure} falsePerDayAdversarial
 * @property {Figure} delayHours median; leaks that matter; never found = infinite
 * @property {Figure} leakedShare median share of the limit that had leaked at the alarm, of those found
 * @property {Figure} inTime alarm an hour or more before exhaustion, of those that were exhausted
 * @property {Figure} warnedInTime the same with warnings
 * @property {Figure} timeError median, at half, three quarters and nine tenths of the way
 * @property {Figure} timeErrorHalf at half of the way
 * @property {Figure} timeCovered should be 0.8
 * @property {Figure} growthCovered should be 0.95
 * @property {Figure} meanCovered
 * @property {Figure} perRequestError median
 * @property {Figure} classRight
 * @property {Figure} verdictRight at the end
 */

/**
 * @param {readonly Judged[]} judged of one method
 * @returns {Score}
 */
export function score(judged) {
  const leaks = judged.filter(({ group }) => group === 'leak');
  const healthy = judged.filter(({ group }) => group !== 'leak');
  const matter = leaks.filter(({ matters }) => matters);
  const found = leaks.filter(isFound);
  const accused = judged.filter((one) => isFound(one) || one.falseAlarms > 0);
  const exhausted = leaks.filter(({ inTime }) => inTime !== null);
  const forecasts = leaks.flatMap((leak) => leak.forecasts);
  const asked = forecasts.filter(({ why }) => why === 'asked');
  const known = (/** @type {readonly (number | null)[]} */ values) => values.filter((v) => v !== null);
  const covered = (/** @type {readonly (boolean | null)[]} */ values) => {
    const told = values.filter((v) => v !== null);
    return share(told.filter(Boolean).length, told.length);
  };
  return {
    precision: share(found.length, accused.length),
    recall: share(matter.filter(isFound).length, matter.length),
    recallAll: share(found.length, leaks.length),
    f1: bootstrap(judged, f1),
    falsePerDaySteady: falsePerDay(healthy.filter(({ group }) => group === 'steady')),
    falsePerDayAdversarial: falsePerDay(
      // Leaks are healthy code until their onset.
      judged.filter(({ group }) => group !== 'steady'),
    ),
    delayHours: medianFigure(matter.map((one) => (isFound(one) ? (one.delayHours ?? Infinity) : Infinity))),
    leakedShare: medianFigure(known(found.map((one) => one.leakedShare))),
    inTime: share(exhausted.filter((one) => one.inTime).length, exhausted.length),
    warnedInTime: share(exhausted.filter((one) => one.warnedInTime).length, exhausted.length),
    timeError: medianFigure(known(asked.map(({ timeError }) => timeError))),
    timeErrorHalf: medianFigure(
      known(
        asked
          .filter(({ lifeShare }) => lifeShare !== null && lifeShare < 0.62)
          .map(({ timeError }) => timeError),
      ),
    ),
    timeCovered: covered(asked.map(({ isTimeCovered }) => isTimeCovered)),
    growthCovered: covered(forecasts.map(({ isGrowthCovered }) => isGrowthCovered)),
    meanCovered: covered(forecasts.map(({ isMeanCovered }) => isMeanCovered)),
    perRequestError: medianFigure(known(forecasts.map(({ perRequestError }) => perRequestError))),
    classRight: covered(found.map(({ isClassRight }) => isClassRight)),
    verdictRight: covered(judged.map(({ isVerdictRight }) => isVerdictRight)),
  };
}

/** @param {Judged} one */
function isFound(one) {
  return one.found && one.falseAlarms === 0;
}

/** @param {readonly Judged[]} sample */
function f1(sample) {
  const found = sample.filter((one) => one.group === 'leak' && isFound(one)).length;
  const accused = sample.filter(
    (one) => (one.group === 'leak' && isFound(one)) || one.falseAlarms > 0,
  ).length;
  const matter = sample.filter(({ matters }) => matters);
  const precision = found / accused;
  const recall = matter.filter(isFound).length / matter.length;
  return (2 * precision * recall) / (precision + recall);
}

/** @param {readonly Judged[]} judged */
function falsePerDay(judged) {
  const days = judged.reduce((sum, one) => sum + one.healthyDays, 0);
  return rate(
    judged.reduce((sum, one) => sum + one.falseAlarms, 0),
    days,
  );
}
