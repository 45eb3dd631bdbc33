// `plimsoll profile goroutines`: groups by creator, place and reason, from profiles in any form and from dumps.
import { PlimsollError, describeError } from '../base/errors.ts';
import { GoroutineGrouper } from '../profile/goroutine-groups.ts';
import { renderGoroutines } from '../profile/reports/goroutines.ts';
import type { ReportOutput } from '../profile/reports/options.ts';
import { findCountColumn } from '../profile/sample-types.ts';
import type { ProfileRequest } from './profile-flags.ts';
import { named } from './profile-sources.ts';
import type { ProfileTools } from './profile-tools.ts';

const TRUNCATED = 'A dump ends in the middle of a goroutine: the counts are lower bounds.';
const NO_SYMBOLS = 'A text profile (debug=1) gives addresses only: take the protobuf form or debug=2.';

/** Settings of the other reports that would be passed over in silence here. */
const FILTERS = [
  ...(['focus', 'ignore', 'hide', 'show', 'showFrom', 'pruneFrom'] as const),
  ...(['tagFocus', 'tagIgnore', 'tagShow', 'tagHide', 'tagRoot', 'tagLeaf'] as const),
];

export async function goroutinesCommand(
  { sources, bases, settings }: ProfileRequest,
  tools: ProfileTools,
): Promise<ReportOutput> {
  if (bases.length > 0)
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'goroutines are not subtracted', {
      value: '-base',
    });
  const filter = FILTERS.find((name) => settings[name] !== '');
  if (filter !== undefined)
    throw new PlimsollError(
      'ARGUMENTS_INVALID',
      'arguments',
      'goroutines are grouped as they are, not filtered',
      {
        value: filter,
      },
    );
  const grouper = new GoroutineGrouper();
  const warnings = new Set<string>();
  for (const source of sources) {
    const decoded = await tools.readSource(source).catch((error: unknown) => {
      if (sources.length === 1) throw error;
      process.stderr.write(`${describeError(named(error, source))}\n`);
      return null;
    });
    if (decoded === null) continue;
    if (decoded.form === 'goroutine-dump') {
      grouper.addDump(decoded.dump);
      if (decoded.dump.isTruncated) warnings.add(TRUNCATED);
    } else {
      if (decoded.profile.samples.length > 0 && decoded.profile.functions.length === 0)
        warnings.add(NO_SYMBOLS);
      // The debug=1 text leaves out the runtime's frames, and with them what a goroutine waits for.
      const showsWaits = decoded.form !== 'count-text';
      grouper.addProfile(decoded.profile, findCountColumn(decoded.profile), showsWaits);
    }
  }
  return renderGoroutines(grouper.finish(), Math.max(0, settings.nodeCount), [...warnings]);
}
