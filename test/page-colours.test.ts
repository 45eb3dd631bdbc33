import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

describe('the colours of the page', () => {
  /** Text on ground, as style.css pairs them. */
  const PAIRS = [
    'ink paper',
    'ink surface',
    'quiet paper',
    'quiet surface',
    'water paper',
    'water surface',
    'surface water',
    'surface ink',
    'surface mark',
    'limit surface',
    'mark surface',
    'mark paper',
    'leak surface',
    'leak leak-soft',
    'ink leak-soft',
    'open open-soft',
    'warn warn-soft',
    'warn paper',
    'calm calm-soft',
    'calm surface',
    'calm paper',
    'water leak-soft',
    'quiet leak-soft',
  ];

  it.each(['light', 'dark'])('reach WCAG AA in the %s scheme', async (scheme) => {
    const css = await readFile('web/src/style.css', 'utf8');
    const blocks = [...css.matchAll(/:root \{([^}]*)\}/g)].map((match) => match[1] ?? '');
    const block = blocks[scheme === 'light' ? 0 : 1] ?? '';
    const colours = new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]));
    const weak = PAIRS.filter((pair) => {
      const [text, ground] = pair.split(' ').map((name) => luminance(colours.get(name) ?? ''));
      if (text === undefined || ground === undefined) return true;
      return !((Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05) >= 4.5);
    });
    expect(weak).toEqual([]);
  });
});

/** Relative luminance of WCAG 2: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
