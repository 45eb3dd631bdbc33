// CODEOWNERS as GitHub reads it: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners

/** Looked for in this order; the first that is there counts. */
export const OWNERS_FILES = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'] as const;
/** GitHub reads none that is larger. */
export const MAX_OWNERS_BYTES = 3 * 1024 * 1024;

interface OwnersRule {
  readonly segments: readonly string[];
  readonly owners: readonly string[];
}

/** Rules in order of the file. */
export type CodeOwners = readonly OwnersRule[];

/** Lines that GitHub skips are skipped: negation, character ranges, owners that are none. */
export function parseCodeOwners(text: string): CodeOwners {
  return text.split(/\r?\n/).flatMap((line) => {
    // A space of a name is written `\ `; a comment may end the line.
    const [pattern, ...owners] = (line.match(/(?:\\.|[^\s\\])+/g) ?? []).map((word) =>
      word.replace(/\\(.)/g, '$1'),
    );
    if (pattern === undefined || /^[!#]|[[\]]/.test(pattern)) return [];
    const end = owners.findIndex((word) => word.startsWith('#'));
    const named = end < 0 ? owners : owners.slice(0, end);
    // One that is no user, team or address makes GitHub skip the line.
    if (!named.every((owner) => owner.includes('@'))) return [];
    return [{ segments: segmentsOf(pattern), owners: named }];
  });
}

/**
 * Owners of a file, as they are written; none where the last rule that matches names none.
 *
 * @param path from the root of the repository, with slashes.
 */
export function ownersOf(path: string, rules: CodeOwners): readonly string[] {
  const segments = path.split('/');
  return rules.findLast((rule) => matchesPath(segments, rule.segments))?.owners ?? [];
}

/** `**` stands for folders, also for none. */
function segmentsOf(pattern: string): readonly string[] {
  const isFolder = pattern.endsWith('/');
  const bare = pattern.replace(/^\/|\/$/g, '');
  const isAnchored = pattern.startsWith('/') || bare.includes('/');
  const segments = bare === '' ? [] : bare.split('/');
  const last = segments.at(-1);
  return [
    ...(isAnchored ? [] : ['**']),
    ...segments,
    // A folder is all that is in it, but `docs/*` is not what is in folders of docs.
    ...(isFolder || last === '**' ? ['**', '*'] : []),
  ];
}

function matchesPath(path: readonly string[], pattern: readonly string[]): boolean {
  const isSegment = (segment: string, wanted: string) =>
    isMatch([...segment], [...wanted], '*', (char, one) => one === '?' || char === one);
  if (isMatch(path, pattern, '**', isSegment)) return true;
  const last = pattern.at(-1);
  // What names a folder without saying so is all that is in it as well.
  return last !== '*' && last !== '**' && isMatch(path, [...pattern, '**', '*'], '**', isSegment);
}

/** `star` stands for any number of items. Goes back to the last star only: as long as items times pattern at most. */
function isMatch<T>(
  items: readonly T[],
  pattern: readonly T[],
  star: T,
  isOne: (item: T, wanted: T) => boolean,
): boolean {
  let [at, wanted] = [0, 0];
  let [starAt, resumeAt] = [-1, 0];
  while (at < items.length) {
    const [item, next] = [items[at], pattern[wanted]];
    if (next === star) {
      starAt = wanted++;
      resumeAt = at;
    } else if (item !== undefined && next !== undefined && isOne(item, next)) {
      at++;
      wanted++;
    } else if (starAt >= 0) {
      wanted = starAt + 1;
      at = ++resumeAt;
    } else return false;
  }
  while (pattern[wanted] === star) wanted++;
  return wanted === pattern.length;
}
