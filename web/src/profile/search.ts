/** Names of which as many letters are shown; the rest is in the title. */
const SHOWN_LETTERS = 300;

export interface Search {
  /** null = nothing is looked for, or `fault` says why nothing can be. */
  readonly matches: ((name: string) => boolean) | null;
  readonly fault: string;
}

/** A regular expression; letter case counts once it has a capital, as in `less` and `ripgrep --smart-case`. */
export function compileSearch(text: string): Search {
  if (text === '') return { matches: null, fault: '' };
  try {
    const expression = new RegExp(text, /\p{Lu}/u.test(text) ? '' : 'i');
    return { matches: (name) => expression.test(name), fault: '' };
  } catch {
    return { matches: null, fault: 'no regular expression' };
  }
}

export function clipName(name: string): string {
  return name.length > SHOWN_LETTERS ? `${name.slice(0, SHOWN_LETTERS - 1)}…` : name;
}
