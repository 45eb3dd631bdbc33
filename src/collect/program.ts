// What program does a process run? Its executable says so, wherever its container keeps it.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramInfo } from '../parse/gauges-from-proc.ts';
import { readGoBuildInfo, type GoBuildInfo } from '../parse/go-build-info.ts';
import { isDenied, type ProcOptions } from './system-file.ts';

/** The executable of a process as it tells about itself. */
export type Program =
  | { readonly kind: 'go'; readonly build: GoBuildInfo }
  | { readonly kind: 'other' }
  /** A kernel thread, or a process of somebody else. */
  | { readonly kind: 'unknown'; readonly why: 'denied' | 'none' };

/**
 * Reads /proc/PID/exe, which is the very file that runs, even when it was replaced or lies in a container. Costs five reads
 * of some kilobytes, once for each process.
 */
export async function readProgram(pid: number, options: ProcOptions = {}): Promise<Program> {
  const path = join(options.fsRoot ?? '/', 'proc', String(pid), 'exe');
  try {
    const file = await open(path, 'r');
    try {
      const build = await readGoBuildInfo(async (offset, length) => {
        if (!Number.isSafeInteger(offset)) return new Uint8Array();
        const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
        return buffer.subarray(0, bytesRead);
      });
      return build === null ? { kind: 'other' } : { kind: 'go', build };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isDenied(error)) options.onDenied?.(path);
    return { kind: 'unknown', why: isDenied(error) ? 'denied' : 'none' };
  }
}

/** As recordings keep it; null where it is not known. */
export function describeProgram(program: Program): ProgramInfo | null {
  if (program.kind === 'unknown') return null;
  if (program.kind === 'other') return { goVersion: null };
  const { goVersion, module, moduleVersion } = program.build;
  return {
    goVersion,
    ...(module === null ? {} : { module }),
    ...(moduleVersion === null ? {} : { moduleVersion }),
  };
}
