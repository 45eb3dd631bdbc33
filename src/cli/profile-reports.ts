// The table of `plimsoll profile <report>`. One line per report; each is loaded when it is asked for, so that a report
// pays only for its own code. To add one: write `src/<room>/.../<name>.ts` with a function of type `Report`, add a line.
import type { Granularity, Report, ReportOutput } from '../profile/reports/options.ts';

/** How the command prepares what the report gets; see ReportOptions. */
export interface ReportEntry {
  readonly kind: 'report';
  readonly summary: string;
  readonly load: () => Promise<Report>;
  /** Takes a regular expression as first operand. */
  readonly hasSymbol?: boolean;
  /** Never leaves nodes out, whatever -nodecount and the fractions say. */
  readonly isUntrimmed?: boolean;
  /** Whatever granularity was asked for. */
  readonly granularity?: Granularity;
  /** When -nodecount is not given; 0 = all. */
  readonly defaultNodeCount: number;
  /** Bytes that are written gzipped. */
  readonly isGzipped?: boolean;
}

/** A sub-command with its own way of reading: it gets the operands and the flags, and returns what to print. */
export interface CommandEntry {
  readonly kind: 'command';
  readonly summary: string;
  readonly load: () => Promise<(request: ProfileRequest) => Promise<ReportOutput>>;
  readonly hasSymbol?: boolean;
  readonly isGzipped?: boolean;
}

/** What a `command` entry is given. */
export interface ProfileRequest {
  readonly report: string;
  readonly sources: readonly string[];
}

export const PROFILE_REPORTS: Readonly<Record<string, ReportEntry | CommandEntry>> = {};
