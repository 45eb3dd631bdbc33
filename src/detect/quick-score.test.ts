import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import type { ModelInput } from './model-input.ts';
import { ProjectedSpace } from './projected-space.ts';
import { QuickScore, Trends } from './quick-score.ts';

/** The same score, as models are fitted: every column projected anew. */
function scoreByProjection(input: ModelInput): number {
  const n = input.value.length;
  const base = [new Float64Array(n).fill(1), ...input.covariates.map((column) => column.slice())];
  const space = new ProjectedSpace(base, input.value.slice());
  const bent = input.time.share.map((share) => -Math.expm1(-share / 0.2));
  const k = 1 + input.covariates.length + input.covariateParameters;
  const score = (sum: number, parameters: number) =>
    n * Math.log(sum / n + input.noiseFloor ** 2) + parameters * Math.log(n);
  let best = score(space.baseSumOfSquares, k);
  for (const trend of [input.time.share, bent, ...(input.work ? [input.work.share] : [])]) {
    const fit = space.fitOne(space.add(trend.slice()));
    if (fit) best = Math.min(best, score(fit.sumOfSquares, k + 1));
  }
  return best;
}

function quickScore(input: ModelInput): number {
  const trends = new Trends(input);
  const quick = new QuickScore(input.value, input.noiseFloor, trends);
  return quick.of(trends.beside(input.covariates), input.covariateParameters);
}

function draw(seed: number, n: number): ModelInput {
  const random = seededRandom(seed);
  const cells = (at: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => at(i));
  const load = cells((i) => 5e4 * (1 + 0.5 * Math.sin(i / 9) + 0.1 * random()));
  let done = 0;
  const work = cells((i) => (done += load[i]));
  const share = cells((i) => (i + random()) / n);
  return {
    time: { domain: 'time', share },
    work: { domain: 'work', share: work.map((sum) => sum / done) },
    value: cells((i) => 5e8 + 1e6 * random() + 20 * load[i] + 3e7 * share[i]),
    covariates: [load, cells((i) => Math.sin(i / 5)), cells((i) => Math.cos(i / 5))],
    covariateParameters: 1,
    noiseFloor: 1e4,
  };
}

describe('the quick score', () => {
  it.each([
    ['no covariate', 0],
    ['the load', 1],
    ['load and hour of day', 3],
  ])('is what a projection of every column comes to, with %s', (_, count) => {
    for (let seed = 1; seed <= 20; seed++) {
      const all = draw(seed, 12 + 3 * seed);
      const input = { ...all, covariates: all.covariates.slice(0, count) };
      expect(quickScore(input)).toBeCloseTo(scoreByProjection(input), 6);
    }
  });

  it('gives no credit to a trend that is a multiple of a covariate, nor to a covariate given twice', () => {
    const all = draw(3, 40);
    const time = all.time.share.map((share) => 7 * share + 2);
    for (const covariates of [[time], [time, time]]) {
      const input = { ...all, work: null, covariates, covariateParameters: 0 };
      expect(quickScore(input)).toBeCloseTo(scoreByProjection(input), 6);
    }
  });
});
