// What a mangled C++ name says, as a tree. Substitutions make it a graph without cycles but for template parameters,
// which are looked up when they are printed.

/** Template arguments that `T_`, `T0_` ... of one encoding stand for; they may come after the first use. */
export interface TemplateScope {
  args: Node[] | null;
}

export type Node =
  | { kind: 'text'; text: string }
  /** `scope::name`. `isLocal`: the scope is a function. */
  | { kind: 'qualified'; scope: Node; name: Node; isLocal: boolean }
  /** `std::string` and the like: short, and in full before constructors. */
  | { kind: 'abbreviation'; short: string; full: Node }
  | { kind: 'template'; name: Node; args: Node[] }
  | { kind: 'tagged'; name: Node; tag: string }
  | { kind: 'constructor'; of: Node; isDestructor: boolean }
  | { kind: 'operator'; text: string }
  | { kind: 'conversion'; type: Node }
  | { kind: 'lambda'; declarations: Node[]; requirement: Node | null; parameters: Node[]; number: number }
  /** A template parameter that is a value. */
  | { kind: 'declaration'; type: Node; name: string }
  /** What a substitution may name beside types and names. */
  | { kind: 'module'; text: string }
  /** A member function with its const, volatile, & and &&. */
  | { kind: 'method'; name: Node; qualifiers: string }
  | { kind: 'function'; name: Node; type: FunctionType }
  | FunctionType
  | { kind: 'pointer'; mark: '*' | '&' | '&&'; to: Node }
  | { kind: 'suffixed'; type: Node; suffix: string }
  | { kind: 'array'; length: Node | null; of: Node }
  | { kind: 'member-pointer'; owner: Node; member: Node }
  | { kind: 'vector'; length: Node; of: Node }
  /** `T_` of the encoding in which it is printed: a substitution may come from another encoding. */
  | { kind: 'parameter'; index: number }
  /** An encoding and what template parameters stand for in it. */
  | { kind: 'encoding'; scope: TemplateScope; of: Node }
  | { kind: 'pack'; items: Node[] }
  | { kind: 'expansion'; of: Node }
  | { kind: 'literal'; type: Node; value: string }
  /** Texts and nodes one after the other. */
  | { kind: 'sequence'; parts: (string | Node)[] }
  | { kind: 'list'; items: Node[] }
  /** Part of an expression: in brackets unless it is a name. */
  | { kind: 'operand'; of: Node }
  | { kind: 'pack-size'; of: Node };

export interface FunctionType {
  kind: 'function-type';
  result: Node | null;
  parameters: Node[];
  qualifiers: string;
  /** noexcept and throw with their expressions. */
  tail: (string | Node)[];
}

export function text(value: string): Node {
  return { kind: 'text', text: value };
}

export function sequence(...parts: (string | Node)[]): Node {
  return { kind: 'sequence', parts };
}

export function qualified(scope: Node, name: Node, isLocal = false): Node {
  return { kind: 'qualified', scope, name, isLocal };
}

/** A name without the const, volatile, & and && of a member function. */
export function withoutQualifiers(name: Node): Node {
  return name.kind === 'method' ? name.name : name;
}

/** The name at the right end of the name, without template arguments and tags. */
export function lastName(node: Node): Node {
  for (let at = node; ;) {
    if (at.kind === 'qualified' || at.kind === 'template' || at.kind === 'tagged' || at.kind === 'method')
      at = at.name;
    else if (at.kind === 'abbreviation') at = at.full;
    else return at;
  }
}

/** Whether a function of this name is mangled with its result type: a template that is no constructor or conversion. */
export function hasResultType(name: Node): boolean {
  for (let at = name; ;) {
    if (at.kind === 'method') at = at.name;
    else if (at.kind === 'qualified') at = at.name;
    else if (at.kind === 'template') {
      const last = lastName(at).kind;
      return last !== 'constructor' && last !== 'conversion';
    } else return false;
  }
}
