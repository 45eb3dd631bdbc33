// <expression> of the Itanium C++ ABI: in template arguments, decltype and array lengths.
import { qualified, sequence, text, type Node } from './nodes.ts';
import { OPERATORS } from './tables.ts';
import { TypeReader } from './type-reader.ts';

/** Suffixes and casts by which literals of builtin types are shown. */
const LITERAL_SUFFIXES: Readonly<Record<string, string>> = {
  j: 'u',
  l: 'l',
  m: 'ul',
  x: 'll',
  y: 'ull',
};

export abstract class ExpressionReader extends TypeReader {
  protected abstract encoding(hasParameters: boolean): Node;
  protected abstract operatorName(): Node;
  protected abstract unresolvedUnqualified(): Node;

  protected expression(): Node {
    return this.nested(() => this.#expression());
  }

  #expression(): Node {
    const code = this.peek();
    const two = this.source.slice(this.at, this.at + 2);
    if (code === 'L') return this.literal();
    if (code === 'T') return this.templateParameter();
    if (this.isDigit()) return this.#unresolvedSimple();
    if (two === 'fp' || (two === 'fL' && this.isDigit(2))) return this.#functionParameter();
    if (code === 'f' && /[lrLR]/.test(this.peek(1))) return this.#fold();
    switch (two) {
      case 'sr':
      case 'on':
      case 'dn':
        return this.#unresolvedName();
      case 'gs':
        this.at += 2;
        return sequence('::', this.#globalExpression());
      case 'sp':
        this.at += 2;
        return { kind: 'expansion', of: this.expression() };
      case 'sZ': {
        this.at += 2;
        const of = this.peek() === 'T' ? this.templateParameter() : this.#functionParameter();
        return { kind: 'pack-size', of };
      }
      case 'sP':
        this.at += 2;
        return { kind: 'pack-size', of: { kind: 'pack', items: this.upToE(() => this.templateArg()) } };
      case 'il':
        this.at += 2;
        return sequence('{', this.#listUpToE(), '}');
      case 'tl': {
        this.at += 2;
        const type = this.type();
        return sequence(type, '{', this.#listUpToE(), '}');
      }
      case 'cl':
      case 'cp': {
        this.at += 2;
        const callee = this.#operand();
        return sequence(callee, '(', this.#listUpToE(), ')');
      }
      case 'cv':
        return this.#conversion();
      case 'nw':
      case 'na':
        return this.#new();
      case 'st':
      case 'ti':
      case 'at': {
        this.at += 2;
        const name = OPERATORS[two][0].trimEnd();
        return sequence(`${name} (`, this.type(), ')');
      }
      case 'dc':
      case 'cc':
      case 'rc':
      case 'sc': {
        this.at += 2;
        const type = this.type();
        return sequence(`${OPERATORS[two][0]}<`, type, '>(', this.expression(), ')');
      }
      case 'so':
        return this.#subobject();
      case 'di':
        this.at += 2;
        return sequence('.', this.sourceName(), '=', this.expression());
      case 'dx':
        this.at += 2;
        return sequence('[', this.expression(), ']=', this.expression());
      case 'dX':
        this.at += 2;
        return sequence('[', this.expression(), ' ... ', this.expression(), ']=', this.expression());
      case 'mc':
        return this.#memberPointerCast();
      case 'nx':
        this.at += 2;
        return sequence('noexcept(', this.expression(), ')');
      default:
        if (code === 'u') return this.#vendorExpression();
        return this.#operation(two);
    }
  }

  #globalExpression(): Node {
    if (this.startsWith('nw') || this.startsWith('na')) return this.#new();
    if (this.startsWith('dl') || this.startsWith('da')) return this.expression();
    return this.#unresolvedName();
  }

  #listUpToE(): Node {
    return { kind: 'list', items: this.upToE(() => this.expression()) };
  }

  /** `fp_`, `fp0_`, `fpK_`, `fL0p_`, `fpT`. */
  #functionParameter(): Node {
    if (this.take('fpT')) return text('this');
    if (this.take('fL')) {
      this.count();
      this.expect('p');
    } else this.expect('fp');
    this.cvQualifiers();
    return text(`{parm#${this.sequenceNumber(10) + 1}}`);
  }

  #fold(): Node {
    const kind = this.peek(1);
    this.at += 2;
    const [operator] = this.#operatorCode();
    const first = this.#operand();
    if (kind === 'l') return sequence('(...', operator, first, ')');
    if (kind === 'r') return sequence('(', first, operator, '...)');
    const second = this.#operand();
    return sequence('(', first, operator, '...', operator, second, ')');
  }

