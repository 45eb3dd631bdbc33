// `comments`: the free texts of a profile, one a line.
import type { Profile } from '../../pprof/tables.ts';

export function renderComments({ header, strings }: Profile): string {
  return Array.from(header.comment, (row) => `${strings.get(row)}\n`).join('');
}
