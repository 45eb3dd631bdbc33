// focus, ignore, hide, show, show_from, prune_from and drop_frames. Source: google/pprof profile/filter.go, prune.go.
import type { Profile } from '../pprof/tables.ts';
import { NO_ROW } from '../pprof/tables.ts';
import { cutStacks, dropLocations, keepLines } from './frame-edits.ts';
import type { TextMatcher } from './reports/options.ts';

/** Which frames stay; null = not asked for. A frame matches by function name, its file or the file of its mapping. */
export interface NameFilters {
  readonly focus: TextMatcher | null;
  readonly ignore: TextMatcher | null;
  readonly hide: TextMatcher | null;
  readonly show: TextMatcher | null;
}

export interface NameFilterResult {
  readonly profile: Profile;
  /** Whether any location of the profile matched; true for filters that were not asked for. */
  readonly matched: Readonly<Record<keyof NameFilters, boolean>>;
}

/**
 * Keeps samples with a focused frame and no ignored one (where one frame is both, ignored), then takes hidden lines out
 * and, with `show`, all lines that do not match. A sample left without frames goes.
 */
export function filterByName(profile: Profile, filters: NameFilters): NameFilterResult {
  const { focus, ignore, hide, show } = filters;
  const matched = {
    focus: focus === null,
    ignore: ignore === null,
    hide: hide === null,
    show: show === null,
  };
  if (matched.focus && matched.ignore && matched.hide && matched.show) return { profile, matched };

  const role = locationRoles(profile, focus, ignore, matched);
  const isHidden = hide === null && show === null ? null : new Uint8Array(profile.locations.length);
  let edited = profile;
  if (hide !== null && isHidden !== null) edited = hideLines(edited, hide, isHidden, matched);
  if (show !== null && isHidden !== null) edited = showLines(edited, show, isHidden, matched);

  const { location } = profile.stacks;
  const isStackKept = (from: number, to: number): boolean => {
    let isFocused = false;
    for (let at = from; at < to; at++) {
      if (role[location[at]] === IGNORED) return false;
      if (role[location[at]] === FOCUSED) isFocused = true;
    }
    return isFocused;
  };
  // A list of hidden frames that is empty leaves stacks alone, also those without frames.
  const dropped = isHidden?.includes(1) === true ? isHidden : null;
  return { profile: dropLocations(edited, dropped, isStackKept), matched };
}

const FOCUSED = 1;
const IGNORED = 2;

function locationRoles(
  profile: Profile,
  focus: TextMatcher | null,
  ignore: TextMatcher | null,
  matched: { focus: boolean; ignore: boolean },
): Uint8Array {
  const role = new Uint8Array(profile.locations.length);
  const isIgnored = ignore === null ? null : matchLocations(profile, ignore);
  const isFocused = focus === null ? null : matchLocations(profile, focus);
  for (let row = 0; row < role.length; row++) {
    if (isIgnored?.[row] === 1) {
      matched.ignore = true;
      role[row] = IGNORED;
    } else if (isFocused === null || isFocused[row] === 1) {
      matched.focus = true;
      role[row] = FOCUSED;
    }
  }
  return role;
}

function hideLines(
  profile: Profile,
  hide: TextMatcher,
  isHidden: Uint8Array,
  matched: { hide: boolean },
): Profile {
  const { locations } = profile;
  const match = matchFrames(profile, hide);
  const isKept = new Uint8Array(profile.lines.length).fill(1);
  for (let row = 0; row < locations.length; row++) {
    const isWhole = match.isMapping(row);
    let isAny = isWhole;
    let left = 0;
    for (let line = locations.lineStart[row]; line < locations.lineStart[row + 1]; line++) {
      if (isWhole || match.isLine(line)) {
        isKept[line] = 0;
        isAny = true;
      } else left++;
    }
    if (!isAny) continue;
    matched.hide = true;
    if (left === 0) isHidden[row] = 1;
  }
  return keepLines(profile, isKept);
}

function showLines(
  profile: Profile,
  show: TextMatcher,
  isHidden: Uint8Array,
  matched: { show: boolean },
): Profile {
  const { locations } = profile;
  const match = matchFrames(profile, show);
  const isKept = new Uint8Array(profile.lines.length).fill(1);
  for (let row = 0; row < locations.length; row++) {
    const isWhole = match.isMapping(row);
    let left = 0;
    for (let line = locations.lineStart[row]; line < locations.lineStart[row + 1]; line++) {
      if (isWhole || match.isLine(line)) left++;
      else isKept[line] = 0;
    }
    if (left === 0) isHidden[row] = 1;
    else matched.show = true;
  }
  return keepLines(profile, isKept);
}

/** Cuts the callers above the highest match; samples without a match go. */
export function showFrom(profile: Profile, matcher: TextMatcher): { profile: Profile; isMatched: boolean } {
  const { locations, stacks } = profile;
  const match = matchFrames(profile, matcher);
  const isFrom = new Uint8Array(locations.length);
  const isKept = new Uint8Array(profile.lines.length).fill(1);
  for (let row = 0; row < locations.length; row++) {
    if (match.isMapping(row)) {
      isFrom[row] = 1;
      continue;
    }
    let last = locations.lineStart[row + 1] - 1;
    while (last >= locations.lineStart[row] && !match.isLine(last)) last--;
    if (last < locations.lineStart[row]) continue;
    isFrom[row] = 1;
    isKept.fill(0, last + 1, locations.lineStart[row + 1]);
  }
  const cut = cutStacks(keepLines(profile, isKept), (from, to) => {
    for (let at = to - 1; at >= from; at--) if (isFrom[stacks.location[at]] === 1) return [from, at + 1];
    return null;
  });
  return { profile: cut, isMatched: isFrom.includes(1) };
}

