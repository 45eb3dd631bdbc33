// How much each allocation site grew between snapshots, as far as sampling lets us know.
//
// Go samples an object of size s with p = 1 - exp(-s/R), once, when it is allocated. What lives through both
// snapshots therefore cancels exactly: the variance of a *change* comes only from what was born or died in between.
import type { Millis } from '../base/units.ts';
import {
  estimateGrowth,
  recoverSampleCount,
  samplingProbability,
  sumGrowth,
  survivalShare,
  type GrowthEstimate,
} from '../profile/sampling.ts';
import type { HeapSnapshot } from '../profile/snapshot.ts';
import type { Interval } from './statistics.ts';
import { getOwner, type PathReader, type StackPath } from './stack-path.ts';
import { THRESHOLDS } from './thresholds.ts';

/**
 * One site: stacks whose owners (with lines) and deepest library function agree, and one object size.
 *
 *     samples       [ 0, 3, 7 ]     sampled objects alive, one cell a snapshot
 *     allocSamples  [ 0, 3, 9 ]     sampled objects ever allocated: 9 - 7 = 2 have died
 *     bytes         [ 0, 1.5e6, 3.5e6 ]
 */
export interface Site {
  readonly key: string;
  readonly path: StackPath;
  readonly objectBytes: number;
  /** Bytes that one sample stands for: s / p. */
  readonly bytesPerSample: number;
  readonly periodBytes: number;
  /** Probability that an object of this size is sampled. */
  readonly probability: number;
  readonly samples: Float64Array;
  readonly allocSamples: Float64Array;
  readonly bytes: Float64Array;
}

export interface SiteTable {
  readonly timeMillis: readonly Millis[];
  readonly sites: readonly Site[];
}

/** What the snapshots say about the growth of one site, or of several pooled. */
export interface SiteGrowth {
  /** Bytes grown from the first to the last snapshot, with 95 % sampling interval. */
  readonly bytes: Interval;
  /** Sampled objects: born in the window, died in the window. */
  readonly births: number;
  readonly deaths: number;
  /** Growth over the noise of everything that moved: sqrt(m) for a pure leak of m samples. */
  readonly z: number;
  /** Share of new allocations that stayed, 95 %; null when nothing was allocated. */
  readonly survival: Interval | null;
  /** 1 = the second half grew as much as the first or more, 0 = it stopped; null = too few snapshots. */
  readonly persistence: number | null;
  /** Net over gross movement: 1 = never fell, near 0 = comes and goes. */
  readonly monotony: number;
  /**
   * Growth that counts as lasting, for weighing sites against each other: bytes x persistence x monotony^2, shrunk
   * where few samples carry it (one buffer caught in flight looks like a perfect leak).
   */
  readonly lastingBytes: number;
}

/** Evenly thinned to the bound, first and last kept. */
export function thinSnapshots<T>(snapshots: readonly T[]): T[] {
  const bound = THRESHOLDS.maxSnapshots;
  if (snapshots.length <= bound) return [...snapshots];
  return Array.from(
    { length: bound },
    (_, i) => snapshots[Math.round((i * (snapshots.length - 1)) / (bound - 1))],
  );
}

/** Sites while they are folded: by number of the path's key, then by object size. */
type OpenSites = Map<number, Map<number, Site>>;

