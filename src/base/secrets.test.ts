import { describe, expect, it } from 'vitest';
import { hideSecrets, secretsOfCommand, secretsOfUrl } from './secrets.ts';

describe('hideSecrets', () => {
  it.each([
    ['http://u:hunter2@host/', 'no hunter2 here', 'no … here'],
    ['http://user:hunter2@host/', 'user:hunter2', '…'],
    ['http://host/?token=SECRETM&x=1', 'denied /?token=SECRETM&x=1', 'denied /?token=…&x=1'],
    ['http://host/?t=a%20bcd', 'a bcd, a%20bcd, a+bcd', '…, …, a+bcd'],
    ['http://host/?t=a%zzbcd#f', 'a%zzbcd', '…'],
    ['http://host/p@th', 'p@th', 'p@th'],
    ['no url', 'no url', 'no url'],
  ])('of %s makes %s to %s', (url, text, hidden) => {
    expect(hideSecrets(text, secretsOfUrl(url))).toBe(hidden);
  });

  it('leaves words that are too short for a secret', () => {
    expect(hideSecrets('one on two', ['on'])).toBe('one on two');
  });

  it('hides what stands in a command, but not the program', () => {
    const secrets = secretsOfCommand(
      "curl -H 'Authorization: Bearer Tok3n' https://u:hunter@host/?k=value /opt/A1",
    );
    expect(hideSecrets('curl: (22) Tok3n hunter value /opt/A1', secrets)).toBe('curl: (22) … … … /opt/A1');
  });
});
