// Plimsoll with one thing taken away at a time: what each is worth. First what a watch may lack, then what the detector is made of.
import { plimsoll, plimsollWith } from './plimsoll.mjs';

/**
 * Without one of the competing models.
 * @param {string} model
 * @param {string} what
 */
const withoutModel = (model, what) =>
  plimsollWith(`without ${model}`, what, {
    edits: [
      {
        module: 'detect/models',
        from: 'this.#found = this.#search.run();',
        to: `this.#found = this.#search.run().filter((found) => found.name !== '${model}');`,
      },
    ],
  });

/** @type {readonly import('./method.mjs').Method[]} */
export const ABLATIONS = [
  plimsoll,
  plimsollWith('without the GC floor', 'only heap_alloc: rolling minimum', {
    gauges: ['liveHeapBytes', 'nextGcBytes'],
  }),
  plimsollWith('without request counters', 'CPU seconds stand for load', { gauges: ['requestsTotal'] }),
  plimsollWith('without any load', 'neither requests nor CPU seconds', {
    gauges: ['requestsTotal', 'cpuSecondsTotal'],
  }),
  plimsollWith('without counts', 'no goroutines, descriptors, threads', {
    gauges: ['goroutines', 'openFds', 'threads'],
  }),
  plimsollWith('without a limit', 'the limit is not known', { gauges: ['memoryLimitBytes'] }),
  plimsollWith('without confirmation', 'alarm at the first evaluation whose rule holds', {
    confirmation: true,
  }),
  withoutModel('N1', 'no single cache that fills'),
  withoutModel('N2', 'no two caches'),
  withoutModel('N3', 'no step'),
  withoutModel('L2', 'no leak by work'),
  withoutModel('L3', 'no leak after a warm-up'),
  withoutModel('L4', 'no leak with an onset'),
  plimsollWith('without load model', 'the level follows no load; leaks by work remain', {
    edits: [
      {
        module: 'detect/lane-series',
        from: 'const isLoadKnown = source.work !== null &&',
        to: 'const isLoadKnown = false &&',
      },
    ],
  }),
  plimsollWith('without effective sample size', 'noise of blocks counts as independent', {
    edits: [
      {
        module: 'series/stats/autocorrelation',
        from: 'return Math.min(Math.max(corrected, 0), HIGHEST_AUTOCORRELATION);',
        to: 'return corrected * 0;',
      },
      {
        module: 'series/stats/autocorrelation',
        from: 'return Math.max(Math.min(n, 1), (n * (1 - phi)) / (1 + phi));',
        to: 'return n + 0 * phi;',
      },
    ],
  }),
  plimsollWith('without the went-away test', 'growth need not go on', {
    edits: [
      {
        module: 'detect/growth',
        from: 'isStillGrowing: ratio >= TAIL_RATIO && !(shortRatioHigh !== null && shortRatioHigh < TAIL_RATIO),',
        to: 'isStillGrowing: true,',
      },
    ],
  }),
  plimsollWith('without patience', 'the heap does not wait for a bend', {
    edits: [
      {
        module: 'detect/patience',
        from: 'return { isHeld: waitMillis > 0,',
        to: 'return { isHeld: false,',
      },
    ],
  }),
  plimsollWith('without slowing', 'a claim does not wait along its bend', {
    edits: [
      {
        module: 'detect/patience',
        from: 'if (slowing === null || lane.growth',
        to: 'if (true || lane.growth',
      },
      { module: 'detect/patience', from: 'return slowing === null && ', to: 'return ' },
    ],
  }),
  plimsollWith('without excluding bounds', 'only the time left and the time watched end the wait', {
    edits: [
      {
        module: 'detect/patience',
        from: 'isBoundExcluded(lane, assessment) ? 0 : untilFair',
        to: 'untilFair',
      },
    ],
  }),
  plimsollWith('without earlier lives', 'evidence of lives is not added up, claims begin anew in each', {
    edits: [
      {
        module: 'detect/repetition',
        from: 'if (leak === null || set.evidenceRatio === null)',
        to: 'if (true)',
      },
      { module: 'detect/confirm', from: 'if (isUnjudged(lane))', to: 'if (false)' },
      {
        module: 'detect/repetition',
        from: 'return { repeated, isRefill };',
        to: 'return { repeated: 0, isRefill: false };',
      },
    ],
  }),
  plimsollWith('without what was taken back', 'a claim that was taken back teaches no level', {
    edits: [{ module: 'detect/high-water', from: 'if (mark === null)', to: 'if (true)' }],
  }),
];
