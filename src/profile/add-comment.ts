import type { StringIndex } from '../base/string-table.ts';
import type { IndexColumn, Profile } from '../pprof/tables.ts';
import { StringAppender } from './append-strings.ts';

/** The profile with one more comment. */
export function addComment(profile: Profile, comment: string): Profile {
  const appender = new StringAppender(profile.strings);
  const row = appender.row(comment);
  const rows = Int32Array.from([...profile.header.comment, row]) as IndexColumn<StringIndex>;
  return { ...profile, strings: appender.finish(), header: { ...profile.header, comment: rows } };
}
