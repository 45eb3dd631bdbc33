// Pages of a list whose members come and go: a cursor names the last entry that was sent, not a position.
import { Buffer } from 'node:buffer';

/** Total order of entries, compared part by part. */
export type PageKey = readonly (number | string)[];

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** null when the cursor is none of ours. */
export function takePage<T>(
  items: readonly T[],
  keyOf: (item: T) => PageKey,
  request: { readonly limit: number; readonly cursor: string | undefined },
): Page<T> | null {
  const sorted = items.map((item) => ({ item, key: keyOf(item) })).sort((a, b) => compareKeys(a.key, b.key));
  const after = request.cursor === undefined ? null : decodeCursor(request.cursor);
  if (request.cursor !== undefined && after === null) return null;
  const rest = after === null ? sorted : sorted.filter((entry) => compareKeys(entry.key, after) > 0);
  const page = rest.slice(0, request.limit);
  const last = page.at(-1);
  const isMore = rest.length > page.length && last !== undefined;
  return { items: page.map((entry) => entry.item), nextCursor: isMore ? encodeCursor(last.key) : null };
}

function compareKeys(a: PageKey, b: PageKey): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined || typeof left !== typeof right) return typeof left === 'number' ? -1 : 1;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

function encodeCursor(key: PageKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function decodeCursor(cursor: string): PageKey | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isKey =
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((p) => typeof p === 'number' || typeof p === 'string');
    return isKey ? value : null;
  } catch {
    return null;
  }
}
