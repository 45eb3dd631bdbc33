// One element of `data.result`, from bytes to numbers without a text or an array for each point:
// {"metric":{...},"values":[[1700000000.123,"42"],...]} or {"metric":{...},"value":[1700000000,"42"]}.

const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

const FIRST_POINTS = 1024;
/** The API gives 11,000 at most; VictoriaMetrics 30,000. */
const MAX_POINTS = 200_000;
/** Up to here a decimal number is an exact integer over an exact power of ten, and their quotient is rounded right. */
const EXACT_DIGITS = 15;
const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, i) => 10 ** i);

export interface ScannedElement {
  /** The labels as JSON; null where the element has no `metric` and is the labels itself. */
  readonly metric: Uint8Array | null;
  readonly count: number;
  readonly hasHistograms: boolean;
}

export class PointScanner {
  timeMillis = new Float64Array(FIRST_POINTS);
  value = new Float64Array(FIRST_POINTS);
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #number = NaN;

  /** @returns null for what is no such element; the points are in `timeMillis` and `value`. */
  read(bytes: Uint8Array): ScannedElement | null {
    this.#bytes = bytes;
    this.#at = 0;
    let metric: Uint8Array | null = null;
    let count = 0;
    let hasHistograms = false;
    let hasValues = false;
    if (!this.#take(OPEN_BRACE)) return null;
    while (!this.#take(CLOSE_BRACE)) {
      const key = this.#readKey();
      if (key === null || !this.#take(COLON)) return null;
      const from = this.#skipBlanks();
      if (key === 'values' || (key === 'value' && this.#peek() === OPEN_BRACKET)) {
        hasValues = true;
        count = key === 'values' ? this.#readPoints() : this.#readPoint(0) ? 1 : -1;
        if (count < 0) return null;
      } else {
        const isMap = this.#peek() === OPEN_BRACE;
        if (!this.#skipValue()) return null;
        if (key === 'metric' && isMap) metric = bytes.subarray(from, this.#at);
        hasHistograms ||= key === 'histograms' || key === 'histogram';
      }
      this.#take(COMMA);
    }
    if (metric === null && (hasValues || hasHistograms)) return null;
    return { metric, count, hasHistograms };
  }

  /** `[[t,"v"],...]`. @returns how many, -1 for something else. */
  #readPoints(): number {
    if (!this.#take(OPEN_BRACKET)) return -1;
    let count = 0;
    while (!this.#take(CLOSE_BRACKET)) {
      if (count === MAX_POINTS || !this.#readPoint(count)) return -1;
      count++;
      this.#take(COMMA);
    }
    return count;
  }

  #readPoint(row: number): boolean {
    if (!this.#take(OPEN_BRACKET) || !this.#readNumber()) return false;
    const time = this.#number;
    if (!this.#take(COMMA) || !this.#take(QUOTE) || !this.#readNumber()) return false;
    if (!this.#take(QUOTE) || !this.#take(CLOSE_BRACKET)) return false;
    if (row === this.value.length) this.#grow();
    this.timeMillis[row] = Math.round(time * 1000);
    this.value[row] = this.#number;
    return Number.isFinite(time);
  }

  /** Into #number. */
  #readNumber(): boolean {
    const bytes = this.#bytes;
    const from = this.#skipBlanks();
    let at = from;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    let digits = 0;
    let decimals = -1;
    let integer = 0;
    for (; at < bytes.length; at++) {
      const code = bytes[at] ?? 0;
      if (code >= ZERO && code <= NINE) {
        integer = integer * 10 + (code - ZERO);
        digits++;
        if (decimals >= 0) decimals++;
      } else if (code === DOT && decimals < 0) {
        decimals = 0;
      } else {
        break;
      }
    }
    const next = bytes[at] ?? 0;
    const isPlain = next === QUOTE || next === COMMA || isBlank(next);
    if (!isPlain || digits === 0 || digits > EXACT_DIGITS) return this.#readUnusual(from);
    this.#at = at;
    const size = decimals > 0 ? integer / (POWERS[decimals] ?? NaN) : integer;
    this.#number = isNegative ? -size : size;
    return true;
  }

  /** `NaN`, `+Inf`, `1.5e+07`, more digits than a double holds. */
  #readUnusual(from: number): boolean {
    let at = from;
    while (at < this.#bytes.length && at - from < 64 && isNumberCode(this.#bytes[at] ?? 0)) at++;
    const text = String.fromCharCode(...this.#bytes.subarray(from, at));
    this.#at = at;
    if (/^[+-]?Inf$/i.test(text)) this.#number = text.startsWith('-') ? -Infinity : Infinity;
    else if (text === 'NaN') this.#number = NaN;
    else if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) this.#number = Number(text);
    else return false;
    return true;
  }

  /** Keys of the API are plain words; another one comes back without its escapes undone. */
  #readKey(): string | null {
    this.#skipBlanks();
    const from = this.#at + 1;
    if (!this.#skipString()) return null;
    return String.fromCharCode(...this.#bytes.subarray(from, Math.min(this.#at - 1, from + 16)));
  }

  #skipValue(): boolean {
    const bytes = this.#bytes;
    let depth = 0;
    for (this.#skipBlanks(); this.#at < bytes.length; this.#at++) {
      const code = bytes[this.#at] ?? 0;
      if (code === QUOTE) {
        if (!this.#skipString()) return false;
        if (depth === 0) return true;
        this.#at--;
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
      else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        // Behind a number or a word comes the end of the element.
        if (depth === 0) return true;
        if (--depth === 0) {
          this.#at++;
          return true;
        }
      } else if (code === COMMA && depth === 0) return true;
    }
    return false;
  }

  #skipString(): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== QUOTE) return false;
    for (let at = this.#at + 1; at < bytes.length; at++) {
      if (bytes[at] === BACKSLASH) at++;
      else if (bytes[at] === QUOTE) {
        this.#at = at + 1;
        return true;
      }
    }
    return false;
  }

  #take(code: number): boolean {
    this.#skipBlanks();
    if (this.#bytes[this.#at] !== code) return false;
    this.#at++;
    return true;
  }

  #peek(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  /** @returns where the next value begins. */
  #skipBlanks(): number {
    while (isBlank(this.#bytes[this.#at] ?? 0)) this.#at++;
    return this.#at;
  }

  #grow(): void {
    const grow = (array: Float64Array<ArrayBuffer>) => {
      const grown = new Float64Array(array.length * 2);
      grown.set(array);
      return grown;
    };
    this.timeMillis = grow(this.timeMillis);
    this.value = grow(this.value);
  }
}

function isBlank(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

function isNumberCode(code: number): boolean {
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isLetter || (code >= ZERO && code <= NINE) || code === PLUS || code === MINUS || code === DOT;
}
