// What a function name tells: package, owner, and a name that survives a new build.
import type { Frame } from './snapshot.ts';
import { STANDARD_LIBRARY_ROOTS } from './standard-library.ts';

/** What a frame without a name is called. */
export const UNKNOWN_FRAME = '<unknown>';

/**
 * Whose code a frame is.
 *
 * `unknown`: no Go package in the name (C code, no symbols).
 */
export type FrameOwner = 'runtime' | 'standard-library' | 'third-party' | 'application' | 'unknown';

/**
 * Import path of the package of a function, as it is written in source: escapes are undone, so
 * `gopkg.in/natefinch/lumberjack%2ev2.(*Logger).Write` is in `gopkg.in/natefinch/lumberjack.v2`. '' where there is
 * none (`malloc`, `<unknown>`, `[libc.so.6]`).
 *
 * The linker escapes dots of the last path element only, so the package ends at the first dot behind the last slash.
 * Type arguments hold slashes and dots of their own and come later. Source: cmd/internal/objabi PathToPrefix.
 */
export function packageOf(functionName: string): string {
  const dot = endOfPackage(functionName);
  return dot === -1 ? '' : unescapePath(functionName.slice(0, dot));
}

/** Names of C and C++: scopes, templates, and the parts into which their compilers split functions. */
const NOT_GO = /::|<|^[^./]*\.(?:part|cold|constprop|isra|lto_priv|llvm)\b/;

/** Offset of the dot that ends the package, or -1. */
function endOfPackage(name: string): number {
  if (NOT_GO.test(name)) return -1;
  // Type arguments and receivers begin with these; a path holds neither.
  const bracket = name.search(/[[(]/);
  const head = bracket === -1 ? name : name.slice(0, bracket);
  const slash = head.lastIndexOf('/');
  const dot = head.indexOf('.', slash + 1);
  if (dot <= slash + 1) return -1;
  // Tools that undo the escapes leave `gopkg.in/yaml.v3.Unmarshal`: there the version belongs to the path.
  const version = head.startsWith('gopkg.in/') ? /^\.v\d+(?=\.)/.exec(head.slice(dot)) : null;
  return dot + (version?.[0].length ?? 0);
}

function unescapePath(path: string): string {
  return path.includes('%')
    ? path.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    : path;
}

export function isRuntime(functionName: string): boolean {
  const path = packageOf(functionName);
  return path === 'runtime' || path.startsWith('runtime/internal/') || path.startsWith('internal/runtime/');
}

/** Go's own code, the runtime included. `main` is nobody's but the application's. */
export function isStandardLibrary(functionName: string): boolean {
  const path = packageOf(functionName);
  return path !== '' && isStandardPath(path);
}

function isStandardPath(path: string): boolean {
  const slash = path.indexOf('/');
  // `type:.eq.T` and `go:` are helpers that the compiler makes.
  return STANDARD_LIBRARY_ROOTS.has(slash === -1 ? path : path.slice(0, slash)) || /^(?:type|go):/.test(path);
}

/** Where the module cache and vendor folders are, in full paths and in those that -trimpath leaves. */
const DEPENDENCY_FILE = /\/pkg\/mod\/|\/vendor\/|@v\d+\.\d+\.\d+/;

/**
 * Whose code a frame is.
 *
 * @param mainModule path of the main module, where it is known. Without it, code in the module cache or a vendor
 *   folder is third-party and everything else outside the standard library the application's.
 */
export function ownerOf(frame: Frame, mainModule: string | null): FrameOwner {
  const path = packageOf(frame.function);
  if (path === '') return 'unknown';
  if (path === 'main') return 'application';
  if (isRuntime(frame.function)) return 'runtime';
  if (isVendored(path)) return path.startsWith('vendor/') ? 'standard-library' : 'third-party';
  if (mainModule !== null && isBelow(path, mainModule)) return 'application';
  if (isStandardPath(path)) return 'standard-library';
  if (DEPENDENCY_FILE.test(frame.file)) return 'third-party';
  // A path that can be downloaded has a dot in its first element; without one it comes from the same workspace.
  if (mainModule !== null && path.split('/', 1)[0].includes('.')) return 'third-party';
  return 'application';
}

/** The user's own code: below the main module, or in package main. See ownerOf. */
export function isApplication(frame: Frame, mainModule: string | null): boolean {
  return ownerOf(frame, mainModule) === 'application';
}

function isVendored(path: string): boolean {
  return path.startsWith('vendor/') || path.includes('/vendor/');
}

/** Also its external test package `module_test` and the generated `module.test`. */
function isBelow(path: string, module: string): boolean {
  if (!path.startsWith(module)) return false;
  const rest = path.slice(module.length);
  return rest === '' || rest.startsWith('/') || rest === '_test' || rest === '.test';
}

/** Closures, wrappers and loop bodies that the compiler numbers; the numbers change when code is added elsewhere. */
const GENERATED = /\.(?:func|gowrap|deferwrap)\d+(?:\.\d+)*|·dwrap·\d+|-range\d+|-fm$/g;

/**
 * A function's name without what a compiler or an unrelated change may alter: type arguments and the numbers of
 * closures. Two closures of one function become one name. For fingerprints; people are shown the name as it is.
 *
 *     example.com/cart.(*Cache[go.shape.string]).Get.func1.2  ->  example.com/cart.(*Cache).Get
 *     main.(*Hub).Subscribe.gowrap1                           ->  main.(*Hub).Subscribe
 *     main.func1                                              ->  main.func1      (somebody's own name)
 */
export function normalizeFunction(functionName: string): string {
  const name = withoutTypeArguments(functionName);
  const dot = endOfPackage(name);
  if (dot === -1) return name;
  // The first name behind the package is never generated: `func1` may be what somebody called it.
  const own = /^\.(?:\([^)]*\)|glob\.|init(?:\.\d+)?|[^.·-]*)/.exec(name.slice(dot))?.[0] ?? '';
  const rest = name.slice(dot + own.length).replace(GENERATED, '');
  const stable = own === '.glob.' ? '.glob' : own.replace(/^\.init\.\d+$/, '.init');
  return name.slice(0, dot) + stable + rest.replace(/(?:\.\d+)+$/, '');
}

/** Drops every balanced `[...]`. What has no end (a name that was cut) is dropped to the end. */
function withoutTypeArguments(name: string): string {
  if (!name.includes('[') || name.startsWith('[')) return name;
  let kept = '';
  let depth = 0;
  for (const char of name) {
    if (char === '[') depth++;
    else if (char === ']' && depth > 0) depth--;
    else if (depth === 0) kept += char;
  }
  return kept;
}

/** `orders/store.(*Store[...]).Put` to `orders/store.(*Store)`; null for what is no method of a pointer. */
export function receiverOf(name: string): string | null {
  return /^[^()]*\.\(\*\w+/.exec(name.replace(/\[[^()]*\]/g, ''))?.[0] ?? null;
}
