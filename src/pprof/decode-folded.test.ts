import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { mutate } from '../testing/mutate.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { decodeProfile } from './decode-profile.ts';
import { fromFoldedName, toFoldedName } from './folded-names.ts';
import type { Profile } from './tables.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(text: string): Profile {
  const decoded = decodeProfile(encode(text));
  if (decoded.form !== 'folded') throw new Error(`taken for ${decoded.form}`);
  return decoded.profile;
}

function draw(text: string): string[] {
  const { samples, stacks, locations, lines, functions, strings } = read(text);
  return Array.from(samples.stack, (stack, sample) => {
    const rows = stacks.location.slice(stacks.locationStart[stack], stacks.locationStart[stack + 1]);
    const names = Array.from(rows, (row) =>
      strings.get(functions.name[lines.function[locations.lineStart[row]]]),
    );
    return `${names.join(' < ')} = ${samples.values[0][sample]}`;
  });
}

describe('names in folded stacks', () => {
  it.each([
    ['std::vector<int>::push_back(int)', 'std::vector<int>::push_back(int)'],
    ['a;b', 'a\u037eb'],
    ['two\nlines\t\x7f', 'two\u240alines\u2409\u2421'],
    ['#main', '\u241b#main'],
    [' main ', '\u241b main \u241b'],
    ['allocated 12', 'allocated 12'],
    ['\u037e \u2400 \u241b', '\u241b\u037e \u241b\u2400 \u241b\u241b'],
  ])('%j is written as %j, and read again', (name, text) => {
    expect(toFoldedName(name)).toBe(text);
    expect(fromFoldedName(text)).toBe(name);
    expect(draw(`${text};${text} 12\n`)).toEqual([`${name} < ${name} = 12`]);
  });

  it('survive whatever they are made of', () => {
    const random = seededRandom(7);
    const parts = [
      'a',
      ';',
      '#',
      ' ',
      '\n',
      '\r',
      '\0',
      '\u2028',
      '\u2029',
      '\u00a0',
      '\u241b',
      '\u2420',
      '\u037e',
      '<b>',
      '9',
    ];
    for (let number = 0; number < 5000; number++) {
      const length = 1 + Math.floor(random() * 5);
      const name = Array.from({ length }, () => parts[Math.floor(random() * parts.length)]).join('');
      const text = toFoldedName(name);
      expect(draw(`${text};${text} 3\n`), JSON.stringify(name)).toEqual([`${name} < ${name} = 3`]);
    }
  });
});

describe('folded stacks', () => {
  it('are read leaf first, with blanks in names and 64-bit values', () => {
    expect(draw('main;a b;c 3\nmain -1\n\nmain;x 9223372036854775807 \r\n')).toEqual([
      'c < a b < main = 3',
      'main = -1',
      'x < main = 9223372036854775807',
    ]);
  });

  it('may have one frame each, and comments', () => {
    expect(draw('# perf\na 1\nb 2\nc 3\n')).toEqual(['a = 1', 'b = 2', 'c = 3']);
    expect(draw('a;b 1\nidle 5\n')).toEqual(['b < a = 1', 'idle = 5']);
    expect(draw('swapper 5\nmain 7\n')).toEqual(['swapper = 5', 'main = 7']);
    expect(draw('[unknown];main 5\n')).toEqual(['main < [unknown] = 5']);
    expect(draw('<a>;b 5\n')).toEqual(['b < <a> = 5']);
    expect(draw(`${'f;'.repeat(3000)}g 1\n`)).toHaveLength(1);
  });

  it('have one function and one location a name', () => {
    const { functions, locations } = read('a;b;a 1\nb;a 2\n');
    expect([functions.length, locations.length]).toEqual([2, 2]);
  });

  it.each([
    ['a;b 1\nc;d 2\n\nc;d', /line 4, .*no "frame;frame VALUE" line/],
    ['a;b 1\nc;d 9223372036854775808\n', /line 2/],
    ['upstream said 502\n', /none that a profile endpoint writes/],
  ])('%j is refused', (text, expected) => {
    expect(() => read(text)).toThrow(expected);
  });

  it('are read or refused whatever is changed in them', () => {
    const bytes = encode('main;serve;put 512\nmain;serve 3\nmain;gc;mark 77\n');
    const random = seededRandom(3);
    for (let round = 0; round < 2000; round++) {
      try {
        decodeProfile(mutate(bytes, random));
      } catch (error) {
        expect(error).toBeInstanceOf(PlimsollError);
      }
    }
  });
});
