import { describe, expect, it } from 'vitest';
import { areUnrelated, type Keeper } from './keeper.ts';

const keeper = (owner: string, element: string, more: Partial<Keeper> = {}): Keeper => ({
  ...{ owner: `m/desk.${owner}`, element, reach: [`m/desk.${owner}`], isOpaque: false },
  adder: `m/desk.${owner}.Add`,
  ...more,
});
const QUOTES = keeper('Quotes', '[]');

describe('areUnrelated', () => {
  it('sees two leaks in containers of different owners, filled by different functions', () => {
    expect(areUnrelated(QUOTES, keeper('Receipts', '[]'))).toBe(true);
    expect(areUnrelated(QUOTES, keeper('Receipts', '[]', { adder: QUOTES.adder }))).toBe(false);
    expect(areUnrelated(QUOTES, { ...keeper('Receipts', '[]'), owner: QUOTES.owner })).toBe(false);
  });

  it('sees one where values of one container lead to the other, or may do so unseen', () => {
    const reach = ['m/desk.Receipts', QUOTES.owner];
    expect(areUnrelated(QUOTES, keeper('Receipts', '[]', { reach }))).toBe(false);
    expect(areUnrelated(keeper('Receipts', '[]', { reach }), QUOTES)).toBe(false);
    expect(areUnrelated(QUOTES, keeper('Receipts', '[]', { isOpaque: true }))).toBe(false);
  });

  it('sees one in two ways to the same entries, and in an index of plain values of the same package', () => {
    const byName = keeper('Names', 'm/desk.Order');
    expect(areUnrelated(byName, keeper('Times', 'm/desk.Order'))).toBe(false);
    expect(areUnrelated(byName, keeper('Counts', ''))).toBe(false);
    expect(areUnrelated(byName, { ...keeper('Counts', ''), owner: 'm/stats.Counts' })).toBe(true);
  });
});
