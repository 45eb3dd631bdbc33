// Names of C++ functions and objects: Itanium C++ ABI (https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling).
import { Unreadable, type Budget } from './budget.ts';
import { NameReader } from './name-reader.ts';
import type { NameStyle } from './name-style.ts';
import { Printer } from './printer.ts';

/** What clang appends to the blocks of a function; a number may follow. */
const BLOCK = '_block_invoke';
const GLOBAL = '_GLOBAL_';

/** The name as `style` shows it. Throws Unreadable for what is no mangled C++ name. */
export function demangleCpp(name: string, style: NameStyle, budget: Budget): string {
  const show = (source: string, from: number, hasParameters = style === 'full'): string => {
    const tree = new NameReader(source, from, budget).encoding(hasParameters);
    const parts = { templateArgs: style !== 'default', enclosingParameters: style === 'full' };
    return new Printer(parts, budget).print(tree);
  };
  if (name.startsWith('_Z')) return show(name, '_Z'.length);
  if (name.startsWith('___Z')) {
    const block = name.lastIndexOf(BLOCK);
    if (block < 0 || !/^_?\d*(?:\.|$)/.test(name.slice(block + BLOCK.length)))
      throw new Unreadable('no block');
    return `invocation function for block in ${show(name.slice(0, block), '___Z'.length)}`;
  }
  const kind = /^_GLOBAL_[._$]([ID])_/.exec(name)?.[1];
  if (kind === undefined) throw new Unreadable('not mangled');
  const keyAt = GLOBAL.length + '_I_'.length;
  // The key is shown with its parameters in each style.
  const key = name.startsWith('_Z', keyAt)
    ? show(name, keyAt + '_Z'.length, true)
    : name.slice(GLOBAL.length);
  return `global ${kind === 'I' ? 'constructors' : 'destructors'} keyed to ${key}`;
}
