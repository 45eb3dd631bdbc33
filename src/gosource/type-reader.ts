// Types of expressions, where they are cheap to know; `unknown` everywhere else.
import type { FunctionDeclaration, GoFile } from './declarations.ts';
import { externalField, externalResults } from './external-results.ts';
import { UNKNOWN, basic, elementOf, itemOf, named, type GoType } from './go-type.ts';
import type { Local } from './locals.ts';
import type { SourceIndex, SourceNode } from './source-index.ts';
import { NO_NODE, type NodeRow } from './syntax-tree.ts';

/** Expressions nested deeper, and chains of embedded structs longer than this, are not followed. */
const MAX_DEPTH = 40;
const MAX_EMBEDDING = 4;

const BASIC_TYPES = new Set(
  (
    'bool string error any byte rune int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr ' +
    'float32 float64 complex64 complex128 comparable'
  ).split(' '),
);

/** A field of a struct: which struct has it, and where it stands. */
export interface Field extends SourceNode {
  readonly name: string;
  /** Struct that declares it: a named type, or where the unnamed one stands. */
  readonly owner: string;
  readonly type: GoType;
}

/** What the function part of a call means. */
export type Callee =
  | { readonly kind: 'builtin'; readonly name: string }
  /** Of these sources; several where an interface is called. */
  | { readonly kind: 'known'; readonly functions: readonly FunctionDeclaration[]; readonly receiver: NodeRow }
  /** A conversion to a type. */
  | { readonly kind: 'conversion'; readonly type: GoType }
  /** `import path.Function` or `import path.Type.Method`. */
  | { readonly kind: 'external'; readonly key: string; readonly receiver: NodeRow }
  /** A variable, field or parameter that holds a function. */
  | { readonly kind: 'value'; readonly receiver: NodeRow; readonly type: GoType };

const BUILTINS = new Set(
  'append cap clear close complex copy delete imag len make max min new panic print println real recover'.split(
    ' ',
  ),
);

export class TypeReader {
  readonly #index: SourceIndex;
  /** Types of expressions, by file and row: each is asked for many times. */
  readonly #known = new Map<GoFile, Map<NodeRow, GoType>>();

  constructor(index: SourceIndex) {
    this.#index = index;
  }

  /** Type of an expression; of a call with several results a tuple. */
  typeOf({ file, node }: SourceNode, depth = 0): GoType {
    if (node === NO_NODE || depth > MAX_DEPTH) return UNKNOWN;
    let known = this.#known.get(file);
    if (known === undefined) this.#known.set(file, (known = new Map<NodeRow, GoType>()));
    const before = known.get(node);
    if (before !== undefined) return before;
    known.set(node, UNKNOWN); // what is asked for while this is found out goes in circles
    const type = this.#findType(file, node, depth);
    known.set(node, type);
    return type;
  }

  #findType(file: GoFile, node: NodeRow, depth: number): GoType {
    const { tree } = file;
    const of = (child: NodeRow) => this.typeOf({ file, node: child }, depth + 1);
    switch (tree.kind(node)) {
      case 'identifier':
        return this.#typeOfName(file, node, depth);
      case 'selector_expression':
        return this.#typeOfSelector(file, node, depth);
      case 'call_expression':
      case 'type_conversion_expression':
        return this.#typeOfCall(file, node, depth);
      case 'composite_literal':
      case 'type_assertion_expression':
        return this.typeFromNode({ file, node: tree.child(node, 'type') });
      case 'index_expression':
        return elementOf(this.underlying(of(tree.child(node, 'operand'))));
      case 'slice_expression': {
        const type = of(tree.child(node, 'operand'));
        return type.kind === 'array' ? { kind: 'slice', element: type.element } : type;
      }
      case 'parenthesized_expression':
        return of(tree.children(node)[0] ?? NO_NODE);
      case 'unary_expression': {
        const operand = of(tree.child(node, 'operand'));
        return tree.textOf(tree.child(node, 'operator')) === '<-'
          ? elementOf(this.underlying(operand))
          : operand;
      }
      case 'binary_expression':
        return /^(?:[=!<>]=|<|>|&&|\|\|)$/.test(tree.textOf(tree.child(node, 'operator')))
          ? basic('bool')
          : of(tree.child(node, 'left'));
      case 'func_literal':
        return { kind: 'func', results: this.#results(file, tree.child(node, 'result')) };
      case 'interpreted_string_literal':
      case 'raw_string_literal':
        return basic('string');
      case 'int_literal':
        return basic('int');
      default:
        return UNKNOWN;
    }
  }

