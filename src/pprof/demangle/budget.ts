// What reading one mangled name may cost. Names come from profiles of others, and a name of 100 bytes can stand for a
// text of any length: each substitution may name two earlier ones.

/** Longer names stay as they are. The longest of 360,000 names of LLVM, rustc and Node.js has 1.2 kB. */
export const MAX_MANGLED_LENGTH = 1 << 17;
/** Levels of nesting while reading or printing: each takes a few frames of the stack of the JavaScript engine. */
export const MAX_DEPTH = 256;
/** Steps of reading and printing, for each character of the name and on top. Real names take a fifth at most. */
const STEPS_PER_CHARACTER = 64;
const STEPS_FOR_ANY = 2048;
/** Characters of any piece of the text, for each character of the name and on top. */
const LENGTH_PER_CHARACTER = 64;
const LENGTH_FOR_ANY = 1024;
/** Characters of the text, however long the name. */
const MAX_LENGTH = 1 << 17;

/** Steps of all names of a profile: 170,000 names of LLVM in full take a fifth of it. Names after that stay as they are. */
export const MAX_ALL_STEPS = 1 << 26;
/** Characters of all texts of a profile. */
export const MAX_ALL_LENGTH = 1 << 25;

/** The name is no mangled one, uses what is not known here, or costs too much: it stays as it is. */
export class Unreadable extends Error {}

/** Counts steps and levels of one name. */
export class Budget {
  #steps: number;
  readonly #allSteps: number;
  #depth = 0;
  readonly maxLength: number;

  /** @param left what all names together may still take. */
  constructor(mangledLength: number, left: number) {
    this.#allSteps = Math.min(left, STEPS_FOR_ANY + STEPS_PER_CHARACTER * mangledLength);
    this.#steps = this.#allSteps;
    this.maxLength = Math.min(MAX_LENGTH, LENGTH_FOR_ANY + LENGTH_PER_CHARACTER * mangledLength);
  }

  get used(): number {
    return this.#allSteps - this.#steps;
  }

  step(): void {
    if (--this.#steps < 0) throw new Unreadable('steps');
  }

  /** One level deeper; `leave` it again. */
  enter(): void {
    this.step();
    if (++this.#depth > MAX_DEPTH) throw new Unreadable('depth');
  }

  leave(): void {
    this.#depth--;
  }

  /** The text, which must not be too long. */
  checked(text: string): string {
    if (text.length > this.maxLength) throw new Unreadable('length');
    return text;
  }
}
