// Go sources drawn as one text.

/**
 * Files by path from Go's txtar form: a line `-- path --` begins a file. Text before the first one is file `m/m.go`, with
 * its package clause added.
 *
 *     -- m/store/store.go --
 *     package store
 *     -- m/main.go --
 *     package main
 */
export function drawSources(text: string): Map<string, string> {
  const files = new Map<string, string>();
  const parts = text.replace(/^\n/, '').split(/^-- (.+) --\n/m);
  if ((parts[0] ?? '').trim() !== '') files.set('m/m.go', `package m\n${parts[0]}`);
  for (let i = 1; i + 1 < parts.length; i += 2) files.set(parts[i] ?? '', parts[i + 1] ?? '');
  return files;
}

/** `path:line` of the only line that has this mark (a trailing comment). @throws when there is none, or several. */
export function findMark(
  files: ReadonlyMap<string, string>,
  mark: string,
): { readonly path: string; readonly line: number } {
  const found = [...files].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, i) => (line.includes(`// ${mark}`) ? [{ path, line: i + 1 }] : [])),
  );
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new RangeError(`${found.length} lines are marked ${mark}`);
  return first;
}
