// The text of a name that was read. Types are printed outwards from what they declare, as C++ writes them.
import { Unreadable, type Budget } from './budget.ts';
import { lastName, type FunctionType, type Node, type TemplateScope } from './nodes.ts';

/** What of a name is shown. */
export interface NameParts {
  templateArgs: boolean;
  /** Parameters and results of the functions in which a local name lies. */
  enclosingParameters: boolean;
}

export class Printer {
  readonly #parts: NameParts;
  readonly #budget: Budget;
  /** Which item of a pack stands for it, while an expansion is printed. */
  #packIndex = -1;
  /** Of the encoding that is being printed. */
  #scope: TemplateScope = { args: null };
  /** Template parameters in the parameters of a lambda are those of the lambda. */
  #isInLambda = false;

  constructor(parts: NameParts, budget: Budget) {
    this.#parts = parts;
    this.#budget = budget;
  }

  print(node: Node): string {
    return this.#declare(node, '');
  }

  /** @param declarator what is declared with this type, from the name outwards; only types use it. */
  #declare(node: Node, declarator: string): string {
    this.#budget.enter();
    const printed = this.#budget.checked(this.#type(node, declarator));
    this.#budget.leave();
    return printed;
  }

  #type(node: Node, declarator: string): string {
    switch (node.kind) {
      case 'pointer':
        return this.#pointer(node, declarator);
      case 'suffixed':
        return this.#suffixed(node, declarator);
      case 'function-type':
        return this.#function(node, declarator);
      case 'array':
        return this.#array(node, declarator);
      case 'member-pointer':
        return this.#declare(node.member, ` ${this.print(node.owner)}::*${declarator}`);
      case 'parameter':
        return this.#declare(this.#resolve(node), declarator);
      case 'vector':
        return this.#declare(node.of, ` __vector(${this.print(node.length)})${declarator}`);
      case 'expansion':
        return this.#expansion(node.of) + declarator;
      case 'pack':
        return this.#list(node.items) + declarator;
      default:
        return this.#name(node) + declarator;
    }
  }

  #name(
    node: Exclude<Node, { kind: 'pointer' | 'array' | 'parameter' | 'pack' | 'expansion' | 'vector' }>,
  ): string {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'qualified':
        return node.isLocal
          ? `${this.#enclosing(node.scope)}::${this.print(node.name)}`
          : `${this.print(node.scope)}::${this.print(node.name)}`;
      case 'abbreviation':
        return node.short;
      case 'template':
        return this.#template(node.name, node.args);
      case 'tagged':
        return `${this.print(node.name)}[abi:${node.tag}]`;
      case 'constructor':
        return (node.isDestructor ? '~' : '') + this.print(lastName(node.of));
      case 'operator':
        return `operator${node.text}`;
      case 'conversion':
        return `operator ${this.print(node.type)}`;
      case 'lambda':
        return this.#lambda(node);
      case 'method':
        return this.print(node.name) + node.qualifiers;
      case 'encoding':
        return this.#in(node.scope, () => this.print(node.of));
      case 'function':
        return this.#function(node.type, this.print(node.name), true);
      case 'literal':
        return this.#literal(node);
      case 'sequence':
        return node.parts.map((part) => (typeof part === 'string' ? part : this.print(part))).join('');
      case 'list':
        return this.#list(node.items);
      case 'declaration':
        return this.#declare(node.type, node.type.kind === 'pointer' ? node.name : ` ${node.name}`);
      case 'operand':
        return this.#operand(node.of);
      case 'pack-size':
        return this.#packSize(node.of);
      default:
        throw new Unreadable(node.kind);
    }
  }

  #in(scope: TemplateScope, print: () => string): string {
    const outer = this.#scope;
    this.#scope = scope;
    const printed = print();
    this.#scope = outer;
    return printed;
  }

  /** The function in which a local name lies. */
  #enclosing(owner: Node): string {
    if (owner.kind !== 'encoding' || owner.of.kind !== 'function') return this.print(owner);
    const { name, type } = owner.of;
    return this.#in(owner.scope, () =>
      this.#parts.enclosingParameters
        ? this.#function({ ...type, result: null }, this.print(name), true)
        : `${this.print(name)}()${type.qualifiers}`,
    );
  }

  #suffixed(node: Extract<Node, { kind: 'suffixed' }>, declarator: string): string {
    let type = node.type;
    while (type.kind === 'parameter') type = this.#resolve(type);
    // What is const already is not so twice; of an array it is the items that are const.
    if (type.kind === 'suffixed' && type.suffix === node.suffix) return this.#declare(type, declarator);
    if (type.kind === 'array') return this.#declare({ ...type, of: { ...node, type: type.of } }, declarator);
    return this.#declare(type, node.suffix + declarator);
  }

  #template(name: Node, args: Node[]): string {
    const shown = this.print(name);
    if (!this.#parts.templateArgs) return shown;
    const outerIndex = this.#packIndex;
    const list = this.#list(args);
    this.#packIndex = outerIndex;
    return `${shown}${shown.endsWith('<') ? ' ' : ''}<${list}${list.endsWith('>') ? ' ' : ''}>`;
  }

  #lambda(node: Extract<Node, { kind: 'lambda' }>): string {
    const outer = this.#isInLambda;
    this.#isInLambda = true;
    const declared = node.declarations.length === 0 ? '' : `<${this.#list(node.declarations)}>`;
    const requirement = node.requirement === null ? '' : ` requires ${this.print(node.requirement)} `;
    const parameters = this.#list(node.parameters);
    this.#isInLambda = outer;
    return `{lambda${declared}${requirement}(${parameters})#${node.number}}`;
  }

  #list(items: Node[]): string {
    let list = '';
    for (const item of items) {
      const shown = this.print(item);
      // An empty pack is no item.
      if (shown === '') continue;
      list = this.#budget.checked(list === '' ? shown : `${list}, ${shown}`);
    }
    return list;
  }

  #pointer(node: Extract<Node, { kind: 'pointer' }>, declarator: string): string {
    let { mark } = node;
    let to = node.to;
    // References to references are one; & wins.
    for (;;) {
      this.#budget.step();
      if (to.kind === 'parameter') {
        const stands = this.#resolve(to);
        if (stands.kind !== 'pointer' && stands.kind !== 'parameter') break;
        to = stands;
      } else if (mark !== '*' && to.kind === 'pointer' && to.mark !== '*') {
        if (to.mark === '&') mark = '&';
        to = to.to;
      } else break;
    }
    return this.#declare(to, mark + declarator);
  }

  #function(type: FunctionType, declarator: string, isName = false): string {
    const tail = type.tail.map((part) => (typeof part === 'string' ? part : this.print(part))).join('');
    const after = `(${this.#list(type.parameters)})${type.qualifiers}${tail}`;
    const isPlain = isName || declarator === '' || declarator.startsWith('(');
    const declared = isPlain ? declarator + after : `(${declarator.trimStart()})${after}`;
    return type.result === null ? declared : this.#declare(type.result, ` ${declared}`);
  }

  #array(node: Extract<Node, { kind: 'array' }>, declarator: string): string {
    const bounds = `[${node.length === null ? '' : this.print(node.length)}]`;
    let inner: string;
    if (declarator === '') inner = ` ${bounds}`;
    else if (declarator.startsWith(' [') || declarator.startsWith(' (')) inner = declarator + bounds;
    else inner = ` (${declarator.trimStart()}) ${bounds}`;
    return this.#declare(node.of, inner);
  }

  #resolve(node: Extract<Node, { kind: 'parameter' }>): Node {
    this.#budget.step();
    if (this.#isInLambda) return { kind: 'text', text: `auto:${node.index + 1}` };
    const stands = this.#scope.args?.[node.index];
    if (stands === undefined) throw new Unreadable('template parameter');
    if (stands.kind === 'pack' && this.#packIndex >= 0) {
      return stands.items[this.#packIndex] ?? { kind: 'text', text: '' };
    }
    return stands;
  }

  #expansion(of: Node): string {
    const pack = this.#findPack(of);
    if (pack === null) return `(${this.print(of)})...`;
    const outer = this.#packIndex;
    let list = '';
    for (let index = 0; index < pack.length; index++) {
      this.#packIndex = index;
      const shown = this.print(of);
      list = this.#budget.checked(list === '' ? shown : `${list}, ${shown}`);
    }
    this.#packIndex = outer;
    return list;
  }

  #packSize(of: Node): string {
    const pack = this.#findPack(of);
    return pack === null ? `sizeof...(${this.print(of)})` : String(pack.length);
  }

  /** The first pack in a pattern. */
  #findPack(of: Node): Node[] | null {
    if (of.kind === 'pack') return of.items;
    if (of.kind === 'parameter') {
      this.#budget.step();
      if (this.#isInLambda) return null;
      const stands = this.#scope.args?.[of.index];
      return stands?.kind === 'pack' ? stands.items : null;
    }
    if (of.kind === 'expansion') return null;
    this.#budget.enter();
    let found: Node[] | null = null;
    for (const part of partsOf(of)) {
      found = this.#findPack(part);
      if (found !== null) break;
    }
    this.#budget.leave();
    return found;
  }

  #literal(node: Extract<Node, { kind: 'literal' }>): string {
    const type = this.print(node.type);
    return type === '' ? node.value : `(${type})${node.value}`;
  }

  #operand(of: Node): string {
    const shown = this.print(of);
    const bare = of.kind === 'encoding' ? of.of : of;
    const isName = (bare.kind === 'text' && !/^(?:true|false)$/.test(bare.text)) || bare.kind === 'qualified';
    return isName ? shown : `(${shown})`;
  }
}

/** Nodes that a node is made of. */
function partsOf(node: Node): Node[] {
  const parts: Node[] = [];
  for (const value of Object.values(node) as unknown[]) {
    for (const part of Array.isArray(value) ? (value as unknown[]) : [value])
      if (typeof part === 'object' && part !== null && 'kind' in part) parts.push(part as Node);
  }
  return parts;
}
