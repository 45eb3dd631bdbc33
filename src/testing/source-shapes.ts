// Go sources drawn as text, with the lines that a test asks about marked in them.

export interface DrawnPlace {
  readonly file: string;
  readonly line: number;
}

export interface DrawnSources {
  /** Path (`<import path>/<file>`) and text, marks included: they are comments. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Lines marked with this word, in the order of the text. */
  marked(word: string): DrawnPlace[];
}

/**
 * Files by headings, marks by comments:
 *
 *     -- example.com/a/store.go --
 *     package a
 *     func (s *Store) Put(k string) {
 *         s.m[k] = &entry{} //! culprit holder
 *     }
 */
export function drawSources(drawing: string): DrawnSources {
  const files: { path: string; text: string }[] = [];
  const marks: { word: string; place: DrawnPlace }[] = [];
  for (const part of drawing.split(/^-- /m).slice(1)) {
    const heading = part.slice(0, part.indexOf('\n'));
    const path = heading.replace(/ --\s*$/, '');
    const text = part.slice(heading.length + 1);
    files.push({ path, text });
    text.split('\n').forEach((line, i) => {
      const words = /\/\/! (.*)$/.exec(line)?.[1] ?? '';
      for (const word of words.split(' ').filter((w) => w !== ''))
        marks.push({ word, place: { file: path, line: i + 1 } });
    });
  }
  return {
    files,
    marked: (word) => marks.filter((mark) => mark.word === word).map(({ place }) => place),
  };
}