/** Folds the rows of all snapshots (ascending in time) to sites. Rows in any order give the same table. */
export function foldSites(snapshots: readonly HeapSnapshot[], reader: PathReader): SiteTable {
  const used = thinSnapshots(snapshots);
  const open: OpenSites = new Map();
  used.forEach((snapshot, at) => {
    for (const row of largestRows(snapshot)) addRow(open, reader, snapshot, row, at, used.length);
  });
  const sites = [...open.values()].flatMap((bySize) => [...bySize.values()]);
  for (const site of sites) {
    // Totals since start never fall; a source that leaves out dead rows would make them seem to.
    for (let i = 1; i < used.length; i++) {
      site.allocSamples[i] = Math.max(site.allocSamples[i], site.allocSamples[i - 1], site.samples[i]);
    }
  }
  return {
    timeMillis: used.map((snapshot) => snapshot.takenAtMillis),
    sites: sites.sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

function largestRows(snapshot: HeapSnapshot): Iterable<number> {
  const rows = Array.from({ length: snapshot.length }, (_, row) => row);
  if (rows.length <= THRESHOLDS.maxRows) return rows;
  return rows.sort((a, b) => snapshot.inuseBytes[b] - snapshot.inuseBytes[a]).slice(0, THRESHOLDS.maxRows);
}

function addRow(
  open: OpenSites,
  reader: PathReader,
  snapshot: HeapSnapshot,
  row: number,
  at: number,
  length: number,
): void {
  const objectBytes = snapshot.objectBytes[row];
  if (!(objectBytes > 0)) return;
  const path = reader.path(snapshot.stack[row]);
  let bySize = open.get(path.keyRow);
  if (bySize === undefined) {
    bySize = new Map<number, Site>();
    open.set(path.keyRow, bySize);
  }
  let site = bySize.get(objectBytes);
  if (site === undefined) {
    const probability = samplingProbability(objectBytes, snapshot.periodBytes);
    site = {
      key: `${path.key}\t${objectBytes}`,
      path,
      objectBytes,
      probability,
      bytesPerSample: objectBytes / probability,
      periodBytes: snapshot.periodBytes,
      samples: new Float64Array(length),
      allocSamples: new Float64Array(length),
      bytes: new Float64Array(length),
    };
    bySize.set(objectBytes, site);
  }
  site.samples[at] += recoverSampleCount(snapshot.inuseObjects[row], site.probability);
  site.allocSamples[at] += recoverSampleCount(snapshot.allocObjects[row], site.probability);
  site.bytes[at] += snapshot.inuseBytes[row];
}

/** Function name of a site's innermost owner. */
export function getSiteOwner(site: Site): string {
  return getOwner(site.path)?.function ?? '';
}

/**
 * Growth of sites pooled, from snapshot `base` to the last. Intervals and z from the profile room's sampling theory:
 * births and deaths are only bounded, and the upper bound is used, so z errs to the quiet side.
 */
export function computeGrowth(table: SiteTable, pooled: readonly Site[], base: number): SiteGrowth {
  const last = table.timeMillis.length - 1;
  const parts: GrowthEstimate[] = [];
  let births = 0;
  let grownSamples = 0;
  for (const site of pooled) {
    births += site.allocSamples[last] - site.allocSamples[base];
    grownSamples += site.samples[last] - site.samples[base];
    const part = estimateSite(site, base, last);
    // A site where nothing happened adds neither growth nor noise.
    if (part.births + part.deaths > 0) parts.push(part);
  }
  const { bytes, low, high, z } = sumGrowth(parts);
  const series = poolSeries(pooled, base, last);
  const persistence = computePersistence(series, table.timeMillis.slice(base));
  const monotony = computeMonotony(series);
  const deaths = Math.max(0, births - grownSamples);
  return {
    bytes: { value: bytes, low, high },
    births,
    deaths,
    z,
    survival: survivalShare(Math.max(0, births - deaths), births),
    persistence,
    monotony,
    lastingBytes: computeLasting(bytes, z, persistence, monotony),
  };
}

/** A site is pooled with others many times over in one evaluation; its exact interval is worked out once. */
const estimates = new WeakMap<Site, { readonly base: number; readonly estimate: GrowthEstimate }>();

function estimateSite(site: Site, base: number, last: number): GrowthEstimate {
  const known = estimates.get(site);
  if (known?.base === base) return known.estimate;
  const estimate = estimateGrowth({
    objectBytes: site.objectBytes,
    periodBytes: site.periodBytes,
    samplesBefore: site.samples[base],
    samplesAfter: site.samples[last],
    allocatedSamples: site.allocSamples[last] - site.allocSamples[base],
  });
  estimates.set(site, { base, estimate });
  return estimate;
}

function computeLasting(bytes: number, z: number, persistence: number | null, monotony: number): number {
  if (!(bytes > 0) || !(z > 0) || monotony <= 0) return 0;
  const samples = z * z;
  const evenness =
    persistence === null ? 0.5 : (persistence * samples + DOUBT_SAMPLES) / (samples + DOUBT_SAMPLES);
  return bytes * evenness * monotony ** 2 * (samples / (samples + DOUBT_SAMPLES));
}

/**
 * Samples' worth of growth taken as said by chance when sites are weighed: they pull a site's weight down, and its
 * persistence towards even growth, so that few samples can neither accuse nor acquit.
 */
const DOUBT_SAMPLES = 2;

function poolSeries(pooled: readonly Site[], base: number, last: number): number[] {
  const series: number[] = [];
  for (let at = base; at <= last; at++) {
    series.push(pooled.reduce((sum, site) => sum + site.samples[at] * site.bytesPerSample, 0));
  }
  return series;
}

/**
 * The went-away test: what share of even growth did the second half of the window bring? The middle and the end are
 * means of neighbours where there are enough, so that one buffer caught in flight does not decide.
 */
export function computePersistence(series: readonly number[], timeMillis: readonly Millis[]): number | null {
  const n = series.length;
  if (n < THRESHOLDS.minSnapshots) return null;
  const middleTime = (timeMillis[0] + timeMillis[n - 1]) / 2;
  const around = n >= 8 ? 1 : 0;
  const smooth = (at: number) => mean(series.slice(Math.max(0, at - around), at + around + 1));
  let before = 0;
  while (before < n - 2 && timeMillis[before + 1] <= middleTime) before++;
  const part = (middleTime - timeMillis[before]) / (timeMillis[before + 1] - timeMillis[before]);
  const start = mean(series.slice(0, 1 + around));
  const centre = smooth(before) + part * (smooth(before + 1) - smooth(before));
  const end = mean(series.slice(n - 1 - around));
  const grown = end - start;
  if (!(grown > 0)) return 0;
  return Math.min(1, Math.max(0, (2 * (end - centre)) / grown));
}

/** (up - down) / (up + down) over all steps; 0 when nothing moved. */
export function computeMonotony(series: readonly number[]): number {
  let gross = 0;
  for (let i = 1; i < series.length; i++) gross += Math.abs(series[i] - series[i - 1]);
  return gross > 0 ? (series[series.length - 1] - series[0]) / gross : 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
