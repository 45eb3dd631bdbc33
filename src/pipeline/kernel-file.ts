// The compiled kernel: found beside the other modules, compiled once, instantiated as it is needed. Where it is missing (from
// sources) or cannot run, there is none, and everything is read without it.
import { readFileSync } from 'node:fs';
import { MIB, type Bytes } from '../base/units.ts';
import { ProtoKernel, type KernelExports } from '../pprof/proto-kernel.ts';

interface CompiledModule {
  readonly __kind: 'WebAssembly.Module';
}
/** Node has it, its types do not. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => CompiledModule;
  readonly Instance: new (module: CompiledModule) => { readonly exports: unknown };
};

const KERNEL_FILE = new URL('../pprof/kernel.wasm', import.meta.url);

/** Plain bytes up to this are read at once by one instance, which stays, larger ones in parts; its memory stays, too. */
export const MAX_SHARED_PLAIN: Bytes = MIB;
const MAX_SHARED_MEMORY: Bytes = 32 * MIB;

/** Where tables may be its memory, larger profiles have an instance each, which lives as long as they do. Beyond this there is none. */
export const MAX_OWN_PLAIN: Bytes = 16 * MIB;
const MAX_OWN_MEMORY: Bytes = 320 * MIB;

let compiled: CompiledModule | null | undefined;
let shared: ProtoKernel | null | undefined;

/** The instance for small profiles; null = there is none. */
export function sharedKernel(): ProtoKernel | null {
  return (shared ??= instantiate('copied', MAX_SHARED_MEMORY));
}

/** An instance for a profile of so many plain bytes; a large one keeps it. Null = there is none for it. */
export function kernelFor(plain: Bytes): ProtoKernel | null {
  if (plain <= MAX_SHARED_PLAIN) return sharedKernel();
  return plain <= MAX_OWN_PLAIN ? instantiate('kept', MAX_OWN_MEMORY) : null;
}

function instantiate(use: 'copied' | 'kept', maxMemory: Bytes): ProtoKernel | null {
  if (compiled === undefined) compiled = compile();
  if (compiled === null) return null;
  try {
    const { exports } = new WebAssembly.Instance(compiled);
    return new ProtoKernel(exports as KernelExports, use, maxMemory);
  } catch {
    return null; // no address space for its memory
  }
}

function compile(): CompiledModule | null {
  try {
    return new WebAssembly.Module(readFileSync(KERNEL_FILE));
  } catch {
    return null;
  }
}
