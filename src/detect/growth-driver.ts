// What drives the growth, time or work: detection-science 3.7.
import { DAY_MILLIS } from '../base/units.ts';
import { BEND_EVIDENCE } from './thresholds.ts';
import type { GrowthDriver } from './assessment.ts';
import type { LaneMeasures } from './lane-measures.ts';
import type { Shape } from './shapes.ts';

/**
 * What the squared correlation of time and work must lack of one, or the load was too even to tell them apart, whatever the
 * models say. Over many days the rhythm of each moves their sums less, by the square of their number: the load is asked
 * to be as uneven as over one.
 */
const UNEVEN_SHARE = 0.01;

/** null where work is not known, or no model of growth fits. */
export function findDriver({ set, series }: LaneMeasures): GrowthDriver | null {
  const { work, time } = series.input;
  if (work === null || set.bestLeak === null) return null;
  const bestOf = (domain: 'time' | 'work'): number | null => {
    const fits = set.fits.filter(
      ({ name, shapes }) =>
        name.startsWith('L') && shapes.some(({ kind, domain: of }) => isGrowing(kind) && of === domain),
    );
    return fits.length === 0 ? null : Math.min(...fits.map(({ bic }) => bic));
  };
  // A model that only falls is not among the fits: growth of its kind is worth no more than none.
  const none = set.fits.find(({ name }) => name === 'N0')?.bic ?? set.bestNull.bic;
  const workEvidence = (bestOf('time') ?? none) - (bestOf('work') ?? none);
  const evenness = squaredCorrelation(time.share, work.share);
  const evenThreshold = 1 - UNEVEN_SHARE * Math.min(1, DAY_MILLIS / series.spanMillis) ** 2;
  const by =
    evenness > evenThreshold
      ? 'even'
      : workEvidence > BEND_EVIDENCE
        ? 'work'
        : workEvidence < -BEND_EVIDENCE
          ? 'time'
          : 'unclear';
  return { by, workEvidence, threshold: BEND_EVIDENCE, evenness, evenThreshold };
}

function isGrowing(kind: Shape['kind']): boolean {
  return kind === 'line' || kind === 'hinge';
}

function squaredCorrelation(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - meanA) * (b[i] - meanB);
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
  }
  return aa > 0 && bb > 0 ? (ab * ab) / (aa * bb) : 1;
}
