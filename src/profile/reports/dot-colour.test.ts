import { describe, expect, it } from 'vitest';
import { dotColour } from './dot-colour.ts';

describe('dotColour', () => {
  it.each([
    ['nothing', 0, '#b2b2b2', '#ededed'],
    ['all', 1, '#b20000', '#edd5d5'],
    ['all of it gone', -1, '#00b200', '#d5edd5'],
    ['a part of no total', Number.NaN, '#b20000', '#ed00d5'],
  ])('of %s is the one that pprof draws', (_, share, border, box) => {
    expect([dotColour(share, false), dotColour(share, true)]).toEqual([border, box]);
  });
});