  /** The type that a written type means. */
  typeFromNode({ file, node }: SourceNode, depth = 0): GoType {
    const { tree } = file;
    if (node === NO_NODE || depth > MAX_DEPTH) return UNKNOWN;
    const of = (child: NodeRow) => this.typeFromNode({ file, node: child }, depth + 1);
    switch (tree.kind(node)) {
      case 'type_identifier':
      case 'identifier':
        return this.#namedType(file, tree.textOf(node));
      case 'qualified_type':
        return named(
          file.imports.get(tree.textOf(tree.child(node, 'package'))) ??
            tree.textOf(tree.child(node, 'package')),
          tree.textOf(tree.child(node, 'name')),
        );
      case 'generic_type':
        return of(tree.child(node, 'type'));
      case 'pointer_type':
      case 'parenthesized_type':
      case 'type_elem':
        return of(tree.children(node)[0] ?? NO_NODE);
      case 'map_type':
        return { kind: 'map', key: of(tree.child(node, 'key')), element: of(tree.child(node, 'value')) };
      case 'slice_type':
        return { kind: 'slice', element: of(tree.child(node, 'element')) };
      case 'array_type':
      case 'implicit_length_array_type':
        return { kind: 'array', element: of(tree.child(node, 'element')) };
      case 'channel_type':
        return { kind: 'chan', element: of(tree.child(node, 'value')) };
      case 'function_type':
        return { kind: 'func', results: this.#results(file, tree.child(node, 'result')) };
      case 'struct_type':
      case 'interface_type':
        return {
          kind: tree.kind(node) === 'struct_type' ? 'struct' : 'interface',
          path: file.importPath,
          file: file.path,
          node,
        };
      default:
        return UNKNOWN;
    }
  }

  #namedType(file: GoFile, name: string): GoType {
    if (this.#index.package(file.importPath)?.types.has(name)) return named(file.importPath, name);
    if (BASIC_TYPES.has(name)) return basic(name);
    return UNKNOWN; // a type parameter
  }

  #results(file: GoFile, result: NodeRow): GoType[] {
    const { tree } = file;
    if (result === NO_NODE) return [];
    if (tree.kind(result) !== 'parameter_list') return [this.typeFromNode({ file, node: result })];
    return tree.children(result).flatMap((declaration) => {
      const names = tree.children(declaration).filter((child) => tree.field(child) === 'name').length;
      const type = this.typeFromNode({ file, node: tree.child(declaration, 'type') });
      return Array<GoType>(Math.max(1, names)).fill(type);
    });
  }

  /** What stands behind a declared type; a type of other sources stays as it is. */
  underlying(type: GoType, depth = 0): GoType {
    if (type.kind !== 'named' || depth > MAX_EMBEDDING) return type;
    const declaration = this.#index.package(type.path)?.types.get(type.name);
    const file = declaration === undefined ? null : this.#index.file(declaration.path);
    if (declaration === undefined || file === null) return type;
    return this.underlying(this.typeFromNode({ file, node: declaration.type }), depth + 1);
  }

  /** Field by name, of the struct itself or of one that it embeds. */
  fieldOf(type: GoType, name: string, depth = 0): Field | null {
    const struct = this.underlying(type);
    if (struct.kind !== 'struct' || depth > MAX_EMBEDDING) return null;
    const file = this.#index.file(struct.file);
    if (file === null) return null;
    const { tree } = file;
    const owner = type.kind === 'named' ? `${type.path}.${type.name}` : `${struct.file}#${struct.node}`;
    const embedded: GoType[] = [];
    for (const field of tree.children(tree.childOfKind(struct.node, 'field_declaration_list'))) {
      const written = tree.child(field, 'type');
      const names = tree.children(field).filter((child) => tree.field(child) === 'name');
      for (const node of names) {
        if (tree.textOf(node) !== name) continue;
        return { file, node, name, owner, type: this.typeFromNode({ file, node: written }) };
      }
      if (names.length > 0) continue;
      const fieldType = this.typeFromNode({ file, node: written });
      if (fieldType.kind === 'named' && fieldType.name === name) {
        return { file, node: field, name, owner, type: fieldType };
      }
      embedded.push(fieldType);
    }
    for (const inner of embedded) {
      const found = this.fieldOf(inner, name, depth + 1);
      if (found !== null) return found;
    }
    return null;
  }

