// <encoding>, <special-name> and <name> of the Itanium C++ ABI.
import { ExpressionReader } from './expression-reader.ts';
import {
  hasResultType,
  qualified,
  sequence,
  text,
  withoutQualifiers,
  type FunctionType,
  type Node,
  type TemplateScope,
} from './nodes.ts';
import { OPERATORS, SPECIAL_OF_NAME, SPECIAL_OF_TYPE } from './tables.ts';
import { inStd, withoutVoid } from './type-reader.ts';

const ANONYMOUS = /^_GLOBAL_[._$]N/;

export class NameReader extends ExpressionReader {
  /**
   * The whole name behind `_Z`. What is behind it is not looked at.
   *
   * @param hasParameters reads the parameters too.
   */
  encoding(hasParameters: boolean): Node {
    return this.nested(() => this.#encoding(hasParameters));
  }

  #encoding(hasParameters: boolean): Node {
    if (this.peek() === 'G' || this.peek() === 'T') return this.#specialName();
    const scope: TemplateScope = { args: null };
    const name = this.name(scope);
    if (!hasParameters) return { kind: 'encoding', scope, of: withoutQualifiers(name) };
    if (this.isAtEnd || this.peek() === 'E') return { kind: 'encoding', scope, of: name };
    const hasResult = hasResultType(name) || this.take('J');
    const result = hasResult ? this.type() : null;
    const parameters: Node[] = [];
    while (!this.isAtEnd && !/[E.@]/.test(this.peek())) {
      if (this.take('Q')) {
        this.expression();
        break;
      }
      parameters.push(this.type());
    }
    if (parameters.length === 0) this.fail();
    const type: FunctionType = {
      kind: 'function-type',
      result,
      parameters: withoutVoid(parameters),
      qualifiers: name.kind === 'method' ? name.qualifiers : '',
      tail: [],
    };
    const of: Node = { kind: 'function', name: withoutQualifiers(name), type };
    return { kind: 'encoding', scope, of };
  }

  #specialName(): Node {
    const code = this.source.slice(this.at, this.at + 2);
    this.at += 2;
    const ofType = SPECIAL_OF_TYPE[code];
    if (ofType !== undefined) return sequence(ofType, this.type());
    const ofName = SPECIAL_OF_NAME[code];
    if (ofName !== undefined)
      return sequence(ofName, code === 'GA' ? this.encoding(true) : this.#nameAlone());
    switch (code) {
      case 'TA':
        return sequence('template parameter object for ', this.templateArg());
      case 'TC': {
        const derived = this.type();
        this.count();
        this.expect('_');
        return sequence('construction vtable for ', this.type(), '-in-', derived);
      }
      case 'Th':
      case 'Tv':
        this.at--;
        this.#callOffset();
        return sequence(code === 'Th' ? 'non-virtual thunk to ' : 'virtual thunk to ', this.encoding(true));
      case 'Tc':
        this.#callOffset();
        this.#callOffset();
        return sequence('covariant return thunk to ', this.encoding(true));
      case 'GR': {
        const name = this.#nameAlone();
        if (!this.isAtEnd && this.peek() !== '.') this.sequenceNumber(36);
        return sequence('reference temporary for ', name);
      }
      case 'GT':
        if (this.take('t')) return sequence('transaction clone for ', this.encoding(true));
        if (this.take('n')) return sequence('non-transaction clone for ', this.encoding(true));
        return this.fail();
      case 'GI':
        return this.#moduleInitializer();
      default:
        return this.fail();
    }
  }

