// Texts that come from outside (answers, standard error) may quote what they were sent: here it is taken out, in one place.

/** Shorter values are words (`on`, `1`, `gc`) that an answer may say by chance, and no secrets. */
const SHORTEST_SECRET = 4;

/** The text with each of `secrets` that is long enough replaced, as it stands and percent-encoded or decoded. */
export function hideSecrets(text: string, secrets: readonly string[], mark = '…'): string {
  const forms = new Set(
    secrets.flatMap((secret) => [secret, decoded(secret), encodeURIComponent(wellFormed(secret))]),
  );
  return [...forms]
    .filter((form) => form.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length)
    .reduce((left, form) => left.replaceAll(form, mark), text);
}

/** Of a URL: user, password, both together, and the value of each parameter. Never throws. */
export function secretsOfUrl(url: string): string[] {
  const [, userInfo = ''] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)@/i.exec(url) ?? [];
  const colon = userInfo.indexOf(':');
  const parts = colon < 0 ? [userInfo] : [userInfo, userInfo.slice(0, colon), userInfo.slice(colon + 1)];
  const [, query = ''] = /\?([^#]*)/.exec(url) ?? [];
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [...parts, ...values, ...values.map((value) => decoded(value.replaceAll('+', ' ')))].filter(
    (part) => part !== '',
  );
}

/** What a shell command has in it that may be a secret: words with a digit or a capital, but paths and the program itself. */
export function secretsOfCommand(command: string): string[] {
  const urls = command.match(/[a-z]+:\/\/[^\s'"]+/gi) ?? [];
  const [, ...words] = command.trim().split(/[\s'"=:;|&<>()@?,]+/);
  return [
    ...urls.flatMap(secretsOfUrl),
    ...words.filter((word) => /[A-Z\d]/.test(word) && !word.includes('/')),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A lone surrogate cannot be encoded. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/gu, '\ufffd');
}
