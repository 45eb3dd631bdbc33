import { createHash } from 'node:crypto';

/** Names of sinks and keys are ours, and may still hold what no file system likes. */
export function idOf(parts: readonly string[]): string {
  const id = parts.join('--');
  return /^[A-Za-z0-9][\w.-]{0,150}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}

export function fileNameOf(parts: readonly string[]): string {
  return `${idOf(parts)}.json`;
}
