// What a condition on Plimsoll's alarms gains and costs: one watch, many gates. A gate sees a confirmed claim and says whether it
// would be raised by now; Plimsoll's own is `src/detect/patience.ts`. This is where trade-off curves come from.
import { HOUR_MILLIS } from './method.mjs';
import { Watch } from './plimsoll.mjs';

/**
 * @typedef {object} Claim
 * @property {number} atMillis
 * @property {string} class
 * @property {number} horizonHours until the limit, by the forecast; Infinity where there is none
 * @property {number} bentHours the same along the bend of growth that slows down
 * @property {boolean} isSlowing
 * @property {boolean} isBoundExcluded no cache that would end below the limit explains it
 * @property {boolean} isRefill an earlier life that did not grow like this stood as high
 * @property {boolean} isDoubted
 * @property {number} seenHours since the service is watched, over all lives
 * @property {number} evidence BIC of the best null over the best leak
 * @property {number} watchedHours from the growth's start
 * @property {number} grownShare growth over the level it started from
 * @property {boolean} isAboveBefore the level is above all that it was when an earlier claim ended
 */

/** @typedef {{ name: string, lets: (claim: Claim) => boolean }} Gate */

/** Lanes that wait, as in the product. */
const WAITING = new Set(['heap', 'thread']);

/**
 * @typedef {object} Conditions of which one must hold
 * @property {number} [near] so many hours are left
 * @property {number} [factor] what is left is at most so many times what was watched
 * @property {number} [evidence] of the best leak over the best cache (what Plimsoll asked for before it excluded caches)
 * @property {boolean} [excludes] no cache explains it that would end below the limit
 * @property {number} [day] for all but nearness, the service was watched for so many hours, ...
 * @property {boolean} [letsRefill] ... and no earlier life stood as high without growing like this
 * @property {boolean} [letsDoubted] also where the newest evaluation would not make the claim
 */

/** What `src/detect/patience.ts` asks for. */
const IN_USE = {
  near: 12,
  factor: 2.5,
  evidence: Infinity,
  excludes: true,
  day: 30,
  letsRefill: false,
  letsDoubted: false,
};
/** What it asked for before. */
const BEFORE = { ...IN_USE, evidence: 48, excludes: false, day: 0, letsRefill: true };

/**
 * Caches and pools of threads wait for a bend.
 * @param {string} name
 * @param {Conditions} conditions
 * @param {Required<Conditions>} [others]
 * @returns {Gate}
 */
function patience(name, conditions, others = IN_USE) {
  const { near, factor, evidence, excludes, day, letsRefill, letsDoubted } = { ...others, ...conditions };
  return {
    name,
    lets: (c) => {
      if (!WAITING.has(c.class)) return true;
      if (c.isDoubted && !letsDoubted) return false;
      if (c.horizonHours <= near) return true;
      if (c.seenHours < day || (c.isRefill && !letsRefill)) return false;
      const isStraight = (excludes && c.isBoundExcluded) || (c.evidence >= evidence && !c.isSlowing);
      return isStraight || c.bentHours <= factor * c.watchedHours;
    },
  };
}

/** @type {readonly Gate[]} */
export const GATES = [
  { name: 'none', lets: () => true },
  patience('12 h left, or evidence 48, or left <= 2.5 x watched (before)', {}, BEFORE),
  patience('12 h left, or evidence 150, or left <= 2.5 x watched', { evidence: 150 }, BEFORE),
  patience(
    '12 h left; or watched 30 h, no refill, and bounds excluded or left <= 2.5 x watched (in use)',
    {},
  ),
  patience('in use, doubted or not', { letsDoubted: true }),
  patience('in use, refill or not', { letsRefill: true }),
  ...[24, 6].map((near) => patience(`in use with ${near} h left`, { near })),
  ...[0, 24, 48].map((day) => patience(`in use, watched ${day} h`, { day })),
  ...[4, 1, 0.33].map((factor) => patience(`in use, left <= ${factor} x watched`, { factor })),
  { name: 'above the level before', lets: (c) => c.isAboveBefore },
  {
    name: 'grown by 50 %, or 3 d left',
    lets: (/** @type {Claim} */ c) => c.grownShare >= 0.5 || c.horizonHours < 72,
  },
  // The most patient last: the watch goes on until it has raised an alarm.
  ...[2.5, 1, 0.33, 0].map((factor) =>
    patience(`in use without excluding bounds, left <= ${factor} x watched`, { excludes: false, factor }),
  ),
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
    if (claim.isOpen && lets(claim))
      raised.push({ id: claim.id, class: claim.class, atMillis, endMillis: null });
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
      class: claim.class,
      horizonHours:
        claim.exhaustedMillis === null ? Infinity : (claim.exhaustedMillis - atMillis) / HOUR_MILLIS,
      bentHours: claim.bentMillis / HOUR_MILLIS,
      isSlowing: claim.isSlowing,
      isBoundExcluded: claim.isBoundExcluded,
      isRefill: claim.isRefill,
      isDoubted: claim.isDoubted,
      seenHours: (atMillis - claim.seenSinceMillis) / HOUR_MILLIS,
      evidence: claim.evidence,
      watchedHours: (atMillis - Math.max(claim.onsetMillis ?? 0, claim.sinceMillis)) / HOUR_MILLIS,
      grownShare: claim.grown / Math.max(1, claim.level - claim.grown),
      // The same level again is the same cache again.
      isAboveBefore: claim.level > 1.03 * before,
    };
  }
}
