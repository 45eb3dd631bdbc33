import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { MINUTE_MILLIS, SECOND_MILLIS } from '../base/units.ts';
import { StoreTrouble } from './store-trouble.ts';

function follow(script: readonly (readonly [seconds: number, 'fails' | 'works'])[]): string[] {
  const said: string[] = [];
  let now = 0;
  const talk = { info: (text: string) => said.push(text), warn: (text: string) => said.push(`! ${text}`) };
  const trouble = new StoreTrouble(talk, () => now);
  for (const [seconds, outcome] of script) {
    now = seconds * SECOND_MILLIS;
    if (outcome === 'works') trouble.worked();
    else trouble.failed('orders', new PlimsollError('STORE_TIMEOUT', 'store', 'no answer within 1 min.'));
  }
  return said;
}

describe('trouble with the store', () => {
  it('is told once however often it fails, and again only after minutes, with how often it failed', () => {
    const minute = MINUTE_MILLIS / SECOND_MILLIS;
    const said = follow([
      [0, 'fails'],
      [5, 'fails'],
      [10, 'fails'],
      [5 * minute, 'fails'],
      [5 * minute + 5, 'fails'],
    ]);
    expect(said).toHaveLength(2);
    expect(said[0]).toMatch(
      /^! orders could not be stored and is tried again: store: no answer within 1 min\. \w/,
    );
    expect(said[1]).toContain('since 5 min, with 2 more failures');
  });

  it('is over once something is stored, which is told once, and told anew when it comes back', () => {
    const said = follow([
      [0, 'works'],
      [5, 'fails'],
      [65, 'works'],
      [70, 'works'],
      [75, 'fails'],
    ]);
    expect(said.map((text) => text.slice(0, 12))).toEqual(['! orders cou', 'the store ta', '! orders cou']);
    expect(said[1]).toBe('the store takes data again, after 1 min');
  });
});
