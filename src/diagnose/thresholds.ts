// Every threshold of stage 2 with its unit and its reason, in one place.
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';

export const THRESHOLDS = {
  /** Snapshots used at most, evenly thinned: more in the same window barely help (measured: within noise). */
  maxSnapshots: 48,
  /** Rows of one snapshot that are read at most; a larger profile is cut to its largest rows by bytes. */
  maxRows: 20_000,
  /** A process gets going: pools, caches and connections of the first minutes. */
  startUpMillis: 5 * MINUTE_MILLIS,
  /** Snapshots beyond the start that must be there before the first one is left out. */
  settledSnapshots: 8,
  /** Fewest snapshots for a claim of persistence: before, after, and one that had the chance to refute. */
  minSnapshots: 3,
  /** One-sided error over all sites tested together (Bonferroni divides it by their number). */
  siteAlpha: 0.01,
  /** Share of the finding's growth that a function must carry to stand for all of it. */
  majority: 0.5,
  /** Smallest share with which a function may lead when its majority is only not refuted. */
  minLeadShare: 0.35,
  /** Second half of the window must bring this share of even growth: what has filled is no leak. */
  minPersistence: 0.3,
  /** Net growth over the sum of all movements: buffers that come and go stay far below. */
  minMonotony: 0.5,
  /** The same two for proof without waiting for stage 1's confirmation. */
  provenPersistence: 0.5,
  provenMonotony: 0.8,
  /** Lower end of the growth's interval, as a share of the growth. */
  provenPrecision: 0.5,
  /** Proof must hold this long, past the next profile of a suspect: one lucky evaluation is none. */
  proofHoldMillis: 15 * MINUTE_MILLIS,
  /** Where stage 1 cannot decide, growth must have lasted this long: caches and expiry mostly fill sooner. */
  slowProofMillis: 3 * HOUR_MILLIS,
  /** z of a site that, with stage 1's own suspicion (z > 4) and its growth matched, makes proof together. */
  slowProofZ: 2.5,
  slowProofMonotony: 0.9,
  /** ... or, where the gauges' slope alone would pass for a claim and a leak explains it better: the four samples that make a name, ... */
  namedProofZ: 2,
  /** ... from this age on. */
  namedProofMillis: 3.5 * HOUR_MILLIS,
  /** Standard errors by which the second half of the window fell short of even growth: what bends that surely is no proof. */
  bendZ: 2,
  /** Rises from profile to profile for a proof where the gauges show too few collections to fit: profiles change with those alone. */
  unfittedRises: 4,
  /** ... or have been watched this long, where one site grew evenly all the time, at a rate that profiles know, and kept what it allocated. */
  unbrokenProofMillis: 2 * HOUR_MILLIS,
  /** Second half over even growth, and survival (lower bound), from which growth counts as unbroken. */
  unbrokenPersistence: 0.8,
  unbrokenSurvival: 0.75,
  /** Survival of new allocations (lower bound) from which a site keeps practically all it allocates. */
  minSurvival: 0.5,
  /** Coverage of the floor's growth by the sites named, between which the diagnosis accounts for it. */
  coverageLow: 0.5,
  coverageHigh: 1.5,
  /** Growth of what survives collections over the growth claimed, from which it is not the collector letting garbage pile up. */
  pacingShare: 0.5,
  /** Growth of idle and fragmented memory over that of live objects, up to which the allocator is not what keeps it. */
  retentionShare: 0.25,
  /** Goroutines by which a group must have grown before it is talked about; claims need goroutineZ as well. */
  minGoroutines: 6,
  /** Both groups must have grown by this before the ratio of their counts says anything. */
  ratioGoroutines: 12,
  /** (up - down) / sqrt(up + down) of a group's counts for a claim from profiles alone. */
  goroutineZ: 5,
  /** Two counts belong together when their ratio stays within this factor of constant over the window. */
  ratioTolerance: 0.25,
  /** Objects of one site that come with one goroutine, at most: a request and its log, not the lines of a table. */
  mostObjectsEach: 4,
  /** One-sided error of the test that two sites grow independently of each other. */
  independenceAlpha: 1e-4,
  /** A second heap cause beside the first must carry at least this share of all growth. */
  minSecondShare: 0.2,
  /** z of a site's growth from which its name becomes part of a finding's identity: four samples, hardly any lost. */
  nameZ: 2,
  /** How long a confirmed leak waits for profiles that name its code before it is raised without a name. */
  nameWaitMillis: 40 * MINUTE_MILLIS,
  /**
   * Growth in code beside which profiles show signs of a bound must have been watched this long before it is raised: with a
   * goroutine that may sweep, or less kept by now; longer than most lifetimes of sessions and tokens, ...
   */
  sweptHoldMillis: 3.5 * HOUR_MILLIS,
  /** ... with an order among the entries, a name, or two signs; most of a working day. docs/leakbench.md: gain and cost. */
  boundedHoldMillis: 7 * HOUR_MILLIS,
  /** How well the sources must fit a fault in what bounds the growth for that wait to end at once (0 to 1). */
  sourceFault: 0.5,
  /** Share kept of what is allocated later over that of earlier, and its z (over all ways to part them), that tell of a lifetime. */
  lifetimeShare: 0.6,
  lifetimeZ: 4,
  /** After a restart caches and pools fill again: as long as this a new life says nothing against a known leak. */
  warmUpMillis: HOUR_MILLIS,
  /** Consecutive evaluations in which another culprit must dominate before an alarm changes its identity. */
  identityChanges: 6,
  /** A raised culprit below this share, while another is above 1 - it, has been refuted by the data. */
  refutedShare: 0.1,
  /** A leak is over when growth at this fraction of its rate would have been seen since, and was not. */
  overRateFraction: 0.5,
  /** Nothing is over before it has been quiet this long ... */
  overQuietMillis: HOUR_MILLIS,
  /** ... or explained by another model this long, where profiles do not say otherwise. */
  explainedMillis: 30 * MINUTE_MILLIS,
  /** ... and this share of the process's age: over a day, half an hour is a mood. */
  explainedAgeShare: 0.08,
  /** What was over must have grown again this long, by its own profiles, while another leak of its class stands. */
  returnMillis: HOUR_MILLIS,
  /** Growth that the old rate must have brought, in samples or goroutines, before its absence says it stopped. */
  stopSamples: 12,
  /** ... the share of it that may still have come (requests in flight) ... */
  stopShare: 0.35,
  /** ... and how many standard deviations of a Poisson count it must stay below the old rate. */
  stopZ: 3.5,
  /** One-sided error with which silence after growth that never gave anything back may be chance. */
  silenceAlpha: 1e-4,
  /** ... and the share of what was due that may still have come in it. */
  silenceShare: 0.1,
  /** Movement of the samples alive, of what replacing old by new would bring, below which the old are kept. */
  releasedShare: 0.25,
  /**
   * ... judged by so many allocations, over so many steps; over fewer, the samples must not move at all. By chance that is
   * so once in a hundred times.
   */
  releasedSamples: 8,
  releasedSteps: 6,
  /** Work in the window that is judged, as a share of before; with less the silence may be the load's. */
  stopWorkShare: 0.5,
  /** What the runtime keeps for a goroutine beside its stack (runtime.g), in bytes. */
  goroutineDescriptorBytes: 448,
} as const;
