// Text as Go sees it: which characters are blank differs from JavaScript.

/** unicode.IsSpace; JavaScript's own trim() takes U+FEFF, too, and leaves U+0085. */
const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** strings.TrimSpace. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.test(text[start])) start++;
  while (end > start && SPACE.test(text[end - 1])) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** Blank, or nothing but a `#` comment. */
export function isSpaceOrComment(line: string): boolean {
  const trimmed = trimSpace(line);
  return trimmed === '' || trimmed.startsWith('#');
}

/** filepath.Base. */
export function baseName(path: string): string {
  if (path === '') return '.';
  let end = path.length;
  while (end > 0 && path[end - 1] === '/') end--;
  return end === 0 ? '/' : path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}
