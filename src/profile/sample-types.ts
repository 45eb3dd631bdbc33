// Which value of a sample is meant, by name: the order of sample types is the writer's business.
import { PlimsollError } from '../base/errors.ts';
import type { Profile } from '../pprof/tables.ts';

/** Column of the sample type with this name, or -1. */
export function findSampleTypeOrNone(profile: Profile, name: string): number {
  for (let column = 0; column < profile.sampleTypes.length; column++)
    if (profile.strings.get(profile.sampleTypes.type[column]) === name) return column;
  return -1;
}

/** Names of all sample types, in order. */
export function sampleTypeNames(profile: Profile): string[] {
  return Array.from(profile.sampleTypes.type, (row) => profile.strings.get(row));
}

/**
 * Column of a sample type by name; `inuse_space` also finds `space`, as the text form calls it.
 * @throws PlimsollError PROFILE_UNFIT naming the types that are there.
 */
export function findSampleType(profile: Profile, name: string): number {
  for (const wanted of [name, name.replace(/^(?:inuse|total)_/, '')]) {
    const column = findSampleTypeOrNone(profile, wanted);
    if (column !== -1) return column;
  }
  const found = sampleTypeNames(profile).join(', ') || 'none';
  throw new PlimsollError('PROFILE_UNFIT', 'profile', `there is no sample type ${name}`, {
    field: 'profile.sample_type',
    value: found,
  });
}

/** What is shown when nobody asks: the profile's default if it exists, else the last type. -1 without types. */
export function defaultSampleType(profile: Profile): number {
  const name = profile.strings.get(profile.header.defaultSampleType);
  const named = name === '' ? -1 : findSampleTypeOrNone(profile, name);
  return named !== -1 ? named : profile.sampleTypes.length - 1;
}

/** Names that goroutine, threadcreate and goroutineleak profiles give to their count. */
const COUNT_TYPES = ['goroutine', 'goroutines', 'goroutineleak', 'threadcreate', 'count'];

/**
 * Column that counts goroutines or threads.
 * @throws PlimsollError PROFILE_UNFIT when there is no such count in it.
 */
export function findCountColumn(profile: Profile): number {
  const column = COUNT_TYPES.map((name) => findSampleTypeOrNone(profile, name)).find((found) => found !== -1);
  if (column !== undefined) return column;
  throw new PlimsollError('PROFILE_UNFIT', 'profile', 'this profile counts no goroutines or threads', {
    field: 'profile.sample_type',
    value: sampleTypeNames(profile).join(', ') || 'none',
  });
}
