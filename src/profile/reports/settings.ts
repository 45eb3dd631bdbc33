// What a person can ask of a report. Fields are named after the flags of `go tool pprof`; texts that are '' were not
// given.
import type { Granularity } from './options.ts';

export interface ReportSettings {
  /** Name or number of a sample type; '' = the default of the profile. */
  readonly sampleIndex: string;
  readonly isMean: boolean;
  readonly unit: string;
  readonly divideBy: number;
  readonly granularity: Granularity;
  readonly sort: 'flat' | 'cum';
  readonly noInlines: boolean;
  readonly showColumns: boolean;
  readonly callTree: boolean;
  readonly relativePercentages: boolean;
  readonly compactLabels: boolean;
  readonly dropNegative: boolean;
  readonly trim: boolean;
  /** -1 = the default of the report. */
  readonly nodeCount: number;
  readonly nodeFraction: number;
  readonly edgeFraction: number;
  /** Label keys, separated by commas. */
  readonly tagRoot: string;
  readonly tagLeaf: string;
  readonly sourcePath: string;
  readonly trimPath: string;
  /** Regular expressions. */
  readonly focus: string;
  readonly ignore: string;
  readonly hide: string;
  readonly show: string;
  readonly showFrom: string;
  readonly pruneFrom: string;
  readonly tagShow: string;
  readonly tagHide: string;
  /** See ../label-expression.ts. */
  readonly tagFocus: string;
  readonly tagIgnore: string;
}

/** Settings of a report without flags. */
export const DEFAULT_SETTINGS: ReportSettings = {
  sampleIndex: '',
  isMean: false,
  unit: 'minimum',
  divideBy: 1,
  granularity: 'functions',
  sort: 'flat',
  noInlines: false,
  showColumns: false,
  callTree: false,
  relativePercentages: false,
  compactLabels: false,
  dropNegative: false,
  trim: true,
  nodeCount: -1,
  nodeFraction: 0.005,
  edgeFraction: 0.001,
  tagRoot: '',
  tagLeaf: '',
  sourcePath: '',
  trimPath: '',
  focus: '',
  ignore: '',
  hide: '',
  show: '',
  showFrom: '',
  pruneFrom: '',
  tagShow: '',
  tagHide: '',
  tagFocus: '',
  tagIgnore: '',
};
