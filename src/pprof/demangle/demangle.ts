// Names as C++ and Rust compilers write them into binaries, as people wrote them into sources.
import { decodeUtf8, encodeUtf8 } from '../../base/utf8.ts';
import { Budget, MAX_ALL_LENGTH, MAX_ALL_STEPS, MAX_MANGLED_LENGTH, Unreadable } from './budget.ts';
import { demangleCpp } from './demangle-cpp.ts';
import { demangleRust } from './demangle-rust.ts';
import { demangleRustLegacy, rustLegacyParts } from './demangle-rust-legacy.ts';
import type { NameStyle } from './name-style.ts';

/** Reads the names of one profile, each distinct one once, with bounds for each and for all (budget.ts). */
export class Demangler {
  readonly #style: NameStyle;
  readonly #known = new Map<string, string | null>();
  #stepsLeft = MAX_ALL_STEPS;
  #lengthLeft: number;

  /** @param maxLength characters of all texts together; names behind that stay as they are. */
  constructor(style: NameStyle, maxLength = MAX_ALL_LENGTH) {
    this.#style = style;
    this.#lengthLeft = maxLength;
  }

  /** The name that a mangled name stands for, or null where it is none or cannot be read: it stays as it is then. */
  demangle(name: string): string | null {
    if (!/^_(?:Z|R|__Z|GLOBAL_)/.test(name) || name.length > MAX_MANGLED_LENGTH) return null;
    let found = this.#known.get(name);
    if (found === undefined) {
      found = this.#demangle(name);
      this.#known.set(name, found);
    }
    return found;
  }

  #demangle(name: string): string | null {
    const budget = new Budget(name.length, this.#stepsLeft);
    const found = readable(() => read(name, this.#style, budget));
    this.#stepsLeft -= budget.used;
    if (found === null || found.length > this.#lengthLeft) return null;
    this.#lengthLeft -= found.length;
    return found;
  }
}

function read(name: string, style: NameStyle, budget: Budget): string {
  if (name.startsWith('_R')) return demangleRust(name, style !== 'default', budget);
  const legacy = rustLegacyParts(name);
  const path = legacy === null ? null : readable(() => demangleRustLegacy(legacy));
  if (path !== null) return path;
  const bytes = encodeUtf8(name);
  if (bytes.length === name.length) return demangleCpp(name, style, budget);
  // Lengths count bytes: one character a byte while it is read.
  let source = '';
  for (const byte of bytes) source += String.fromCharCode(byte);
  const shown = demangleCpp(source, style, budget);
  return decodeUtf8(
    Uint8Array.from(shown, (letter) => letter.charCodeAt(0)),
    0,
    shown.length,
  );
}

function readable(read: () => string): string | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}
