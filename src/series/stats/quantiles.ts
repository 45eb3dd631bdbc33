// Order statistics. All functions ignore NaN (a cell that is not known) and never change their input.

/** The values that are known, ascending. */
export function sortKnown(values: ArrayLike<number>): Float64Array {
  const known = knownOf(values);
  return known.length <= INSERTION_BOUND ? sortByInsertion(known, known.length) : known.sort();
}

function knownOf(values: ArrayLike<number>): Float64Array {
  const known = new Float64Array(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) known[n++] = values[i];
  return n === values.length ? known : known.subarray(0, n);
}

/** Blocks hold a dozen observations, and there are hundreds of blocks: the built-in sort costs more to start. */
const INSERTION_BOUND = 24;

function sortByInsertion(cells: Float64Array, n: number): Float64Array {
  for (let i = 1; i < n; i++) {
    const cell = cells[i];
    let to = i;
    while (to > 0 && cells[to - 1] > cell) {
      cells[to] = cells[to - 1];
      to--;
    }
    cells[to] = cell;
  }
  return cells;
}

/**
 * Quantile `p` (0 to 1) of ascending values by linear interpolation (type 7 of Hyndman & Fan 1996, the default of
 * numpy and R). NaN for no values.
 */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  const n = sorted.length;
  if (n === 0) return NaN;
  const at = Math.min(Math.max(p, 0), 1) * (n - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, n - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/** The same of values in any order, from `from` up to, not including, `to`: all unless told. */
export function quantile(values: ArrayLike<number>, p: number, from = 0, to = values.length): number {
  const known = roomFor(to - from);
  let n = 0;
  for (let i = from; i < to; i++) if (!Number.isNaN(values[i])) known[n++] = values[i];
  if (n === 0) return NaN;
  if (n <= INSERTION_BOUND) sortByInsertion(known, n);
  const at = Math.min(Math.max(p, 0), 1) * (n - 1);
  const below = Math.floor(at);
  const low = n <= INSERTION_BOUND ? known[below] : select(known, n, below);
  let high = below + 1 < n ? Infinity : low;
  for (let i = below + 1; i < n; i++) if (known[i] < high) high = known[i];
  return low + (at - below) * (high - low);
}

/** Highest less lowest of the known values. NaN for no values. */
export function rangeOf(values: ArrayLike<number>): number {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return low <= high ? high - low : NaN;
}

/** Of the cells from `from` up to, not including, `to`: all unless told. */
export function median(values: ArrayLike<number>, from = 0, to = values.length): number {
  const count = to - from;
  if (count === 1) return values[from];
  const known = roomFor(count);
  let n = 0;
  for (let i = from; i < to; i++) if (!Number.isNaN(values[i])) known[n++] = values[i];
  if (n === 0) return NaN;
  if (n <= INSERTION_BOUND) sortByInsertion(known, n);
  const upper = n <= INSERTION_BOUND ? known[n >> 1] : select(known, n, n >> 1);
  if (n % 2 === 1) return upper;
  let lower = known[0];
  for (let i = 1; i < n >> 1; i++) if (known[i] > lower) lower = known[i];
  return lower + (upper - lower) / 2;
}

/** Medians are taken by the hundred in each assessment: room for a whole history's cells, used within one call only. */
const SCRATCH = new Float64Array(1024);

function roomFor(count: number): Float64Array {
  return count <= SCRATCH.length ? SCRATCH : new Float64Array(count);
}

/** The known cell that sorting would put at `at`, from 0. Changes the order of `cells`, none of which is NaN. */
export function selectCell(cells: Float64Array, at: number): number {
  return select(cells, cells.length, at);
}

/** Hoare's selection: the cell that sorting would put at `at`; smaller ones end up before it. Changes `cells`. */
function select(cells: Float64Array, n: number, at: number): number {
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const pivot = cells[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (cells[i] < pivot) i++;
      while (cells[j] > pivot) j--;
      if (i <= j) {
        const cell = cells[i];
        cells[i++] = cells[j];
        cells[j--] = cell;
      }
    }
    if (at <= j) high = j;
    else if (at >= i) low = i;
    else break;
  }
  return cells[at];
}

/** 1 / normal quantile of 3/4: makes the median absolute deviation of normal noise estimate its sigma. */
const MAD_TO_SIGMA = 1.482602218505602;

/** Robust sigma: 1.4826 times the median absolute deviation from the median. NaN for no values. */
export function medianAbsoluteDeviationSigma(values: ArrayLike<number>): number {
  const centre = median(values);
  const distance = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) distance[i] = Math.abs(values[i] - centre);
  return MAD_TO_SIGMA * median(distance);
}
