import { describe, expect, it } from 'vitest';
import { NO_STRING, StringTable, StringTableBuilder } from './string-table.ts';

function tableOf(...texts: string[]): StringTable {
  const builder = new StringTableBuilder();
  for (const text of texts) builder.intern(text);
  return builder.finish();
}

function rawTable(rows: readonly number[][]): StringTable {
  const start: number[] = [];
  const end: number[] = [];
  const bytes: number[] = [];
  for (const row of rows) {
    start.push(bytes.length);
    bytes.push(...row);
    end.push(bytes.length);
  }
  return new StringTable(Uint8Array.from(bytes), Int32Array.from(start), Int32Array.from(end));
}

describe('StringTable', () => {
  it('gives back what was put in, long and not ASCII too', () => {
    const long = 'ä'.repeat(200) + '😀';
    const table = tableOf('main.run', 'größe', long);
    expect([0, 1, 2, 3].map((row) => table.get(row))).toEqual(['', 'main.run', 'größe', long]);
  });

  it('has one row per text and the empty string in row 0', () => {
    const builder = new StringTableBuilder();
    expect([builder.intern('a'), builder.intern('b'), builder.intern('a'), builder.intern('')]).toEqual([
      1, 2, 1, 0,
    ]);
  });

  it('finds texts and says when there is none', () => {
    const table = tableOf('a', 'b', 'bytes');
    expect([table.find('bytes'), table.find(''), table.find('byte')]).toEqual([3, 0, NO_STRING]);
  });

  it('knows rows with equal bytes by their canonical row', () => {
    const table = rawTable([[], [97], [98], [97], []]);
    expect([0, 1, 2, 3, 4].map((row) => table.canonicalRow(row))).toEqual([0, 1, 2, 1, 0]);
  });

  it('orders by code points where JavaScript orders by UTF-16 units', () => {
    const table = tableOf('\uffee', '😀', 'a');
    expect(table.compare(1, 2)).toBeLessThan(0);
    expect('\uffee' < '😀').toBe(false);
    expect(table.compare(3, 1)).toBeLessThan(0);
    expect(table.compare(1, 1)).toBe(0);
  });

  it('keeps texts apart that are no valid UTF-8 and copies their bytes unchanged', () => {
    const table = rawTable([[], [0xff], [0xfe], [0xff]]);
    const builder = new StringTableBuilder();
    const rows = [1, 2, 3].map((row) => builder.internRow(table, row));
    expect(rows).toEqual([1, 2, 1]);
    expect([...builder.finish().bytes]).toEqual([0xff, 0xfe]);
  });

  it('stays right when every text falls into one slot of the hash', () => {
    const texts = collidingTexts(200);
    const table = tableOf(...texts);
    expect(texts.map((text) => table.find(text))).toEqual(texts.map((_, i) => i + 1));
    expect(table.find(collidingTexts(201)[200])).toBe(NO_STRING);
  });

  it('refuses a row that is not there', () => {
    expect(() => tableOf('a').get(2)).toThrow(RangeError);
  });
});

/** Texts whose FNV-1a hashes agree in the 9 bits that a table of 200 rows looks at. */
function collidingTexts(count: number): string[] {
  const texts: string[] = [];
  for (let n = 0; texts.length < count; n++) {
    let hash = 0x811c9dc5;
    for (const char of `name${n}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    if ((hash & 511) === 0) texts.push(`name${n}`);
  }
  return texts;
}
