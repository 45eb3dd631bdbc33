// What a further condition on Plimsoll's alarms would gain and cost: one watch, many gates. A gate sees a standing claim and says
// whether it would be raised by now. This is where trade-off curves come from.
import { HOUR_MILLIS } from './method.mjs';
import { Watch } from './plimsoll.mjs';

/**
 * @typedef {object} Claim
 * @property {number} atMillis
 * @property {number} horizonHours until the limit, by the forecast; Infinity where there is none
 * @property {number} evidence BIC of the best null over the best leak
 * @property {number} watchedHours from the growth's start
 * @property {number} grownShare growth over the level it started from
 * @property {boolean} isAboveBefore the level is above all that it was when an earlier claim ended
 */

/** @typedef {{ name: string, lets: (claim: Claim) => boolean }} Gate */

const patient = (/** @type {Claim} */ c, /** @type {number} */ hours) =>
  c.watchedHours >= hours || c.horizonHours < 72;

/** @type {readonly Gate[]} */
export const GATES = [
  { name: 'as it is', lets: () => true },
  ...[60, 30, 14, 7].map((days) => ({
    name: `limit within ${days} d`,
    lets: (/** @type {Claim} */ c) => c.horizonHours <= 24 * days,
  })),
  { name: 'above the level before', lets: (c) => c.isAboveBefore },
  ...[12, 24, 48, 72].map((hours) => ({
    name: `watched ${hours} h, or 3 d left`,
    lets: (/** @type {Claim} */ c) => patient(c, hours),
  })),
  ...[16, 32, 64].map((evidence) => ({
    name: `evidence ${evidence}`,
    lets: (/** @type {Claim} */ c) => c.evidence >= evidence,
  })),
  ...[0.1, 0.25, 0.5].map((part) => ({
    name: `grown by ${part * 100} %, or 3 d left`,
    lets: (/** @type {Claim} */ c) => c.grownShare >= part || c.horizonHours < 72,
  })),
  { name: 'above before, limit within 14 d', lets: (c) => c.isAboveBefore && c.horizonHours <= 336 },
  {
    name: 'above before, limit within 14 d, watched 24 h or 3 d left',
    lets: (c) => c.isAboveBefore && c.horizonHours <= 336 && patient(c, 24),
  },
];

/**
 * @param {import('../lib/series.mjs').Series} series
 * @param {import('./method.mjs').WatchOptions} options
 * @returns {{ name: string, about: string, outcome: import('./method.mjs').Outcome }[]}
 */
export function watchThroughGates(series, { everyMillis, patienceMillis }) {
  const watch = new Watch(series, everyMillis, {});
  /** @type {Map<Gate, import('./method.mjs').Alarm[]>} */
  const alarms = new Map(GATES.map((gate) => [gate, []]));
  const levels = new Levels();
  for (;;) {
    const atMillis = watch.evaluateNext();
    if (atMillis === null) break;
    const claims = watch.standing();
    levels.look(atMillis, claims);
    for (const [gate, raised] of alarms)
      advance(raised, atMillis, claims, (claim) => gate.lets(levels.describe(claim, atMillis)));
    const last = [...alarms.values()].at(-1) ?? [];
    const found = last.find((a) => a.atMillis >= (series.truth.onsetMillis ?? Infinity));
    if (found && atMillis > Math.max(found.atMillis + patienceMillis, series.truth.exhaustedMillis ?? 0))
      break;
  }
  const { untilMillis, evaluations, finalVerdict } = watch.outcome();
  return GATES.map((gate) => ({
    name: gate.name,
    about: '',
    outcome: {
      alarms: alarms.get(gate) ?? [],
      warnings: [],
      answers: [],
      finalVerdict,
      untilMillis,
      evaluations,
    },
  }));
}

/**
 * A claim that was let through stands as long as Plimsoll's does.
 * @param {import('./method.mjs').Alarm[]} raised
 * @param {number} atMillis
 * @param {readonly import('./plimsoll.mjs').Standing[]} claims
 * @param {(claim: import('./plimsoll.mjs').Standing) => boolean} lets
 */
function advance(raised, atMillis, claims, lets) {
  for (const alarm of raised) {
    if (alarm.endMillis === null && !claims.some(({ id }) => id === alarm.id)) alarm.endMillis = atMillis;
  }
  for (const claim of claims) {
    if (raised.some(({ id, endMillis }) => id === claim.id && endMillis === null)) continue;
    if (lets(claim)) raised.push({ id: claim.id, class: claim.class, atMillis, endMillis: null });
  }
}

/** How high each class stood while a claim of it did, as far as such claims have ended. */
class Levels {
  /** @type {Map<string, number>} */
  #ended = new Map();
  /** @type {Map<string, number>} */
  #standing = new Map();

  /**
   * @param {number} _atMillis
   * @param {readonly import('./plimsoll.mjs').Standing[]} claims
   */
  look(_atMillis, claims) {
    for (const [name, level] of this.#standing) {
      if (claims.some((claim) => claim.class === name)) continue;
      this.#ended.set(name, Math.max(level, this.#ended.get(name) ?? 0));
      this.#standing.delete(name);
    }
    for (const claim of claims) {
      this.#standing.set(claim.class, Math.max(claim.level, this.#standing.get(claim.class) ?? 0));
    }
  }

  /**
   * @param {import('./plimsoll.mjs').Standing} claim
   * @param {number} atMillis
   * @returns {Claim}
   */
  describe(claim, atMillis) {
    const before = this.#ended.get(claim.class) ?? 0;
    return {
      atMillis,
      horizonHours:
        claim.exhaustedMillis === null ? Infinity : (claim.exhaustedMillis - atMillis) / HOUR_MILLIS,
      evidence: claim.evidence,
      watchedHours: claim.onsetMillis === null ? 7 * 24 : (atMillis - claim.onsetMillis) / HOUR_MILLIS,
      grownShare: claim.grown / Math.max(1, claim.level - claim.grown),
      // The same level again is the same cache again.
      isAboveBefore: claim.level > 1.03 * before,
    };
  }
}
