// Doubts that stand beside an answer: one fault is told once, however many values it brings.

/** Doubts of different kinds; what comes later adds none. */
export const MAX_WARNINGS = 50;

/** A number, and what stands in quotes: in the next scrape it is another one. */
const VALUES = /"[^"]*"|(?<!\w)-?(?:Infinity|\d[\d.]*(?:e[+-]?\d+)?)/g;

interface Told {
  readonly text: string;
  readonly hasOthers: boolean;
}

export class Warnings {
  readonly #told = new Map<string, Told>();

  /** Another text is another doubt. */
  add(text: string): void {
    this.#tell(text, text);
  }

  /** As what each scrape may bring again: of those that differ in their values alone, the first one stands for all. */
  addOfKind(text: string): void {
    this.#tell(text.replace(VALUES, '#'), text);
  }

  #tell(key: string, text: string): void {
    const known = this.#told.get(key);
    if (known === undefined) {
      if (this.#told.size < MAX_WARNINGS) this.#told.set(key, { text, hasOthers: false });
    } else if (known.text !== text) {
      this.#told.set(key, { ...known, hasOthers: true });
    }
  }

  list(): string[] {
    return [...this.#told.values()].map(({ text, hasOthers }) =>
      hasOthers ? `${text}; others like it, too` : text,
    );
  }
}
