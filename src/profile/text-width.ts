// Widths as Go counts them: in code points. An escaped byte (see base/utf8.ts) is one, as it is in Go.

/** Code points of a text. */
export function textWidth(text: string): number {
  let width = text.length;
  for (let i = 0; i + 1 < text.length; i++) if ((text.codePointAt(i) ?? 0) > 0xffff) width--;
  return width;
}

/** The text with blanks in front, as `%10s` does it. */
export function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}
