// <type> and <template-args> of the Itanium C++ ABI.
import { Cursor } from './cursor.ts';
import { qualified, sequence, text, type FunctionType, type Node, type TemplateScope } from './nodes.ts';
import { BUILTIN_D_TYPES, BUILTIN_TYPES, STD_CLASSES } from './tables.ts';

const CV_QUALIFIERS: Readonly<Record<string, string>> = { r: ' restrict', V: ' volatile', K: ' const' };
const POINTERS: Readonly<Record<string, '*' | '&' | '&&'>> = { P: '*', R: '&', O: '&&' };
const ELABORATED: Readonly<Record<string, string>> = { s: 'struct ', u: 'union ', e: 'enum ' };

export abstract class TypeReader extends Cursor {
  /** While a lambda or a template parameter with parameters is read: the names declared there, outer ones first. */
  protected declared: string[][] = [];
  readonly #declaredCount = new Map<string, number>();
  /** While the type of a conversion is read: arguments behind `T_` are those of the operator. */
  #isConversion = false;

  protected abstract name(scope: TemplateScope | null): Node;
  protected abstract expression(): Node;
  protected abstract literal(): Node;
  protected abstract sourceName(): Node;

  protected type(): Node {
    return this.nested(() => this.#type());
  }

  protected conversionType(): Node {
    const outer = this.#isConversion;
    this.#isConversion = true;
    const type = this.type();
    this.#isConversion = outer;
    return type;
  }

  #type(): Node {
    const code = this.peek();
    if (code === 'r' || code === 'V' || code === 'K') return this.#qualifiedType();
    const builtin = BUILTIN_TYPES[code];
    if (builtin !== undefined) {
      this.at++;
      return text(builtin);
    }
    const mark = POINTERS[code];
    if (mark !== undefined) {
      this.at++;
      return this.remember({ kind: 'pointer', mark, to: this.type() });
    }
    switch (code) {
      case 'S':
        return this.#substitutedType();
      case 'T':
        return this.#parameterOrElaborated();
      case 'F':
        return this.remember(this.#functionType(''));
      case 'A':
        return this.remember(this.#arrayType());
      case 'M': {
        this.at++;
        const owner = this.type();
        return this.remember({ kind: 'member-pointer', owner, member: this.type() });
      }
      case 'C':
        this.at++;
        return this.remember({ kind: 'suffixed', type: this.type(), suffix: ' _Complex' });
      case 'G':
        this.at++;
        return this.remember({ kind: 'suffixed', type: this.type(), suffix: ' _Imaginary' });
      case 'U':
        return this.#vendorQualified();
      case 'u':
        return this.#vendorType();
      case 'D':
        return this.#dType();
      default:
        if (code !== 'N' && code !== 'Z' && code !== 'W' && !this.isDigit()) this.fail();
        return this.remember(this.name(null));
    }
  }

  protected cvQualifiers(): string {
    let qualifiers = '';
    for (let more = CV_QUALIFIERS[this.peek()]; more !== undefined; more = CV_QUALIFIERS[this.peek()]) {
      // In the text they stand the other way round, the innermost first.
      qualifiers = more + qualifiers;
      this.at++;
      this.budget.step();
    }
    return qualifiers;
  }

  #qualifiedType(): Node {
    const qualifiers = this.cvQualifiers();
    if (this.#isFunctionType()) return this.remember(this.#functionType(qualifiers));
    return this.remember({ kind: 'suffixed', type: this.type(), suffix: qualifiers });
  }

  #isFunctionType(): boolean {
    return this.peek() === 'F' || (this.peek() === 'D' && /[oOwx]/.test(this.peek(1)));
  }

  /** `F`, with noexcept and throw before it. */
  #functionType(qualifiers: string): FunctionType {
    let exceptions = '';
    const parts: (string | Node)[] = [];
    for (; this.peek() === 'D';) {
      if (this.take('Do')) exceptions = ' noexcept';
      else if (this.take('DO')) {
        parts.push(' noexcept(', this.expression(), ')');
        this.expect('E');
      } else if (this.take('Dw')) {
        parts.push(' throw(', { kind: 'list', items: this.upToE(() => this.type()) }, ')');
      } else if (this.take('Dx')) exceptions += ' transaction_safe';
      else this.fail();
    }
    this.expect('F');
    this.take('Y');
    const result = this.type();
    const parameters: Node[] = [];
    let reference = '';
    for (;;) {
      if (this.take('E')) break;
      if (this.take('RE')) {
        reference = ' &';
        break;
      }
      if (this.take('OE')) {
        reference = ' &&';
        break;
      }
      parameters.push(this.type());
    }
    return {
      kind: 'function-type',
      result,
      parameters: withoutVoid(parameters),
      qualifiers: qualifiers + reference + exceptions,
      tail: parts,
    };
  }

