// Code that profiles show only indirectly: who makes HTTP requests, who calls into C.
import { survivalShare } from '../profile/sampling.ts';
import type { Frame } from '../profile/snapshot.ts';
import { describeFunction } from './heap-cause.ts';
import type { ProfileEvidence } from './profile-evidence.ts';
import type { Site } from './site-growth.ts';
import type { Interval } from './statistics.ts';
import { getOwner } from './stack-path.ts';

export interface Caller {
  readonly frame: Frame;
  readonly share: Interval | null;
  /** Outermost first, down to the frame's function. */
  readonly path: readonly Frame[];
  /** Sampled allocations of requests that name it. */
  readonly samples: number;
}

const CLIENT_CALL =
  /^net\/http\.\(\*(Client|Transport)\)\.(Do|do|send|Get|Post|PostForm|Head|RoundTrip|roundTrip)$/;

/** Allocations that a function must have made among all HTTP client calls before it is named for them. */
const MIN_CALL_SHARE = 0.6;

/**
 * Connections are dialled in goroutines of net/http, with no frame of the service. But each request also allocates in
 * the caller's own stack, dead or alive: the owner of most of those made the requests.
 */
export function findRequestCallers(profiles: ProfileEvidence): Caller[] {
  const { sites, siteBase } = profiles;
  const last = sites.timeMillis.length - 1;
  const calls = sites.sites.filter((site) => callsClient(site));
  const born = (site: Site) => site.allocSamples[last] - site.allocSamples[siteBase];
  const total = calls.reduce((sum, site) => sum + born(site), 0);
  const byOwner = new Map<string, { site: Site; born: number }>();
  for (const site of calls) {
    const owner = getOwner(site.path)?.function ?? '';
    const known = byOwner.get(owner);
    if (known === undefined) byOwner.set(owner, { site, born: born(site) });
    else known.born += born(site);
  }
  const [first] = [...byOwner].sort(([a, x], [b, y]) => y.born - x.born || (a < b ? -1 : 1));
  if (first === undefined || !(first[1].born >= MIN_CALL_SHARE * total) || total === 0) return [];
  const [name, { site }] = first;
  const found = describeFunction(sites, [{ site, lastingBytes: 1 }], name, siteBase);
  return found === null
    ? []
    : [{ ...found, share: survivalShare(first[1].born, total), samples: first[1].born }];
}

function callsClient(site: Site): boolean {
  return site.path.kind !== 'standard' && site.path.frames.some((frame) => CLIENT_CALL.test(frame.function));
}

/** At most this many call sites of C are listed: candidates, in no order of guilt. */
const MAX_NATIVE_CALLERS = 3;

/**
 * Functions seen calling C, from stacks of both kinds. Which of them allocates, profiles of the Go heap cannot say.
 */
export function findNativeCallers(profiles: ProfileEvidence): Frame[] {
  const seen = new Map<string, { frame: Frame; weight: number }>();
  const add = (frames: readonly Frame[], owner: Frame | null, weight: number) => {
    const at = frames.findLastIndex((frame) => frame.function.includes('._Cfunc_'));
    if (at < 0) return;
    for (const frame of [frames[at + 1] ?? null, owner]) {
      if (frame === null || frame.function.startsWith('runtime.')) continue;
      const known = seen.get(frame.function);
      seen.set(frame.function, { frame: known?.frame ?? frame, weight: (known?.weight ?? 0) + weight });
    }
  };
  const last = profiles.sites.timeMillis.length - 1;
  for (const site of profiles.sites.sites) {
    add(site.path.frames, getOwner(site.path), site.allocSamples[last] ?? 0);
  }
  for (const group of profiles.groups.groups) {
    add(
      group.path.frames,
      getOwner(group.path),
      group.count.reduce((sum, count) => sum + count, 0),
    );
  }
  return [...seen.entries()]
    .filter(([, { weight }]) => weight > 0)
    .sort(([a, x], [b, y]) => y.weight - x.weight || (a < b ? -1 : 1))
    .slice(0, MAX_NATIVE_CALLERS)
    .map(([, { frame }]) => frame);
}
