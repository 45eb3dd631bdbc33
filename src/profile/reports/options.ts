// What every report is told. The command line (or the API) makes one ReportOptions after reading, merging and
// subtracting; then the filters and the granularity are applied to the profile; then the report runs:
//
//     read -> merge -> subtract -> prune -> tag frames -> [ReportOptions, with the total] -> filters -> aggregate -> report
//
// So the profile that a report gets is filtered, and what its granularity does not show is erased already: names, files,
// lines, columns and addresses are rows of '' or 0 (see aggregate.ts). Two frames are one node when what is left is equal.
//
// A report is one function in its own file, `reports/<name>.ts`, of type `Report`. It is listed in one table,
// src/cli/profile-reports.ts (rooms above this one have reports too), which loads it when it is asked for.
import type { Profile } from '../../pprof/tables.ts';

export type Granularity = 'functions' | 'filefunctions' | 'files' | 'lines' | 'addresses';

/** An unanchored RE2 expression (../re2.ts), case-sensitive unless it says otherwise. */
export interface TextMatcher {
  /** The expression as it was given. */
  readonly source: string;
  test(text: string): boolean;
}

/** Source: google/pprof internal/report Options, after internal/driver applyCommandOverrides. */
export interface ReportOptions {
  /** Name as on the command line: `top`, `dot`. */
  readonly report: string;
  /** Which column of `samples.values` is shown. */
  readonly valueColumn: number;
  /** The column that values are divided by (-mean: column 0); null = no division. */
  readonly divisorColumn: number | null;
  /** What the header calls the value: `inuse_space`, `mean_delay`. */
  readonly sampleType: string;
  /** Unit of the values in the profile: `bytes`, `nanoseconds`, `count`. */
  readonly sampleUnit: string;
  /** `minimum` (one unit for the whole report), `auto` (one per number) or the name of a unit. */
  readonly outputUnit: string;
  /** 1 / -divide_by: applied when a value is printed, and truncated; percentages and selection ignore it. */
  readonly ratio: number;
  /**
   * What percentages refer to: the sum of |value| over all samples *before* the filters (over the base samples alone
   * with -diff_base; divided by the divisors' sum with -mean).
   */
  readonly total: bigint;

  /** A base was taken away: values are what changed. */
  readonly isDifference: boolean;
  readonly sort: 'flat' | 'cum';
  /** Honoured by dot, svg and callgrind only. */
  readonly callTree: boolean;
  readonly dropNegative: boolean;
  readonly compactLabels: boolean;

  /** 0 = all. The default of the report is filled in, and 0 where the report is never trimmed or with -trim=false. */
  readonly nodeCount: number;
  readonly nodeFraction: number;
  readonly edgeFraction: number;

  /** `focus=x`, `tagignore=y`: the lines below "Active filters:". */
  readonly activeFilters: readonly string[];
  /** Unit of each numeric label key, taken before the filters. */
  readonly numLabelUnits: ReadonlyMap<string, string>;
  /** Base name of the first mapping's file; '' = not known. */
  readonly title: string;

  /** The first operand of peek and list; null for the other reports. */
  readonly symbol: TextMatcher | null;
  /** -source_path and -trim_path: lists separated by ':'. */
  readonly sourcePath: string;
  readonly trimPath: string;

  readonly host: ReportHost;
}

export interface TimeZone {
  /** `CET`, `UTC`, or `+0545` where a zone has no letters. */
  readonly name: string;
  /** East of Greenwich. */
  readonly offsetSeconds: number;
}

/** What reports need from outside; pure rooms get it as functions. */
export interface ReportHost {
  /** The time zone of the person at a time; header.ts prints times with it. */
  readonly zoneAt: (unixSeconds: number) => TimeZone;
  /** Text of a source file, or null when it cannot be read. */
  readonly readSource: (path: string) => string | null;
  /** The same of a file of the standard library or the module cache, wherever they are on this machine. */
  readonly readLibrarySource: (file: string) => string | null;
  /** Where sources are looked for without -source_path. */
  readonly workingFolder: () => string;
  /** One line for standard error. */
  readonly warn: (line: string) => void;
}

/** Text as one string or in pieces (in order, line ends included), or bytes. */
export type ReportOutput = string | Uint8Array | Iterable<string>;

/**
 * The type of every report. The profile is not changed.
 * @throws PlimsollError when there is nothing to show where pprof fails too (peek, list without a match).
 */
export type Report = (profile: Profile, options: ReportOptions) => ReportOutput | Promise<ReportOutput>;