  #arrayType(): Node {
    this.expect('A');
    let length: Node | null = null;
    if (this.isDigit()) length = text(this.digits());
    else if (this.peek() !== '_') length = this.expression();
    this.expect('_');
    return { kind: 'array', length, of: this.type() };
  }

  #vendorQualified(): Node {
    this.expect('U');
    const name = this.sourceName();
    const args = this.peek() === 'I' ? this.templateArgs() : null;
    const qualifier: Node = args === null ? name : { kind: 'template', name, args };
    return this.remember(sequence(this.type(), ' ', qualifier));
  }

  #vendorType(): Node {
    this.expect('u');
    const name = this.sourceName();
    if (this.peek() === 'I') return this.remember({ kind: 'template', name, args: this.templateArgs() });
    return this.remember(name);
  }

  #dType(): Node {
    const code = this.peek(1);
    const builtin = BUILTIN_D_TYPES[code];
    if (builtin !== undefined) {
      this.at += 2;
      return text(builtin);
    }
    switch (code) {
      case 'T':
      case 't': {
        const type = this.remember(this.decltype());
        return this.peek() === 'I'
          ? this.remember({ kind: 'template', name: type, args: this.templateArgs() })
          : type;
      }
      case 'p':
        this.at += 2;
        return this.remember({ kind: 'expansion', of: this.type() });
      case 'o':
      case 'O':
      case 'w':
      case 'x':
        return this.remember(this.#functionType(''));
      case 'v':
        return this.#vectorType();
      case 'k':
      case 'K':
        this.at += 2;
        return sequence(this.name(null), code === 'k' ? ' auto' : ' decltype(auto)');
      case 'F':
        return this.#floatType();
      case 'B':
      case 'U':
        return this.#bitIntType();
      default:
        return this.fail();
    }
  }

  protected decltype(): Node {
    this.at += 2;
    const of = this.expression();
    this.expect('E');
    return sequence('decltype (', of, ')');
  }

  #vectorType(): Node {
    this.at += 2;
    let length: Node;
    if (this.take('_')) length = this.expression();
    else length = text(this.digits());
    this.expect('_');
    return this.remember({ kind: 'vector', length, of: this.type() });
  }

  #floatType(): Node {
    this.at += 2;
    const bits = this.digits();
    if (bits === '') this.fail();
    if (this.take('x')) return text(`_Float${bits}x`);
    if (this.take('b')) return text(`std::bfloat${bits}_t`);
    this.expect('_');
    return text(`_Float${bits}`);
  }

  #bitIntType(): Node {
    const sign = this.peek(1) === 'U' ? 'unsigned ' : '';
    this.at += 2;
    const bits = this.isDigit() ? text(this.digits()) : this.expression();
    this.expect('_');
    return sequence(`${sign}_BitInt(`, bits, ')');
  }

  #substitutedType(): Node {
    if (this.peek(1) === 't') return this.remember(this.name(null));
    const known = this.substitution();
    if (this.peek() !== 'I') {
      // A class of std with something in it, as in Sa and a tag, is a name of its own.
      return this.peek() === 'B' ? this.remember(this.abiTags(known)) : known;
    }
    return this.remember({ kind: 'template', name: known, args: this.templateArgs() });
  }

  /** `S_`, `S0_`, `Ss` ...; not `St`. */
  protected substitution(): Node {
    this.expect('S');
    const abbreviation = STD_CLASSES[this.peek()];
    if (abbreviation === undefined) {
      const index = this.sequenceNumber(36);
      return this.substitutions[index] ?? this.fail();
    }
    this.at++;
    const [short, template, traits] = abbreviation;
    const name = inStd(text(template));
    if (traits.length === 0) return { kind: 'abbreviation', short, full: name };
    const character = text('char');
    const args = [
      character,
      ...traits.map<Node>((trait) => ({ kind: 'template', name: inStd(text(trait)), args: [character] })),
    ];
    return { kind: 'abbreviation', short, full: { kind: 'template', name, args } };
  }

  protected abiTags(name: Node): Node {
    let tagged = name;
    while (this.take('B')) {
      this.budget.step();
      tagged = { kind: 'tagged', name: tagged, tag: this.plainName() };
    }
    return tagged;
  }

  /** The characters of a source name. */
  protected plainName(): string {
    const length = this.count();
    if (length === 0 || this.at + length > this.source.length) this.fail();
    const name = this.source.slice(this.at, this.at + length);
    this.at += length;
    return name;
  }

  #parameterOrElaborated(): Node {
    const elaborated = ELABORATED[this.peek(1)];
    if (elaborated !== undefined) {
      this.at += 2;
      return this.remember(sequence(elaborated, this.name(null)));
    }
    const parameter = this.remember(this.templateParameter());
    if (this.peek() !== 'I') return parameter;
    const before = { at: this.at, known: this.substitutions.length };
    const args = this.templateArgs();
    if (this.#isConversion && this.peek() !== 'I') {
      // They are those of the operator, not of the type.
      this.at = before.at;
      this.substitutions.length = before.known;
      return parameter;
    }
    return this.remember({ kind: 'template', name: parameter, args });
  }

  /** `T_`, `T0_`, `TL0__`. */
  protected templateParameter(): Node {
    this.expect('T');
    let level = 0;
    if (this.take('L')) level = this.sequenceNumber(10) + 1;
    const index = this.sequenceNumber(10);
    const declared = this.declared[level]?.[index];
    if (declared !== undefined) return text(declared);
    return level > 0 ? text(`auto:${index + 1}`) : { kind: 'parameter', index };
  }

  protected templateArgs(): Node[] {
    return this.nested(() => {
      const outerConversion = this.#isConversion;
      this.#isConversion = false;
      this.expect('I');
      const args: Node[] = [];
      while (!this.take('E')) {
        if (this.take('Q')) {
          // A constraint says nothing that is shown.
          this.expression();
          continue;
        }
        args.push(this.templateArg());
      }
      this.#isConversion = outerConversion;
      return args;
    });
  }

  protected templateArg(): Node {
    this.budget.step();
    switch (this.peek()) {
      case 'X': {
        this.at++;
        const value = this.expression();
        this.expect('E');
        return value;
      }
      case 'L':
        return this.literal();
      case 'J':
      case 'I':
        this.at++;
        return this.nested(() => ({ kind: 'pack', items: this.upToE(() => this.templateArg()) }));
      default:
        if (!this.isTemplateDeclaration()) return this.type();
        this.#declaring(() => this.templateDeclaration());
        return this.templateArg();
    }
  }

  protected isTemplateDeclaration(): boolean {
    return this.peek() === 'T' && /[yntpk]/.test(this.peek(1));
  }

  /** Reads what declares template parameters of its own. */
  #declaring<T>(read: () => T): T {
    this.declared.push([]);
    const result = read();
    this.declared.pop();
    return result;
  }

  /**
   * `Ty`, `Tk <concept>`, `Tn <type>`, `Tt <declarations> E`, `Tp <declaration>`: a parameter of a template list. It
   * gets a name.
   */
  protected templateDeclaration(dots = ''): Node {
    return this.nested(() => {
      this.expect('T');
      const code = this.peek();
      this.at++;
      switch (code) {
        case 'y':
          return sequence(`typename ${dots}${this.#declare('T')}`);
        case 'k': {
          const concept = this.name(null);
          return sequence(concept, ` ${dots}${this.#declare('T')}`);
        }
        case 'n': {
          const name = this.#declare('N');
          return { kind: 'declaration', type: this.type(), name: dots + name };
        }
        case 't': {
          const name = this.#declare('TT');
          const items = this.#declaring(() => {
            const inner: Node[] = [];
            while (!this.take('E')) {
              if (this.take('Q')) this.expression();
              else inner.push(this.templateDeclaration());
            }
            return inner;
          });
          return sequence('template<', { kind: 'list', items }, `> typename ${dots}${name}`);
        }
        case 'p':
          return this.templateDeclaration('...');
        default:
          return this.fail();
      }
    });
  }

  #declare(stem: string): string {
    const before = this.#declaredCount.get(stem) ?? 0;
    this.#declaredCount.set(stem, before + 1);
    const name = `$${stem}${before === 0 ? '' : before - 1}`;
    this.declared.at(-1)?.push(name);
    return name;
  }

  /** The template list and parameters of a lambda, up to the E. */
  protected lambdaSignature(): { declarations: Node[]; requirement: Node | null; parameters: Node[] } {
    const outer = this.declared;
    this.declared = [[]];
    const outerCount = new Map(this.#declaredCount);
    this.#declaredCount.clear();
    const declarations: Node[] = [];
    while (this.isTemplateDeclaration()) declarations.push(this.templateDeclaration());
    const requirement = this.take('Q') ? this.expression() : null;
    const parameters: Node[] = [];
    while (!this.take('E')) {
      if (this.take('Q')) this.expression();
      else parameters.push(this.type());
    }
    this.declared = outer;
    this.#declaredCount.clear();
    for (const [stem, count] of outerCount) this.#declaredCount.set(stem, count);
    return { declarations, requirement, parameters: withoutVoid(parameters) };
  }
}

/** Parameters of a function; a single void is none. */
export function withoutVoid(parameters: Node[]): Node[] {
  const [first] = parameters;
  const isVoid = parameters.length === 1 && first?.kind === 'text' && first.text === 'void';
  return isVoid ? [] : parameters;
}

export function inStd(name: Node): Node {
  return qualified(text('std'), name);
}