/** Cuts everything the lowest matching function calls, that is, the frames from the leaf up to it. */
export function pruneFrom(profile: Profile, matcher: TextMatcher): Profile {
  const { locations, lines, stacks } = profile;
  const isFunction = matchSimplifiedNames(profile, (name) => matcher.test(name));
  const isFrom = new Uint8Array(locations.length);
  const isKept = new Uint8Array(lines.length).fill(1);
  for (let row = 0; row < locations.length; row++) {
    const end = locations.lineStart[row + 1];
    let first = locations.lineStart[row];
    while (first < end && isFunction[lines.function[first]] === 0) first++;
    if (first === end) continue;
    isFrom[row] = 1;
    isKept.fill(0, locations.lineStart[row], first);
  }
  return cutStacks(keepLines(profile, isKept), (from, to) => {
    for (let at = from; at < to; at++) if (isFrom[stacks.location[at]] === 1) return [at, to];
    return [from, to];
  });
}

/**
 * drop_frames: from the root, the first match after at least one frame without a match goes, with all that it calls.
 * A sample that matches from the root on is left alone. With inlining, lines go for every sample of their location.
 *
 * @param drop,keep anchored expressions on simplified names.
 */
export function dropFrames(profile: Profile, drop: TextMatcher, keep: TextMatcher | null): Profile {
  const { locations, lines, stacks } = profile;
  const isFunction = matchSimplifiedNames(profile, (name) => drop.test(name) && keep?.test(name) !== true);
  const fate = new Uint8Array(locations.length);
  const isKept = new Uint8Array(lines.length).fill(1);
  for (let row = 0; row < locations.length; row++) {
    const start = locations.lineStart[row];
    const end = locations.lineStart[row + 1];
    let last = end - 1;
    while (last >= start && isFunction[lines.function[last]] === 0) last--;
    if (last < start) continue;
    if (last === end - 1) fate[row] = GOES;
    else {
      fate[row] = CALLEES_GO;
      isKept.fill(0, start, last + 1);
    }
  }
  if (!fate.some((value) => value !== 0)) return profile;
  return cutStacks(keepLines(profile, isKept), (from, to) => {
    let hasUser = false;
    for (let at = to - 1; at >= from; at--) {
      const here = fate[stacks.location[at]];
      if (here === 0) hasUser = true;
      else if (hasUser) return [here === GOES ? at + 1 : at, to];
    }
    return [from, to];
  });
}

const GOES = 1;
const CALLEES_GO = 2;

/** Names in parentheses that are no argument lists. */
const BRACKETS = /\(anonymous namespace\)|operator\(\)|\(/g;

/** A function name up to its argument list, without the leading dot of PowerPC. */
export function simplifyName(name: string): string {
  const plain = name.startsWith('.') ? name.slice(1) : name;
  for (const bracket of plain.matchAll(BRACKETS))
    if (bracket[0] === '(') return plain.slice(0, bracket.index);
  return plain;
}

/** Per function row: 1 where it has a name and its simplified name passes. */
function matchSimplifiedNames(profile: Profile, isMatch: (name: string) => boolean): Uint8Array {
  const { functions, strings } = profile;
  const known = new Int8Array(strings.length);
  return Uint8Array.from(functions.name, (row) => {
    if (known[row] === 0) {
      const name = strings.get(row);
      known[row] = name !== '' && isMatch(simplifyName(name)) ? 1 : -1;
    }
    return known[row] === 1 ? 1 : 0;
  });
}

interface FrameMatch {
  /** By function name or file. */
  isLine(line: number): boolean;
  /** By the file of the location's mapping. */
  isMapping(location: number): boolean;
}

/** Asks the expression once per name and file. */
function matchFrames(profile: Profile, matcher: TextMatcher): FrameMatch {
  const { functions, mappings, locations, lines, strings } = profile;
  const known = new Int8Array(strings.length);
  const test = (row: number): boolean => {
    if (known[row] === 0) known[row] = matcher.test(strings.get(row)) ? 1 : -1;
    return known[row] === 1;
  };
  const isFunction = Uint8Array.from(functions.name, (name, row) =>
    test(name) || test(functions.file[row]) ? 1 : 0,
  );
  const isMapping = Uint8Array.from(mappings.file, (file) => (test(file) ? 1 : 0));
  return {
    isLine: (line) => isFunction[lines.function[line]] === 1,
    isMapping: (location) =>
      locations.mapping[location] !== NO_ROW && isMapping[locations.mapping[location]] === 1,
  };
}

/** Per location: 1 where any of its lines or its mapping matches. */
function matchLocations(profile: Profile, matcher: TextMatcher): Uint8Array {
  const { locations } = profile;
  const match = matchFrames(profile, matcher);
  const isMatch = new Uint8Array(locations.length);
  for (let row = 0; row < locations.length; row++) {
    let isAny = match.isMapping(row);
    for (let line = locations.lineStart[row]; !isAny && line < locations.lineStart[row + 1]; line++)
      isAny = match.isLine(line);
    if (isAny) isMatch[row] = 1;
  }
  return isMatch;
}