  /** Methods that a call of `name` on this type may run: one, or those of all types where it is an interface. */
  methodsOf(type: GoType, name: string, depth = 0): readonly FunctionDeclaration[] {
    if (depth > MAX_EMBEDDING) return [];
    if (type.kind === 'named') {
      const own = this.#index.package(type.path)?.functions.get(`${type.name}.${name}`);
      if (own !== undefined) return [own];
    }
    const behind = this.underlying(type);
    if (behind.kind === 'interface') return this.#implementations(name);
    if (behind.kind !== 'struct') return [];
    const file = this.#index.file(behind.file);
    if (file === null) return [];
    const { tree } = file;
    for (const field of tree.children(tree.childOfKind(behind.node, 'field_declaration_list'))) {
      if (tree.child(field, 'name') !== NO_NODE) continue;
      const embedded = this.typeFromNode({ file, node: tree.child(field, 'type') });
      const found = this.methodsOf(embedded, name, depth + 1);
      if (found.length > 0) return found;
    }
    return [];
  }

  /** By name only: types that satisfy an interface by accident are rare inside one module. */
  #implementations(name: string): FunctionDeclaration[] {
    return this.#index
      .filesMentioning(`) ${name}(`)
      .flatMap((file) => file.functions.filter((f) => f.receiverType !== null && f.name === name))
      .slice(0, 8);
  }

  /** Type of a local name. */
  typeOfLocal(file: GoFile, local: Local, depth = 0): GoType {
    if (local.type !== NO_NODE) {
      const type = this.typeFromNode({ file, node: local.type });
      return local.isVariadic ? { kind: 'slice', element: type } : type;
    }
    const value = this.typeOf({ file, node: local.value }, depth + 1);
    if (local.kind === 'range-key' || local.kind === 'range-value') {
      const container = this.underlying(value);
      if (container.kind === 'chan') return container.element;
      if (local.kind === 'range-value') return elementOf(container);
      return container.kind === 'map' ? container.key : basic('int');
    }
    return itemOf(value, local.valueIndex);
  }

  #typeOfName(file: GoFile, node: NodeRow, depth: number): GoType {
    const name = file.tree.textOf(node);
    const local = this.#index.locals(file).resolve(name, node);
    if (local !== null) return this.typeOfLocal(file, local, depth);
    return this.typeOfPackageName(file.importPath, name, depth);
  }

  /** Type of a package's variable or function. */
  typeOfPackageName(importPath: string, name: string, depth = 0): GoType {
    const variable = this.#index.package(importPath)?.variables.get(name);
    const file = variable === undefined ? null : this.#index.file(variable.path);
    if (variable !== undefined && file !== null) {
      if (variable.type !== NO_NODE) return this.typeFromNode({ file, node: variable.type });
      return itemOf(this.typeOf({ file, node: variable.value }, depth + 1), variable.valueIndex);
    }
    const declared = this.#index.package(importPath)?.functions.get(name);
    if (declared !== undefined) return { kind: 'func', results: this.resultsOf(declared) };
    return externalField(`${importPath}.${name}`) ?? UNKNOWN;
  }

  resultsOf(declaration: FunctionDeclaration): GoType[] {
    const file = this.#index.file(declaration.path);
    if (file === null) return [];
    return this.#results(file, file.tree.child(declaration.node, 'result'));
  }

  /** Import path when the operand of a selector is a package. */
  packageOf(file: GoFile, operand: NodeRow): string | null {
    if (file.tree.kind(operand) !== 'identifier') return null;
    const name = file.tree.textOf(operand);
    const path = file.imports.get(name);
    if (path === undefined || this.#index.locals(file).resolve(name, operand) !== null) return null;
    return path;
  }

  #typeOfSelector(file: GoFile, node: NodeRow, depth: number): GoType {
    const { tree } = file;
    const operand = tree.child(node, 'operand');
    const name = tree.textOf(tree.child(node, 'field'));
    const imported = this.packageOf(file, operand);
    if (imported !== null) return this.typeOfPackageName(imported, name, depth);
    const type = this.typeOf({ file, node: operand }, depth + 1);
    const field = this.fieldOf(type, name);
    if (field !== null) return field.type;
    const [method] = this.methodsOf(type, name);
    if (method !== undefined) return { kind: 'func', results: this.resultsOf(method) };
    return type.kind === 'named' ? (externalField(`${type.path}.${type.name}.${name}`) ?? UNKNOWN) : UNKNOWN;
  }

  #typeOfCall(file: GoFile, node: NodeRow, depth: number): GoType {
    const callee = this.calleeOf({ file, node }, depth + 1);
    const { tree } = file;
    const [first] = tree.children(tree.child(node, 'arguments'));
    switch (callee.kind) {
      case 'builtin':
        if (callee.name === 'make' || callee.name === 'new')
          return this.typeFromNode({ file, node: first ?? NO_NODE });
        if (callee.name === 'append') return this.typeOf({ file, node: first ?? NO_NODE }, depth + 1);
        return callee.name === 'len' || callee.name === 'cap' || callee.name === 'copy'
          ? basic('int')
          : UNKNOWN;
      case 'known':
        return callee.functions.length === 0 ? UNKNOWN : asOne(this.resultsOf(callee.functions[0]));
      case 'conversion':
        return callee.type;
      case 'external':
        return asOne(externalResults(callee.key) ?? []);
      case 'value': {
        const type = this.underlying(callee.type);
        return type.kind === 'func' ? asOne(type.results) : UNKNOWN;
      }
    }
  }

  /** What a `call_expression` (or what the parser takes for a conversion) calls. */
  calleeOf({ file, node }: SourceNode, depth = 0): Callee {
    const { tree } = file;
    let called = tree.child(node, 'function');
    if (tree.kind(node) === 'type_conversion_expression') {
      // `f[int](x)` looks like a conversion; it is one only if there is such a type.
      const generic = tree.child(tree.child(node, 'type'), 'type');
      const declared = this.#functionNamed(file, generic);
      if (declared !== null) return { kind: 'known', functions: [declared], receiver: NO_NODE };
      return { kind: 'conversion', type: this.typeFromNode({ file, node: tree.child(node, 'type') }) };
    }
    while (tree.kind(called) === 'parenthesized_expression' || tree.kind(called) === 'index_expression') {
      called =
        tree.kind(called) === 'index_expression'
          ? tree.child(called, 'operand')
          : (tree.children(called)[0] ?? NO_NODE);
    }
    if (tree.kind(called) === 'identifier') return this.#calleeByName(file, called, depth);
    if (tree.kind(called) === 'selector_expression') return this.#calleeBySelector(file, called, depth);
    if (tree.kind(called).endsWith('_type')) {
      return { kind: 'conversion', type: this.typeFromNode({ file, node: called }) };
    }
    return { kind: 'value', receiver: called, type: this.typeOf({ file, node: called }, depth + 1) };
  }

  #functionNamed(file: GoFile, name: NodeRow): FunctionDeclaration | null {
    const { tree } = file;
    if (tree.kind(name) === 'qualified_type') {
      const path = file.imports.get(tree.textOf(tree.child(name, 'package'))) ?? '';
      return this.#index.package(path)?.functions.get(tree.textOf(tree.child(name, 'name'))) ?? null;
    }
    return this.#index.package(file.importPath)?.functions.get(tree.textOf(name)) ?? null;
  }

  #calleeByName(file: GoFile, called: NodeRow, depth: number): Callee {
    const name = file.tree.textOf(called);
    const local = this.#index.locals(file).resolve(name, called);
    if (local !== null) {
      return { kind: 'value', receiver: called, type: this.typeOfLocal(file, local, depth) };
    }
    const declared = this.#index.package(file.importPath)?.functions.get(name);
    if (declared !== undefined) return { kind: 'known', functions: [declared], receiver: NO_NODE };
    if (BUILTINS.has(name)) return { kind: 'builtin', name };
    const type = this.#namedType(file, name);
    if (type.kind !== 'unknown') return { kind: 'conversion', type };
    return { kind: 'value', receiver: called, type: this.typeOfPackageName(file.importPath, name, depth) };
  }

  #calleeBySelector(file: GoFile, called: NodeRow, depth: number): Callee {
    const { tree } = file;
    const operand = tree.child(called, 'operand');
    const name = tree.textOf(tree.child(called, 'field'));
    const imported = this.packageOf(file, operand);
    if (imported !== null) {
      const pkg = this.#index.package(imported);
      const declared = pkg?.functions.get(name);
      if (declared !== undefined) return { kind: 'known', functions: [declared], receiver: NO_NODE };
      if (pkg?.types.has(name)) return { kind: 'conversion', type: named(imported, name) };
      return { kind: 'external', key: `${imported}.${name}`, receiver: NO_NODE };
    }
    const type = this.typeOf({ file, node: operand }, depth + 1);
    const field = this.fieldOf(type, name);
    if (field !== null) return { kind: 'value', receiver: called, type: field.type };
    const methods = this.methodsOf(type, name);
    if (methods.length > 0) return { kind: 'known', functions: methods, receiver: operand };
    const owner = this.#externalOwner(type, 0);
    return { kind: 'external', key: owner === null ? `?.${name}` : `${owner}.${name}`, receiver: operand };
  }

  /** Named type outside of the sources that a value is, or embeds. */
  #externalOwner(type: GoType, depth: number): string | null {
    if (type.kind !== 'named' || depth > MAX_EMBEDDING) return null;
    const behind = this.underlying(type);
    if (behind.kind === 'named') return `${behind.path}.${behind.name}`;
    return `${type.path}.${type.name}`;
  }
}

function asOne(results: readonly GoType[]): GoType {
  return results.length === 1 ? results[0] : { kind: 'tuple', items: results };
}
