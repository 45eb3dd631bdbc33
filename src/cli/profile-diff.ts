// `plimsoll profile diff -base=BEFORE AFTER`, or BEFORE AFTER: two profiles apart, since growth is between two levels.
import { PlimsollError } from '../base/errors.ts';
import type { Profile } from '../pprof/tables.ts';
import { computeGrowthDiff, type GrowthDiff } from '../profile/growth-diff.ts';
import { renderDiff } from '../profile/reports/diff.ts';
import type { ReportOutput } from '../profile/reports/options.ts';
import type { PreparedReport } from '../profile/reports/prepare.ts';
import type { ReportSettings } from '../profile/reports/settings.ts';
import type { ProfileRequest } from './profile-flags.ts';
import type { ProfileTools } from './profile-tools.ts';

const SHAPE = { defaultNodeCount: 40 };

export async function diffCommand(request: ProfileRequest, tools: ProfileTools): Promise<ReportOutput> {
  const [before, after] = await readBoth(request, tools);
  const { diff, now } = await compareProfiles(before, after, { settings: request.settings, tools });
  return renderDiff(now.profile, diff, now.options);
}

/** What `diff` prints, before it is text; and the later profile as a report gets it. */
export async function compareProfiles(
  before: Profile,
  after: Profile,
  { settings, tools }: { readonly settings: ReportSettings; readonly tools: ProfileTools },
): Promise<{ readonly diff: GrowthDiff; readonly now: PreparedReport }> {
  const then = await tools.prepare(before, SHAPE, settings);
  const now = await tools.prepare(after, SHAPE, settings);
  const type = typeName(now.profile, now.options.valueColumn);
  if (typeName(then.profile, then.options.valueColumn) !== type)
    throw new PlimsollError(
      'PROFILES_DIFFER',
      'profile',
      'the two profiles show different sample types: give -sample_index',
      {
        value: `${typeName(then.profile, then.options.valueColumn)}, ${type}`,
      },
    );
  return { diff: computeGrowthDiff(then.profile, now.profile, type, settings.sort), now };
}

async function readBoth(
  { sources, bases }: ProfileRequest,
  tools: ProfileTools,
): Promise<readonly [Profile, Profile]> {
  if (bases.length > 0) {
    const before = await tools.readMerged('base');
    return [before, await tools.readMerged('source', before)];
  }
  if (sources.length !== 2)
    throw new PlimsollError(
      'ARGUMENTS_INVALID',
      'arguments',
      'diff needs two profiles, the earlier one first, or -base',
      { value: sources.join(' ') },
    );
  const before = await tools.readOne(sources[0]);
  return [before, await tools.readOne(sources[1], before)];
}

function typeName({ sampleTypes, strings }: Profile, column: number): string {
  return strings.get(sampleTypes.type[column]);
}
