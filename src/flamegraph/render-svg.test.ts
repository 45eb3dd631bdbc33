import { describe, expect, it } from 'vitest';
import { drawProfile } from '../testing/drawn-profile.ts';
import { buildFlameTree, type FlameBounds } from './flame-tree.ts';
import { DRAWN_BOUNDS, escapeXml, renderFlameSvg } from './render-svg.ts';

function render(drawing: string, isDifference = false, bounds?: FlameBounds): string {
  const options = { title: 'orders', notes: ['Type: n'], formatValue: String, isDifference };
  return [...renderFlameSvg(buildFlameTree(drawProfile(drawing), 0, bounds), options)].join('');
}

/** Depth, name and value of every frame in the file. */
function readFrames(svg: string): string[] {
  const frame = /<g class="f" data-v="(-?\d+)" data-d="(\d+)"><title>([\s\S]*?)\n[^\n]*<\/title>/g;
  return [...svg.matchAll(frame)].map(([, value, depth, name]) => `${depth} ${unescapeXml(name)} ${value}`);
}

function unescapeXml(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}

const HOSTILE = [
  '<script>alert(1)</script>',
  "\"onload='x'&amp;",
  ']]>',
  'דוגמה.(*מטמון).הוסף',
  '\u202Eevil\u202C',
  'nul\u0000bell\u0007',
  'lone\uD800surrogate',
  'x'.repeat(10_000),
];

describe('renderFlameSvg', () => {
  it('holds every frame of the tree with its value', () => {
    const svg = render('types n\n main > a > x = 2\n main > b = 3\n other = 1');
    expect(readFrames(svg)).toEqual(['0 all 6', '1 main 5', '2 b 3', '2 a 2', '3 x 2', '1 other 1']);
  });

  it('says how many frames are too narrow to be drawn, and leaves out no others', () => {
    const svg = render('types n\n main > wide = 100000\n main > narrow = 1', false, DRAWN_BOUNDS);
    expect(readFrames(svg)).toEqual(['0 all 100001', '1 main 100001', '2 wide 100000']);
    expect(svg).toContain('1 frames are too narrow to be drawn');
  });

  it('keeps names whole, whatever is in them, except characters that XML forbids', () => {
    const builder = HOSTILE.map((_, i) => `f${i} = ${i + 1}`).join('\n');
    const tree = buildFlameTree(drawProfile(`types n\n${builder}`), 0);
    const names = tree.names.map((name) => HOSTILE[Number(name.slice(1))]);
    const options = { title: HOSTILE[0], notes: [HOSTILE[1]], formatValue: String };
    const svg = [...renderFlameSvg({ ...tree, names }, options)].join('');
    const shown = readFrames(svg)
      .slice(1)
      .map((line) => line.replace(/^1 /, '').replace(/ \d+$/, ''));
    const allowed = HOSTILE.map((name) => name.replace(/[\0\x07\uD800]/g, '\uFFFD'));
    expect(new Set(shown)).toEqual(new Set(allowed));
    // One script, the product's own.
    expect(svg.match(/<script/g)).toHaveLength(1);
    expect(svg).not.toMatch(/<\/script>[\s\S]*<\/script>/);
  });

  it('colours growth red and shrinkage blue in a difference', () => {
    const svg = render('types n\n main > grew = 5\n main > shrank = -5');
    const fill = (name: string): string =>
      new RegExp(`<title>${name}\\n[^<]*</title><rect[^>]*fill="([^"]*)"`).exec(svg)?.[1] ?? '';
    expect(fill('shrank')).toMatch(/^hsl\(214/);
    expect(fill('main')).toMatch(/92%\)$/);
    // Where everything grew, only who asked knows that it is a difference.
    const grown = 'types n\n main > grew = 5';
    expect(render(grown)).not.toContain('fill="hsl(6 ');
    expect(render(grown, true).match(/fill="hsl\(6 /g)).toHaveLength(2);
  });
});

describe('escapeXml', () => {
  it('leaves letters of all scripts and emoji alone', () => {
    expect(escapeXml('añ日本🙂')).toBe('añ日本🙂');
  });
});
