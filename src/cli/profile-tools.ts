// What a report of `plimsoll profile` is, and what those get that read profiles in their own way.
import type { DecodedProfile } from '../pprof/decode-profile.ts';
import type { Profile } from '../pprof/tables.ts';
import type { Report, ReportHost, ReportOutput } from '../profile/reports/options.ts';
import type { PreparedReport, ReportShape } from '../profile/reports/prepare.ts';
import type { ReportSettings } from '../profile/reports/settings.ts';
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
  /** What readCombined makes of what readMerged gave, for those who need both. */
  readonly combine: (source: Profile, base: Profile | null) => Promise<Profile>;
  /** The sources, or the bases, as one profile, as they are. `beside`: another one that stays in memory. */
  readonly readMerged: (what: 'source' | 'base', beside?: Profile) => Promise<Profile>;
  /** One source as a profile. */
  readonly readOne: (source: string, beside?: Profile) => Promise<Profile>;
  /** One source in whatever form it has. */
  readonly readSource: (source: string) => Promise<DecodedProfile>;
  /**
   * The profile and the options as a report would get them: filters and granularity applied.
   * @param settings without them, those that were asked for.
   */
  readonly prepare: (
    profile: Profile,
    shape: ReportShape,
    settings?: ReportSettings,
  ) => Promise<PreparedReport>;
  readonly host: ReportHost;
}
