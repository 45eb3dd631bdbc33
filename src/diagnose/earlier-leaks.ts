// One leak is one incident over its whole life. A leak that comes back is often called before profiles name its code: until they
// do, it goes on as the one of its class that was known last. When they name other code, that was wrong, and is taken back.
import type { Millis } from '../base/units.ts';
import type { LeakClass } from '../model/finding.ts';
import { normalizeFunction } from '../profile/frames.ts';
import {
  lanesInside,
  MAX_ENDED,
  type CaseState,
  type KnownCode,
  type OverLeak,
  type RaisedLeak,
} from './case-state.ts';
import { getIdentity, type Cause } from './cause.ts';
import type { EndedCode } from './returned-leaks.ts';

/** Leaks with a name that end with this evaluation join those that were known; one whose name was wrong is forgotten. */
export function rememberEnded(
  known: readonly KnownCode[],
  leaks: readonly RaisedLeak[],
  over: readonly OverLeak[],
  atMillis: Millis,
): readonly KnownCode[] {
  if (over.length === 0) return known;
  const ended = over.flatMap(({ fingerprint, goesOn }): KnownCode[] => {
    const leak = leaks.find((each) => each.fingerprint === fingerprint);
    const name = leak?.lead ?? leak?.finding.culprits[0]?.function ?? null;
    return goesOn === true || leak === undefined || name === null
      ? []
      : [{ fingerprint, kind: leak.kind, lead: name, endedAt: atMillis }];
  });
  const isAgain = ({ fingerprint }: KnownCode) => ended.some((each) => each.fingerprint === fingerprint);
  return [...known.filter((each) => !isAgain(each)), ...ended].slice(-MAX_ENDED);
}

/**
 * @param fromMillis profiles before this do not count anyway.
 * @returns codes that have to begin anew: all that were raised again, and the others while a leak of their class stands.
 */
export function listEndedCodes({ ended = [], raised }: CaseState, fromMillis: Millis): EndedCode[] {
  return ended.flatMap(({ fingerprint, kind, lead, endedAt = -Infinity }): EndedCode[] => {
    if ((kind !== 'heap' && kind !== 'goroutine') || endedAt <= fromMillis) return [];
    const again = raised.find((leak) => leak.fingerprint === fingerprint);
    const others = raised.filter((leak) => leak !== again);
    if (again === undefined && !others.some((leak) => lanesInside(leak).includes(kind))) return [];
    const leads = others.flatMap((leak) => (leak.lead === null || leak.lead === lead ? [] : [leak.lead]));
    return [{ kind, lead, endedAt, againAt: again?.detectedAt ?? null, others: leads }];
  });
}

/**
 * The leak that a cause is taken for: of the same code, or, while no code is named, the newest of its class.
 *
 * @param known newest last.
 * @param standing fingerprints of leaks that stand: a second leak beside them is another one.
 */
export function findEarlier(
  cause: Cause,
  known: readonly KnownCode[],
  standing: ReadonlySet<string>,
): KnownCode | null {
  const [name] = getIdentity(cause);
  const isIt = ({ fingerprint, kind, lead }: KnownCode) =>
    kind === cause.kind && !standing.has(fingerprint) && (name === undefined || isSameCode(lead, name));
  return known.findLast(isIt) ?? null;
}

/** Leaks whose code was taken for that of an earlier one, and that profiles now name otherwise. */
export function findMisnamed(
  raised: readonly { readonly raised: RaisedLeak; readonly cause: Cause | null }[],
  free: ReadonlySet<Cause>,
): readonly RaisedLeak[] {
  const named = new Set<LeakClass>(
    [...free].flatMap((cause) => (getIdentity(cause).length > 0 ? [cause.kind] : [])),
  );
  return raised.flatMap(({ raised: leak, cause }) =>
    leak.isNameAssumed === true && cause === null && named.has(leak.kind) ? [leak] : [],
  );
}

/** What is told of a leak that was taken for an earlier one. */
export function describeMisnamed({ fingerprint }: RaisedLeak): OverLeak {
  const why = 'profiles name other code by now: it is not this leak that came back';
  return { fingerprint, why, isWithdrawn: true, goesOn: true };
}

function isSameCode(one: string, other: string): boolean {
  return normalizeFunction(one) === normalizeFunction(other);
}
