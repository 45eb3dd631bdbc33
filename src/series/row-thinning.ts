// Which rows of a history that is full stay. Models look at a window of up to a week in 72 blocks of equal width, so rows must
// lie evenly over the life of the process; what happens lately is looked at more closely, so that the newest lie as densely
// as they were scraped.
import { DAY_MILLIS, type Millis } from '../base/units.ts';

/** What is older is not fitted: detection's longest window. */
const EVEN_FOR_MILLIS: Millis = 7 * DAY_MILLIS;
/** From this share of a life on, rows lie evenly; towards the present they lie ever more densely. */
const EVEN_SHARE = 1 / 4;
/** Lives before this one that are looked at again (their growth is compared), each a quarter as densely. */
const LIVES_KEPT = 3;
/** Each pass allows gaps that are wider by this factor. */
const WIDER = 1.15;

/**
 * The rows to keep, ascending: at most `count`, or else no fewer than what may never go.
 *
 * The gap around a row may be as wide as its age, and no wider than a quarter of its life, times a factor that is the same for
 * all and as small as can be. The first row of all stays (it says since when the target is watched), and first and last row of
 * lives that are looked at, between which a restart is seen.
 * @param timeMillis strictly ascending.
 * @param lifeStarts first row of each life, ascending, beginning with 0.
 */
export function chooseRows(timeMillis: Float64Array, lifeStarts: readonly number[], count: number): number[] {
  const widest = allowGaps(timeMillis, lifeStarts);
  for (let factor = 1 / (4 * count); ; factor *= WIDER) {
    const kept = keepWithGaps(timeMillis, widest, factor);
    if (kept.length <= count || factor > 1e6) return kept;
  }
}

/** For each row the gap that may be left around it, before the common factor; 0 = it stays. */
function allowGaps(timeMillis: Float64Array, lifeStarts: readonly number[]): Float64Array {
  const n = timeMillis.length;
  const now = timeMillis[n - 1];
  const widest = new Float64Array(n);
  lifeStarts.forEach((start, life) => {
    const end = life + 1 < lifeStarts.length ? lifeStarts[life + 1] : n;
    const isCurrent = end === n;
    const isKept = life >= lifeStarts.length - 1 - LIVES_KEPT;
    const length = timeMillis[end - 1] - timeMillis[start];
    const even = EVEN_SHARE * Math.min(length, EVEN_FOR_MILLIS);
    for (let row = start; row < end; row++) {
      const age = now - timeMillis[row];
      if (!isKept) widest[row] = Infinity;
      else if (!isCurrent || age > EVEN_FOR_MILLIS) widest[row] = 4 * even;
      else widest[row] = Math.min(age, even);
    }
    if (isKept) widest[start] = widest[end - 1] = 0;
  });
  widest[0] = widest[n - 1] = 0;
  return widest;
}

function keepWithGaps(timeMillis: Float64Array, widest: Float64Array, factor: number): number[] {
  const kept: number[] = [];
  let before = -Infinity;
  for (let row = 0; row < timeMillis.length; row++) {
    const gap = row + 1 < timeMillis.length ? timeMillis[row + 1] - before : Infinity;
    if (gap <= factor * widest[row]) continue;
    kept.push(row);
    before = timeMillis[row];
  }
  return kept;
}
