import { describe, expect, it } from 'vitest';
import { ownersOf, parseCodeOwners } from './code-owners.ts';

/** The example of GitHub's documentation, its rules about owners that cannot write left out. */
const EXAMPLE = `# This is a comment.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
`;

const owners = (path: string, text = EXAMPLE) => ownersOf(path, parseCodeOwners(text)).join(' ');

describe('CODEOWNERS', () => {
  it.each([
    ['README', '@global-owner1 @global-owner2'],
    ['web/page.js', '@js-owner'],
    ['sub/hub.go', 'docs@example.com'],
    ['build/logs/a/b', '@octocat'],
    ['docs/a.md', '@doctocat'],
    ['lib/apps/a/b.c', '@octocat'],
    ['scripts/run', '@doctocat @octocat'],
    ['deeply/nested/logs/a', '@octocat'],
    ['apps/web/a.go', '@octocat'],
    ['apps/github/a.go', ''],
    ['apps/github', ''],
  ])('as in the documentation: %s belongs to "%s"', (path, expected) => {
    expect(owners(path)).toBe(expected);
  });

  it.each([
    ['docs/* @a', 'docs/x.md', true],
    ['docs/* @a', 'docs/build/x.md', false],
    ['/docs/** @a', 'docs/build/x.md', true],
    ['/docs/** @a', 'docs', false],
    ['/a/**/c @a', 'a/c', true],
    ['/a/**/c @a', 'a/b/b/c/d.go', true],
    ['sub @a', 'x/sub/hub.go', true],
    ['/sub @a', 'x/sub/hub.go', false],
    ['x/sub @a', 'y/x/sub/hub.go', false],
    ['sub/ @a', 'sub', false],
    ['/hub.go @a', 'hub.go', true],
    ['hub.?o @a', 'sub/hub.go', true],
    ['HUB.go @a', 'sub/hub.go', false],
    ['my\\ sub/ @a', 'my sub/hub.go', true],
    ['!sub @a', 'sub/hub.go', false],
    ['su[bx] @a', 'sub/hub.go', false],
    ['sub nobody', 'sub/hub.go', false],
    ['/ @a', 'sub/hub.go', true],
  ])('%s matches %s: %s', (line, path, is) => {
    expect(owners(path, line)).toBe(is ? '@a' : '');
  });

  it('takes the last rule that matches, also when it takes owners away', () => {
    expect(owners('sub/hub.go', '* @a\n/sub/ @b\r\n*.go @c')).toBe('@c');
    expect(owners('sub/hub.go', '* @a\n/sub/\n')).toBe('');
    expect(owners('sub/hub.go', '* @a\n/sub/ # nobody @b\n')).toBe('');
  });

  it('takes no longer for a pattern that is made to', () => {
    const hostile = `/${'*a'.repeat(2000)}b/${'**/'.repeat(2000)}x @a`;
    expect(owners(`${'a'.repeat(4000)}/y`, hostile)).toBe('');
  });
});
