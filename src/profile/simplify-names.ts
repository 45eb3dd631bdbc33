// Names of C++ and Rust code without their argument and template lists, as pprof shows them, whether they are mangled
// or not. Source: google/pprof internal/symbolizer demangleSingleFunction.
import type { StringIndex } from '../base/string-table.ts';
import { Demangler } from '../pprof/demangle/demangle.ts';
import type { NameStyle } from '../pprof/demangle/name-style.ts';
import type { IndexColumn, Profile } from '../pprof/tables.ts';
import { StringAppender } from './append-strings.ts';

/**
 * Demangles names, and simplifies those that look like C++. A name that differs from its system name is taken as
 * demangled already.
 *
 * @param style `none` demangles nothing.
 * @param isForced starts from the system names again.
 */
export function simplifyNames(profile: Profile, style: NameStyle | 'none', isForced: boolean): Profile {
  const { functions, strings } = profile;
  const appender = new StringAppender(strings);
  const name = functions.name.slice() as IndexColumn<StringIndex>;
  const shown = style === 'none' ? null : shownName(style);
  let isChanged = false;
  for (let row = 0; row < name.length; row++) {
    const system = functions.systemName[row];
    let old = name[row];
    if (isForced && strings.get(old) !== '' && strings.get(system) !== '') old = system;
    if (shown === null) {
      name[row] = old;
      isChanged ||= old !== functions.name[row];
      continue;
    }
    if (old !== system && strings.get(old) !== '' && strings.get(old) !== strings.get(system)) continue;
    const simple = shown(strings.get(system));
    name[row] = simple === strings.get(system) ? system : appender.row(simple);
    isChanged ||= name[row] !== functions.name[row];
  }
  if (!isChanged) return profile;
  return { ...profile, strings: appender.finish(), functions: { ...functions, name } };
}

function shownName(style: NameStyle): (system: string) => string {
  const demangler = new Demangler(style);
  return (system) => {
    if (!system.startsWith('_')) return simplify(system, style);
    // macOS writes one more _ before each name.
    return demangler.demangle(system) ?? demangler.demangle(system.slice(1)) ?? simplify(system, style);
  };
}

function simplify(name: string, style: NameStyle): string {
  if (style === 'full' || !looksLikeCpp(name)) return name;
  const withoutArguments = removeMatching(name, '(', ')');
  return style === 'templates' ? withoutArguments : removeMatching(withoutArguments, '<', '>');
}

function looksLikeCpp(name: string): boolean {
  // Java's `Class.<init>` and Go's `pkg.(*T[...]).Method` are none.
  if (name.includes('.<') || name.includes(']).')) return false;
  return /[<>[\]]|::/.test(name);
}

/**
 * The name without its outermost pairs of brackets and what is in them. A bracket that closes nothing ends the search:
 * what was removed until then stays removed, the rest stays.
 */
function removeMatching(name: string, open: string, close: string): string {
  let kept = '';
  let keptTo = 0;
  let nesting = 0;
  let first = 0;
  for (let at = 0; at < name.length; at++) {
    if (name[at] === open) {
      nesting++;
      if (nesting === 1) first = at;
    } else if (name[at] === close) {
      nesting--;
      if (nesting < 0) break;
      if (nesting === 0) {
        kept += name.slice(keptTo, first);
        keptTo = at + 1;
      }
    }
  }
  return kept + name.slice(keptTo);
}
