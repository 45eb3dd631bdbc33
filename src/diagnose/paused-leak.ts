// A leak that stands although nothing has come for a while: what was told while it grew would read as if it still did.
import { formatDuration, type Millis } from '../base/units.ts';
import { GONE_SHORTEST_MILLIS, goneFor, type ConfirmationState } from '../detect/confirm.ts';
import type { Finding } from '../model/finding.ts';
import { summarize } from '../model/finding-text.ts';
import type { RaisedLeak } from './case-state.ts';

/** The finding of a raised leak as of `atMillis`; the one that is remembered is not touched, for when it goes on. */
export function tellPause(
  { lane, finding }: RaisedLeak,
  confirmation: ConfirmationState,
  atMillis: Millis,
): Finding {
  const gone = goneFor(confirmation[lane], atMillis);
  if (gone === null || gone.millis < GONE_SHORTEST_MILLIS) return finding;
  const since = `it has not grown for ${formatDuration(gone.millis)}`;
  const told = {
    ...finding,
    timeToExhaustion: null,
    noForecast: `not in sight at the rate of now: ${since}`,
    needed: { what: `whether growth stays away: ${since}, and the leak is over`, millis: gone.leftMillis },
  };
  return { ...told, summary: `${summarize(told, atMillis).replace(/\.$/, '')}; ${since}.` };
}
