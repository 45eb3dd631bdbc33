// Stacks of the debug=1 texts: addresses on the sample line, symbols in the comment lines below it. google/pprof drops
// the comments; they are the only names a text profile has, so we keep them.
import type { ProfileBuilder } from './profile-builder.ts';
import { NO_ROW, type LocationIndex, type StackIndex } from './tables.ts';
import type { TextLines } from './text-lines.ts';

/** Addresses of a sample line, as the process pushed them: each points behind its call. */
export type TextAddresses = readonly bigint[];

const ADDRESS = /0x[0-9a-f]+/g;

/** ` 0x1 0x2` to numbers, without the zeroes that threadcreate pads with. Throws when one does not fit 64 bits. */
export function parseAddresses(lines: TextLines, text: string): TextAddresses {
  const found = text.match(ADDRESS) ?? [];
  const addresses = found.map((hex) => {
    if (hex.length > 18) throw lines.error('an address of more than 64 bits', 'address', hex);
    return BigInt(hex);
  });
  return addresses.filter((address) => address !== 0n);
}

/** `#\t0xPC\tfunction+0xoff\t+file:line`, padded with tabs by a tabwriter; a frame without symbol ends after the PC. */
const FRAME = /^#\t+0x([0-9a-f]{1,16})(?:\t+(.*))?$/;

/** Collects the frames below one sample line. */
export class TextStack {
  readonly #builder: ProfileBuilder;
  readonly #locations: LocationIndex[] = [];

  constructor(builder: ProfileBuilder) {
    this.#builder = builder;
  }

  /** Takes a frame line; false when the line is none. */
  takeFrame(line: string): boolean {
    const match = FRAME.exec(line);
    if (match === null) return false;
    const address = BigInt(`0x${match[1]}`);
    const symbol = match[2] === undefined ? null : parseSymbol(match[2]);
    // threadcreate prints `#\t0x0` below a sample without a stack.
    if (symbol === null && address === 0n) return true;
    this.#locations.push(this.#intern(address, symbol));
    return true;
  }

  /** Row of the stack: the frames if there are any, else the bare addresses, moved back onto their calls. */
  close(addresses: TextAddresses): StackIndex {
    const locations =
      this.#locations.length > 0
        ? this.#locations.splice(0)
        : addresses.map((address) => this.#intern(BigInt.asUintN(64, address - 1n), null));
    return this.#builder.internStack(locations);
  }

  #intern(address: bigint, symbol: TextSymbol | null): LocationIndex {
    const builder = this.#builder;
    if (symbol === null)
      return builder.internLocation({ mapping: NO_ROW, address, lines: [], isFolded: false });
    const name = builder.string(symbol.function);
    const row = builder.internFunction({
      name,
      systemName: name,
      file: builder.string(symbol.file),
      startLine: 0,
    });
    const lines = [{ function: row, line: symbol.line, column: 0 }];
    return builder.internLocation({ mapping: NO_ROW, address, lines, isFolded: false });
  }
}

interface TextSymbol {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

/** `main.fill+0x6f\t\t/src/a/main.go:24`. A name may hold anything but a tab; the file ends at the last colon. */
function parseSymbol(text: string): TextSymbol | null {
  const parts = text.split(/\t+/);
  const name = parts[0].replace(/\+0x[0-9a-f]+$/, '');
  if (name === '') return null;
  const place = parts[1] ?? '';
  const colon = place.lastIndexOf(':');
  const line = colon === -1 ? NaN : Number(place.slice(colon + 1));
  if (!Number.isSafeInteger(line)) return { function: name, file: place, line: 0 };
  return { function: name, file: place.slice(0, colon), line };
}

/** Lines behind which google/pprof looks for a memory map instead of samples. */
export function isMemoryMapStart(line: string): boolean {
  return line.includes('--- Memory map: ---') || line.includes('MAPPED_LIBRARIES:');
}
