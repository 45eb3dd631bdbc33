import { describe, expect, it } from 'vitest';
import { whiten } from '../series/stats/autocorrelation.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { listCandidates, type Candidates, type ShapeKey } from './candidates.ts';
import { ModelSearch, type Found } from './model-search.ts';
import type { ModelInput } from './model-input.ts';
import { ProjectedSpace } from './projected-space.ts';
import { Scratch } from './scratch.ts';
import { makeShape } from './shapes.ts';

const GROWTH: Record<string, (share: number, random: () => number) => number> = {
  'nothing but noise': () => 0,
  'a line': (share) => 40 * share,
  'a cache that fills': (share) => 30 * -Math.expm1(-share / 0.2),
  'two steps': (share) => (share > 0.3 ? 9 : 0) + (share > 0.7 ? 7 : 0),
  'a late onset': (share) => 50 * Math.max(0, share - 0.6),
  'a decline': (share) => -40 * share,
  'large jumps of the level': (_, random) => 1e7 * Math.floor(3 * random()),
};

/** Blocks with gaps, of a load that comes and goes, on a high level. */
function draw(growth: string, seed: number, covariates: number): ModelInput {
  const random = seededRandom(seed);
  const n = 13 + Math.floor(60 * random());
  const share = new Float64Array(n);
  const load = new Float64Array(n);
  const done = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    share[i] = (i > 0 ? share[i - 1] : 0) + (0.2 + random() + (random() < 0.05 ? 9 : 0)) / (1.3 * n);
    load[i] = 5 + Math.sin(7 * share[i]) + random();
    done[i] = (i > 0 ? done[i - 1] : 0) + load[i];
  }
  const scale = Math.max(1, share[n - 1]);
  const time = share.map((cell) => cell / scale);
  const rhythm = [time.map((cell) => Math.sin(9 * cell)), time.map((cell) => Math.cos(9 * cell))];
  return {
    time: { domain: 'time', share: time },
    work: seed % 3 === 0 ? null : { domain: 'work', share: done.map((cell) => cell / done[n - 1]) },
    value: time.map((cell, i) => 1e6 + 3 * load[i] + GROWTH[growth](cell, random) + random()),
    covariates: [load, ...rhythm].slice(0, covariates),
    covariateParameters: 0,
    noiseFloor: 1e-3,
  };
}

/** The same space, and everything in it fitted by projecting every column. */
class Exhaustive {
  readonly space: ProjectedSpace;
  readonly #input: ModelInput;
  readonly #phi: number;

  constructor(input: ModelInput, phi: number) {
    const base = [new Float64Array(input.value.length).fill(1), ...input.covariates];
    this.space = new ProjectedSpace(
      base.map((column) => whiten(column, phi)),
      whiten(input.value, phi),
    );
    this.#input = input;
    this.#phi = phi;
  }

  left(keys: readonly ShapeKey[], isAnySign: boolean): number {
    const { time, work } = this.#input;
    const [a, b] = keys.map(({ kind, domain, at }) => {
      const { column } = makeShape(domain === 'work' && work ? work : time, kind, at);
      return this.space.add(whiten(column, this.#phi));
    });
    const fit = b ? this.space.fitTwo(a, b) : this.space.fitOne(a);
    if (!fit || !(isAnySign || fit.coefficient.every((cell) => cell > 0))) return Infinity;
    return fit.sumOfSquares;
  }

  least(tried: readonly (readonly ShapeKey[])[], isAnySign = false): number {
    return Math.min(...tried.map((keys) => this.left(keys, isAnySign)));
  }
}

function grids({ caches, hinges, lines, steps, pairedSteps, fills, warmUps }: Candidates, input: ModelInput) {
  const step = (row: number): ShapeKey => ({ kind: 'step', domain: 'time', at: input.time.share[row] });
  const pairs = <T>(of: readonly T[]) => of.flatMap((a, i) => of.slice(i + 1).map((b) => [a, b]));
  return {
    caches: caches.map((shape) => [shape]),
    fills: pairs(fills.map((i) => caches[i])),
    step: steps.map((row) => [step(row)]),
    steps: pairs(pairedSteps.map(step)),
    lines,
    warmUps: lines.flatMap((line) => warmUps.map((i) => [caches[i], line])),
    hinges: hinges.map((shape) => [shape]),
  };
}

describe.each(Object.keys(GROWTH))('the search finds what projecting everything finds, for %s', (growth) => {
  it.each([0, 0.4, 0.93])('with an autocorrelation of %d', (phi) => {
    for (let seed = 1; seed <= 8; seed++) {
      const input = draw(growth, seed, seed % 4);
      const all = new Exhaustive(input, phi);
      const candidates = listCandidates(input, seed % 2 === 0 ? 4 : 1);
      const exactly = (keys: readonly ShapeKey[]) => all.left(keys, false);
      const found = new ModelSearch(input, candidates, all.space, phi, new Scratch(), exactly).run();
      const grid = grids(candidates, input);
      const whole = all.space.baseSumOfSquares;
      const leftBy = (name: string, which = 0) => {
        const models: Found[] = found.filter((model) => model.name === name);
        return models[which] ? all.least(models[which].near, models[which].isAnySign) : Infinity;
      };
      const close = (actual: number, expected: number) => {
        if (expected === Infinity) expect(actual).toBe(Infinity);
        else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * whole);
      };
      close(leftBy('N2'), all.least(grid.fills));
      close(leftBy('N3'), all.least(grid.step, true));
      close(leftBy('N3', 1), all.least(grid.steps, true));
      close(leftBy('L1'), all.least([[grid.lines[0]]]));
      close(leftBy('L3'), all.least(grid.warmUps));
      // Refined beyond the grid: never worse than it.
      expect(leftBy('N1')).toBeLessThanOrEqual(all.least(grid.caches));
      expect(leftBy('L4')).toBeLessThanOrEqual(all.least(grid.hinges));
    }
  });
});
