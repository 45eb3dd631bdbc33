// Names of Rust's newer scheme: RFC 2603 (https://rust-lang.github.io/rfcs/2603-rust-symbol-name-mangling-v0.html).
import { Unreadable, type Budget } from './budget.ts';
import { decodePunycode } from './punycode.ts';

/** Hashes of crates are numbers of 64 bits; they are not shown, so that rounded ones do. */
const LARGEST_NUMBER = 2 ** 64;

const BASIC_TYPES: Readonly<Record<string, string>> = {
  a: 'i8',
  b: 'bool',
  c: 'char',
  d: 'f64',
  e: 'str',
  f: 'f32',
  h: 'u8',
  i: 'isize',
  j: 'usize',
  l: 'i32',
  m: 'u32',
  n: 'i128',
  o: 'u128',
  p: '_',
  s: 'i16',
  t: 'u16',
  u: '()',
  v: '...',
  x: 'i64',
  y: 'u64',
  z: '!',
};

/** The name. Throws Unreadable for what is none of this scheme. */
export function demangleRust(name: string, hasGenericArgs: boolean, budget: Budget): string {
  const dot = name.indexOf('.');
  const symbol = dot < 0 ? name : name.slice(0, dot);
  return new RustReader(symbol.slice('_R'.length), hasGenericArgs, budget).symbolName();
}

/** Reads and prints in one walk, because a reference back is a place in the name. */
class RustReader {
  readonly #source: string;
  readonly #budget: Budget;
  readonly #hasGenericArgs: boolean;
  #at = 0;
  #text = '';
  /** Above 0: what is read is not shown. */
  #muted = 0;
  #boundLifetimes = 0;

  constructor(source: string, hasGenericArgs: boolean, budget: Budget) {
    this.#source = source;
    this.#budget = budget;
    this.#hasGenericArgs = hasGenericArgs;
  }

  symbolName(): string {
    if (/[0-9]/.test(this.#peek())) this.#fail();
    this.#path(true);
    if (this.#at < this.#source.length) this.#muting(() => this.#path(false));
    if (this.#at < this.#source.length) this.#fail();
    return this.#text;
  }

  #fail(): never {
    throw new Unreadable(`at ${this.#at}`);
  }

  #peek(): string {
    return this.#source.charAt(this.#at);
  }

  #take(letter: string): boolean {
    if (this.#peek() !== letter) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const letter = this.#peek();
    this.#at++;
    return letter;
  }

  #show(text: string): void {
    if (this.#muted === 0) this.#text = this.#budget.checked(this.#text + text);
  }

  #muting(read: () => void): void {
    this.#muted++;
    read();
    this.#muted--;
  }

  /** @param isValue in an expression generic arguments have `::` before them. */
  #path(isValue: boolean): void {
    this.#budget.enter();
    switch (this.#next()) {
      case 'C':
        this.#disambiguator();
        this.#show(this.#identifier());
        break;
      case 'M':
        this.#implPath();
        this.#show('<');
        this.#type();
        this.#show('>');
        break;
      case 'X':
        this.#implPath();
        this.#traitOf();
        break;
      case 'Y':
        this.#traitOf();
        break;
      case 'N':
        this.#nestedPath(isValue);
        break;
      case 'I':
        this.#path(isValue);
        this.#show(isValue ? '::<' : '<');
        this.#genericArgs();
        this.#show('>');
        break;
      case 'B':
        this.#backReference(() => this.#path(isValue));
        break;
      default:
        this.#fail();
    }
    this.#budget.leave();
  }

