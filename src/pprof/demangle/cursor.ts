// A place in a mangled name, and the parts of the grammar that are no names or types.
import { Unreadable, type Budget } from './budget.ts';
import type { Node } from './nodes.ts';

export class Cursor {
  protected readonly source: string;
  protected at: number;
  protected readonly budget: Budget;
  protected readonly substitutions: Node[] = [];

  constructor(source: string, at: number, budget: Budget) {
    this.source = source;
    this.at = at;
    this.budget = budget;
  }

  get isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  protected peek(ahead = 0): string {
    return this.source.charAt(this.at + ahead);
  }

  protected startsWith(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  protected take(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.at += text.length;
    return true;
  }

  protected expect(text: string): void {
    if (!this.take(text)) this.fail();
  }

  protected fail(): never {
    throw new Unreadable(`at ${this.at}`);
  }

  /** One level of nesting. */
  protected nested<T>(read: () => T): T {
    this.budget.enter();
    const result = read();
    this.budget.leave();
    return result;
  }

  /** Reads at least one of what stands up to the `E`. */
  protected upToE<T>(read: () => T): T[] {
    const items: T[] = [];
    while (!this.take('E')) {
      this.budget.step();
      if (this.isAtEnd) this.fail();
      items.push(read());
    }
    return items;
  }

  protected isDigit(ahead = 0): boolean {
    const letter = this.peek(ahead);
    return letter >= '0' && letter <= '9';
  }

  protected digits(): string {
    const from = this.at;
    while (this.isDigit()) this.at++;
    return this.source.slice(from, this.at);
  }

  /** A decimal number, for counts and lengths. */
  protected count(): number {
    const digits = this.digits();
    if (digits === '' || digits.length > 9) this.fail();
    return Number(digits);
  }

  /** `n` for minus, digits: as the text shows it. */
  protected signedDigits(): string {
    const sign = this.take('n') ? '-' : '';
    const digits = this.digits();
    if (digits === '') this.fail();
    return sign + digits;
  }

  /** `_` is 0, `0_` is 1, in decimal (lambdas, template parameters) or base 36 (substitutions). */
  protected sequenceNumber(base: 10 | 36): number {
    if (this.take('_')) return 0;
    const from = this.at;
    while (this.isDigit() || (base === 36 && this.peek() >= 'A' && this.peek() <= 'Z')) this.at++;
    const digits = this.source.slice(from, this.at);
    if (digits === '' || digits.length > 8) this.fail();
    this.expect('_');
    return Number.parseInt(digits, base) + 1;
  }

  /** `_` digit or `__` number `_` behind local names; what it says is not shown. */
  protected discriminator(): void {
    if (!this.take('_')) return;
    if (this.take('_')) {
      if (this.digits() === '') this.fail();
      this.expect('_');
    } else if (this.isDigit()) this.at++;
    else this.fail();
  }

  protected remember(node: Node): Node {
    this.substitutions.push(node);
    return node;
  }
}
