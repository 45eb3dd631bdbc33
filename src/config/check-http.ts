// What HTTP does not allow: found before the first request, which would fail each time.
import type { Path } from './read-settings.ts';

type Add = (path: Path, fact: string, fix: string) => void;

/** RFC 9110, 5.6.2 and 5.5; what Node sends. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @param headers values that could not be read are undefined. */
export function checkHeaders(
  headers: Readonly<Record<string, string | undefined>> | undefined,
  path: Path,
  add: Add,
): void {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!HEADER_NAME.test(name))
      add([...path, name], 'is no name of a header', 'Write letters, digits and dashes: X-Api-Key.');
    if (value !== undefined && !HEADER_VALUE.test(value))
      add(
        [...path, name],
        'has a character that no header may have',
        'Leave out line breaks and letters beyond Latin-1; a file may end with a line too many.',
      );
  }
}

/** Null where it can be asked, with or without user info; else fact and fix. Tells nothing of the text. */
export function findUrlProblem(text: string): { readonly fact: string; readonly fix: string } | null {
  if (!/^https?:\/\//.test(text)) return { fact: 'needs a URL', fix: 'Begin it with https:// or http://.' };
  if (/\s/.test(text)) return { fact: 'is a URL with a space', fix: 'Leave it out, or write %20.' };
  // `http:///path` parses, as host `path`.
  if (/^https?:\/\/([^/?#]*@)?([/?#:]|$)/.test(text))
    return { fact: 'is a URL without a host', fix: 'Write https://host/path.' };
  return URL.canParse(text) ? null : { fact: 'is no URL', fix: 'Write https://host:port/path.' };
}

/** Whether user or password stand in a URL. */
export function hasUserInfo(text: string | undefined): boolean {
  return text !== undefined && /^[a-z][a-z\d+.-]*:\/\/[^/?#]*@/i.test(text);
}

/** Whether a header of one's own says who asks. */
export function hasAuthorization(headers: Readonly<Record<string, unknown>> | undefined): boolean {
  return Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
}
