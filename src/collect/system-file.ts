// Files of /proc and /sys: small, made up when they are read, gone at any time, and not for everybody.
import { readFile } from 'node:fs/promises';

export interface ProcOptions {
  /** Where the file system begins; tests put a folder with fixtures here. */
  readonly fsRoot?: string;
  /** Told of each file that is there and may not be read by this user. */
  readonly onDenied?: (path: string) => void;
}

/** Null when it is gone, not there on this kernel, or not permitted (which `onDenied` is told). */
export async function readSystemText(path: string, options: ProcOptions = {}): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isDenied(error)) options.onDenied?.(path);
    return null;
  }
}

export function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}