  #operatorCode(): readonly [string, number] {
    const operator = OPERATORS[this.source.slice(this.at, this.at + 2)];
    if (operator === undefined) this.fail();
    this.at += 2;
    return operator;
  }

  #operand(): Node {
    return { kind: 'operand', of: this.expression() };
  }

  #operation(code: string): Node {
    const [operator, operands] = this.#operatorCode();
    if (code === 'dt' || code === 'pt') {
      const object = this.#operand();
      return sequence(object, operator, this.#member());
    }
    if (operands === 0) return text(operator);
    if (operands === 1) {
      if (code === 'pp' || code === 'mm') {
        const isPrefix = this.take('_');
        const operand = this.#operand();
        return isPrefix ? sequence(operator, operand) : sequence(operand, operator);
      }
      const of = this.expression();
      if (
        code !== 'ad' ||
        of.kind !== 'encoding' ||
        of.of.kind !== 'function' ||
        of.of.type.qualifiers !== ''
      )
        return sequence(operator, { kind: 'operand', of });
      // The address of a function is shown by its name alone.
      return sequence(operator, {
        kind: 'encoding',
        scope: of.scope,
        of: { kind: 'operand', of: of.of.name },
      });
    }
    const first = this.#operand();
    if (code === 'ix') return sequence(first, '[', this.expression(), ']');
    const second = this.#operand();
    if (operands === 3) return sequence(first, operator, second, ' : ', this.#operand());
    const whole = sequence(first, operator, second);
    // In a list of template arguments a > would end the list.
    return code === 'gt' ? sequence('(', whole, ')') : whole;
  }

  /** What stands behind . and ->: a name, or an expression. */
  #member(): Node {
    if (this.isDigit() || this.startsWith('sr') || this.startsWith('on') || this.startsWith('dn'))
      return this.#unresolvedName();
    return this.expression();
  }

  #conversion(): Node {
    this.at += 2;
    const type = this.type();
    if (this.take('_')) return sequence('(', type, ')(', this.#listUpToE(), ')');
    return sequence('(', type, ')', this.#operand());
  }

  #new(): Node {
    this.at += 2;
    const placement: Node[] = [];
    while (!this.take('_')) placement.push(this.expression());
    const type = this.type();
    const parts: (string | Node)[] = ['new '];
    if (placement.length > 0) parts.push('(', { kind: 'list', items: placement }, ') ');
    parts.push(type);
    if (this.take('pi')) parts.push('(', this.#listUpToE(), ')');
    else if (this.startsWith('il')) parts.push(this.expression());
    else this.expect('E');
    return sequence(...parts);
  }

  #vendorExpression(): Node {
    this.expect('u');
    const name = this.sourceName();
    return sequence(name, '(', { kind: 'list', items: this.upToE(() => this.templateArg()) }, ')');
  }

  /** `so <type> <expr> [<offset>] <union selector>* [p] E`. */
  #subobject(): Node {
    this.at += 2;
    const type = this.type();
    const of = this.expression();
    const offset = this.isDigit() || this.peek() === 'n' ? this.signedDigits() : '0';
    while (this.take('_')) this.digits();
    this.take('p');
    this.expect('E');
    return sequence(of, '.<', type, ` at offset ${offset}>`);
  }

  /** `mc <type> <expr> [<offset>] E`. */
  #memberPointerCast(): Node {
    this.at += 2;
    const type = this.type();
    const of = this.#operand();
    if (this.peek() !== 'E') this.signedDigits();
    this.expect('E');
    return sequence('(', type, ')', of);
  }

  #unresolvedSimple(): Node {
    const name = this.unresolvedUnqualified();
    return this.#withArgs(name);
  }

  #withArgs(name: Node): Node {
    return this.peek() === 'I' ? { kind: 'template', name, args: this.templateArgs() } : name;
  }

  /** A scope; a template is one that substitutions may name. */
  #level(): Node {
    const name = this.unresolvedUnqualified();
    if (this.peek() === 'I') this.remember(name);
    return this.#withArgs(name);
  }

  #baseName(): Node {
    if (this.take('on')) return this.#withArgs(this.operatorName());
    if (this.take('dn')) {
      const of = this.isDigit() ? this.#unresolvedSimple() : this.type();
      return sequence('~', of);
    }
    return this.#unresolvedSimple();
  }

  #unresolvedName(): Node {
    if (this.take('srN')) {
      let scope = this.#withArgs(this.type());
      while (!this.take('E')) scope = qualified(scope, this.#level());
      return qualified(scope, this.#baseName());
    }
    if (!this.take('sr')) return this.#baseName();
    if (!this.isDigit()) {
      const scope = this.type();
      return qualified(scope, this.#baseName());
    }
    // A type by its name, or levels up to E.
    let scope = this.#level();
    if (this.take('E')) return qualified(scope, this.#baseName());
    const before = { at: this.at, known: this.substitutions.length, scope };
    while (this.isDigit()) scope = qualified(scope, this.#level());
    if (scope !== before.scope && this.take('E') && this.isDigit()) return qualified(scope, this.#baseName());
    this.at = before.at;
    this.substitutions.length = before.known;
    return qualified(before.scope, this.#baseName());
  }

  /** `L <type> <value> E`, `L _Z <encoding> E`. */
  protected literal(): Node {
    return this.nested(() => {
      this.expect('L');
      if (this.take('_Z') || this.take('Z')) {
        const encoding = this.encoding(true);
        this.expect('E');
        return encoding;
      }
      const code = this.peek();
      const type = this.type();
      if (type.kind === 'text') {
        if (type.text === 'decltype(nullptr)') {
          this.take('0');
          this.expect('E');
          return { kind: 'literal', type, value: '' };
        }
        if (type.text === 'bool') {
          if (this.take('0E')) return text('false');
          if (this.take('1E')) return text('true');
        }
      }
      const from = this.at;
      while (!this.isAtEnd && this.peek() !== 'E') this.at++;
      let value = this.source.slice(from, this.at);
      this.expect('E');
      if (value.startsWith('n')) value = `-${value.slice(1)}`;
      const suffix = code === 'i' ? '' : LITERAL_SUFFIXES[code];
      if (suffix !== undefined) return { kind: 'literal', type: text(''), value: value + suffix };
      return {
        kind: 'literal',
        type,
        value: /[fde]/.test(code) && type.kind === 'text' ? `[${value}]` : value,
      };
    });
  }
}