  #nameAlone(): Node {
    const scope: TemplateScope = { args: null };
    const name = this.name(scope);
    return { kind: 'encoding', scope, of: withoutQualifiers(name) };
  }

  #moduleInitializer(): Node {
    const parts = this.#modules();
    if (parts === '') this.fail();
    return text(`initializer for module ${parts}`);
  }

  /** `h <number> _` or `v <number> _ <number> _`. */
  #callOffset(): void {
    if (this.take('h')) this.signedDigits();
    else {
      this.expect('v');
      this.signedDigits();
      this.expect('_');
      this.signedDigits();
    }
    this.expect('_');
  }

  /** @param scope takes the template arguments of the name, where it is that of an encoding. */
  protected name(scope: TemplateScope | null): Node {
    return this.nested(() => {
      switch (this.peek()) {
        case 'N':
          return this.#nestedName(scope);
        case 'Z':
          return this.#localName(scope);
        default:
          return this.#unscopedName(scope);
      }
    });
  }

  #unscopedName(scope: TemplateScope | null): Node {
    let name: Node;
    if (this.peek() === 'S' && this.peek(1) !== 't') {
      name = this.substitution();
      if (this.peek() !== 'I') return scope === null ? name : this.fail();
      return this.#withArgs(name, scope);
    }
    if (this.take('St')) name = inStd(this.#unqualifiedName(null));
    else name = this.#unqualifiedName(null);
    if (this.peek() !== 'I') return name;
    this.remember(name);
    return this.#withArgs(name, scope);
  }

  #withArgs(name: Node, scope: TemplateScope | null): Node {
    const args = this.templateArgs();
    if (scope !== null) scope.args = args;
    return { kind: 'template', name, args };
  }

  #nestedName(scope: TemplateScope | null): Node {
    this.expect('N');
    let qualifiers = '';
    if (!this.take('H')) {
      qualifiers = this.cvQualifiers();
      if (this.peek() === 'R' || (this.peek() === 'O' && !this.startsWith('On'))) {
        qualifiers += this.peek() === 'R' ? ' &' : ' &&';
        this.at++;
      }
    }
    let name: Node | null = null;
    let isRemembered = false;
    while (!this.take('E')) {
      this.budget.step();
      isRemembered = true;
      if (this.take('M')) {
        // A member whose initializer has a lambda: the member is a scope as any other.
        if (name === null) this.fail();
        continue;
      }
      if (name === null && this.peek() === 'S' && !this.startsWith('St')) {
        name = this.substitution();
        isRemembered = false;
        continue;
      }
      if (this.take('St')) {
        if (name !== null) this.fail();
        name = text('std');
        isRemembered = false;
        continue;
      }
      if (this.peek() === 'I') {
        if (name === null || name.kind === 'template') this.fail();
        name = this.#withArgs(name, scope);
      } else if (name === null && this.peek() === 'T') name = this.templateParameter();
      else if (name === null && (this.startsWith('Dt') || this.startsWith('DT'))) name = this.decltype();
      else {
        // `std::string` is spelled out before its constructors.
        const isSpecial: boolean =
          name?.kind === 'abbreviation' &&
          /^(?:C[1-5I]|D[0-9])/.test(this.source.slice(this.at, this.at + 2));
        const outer: Node | null = isSpecial && name?.kind === 'abbreviation' ? name.full : name;
        const inner: Node = this.#unqualifiedName(outer);
        name = outer === null ? inner : qualified(outer, inner);
      }
      this.remember(name);
    }
    if (name === null) this.fail();
    // The whole name is remembered by who asked for it, if at all.
    if (isRemembered) this.substitutions.pop();
    return qualifiers === '' ? name : { kind: 'method', name, qualifiers };
  }

  #localName(scope: TemplateScope | null): Node {
    this.expect('Z');
    const owner = this.encoding(true);
    this.expect('E');
    if (this.take('s')) {
      this.discriminator();
      return qualified(owner, text('string literal'), true);
    }
    let entity: Node;
    let label = '';
    if (this.take('d')) {
      label = `{default arg#${this.sequenceNumber(10) + 1}}::`;
      entity = this.name(scope);
    } else {
      entity = this.name(scope);
      this.discriminator();
    }
    const qualifiers = entity.kind === 'method' ? entity.qualifiers : '';
    const inner = withoutQualifiers(entity);
    const name = qualified(owner, label === '' ? inner : sequence(label, inner), true);
    return qualifiers === '' ? name : { kind: 'method', name, qualifiers };
  }

  /** The module of a name, or an empty text. */
  #modules(): string {
    let modules = '';
    if (this.peek() === 'S' && !this.startsWith('St')) {
      const known = this.substitution();
      if (known.kind !== 'module') this.fail();
      modules = known.text;
    }
    while (this.take('W')) {
      const isPartition = this.take('P');
      if (modules !== '' || isPartition) modules += isPartition ? ':' : '.';
      modules += this.plainName();
      this.budget.checked(modules);
      this.remember({ kind: 'module', text: modules });
    }
    return modules;
  }

  /** @param scope what it is a member of: constructors are named after it. */
  #unqualifiedName(scope: Node | null): Node {
    const module = this.#modules();
    const isFriend = this.take('F');
    const isInternal = this.take('L');
    let name = this.#bareName(scope);
    if (isInternal) this.discriminator();
    if (module !== '') name = sequence(name, `@${module}`);
    name = this.abiTags(name);
    return isFriend ? sequence('friend ', name) : name;
  }

  #bareName(scope: Node | null): Node {
    if (this.isDigit()) return this.sourceName();
    const code = this.peek();
    if (code >= 'a' && code <= 'z') return this.operatorName();
    if (this.take('DC')) {
      const names = this.upToE(() => this.sourceName());
      return sequence('[', { kind: 'list', items: names }, ']');
    }
    if (code === 'C') return this.#constructorName(scope);
    if (code === 'D') {
      if (scope === null || !/[0-9]/.test(this.peek(1))) this.fail();
      this.at += 2;
      return { kind: 'constructor', of: scope, isDestructor: true };
    }
    if (this.take('Ut')) return text(`{unnamed type#${this.sequenceNumber(10) + 1}}`);
    if (this.take('Ul')) return this.#lambda();
    return this.fail();
  }

  #constructorName(scope: Node | null): Node {
    this.expect('C');
    const isInheriting = this.take('I');
    if (scope === null || !/[1-5]/.test(this.peek())) this.fail();
    this.at++;
    if (isInheriting) this.type();
    return { kind: 'constructor', of: scope, isDestructor: false };
  }

  #lambda(): Node {
    return this.nested(() => ({
      kind: 'lambda',
      ...this.lambdaSignature(),
      number: this.sequenceNumber(10) + 1,
    }));
  }

  protected sourceName(): Node {
    const name = this.plainName();
    return text(ANONYMOUS.test(name) ? '(anonymous namespace)' : name);
  }

  protected operatorName(): Node {
    if (this.take('cv')) return { kind: 'conversion', type: this.conversionType() };
    if (this.take('li')) return sequence('operator"" ', this.sourceName());
    if (this.peek() === 'v' && this.isDigit(1)) {
      this.at += 2;
      return sequence('operator ', this.sourceName());
    }
    const operator = OPERATORS[this.source.slice(this.at, this.at + 2)];
    if (operator === undefined) this.fail();
    this.at += 2;
    const shown = operator[0].trimEnd();
    return { kind: 'operator', text: /^[a-z]/.test(shown) ? ` ${shown}` : shown };
  }

  protected unresolvedUnqualified(): Node {
    return this.abiTags(this.sourceName());
  }
}
