// Plimsoll itself, as a watch runs it: gauges are appended in order of time, evaluations fall on the product's own grid (or on
// every n-th point of it), and nothing is looked at before its time. No profiles: gauges are all there is.
import { importProduct } from '../../bench/lib/product.mjs';

const { Investigation } = await importProduct('pipeline/investigation');
const { isBoundExcluded, weighPatience } = await importProduct('detect/patience');
const { explanationOf } = await importProduct('detect/assessment');

/** @typedef {import('./method.mjs').Method} Method */

/**
 * Plimsoll, or Plimsoll without one of the things it rests on.
 * @param {string} name
 * @param {string} about
 * @param {Without} without
 * @returns {Method}
 */
export function plimsollWith(name, about, without) {
  return {
    name,
    about,
    edits: without.edits ?? [],
    watch(series, { everyMillis, asksMillis, patienceMillis, product }) {
      const watch = new Watch(series, everyMillis, without, product);
      const asks = [...asksMillis].sort((a, b) => a - b);
      const { exhaustedMillis } = series.truth;
      for (;;) {
        const atMillis = watch.evaluateNext();
        if (atMillis === null) break;
        while (asks.length > 0 && asks[0] <= atMillis) {
          asks.shift();
          watch.answer('asked');
        }
        const alarm = watch.alarms.find((a) => a.atMillis >= (series.truth.onsetMillis ?? Infinity));
        if (alarm && atMillis > Math.max(alarm.atMillis + patienceMillis, exhaustedMillis ?? 0)) break;
      }
      return watch.outcome();
    },
  };
}

/**
 * @typedef {object} Without
 * @property {readonly string[]} [gauges] that are not shown
 * @property {boolean} [confirmation] an alarm at the first evaluation whose rule holds
 * @property {readonly import('./edited-product.mjs').Edit[]} [edits] of the product's own code
 */

export const plimsoll = plimsollWith(
  'Plimsoll',
  'stage 1 on gauges, no profiles; leak lane, with the exhaustion lane as warnings',
  {},
);

/**
 * @typedef {object} Standing a claim as it stands at one evaluation
 * @property {string} id
 * @property {string} class
 * @property {number | null} onsetMillis
 * @property {number | null} exhaustedMillis by its rate
 * @property {number} bentMillis from now to the limit, slower where the growth slows down; Infinity where none is in sight
 * @property {boolean} isSlowing
 * @property {boolean} isBoundExcluded no cache that would end below the limit explains it
 * @property {number} evidence
 * @property {boolean} isOpen at this evaluation: another explanation may be ahead of a claim that still stands
 * @property {boolean} isRefill an earlier life that did not grow like this stood as high
 * @property {boolean} isDoubted this evaluation alone would not make the claim
 * @property {number} seenSinceMillis first evidence that is kept, of any life
 * @property {number} sinceMillis start of this life, as far as it was watched
 * @property {number} level of its lane
 * @property {number} grown
 */

/** One series, evaluation by evaluation. */
export class Watch {
  /** @type {import('./method.mjs').Alarm[]} */
  alarms = [];
  /** @type {{ atMillis: number }[]} */
  #warnings = [];
  /** @type {import('./method.mjs').Answer[]} */
  #answers = [];
  #row = 0;
  #series;
  #everyMillis;
  #investigation;
  #isExhausting = false;
  #lastMillis;
  /** @type {any[]} */
  #leaks = [];
  #evaluations = 0;
  #without;
  #hidden;

