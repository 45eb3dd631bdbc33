// What a person may and should see of a URL and of an error page.

import { hideSecrets, secretsOfUrl } from '../base/secrets.ts';

const MAX_REASON = 160;
/** Query parameters that carry secrets. */
const SECRET_NAME = /token|secret|passw|pwd|key|auth|signature|sig$/i;

/** A URL without credentials: neither `user:password@` nor the values of parameters such as `token`. Never throws. */
export function shownUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  // `user:secret@host` is a URL as well, of the scheme `user`.
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    return url.replace(/^([a-z+.-]+:\/\/)?.*@/is, '$1');
  }
  parsed.username = '';
  parsed.password = '';
  for (const name of [...parsed.searchParams.keys()]) {
    if (SECRET_NAME.test(name)) parsed.searchParams.set(name, '...');
  }
  return parsed.href;
}

/**
 * The first line of an error answer that says something: the title of an HTML page, else its text.
 * @param sent headers of the request: some servers answer with what they were sent.
 * @param url that was asked.
 */
export function readableReason(
  body: Uint8Array,
  sent: Readonly<Record<string, string>> = {},
  url = '',
): string {
  const text = textWithoutSecrets(body, sent, url);
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  const plain = title ?? text.replace(/<(style|script)\b[\s\S]*?(?:<\/\1>|$)/gi, '').replace(/<[^>]*>/g, ' ');
  const lines = plain
    .split(/[\r\n]+/)
    .map((line) => line.replace(/[^\x20-\x7e\u00a0-\uffff]+|\s+/g, ' ').trim());
  const line = lines.find((candidate) => candidate !== '') ?? '';
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON - 3)}...` : line;
}

/** Values of headers, what basic authentication wraps, user info and values of the query of `url` become `...`. */
export function textWithoutSecrets(
  body: Uint8Array,
  sent: Readonly<Record<string, string>> = {},
  url = '',
): string {
  const secrets = Object.values(sent).flatMap((value) => {
    const [scheme = '', token = ''] = value.split(/ +/, 2);
    const plain = scheme.toLowerCase() === 'basic' ? Buffer.from(token, 'base64').toString() : '';
    return [value, token, plain, plain.slice(plain.indexOf(':') + 1)];
  });
  return hideSecrets(new TextDecoder().decode(body), [...secrets, ...secretsOfUrl(url)], '...');
}
