// The table of `plimsoll profile <report>`. One line per report; each is loaded when it is asked for, so that a report
// pays only for its own code. To add one: write `src/<room>/.../<name>.ts` with a function of type `Report`, add a line.
import type { DecodedProfile } from '../pprof/decode-profile.ts';
import type { Profile } from '../pprof/tables.ts';
import type { Report, ReportHost, ReportOutput } from '../profile/reports/options.ts';
import type { PreparedReport, ReportShape } from '../profile/reports/prepare.ts';
import type { ProfileRequest } from './profile-flags.ts';

/** How the command prepares what the report gets; see ReportShape and ReportOptions. */
export interface ReportEntry extends ReportShape {
  readonly kind: 'report';
  readonly summary: string;
  readonly load: () => Promise<Report>;
  /** Takes a regular expression as first operand. */
  readonly hasSymbol?: boolean;
  /** Bytes that are written gzipped. */
  readonly isGzipped?: boolean;
}

/** A sub-command with its own way of reading: it gets what was asked for and returns what to print. */
export interface CommandEntry {
  readonly kind: 'command';
  readonly summary: string;
  readonly load: () => Promise<ProfileCommand>;
  readonly hasSymbol?: boolean;
  readonly isGzipped?: boolean;
}

/** null = it has printed what there is itself. */
export type ProfileCommand = (request: ProfileRequest, tools: ProfileTools) => Promise<ReportOutput | null>;

/** What commands read profiles with. */
export interface ProfileTools {
  /** All sources as one profile, less the bases; names simplified, drop_frames applied. As reports get it. */
  readonly readCombined: () => Promise<Profile>;
  /** The sources, or the bases, as one profile, as they are. */
  readonly readMerged: (what: 'source' | 'base') => Promise<Profile>;
  /** One source in whatever form it has. */
  readonly readSource: (source: string) => Promise<DecodedProfile>;
  /** The profile and the options as a report would get them: filters and granularity applied. */
  readonly prepare: (profile: Profile, shape: ReportShape) => Promise<PreparedReport>;
  readonly host: ReportHost;
}

export const PROFILE_REPORTS: Readonly<Record<string, ReportEntry | CommandEntry>> = {
  traces: {
    kind: 'report',
    summary: 'every sample with its labels and its stack',
    load: async () => (await import('../profile/reports/traces.ts')).renderTraces,
    defaultNodeCount: 80,
  },
  tags: {
    kind: 'report',
    summary: 'values per label',
    load: async () => (await import('../profile/reports/tags.ts')).renderTags,
    defaultNodeCount: 80,
  },
  raw: {
    kind: 'report',
    summary: 'everything in the profile',
    load: async () => (await import('../profile/reports/raw.ts')).renderRaw,
    granularity: 'addresses',
    isUntrimmed: true,
    defaultNodeCount: 0,
  },
  comments: {
    kind: 'report',
    summary: 'the comments in the profile',
    load: async () => (await import('../profile/reports/comments.ts')).renderComments,
    defaultNodeCount: 80,
  },
  proto: {
    kind: 'report',
    summary: 'the profile as profile.proto, gzipped, after merging and filtering',
    load: async () => (await import('../profile/reports/proto.ts')).renderProto,
    granularity: 'addresses',
    isUntrimmed: true,
    defaultNodeCount: 0,
    isGzipped: true,
  },
};