  /**
   * @param {import('../lib/series.mjs').Series} series
   * @param {number} everyMillis
   * @param {Without} without
   * @param {any} [product] the class Investigation of an edited product
   */
  constructor(series, everyMillis, without, product = Investigation) {
    this.#series = series;
    this.#without = without;
    this.#hidden = new Set(without.gauges ?? []);
    this.#everyMillis = everyMillis;
    this.#lastMillis = series.fromMillis;
    this.#investigation = new product({
      target: { service: 'generated', instance: series.name },
      module: null,
      memoryLimitBytes: null,
      timeMap: { originMillis: 0, scale: 1 },
      decoder: null,
    });
    this.#appendUpTo(series.timeMillis[0]);
  }

  /** @param {number} untilMillis */
  #appendUpTo(untilMillis) {
    const { timeMillis, columns } = this.#series;
    for (; this.#row < timeMillis.length && timeMillis[this.#row] <= untilMillis; this.#row++) {
      /** @type {Record<string, number>} */
      const reading = {};
      for (const [name, column] of columns) {
        const value = column[this.#row];
        if (!Number.isNaN(value) && !this.#hidden.has(name)) reading[name] = value;
      }
      this.#investigation.addGauges(timeMillis[this.#row], reading);
    }
  }

  /** Runs the next evaluation that is asked for; null at the end of the series. */
  evaluateNext() {
    const investigation = this.#investigation;
    if (this.#evaluations > 0 && this.#everyMillis > 0) {
      const lastEvaluationMillis = Math.max(this.#lastMillis, this.#lastMillis + this.#everyMillis - 1);
      investigation.restore({ ...investigation.state(), lastEvaluationMillis });
    }
    const atMillis = investigation.nextEvaluationMillis;
    if (atMillis === null || atMillis > this.#series.toMillis) return null;
    this.#appendUpTo(atMillis);
    const [evaluation] = investigation.evaluateUpTo(atMillis);
    this.#lastMillis = atMillis;
    this.#evaluations++;
    this.#noteAlarms(atMillis, this.#without.confirmation ? this.#firstClaims() : evaluation.findings);
    const { isExhausting } = investigation.assessment;
    if (isExhausting && !this.#isExhausting) this.#warnings.push({ atMillis });
    this.#isExhausting = isExhausting;
    return atMillis;
  }

  /** Lanes whose rule holds right now, as findings. */
  #firstClaims() {
    return this.#investigation.assessment.lanes
      .filter((/** @type {any} */ lane) => lane.verdict === 'leak')
      .map((/** @type {any} */ lane) => ({
        verdict: 'leak',
        class: lane.lane,
        fingerprint: lane.lane,
        growth: lane.unit === 'bytes' ? lane.growth : null,
        onsetAt: lane.onsetAtMillis,
        timeToExhaustion: null,
      }));
  }

  /**
   * @param {number} atMillis
   * @param {readonly any[]} findings
   */
  #noteAlarms(atMillis, findings) {
    this.#leaks = findings.filter((f) => f.verdict === 'leak' && f.class !== 'retention');
    const standing = new Set(this.#leaks.map(({ fingerprint }) => fingerprint));
    for (const alarm of this.alarms) {
      if (alarm.endMillis === null && !standing.has(alarm.id)) alarm.endMillis = atMillis;
    }
    for (const leak of this.#leaks) {
      if (this.alarms.some(({ id, endMillis }) => id === leak.fingerprint && endMillis === null)) continue;
      this.alarms.push({ id: leak.fingerprint, class: leak.class, atMillis, endMillis: null });
      this.answer('alarm');
    }
  }

  /**
   * Claims that stage 1 has confirmed, also those that wait for a bend or a name before they become an alarm.
   * @returns {Standing[]}
   */
  standing() {
    const { lanes, exhaustion } = this.#investigation.assessment;
    const { confirmation } = this.#investigation.state();
    return lanes
      .filter((/** @type {any} */ { lane }) => {
        const claim = confirmation[lane];
        return claim?.calledAtMillis != null && claim.over === null;
      })
      .map((/** @type {any} */ lane) => ({
        id: lane.lane,
        class: lane.lane,
        onsetMillis: lane.onsetAtMillis ?? null,
        exhaustedMillis: exhaustion?.at ?? null,
        bentMillis: weighPatience(lane, this.#investigation.assessment).leftMillis ?? Infinity,
        isSlowing: Boolean(lane.bend?.slowing),
        isBoundExcluded: isBoundExcluded(lane, this.#investigation.assessment),
        evidence: lane.evidenceRatio ?? 0,
        isOpen: lane.verdict === 'leak' || lane.verdict === 'undetermined',
        isRefill: Boolean(lane.bend?.isRefill),
        isDoubted: explanationOf(lane) !== 'leak',
        seenSinceMillis: this.#investigation.assessment.firstEvidenceMillis,
        sinceMillis: this.#investigation.assessment.incarnationStartMillis,
        level: lane.level,
        grown: lane.grown,
      }));
  }

  /** @param {'alarm' | 'asked'} why */
  answer(why) {
    const [leak] = this.#leaks;
    const { assessment } = this.#investigation;
    const exhaustion = leak?.timeToExhaustion ?? assessment.exhaustion;
    const lane =
      leak && assessment.lanes.find((/** @type {any} */ candidate) => candidate.lane === leak.class);
    this.#answers.push({
      why,
      atMillis: this.#lastMillis,
      isLeak: leak !== undefined,
      growth: leak?.growth ?? null,
      onsetMillis: leak?.onsetAt ?? null,
      exhaustion: exhaustion && {
        isKill: exhaustion.resource === 'memory-limit',
        at: exhaustion.at,
        low: exhaustion.low,
        high: exhaustion.high,
      },
      perRequest: lane?.perRequest ?? null,
    });
  }

  /** @returns {import('./method.mjs').Outcome} */
  outcome() {
    const { fromMillis, toMillis } = this.#series;
    const report = this.#investigation.report({ fromMillis, toMillis });
    return {
      alarms: this.alarms,
      warnings: this.#warnings,
      answers: this.#answers,
      finalVerdict: report.verdict,
      untilMillis: this.#lastMillis,
      evaluations: this.#evaluations,
    };
  }
}