  #traitOf(): void {
    this.#show('<');
    this.#type();
    this.#show(' as ');
    this.#path(false);
    this.#show('>');
  }

  #implPath(): void {
    this.#muting(() => {
      this.#disambiguator();
      this.#path(false);
    });
  }

  #nestedPath(isValue: boolean): void {
    const space = this.#next();
    if (!/[A-Za-z]/.test(space)) this.#fail();
    this.#path(isValue);
    const number = this.#disambiguator();
    const name = this.#identifier();
    if (space >= 'a') {
      this.#show(`::${name}`);
      return;
    }
    const kind = space === 'C' ? 'closure' : space === 'S' ? 'shim' : space;
    this.#show(`::{${kind}${name === '' ? '' : `:${name}`}#${number}}`);
  }

  #genericArgs(): void {
    if (!this.#hasGenericArgs) this.#muted++;
    this.#upToE(', ', () => this.#genericArg());
    if (!this.#hasGenericArgs) this.#muted--;
  }

  /** What stands up to the `E`, and how much of it there is. */
  #upToE(separator: string, read: () => void): number {
    let count = 0;
    for (; !this.#take('E'); count++) {
      if (count > 0) this.#show(separator);
      read();
    }
    return count;
  }

  #genericArg(): void {
    if (this.#take('L')) this.#lifetime(this.#base62());
    else if (this.#take('K')) this.#constant();
    else this.#type();
  }

  /** 's' number: 0 where there is none. */
  #disambiguator(): number {
    return this.#optionalNumber('s');
  }

  /** The number behind a letter, counted from 1; 0 without the letter. */
  #optionalNumber(letter: string): number {
    return this.#take(letter) ? this.#base62() + 1 : 0;
  }

  #base62(): number {
    if (this.#take('_')) return 0;
    let number = 0;
    for (; !this.#take('_');) {
      const letter = this.#next();
      let digit: number;
      if (letter >= '0' && letter <= '9') digit = letter.charCodeAt(0) - 48;
      else if (letter >= 'a' && letter <= 'z') digit = letter.charCodeAt(0) - 87;
      else if (letter >= 'A' && letter <= 'Z') digit = letter.charCodeAt(0) - 29;
      else this.#fail();
      number = number * 62 + digit;
      if (number > LARGEST_NUMBER) this.#fail();
    }
    return number + 1;
  }

  #identifier(): string {
    const isPunycode = this.#take('u');
    // No length is 0, and `00` is one length: two closures without names, which have it twice, read the same so.
    // pprof reads it this way, and a name that is the same in both is worth more than the few that it leaves alone.
    if (this.#at === this.#source.length) this.#fail();
    const digits = /^[0-9]{0,9}/.exec(this.#source.slice(this.#at, this.#at + 9))?.[0] ?? '';
    this.#at += digits.length;
    this.#take('_');
    const from = this.#at;
    this.#at += Number(digits);
    if (this.#at > this.#source.length) this.#fail();
    const name = this.#source.slice(from, this.#at);
    if (/[^0-9A-Za-z_]/.test(name)) this.#fail();
    return isPunycode ? decodePunycode(name, this.#budget) : name;
  }

  /** What is not shown is not read again: that keeps the work linear. */
  #backReference(read: () => void): void {
    const from = this.#at - 1;
    const to = this.#base62();
    if (to >= from) this.#fail();
    if (this.#muted > 0) return;
    const back = this.#at;
    this.#at = to;
    this.#budget.enter();
    read();
    this.#budget.leave();
    this.#at = back;
  }

  #lifetime(index: number): void {
    if (index === 0) return this.#show("'_");
    const depth = this.#boundLifetimes - index;
    if (depth < 0) this.#fail();
    this.#show(depth < 26 ? `'${String.fromCharCode(97 + depth)}` : `'z${depth - 25}`);
  }

  #type(): void {
    this.#budget.enter();
    const code = this.#peek();
    const basic = BASIC_TYPES[code];
    if (basic !== undefined) {
      this.#at++;
      this.#show(basic);
    } else this.#compoundType(code);
    this.#budget.leave();
  }

  #compoundType(code: string): void {
    if (/[CMXYNI]/.test(code)) return this.#path(false);
    this.#at++;
    switch (code) {
      case 'A':
        this.#show('[');
        this.#type();
        this.#show('; ');
        this.#constant();
        return this.#show(']');
      case 'S':
        this.#show('[');
        this.#type();
        return this.#show(']');
      case 'T':
        return this.#tuple();
      case 'R':
      case 'Q':
        this.#show('&');
        if (this.#take('L')) {
          const lifetime = this.#base62();
          if (lifetime !== 0) {
            this.#lifetime(lifetime);
            this.#show(' ');
          }
        }
        if (code === 'Q') this.#show('mut ');
        return this.#type();
      case 'P':
        this.#show('*const ');
        return this.#type();
      case 'O':
        this.#show('*mut ');
        return this.#type();
      case 'F':
        return this.#binder(() => this.#functionSignature());
      case 'D':
        return this.#dynamic();
      case 'B':
        return this.#backReference(() => this.#type());
      default:
        this.#fail();
    }
  }

  #tuple(): void {
    this.#show('(');
    const count = this.#upToE(', ', () => this.#type());
    this.#show(count === 1 ? ',)' : ')');
  }

  /** Lifetimes that a function type or trait object brings along. */
  #binder(read: () => void): void {
    const count = this.#optionalNumber('G');
    const outer = this.#boundLifetimes;
    if (count > this.#source.length) this.#fail();
    if (count > 0) {
      this.#show('for<');
      for (let i = 0; i < count; i++) {
        if (i > 0) this.#show(', ');
        this.#boundLifetimes++;
        this.#budget.step();
        this.#lifetime(1);
      }
      this.#show('> ');
    }
    read();
    this.#boundLifetimes = outer;
  }

  #functionSignature(): void {
    if (this.#take('U')) this.#show('unsafe ');
    if (this.#take('K')) {
      const abi = this.#take('C') ? 'C' : this.#identifier().replaceAll('_', '-');
      this.#show(`extern "${abi}" `);
    }
    this.#show('fn(');
    this.#upToE(', ', () => this.#type());
    this.#show(')');
    if (this.#take('u')) return;
    this.#show(' -> ');
    this.#type();
  }

  #dynamic(): void {
    this.#show('dyn ');
    this.#binder(() => this.#upToE(' + ', () => this.#dynamicTrait()));
    if (!this.#take('L')) this.#fail();
    const lifetime = this.#base62();
    if (lifetime !== 0) {
      this.#show(' + ');
      this.#lifetime(lifetime);
    }
  }

  #dynamicTrait(): void {
    let isOpen = this.#pathWithOpenArgs();
    while (this.#take('p')) {
      this.#show(isOpen ? ', ' : '<');
      isOpen = true;
      this.#show(this.#identifier());
      this.#show(' = ');
      this.#type();
    }
    if (isOpen) this.#show('>');
  }

  /** A path whose generic arguments may get associated types behind them. */
  #pathWithOpenArgs(): boolean {
    if (this.#take('B')) {
      let isOpen = false;
      this.#backReference(() => {
        isOpen = this.#pathWithOpenArgs();
      });
      return isOpen;
    }
    if (!this.#take('I')) {
      this.#path(false);
      return false;
    }
    this.#path(false);
    this.#show('<');
    this.#genericArgs();
    return true;
  }

  #constant(): void {
    this.#budget.enter();
    const code = this.#next();
    if (code === 'B') this.#backReference(() => this.#constant());
    else if (code === 'p') this.#show('_');
    else if (/[aslxni]/.test(code)) this.#integer(true);
    else if (/[htmyoj]/.test(code)) this.#integer(false);
    else if (code === 'b') {
      const digits = this.#hexDigits();
      if (digits !== '0' && digits !== '1') this.#fail();
      this.#show(digits === '1' ? 'true' : 'false');
    } else if (code === 'c') {
      const value = Number.parseInt(this.#hexDigits(), 16);
      if (!(value <= 0x10ffff)) this.#fail();
      this.#show(`'${shownCharacter(value)}'`);
    } else this.#fail();
    this.#budget.leave();
  }

  #integer(isSigned: boolean): void {
    if (isSigned && this.#take('n')) this.#show('-');
    const digits = this.#hexDigits();
    this.#show(digits.length > 16 ? `0x${digits}` : BigInt(`0x${digits || '0'}`).toString());
  }

  #hexDigits(): string {
    const from = this.#at;
    while (/[0-9a-f]/.test(this.#peek())) this.#at++;
    const digits = this.#source.slice(from, this.#at);
    if (!this.#take('_') || digits === '') this.#fail();
    return digits;
  }
}

function shownCharacter(code: number): string {
  switch (code) {
    case 9:
      return '\\t';
    case 10:
      return '\\n';
    case 13:
      return '\\r';
    case 39:
      return "\\'";
    case 92:
      return '\\\\';
    default:
      return code >= 32 && code < 127 ? String.fromCharCode(code) : `\\u{${code.toString(16)}}`;
  }
}
