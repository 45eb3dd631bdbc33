// What becomes of an incident whose target is watched no more: other instances of its service may show that it is mended.
import { DAY_MILLIS, formatDuration, type Millis } from '../base/units.ts';
import type { Incident } from '../model/incident.ts';
import { computePatience } from './advance-incidents.ts';

/** Another instance of the service, watched now. */
export interface Successor {
  /** Of the program; null when it is not known. */
  readonly version: string | null;
  /** This life of the process, as far as it was watched. */
  readonly watchedMillis: Millis;
  /** Whether it has the same leak. */
  readonly isLeaking: boolean;
}

export interface GoneInput {
  readonly goneForMillis: Millis;
  /** A rolling restart, a source that hiccups: nothing ends before. */
  readonly goneAfterMillis: Millis;
  readonly successors: readonly Successor[];
}

/** Nobody is told for longer that something leaks of which nothing is left. */
const LONGEST_WAIT: Millis = 7 * DAY_MILLIS;

/**
 * Where other instances go on, the incident waits as long as it took to find the leak: a rollout of the same version would else tell an
 * end, and hours later that the leak is back. A version without the leak for as long is evidence; everything else is `gone`.
 *
 * @returns null = not yet.
 */
export function endOfGone(
  incident: Incident,
  { goneForMillis, goneAfterMillis, successors }: GoneInput,
): { readonly by: 'gone' | 'evidence'; readonly why: string } | null {
  if (goneForMillis < goneAfterMillis) return null;
  const head = `gone: it has not been watched for ${formatDuration(goneForMillis)}`;
  if (successors.length === 0) return { by: 'gone', why: `${head}, which says nothing of the leak` };
  const leaking = successors.filter(({ isLeaking }) => isLeaking).length;
  if (leaking > 0) {
    const others = leaking === 1 ? 'another instance' : `${leaking} other instances`;
    return { by: 'gone', why: `${head}; the leak goes on in ${others}` };
  }
  const tookMillis = computePatience(incident.finding);
  const seen = successors.filter(({ watchedMillis }) => watchedMillis >= tookMillis);
  const known = incident.version ?? null;
  const isReplaced =
    known !== null && successors.every(({ version }) => version !== null && version !== known);
  const fixed = isReplaced ? longest(seen) : null;
  if (fixed !== null) {
    const [ran, took] = [formatDuration(fixed.watchedMillis), formatDuration(tookMillis)];
    const why = `${fixed.version ?? ''} has run without it for ${ran}; in ${known ?? ''} it took ${took} to find`;
    return { by: 'evidence', why };
  }
  if (goneForMillis < LONGEST_WAIT && (seen.length === 0 || goneForMillis < tookMillis)) return null;
  return { by: 'gone', why: `${head}, and no other instance of the service shows the leak so far` };
}

function longest(successors: readonly Successor[]): Successor | null {
  return successors.reduce<Successor | null>(
    (best, each) => (best === null || each.watchedMillis > best.watchedMillis ? each : best),
    null,
  );
}
