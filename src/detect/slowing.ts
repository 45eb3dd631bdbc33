// Does growth that is called a leak slow down? The models that compete (models.ts) know caches up to a fill time of one window:
// without that bound every leak is a cache that fills slowly enough. A slower cache is nearer to a line, or to a warm-up and a line,
// than to any of them, and is neither. Here the growing term of the leak model is bent, and asked whether that explains the series
// better, or nearly as well: no ground to give up a claim, but one to go on waiting with it.
import { HOUR_MILLIS } from '../base/units.ts';
import { whiten } from '../series/stats/autocorrelation.ts';
import type { Bend } from './assessment.ts';
import type { LaneSeries } from './lane-series.ts';
import type { ModelFit, ModelSet } from './models.ts';
import { ProjectedSpace } from './projected-space.ts';
import type { LivesBefore } from './repetition.ts';
import type { Axis } from './shapes.ts';
import { BOUND_EXCLUDED } from './thresholds.ts';

/** Fill times that are tried, over the window from the onset on. No series tells slower ones from a line in it. */
const FILL_TIMES = [0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/** How the growth of the leak model may bend. Lives that repeat it add as much evidence as this one has. */
export function findBend(
  { input, spanHours }: LaneSeries,
  set: ModelSet,
  fit: ModelFit,
  { repeated, isRefill }: LivesBefore,
): Bend {
  const { value, covariates, time, work } = input;
  const growing = fit.shapes[fit.shapes.length - 1];
  const warmUp = fit.shapes.slice(0, -1).map(({ column }) => column);
  const phi = set.autocorrelation;
  const base = [new Float64Array(value.length).fill(1), ...covariates];
  const beside = (others: readonly Float64Array[]) =>
    new ProjectedSpace(
      [...base, ...others].map((column) => whiten(column, phi)),
      whiten(value, phi),
    );
  const space = beside(warmUp);
  const leftBy = (of: ProjectedSpace, column: Float64Array) => of.fitOne(of.add(whiten(column, phi)));
  const straight = leftBy(space, growing.column);
  if (!straight) return { slowing: null, openBound: 0, isRefill };
  const grant = value.length * input.noiseFloor ** 2 * (1 + phi * phi);
  const n = set.whitenedSamples;
  let slowing: Bend['slowing'] = null;
  let openBound: number | null = null;
  const tryBent = (of: ProjectedSpace, { share }: Axis, onset: number, parameters: number) => {
    for (const fillTime of FILL_TIMES) {
      const tau = fillTime * (1 - onset);
      const bent = leftBy(
        of,
        share.map((at) => -Math.expm1(-Math.max(0, at - onset) / tau)),
      );
      if (!bent) continue;
      const [height] = bent.coefficient;
      if (!(height > 0)) continue;
      const missing = height * Math.exp(-1 / fillTime);
      // With its fill time given, a cache has as many parameters as a line.
      const likelier = n * Math.log((straight.sumOfSquares + grant) / (bent.sumOfSquares + grant));
      if (likelier * (1 + repeated) > -BOUND_EXCLUDED) openBound = Math.min(openBound ?? Infinity, missing);
      const evidence = likelier - parameters * Math.log(n);
      if (evidence <= (slowing?.evidence ?? 0)) continue;
      slowing = { evidence, missing, fillMillis: tau * spanHours * HOUR_MILLIS };
    }
  };
  const axis = growing.domain === 'work' && work ? work : time;
  tryBent(space, axis, growing.kind === 'hinge' ? growing.at : 0, 1);
  if (warmUp.length > 0) {
    // One slow cache in place of a warm-up, its fill time, and a line.
    const alone = beside([]);
    for (const over of work ? [time, work] : [time]) tryBent(alone, over, 0, -1);
  }
  return { slowing, openBound, isRefill };
}
