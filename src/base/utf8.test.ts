import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8, isWellFormed, toWellFormed } from './utf8.ts';

function decode(...bytes: number[]): string {
  return decodeUtf8(Uint8Array.from(bytes), 0, bytes.length);
}

describe('UTF-8 without loss', () => {
  it('gives back the bytes of any input', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(encodeUtf8(decodeUtf8(bytes, 0, bytes.length))).toEqual(bytes);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it('decodes valid text as everybody does, U+FFFD and U+FEFF included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const bytes = new TextEncoder().encode(text);
        const decoded = decodeUtf8(bytes, 0, bytes.length);
        expect(decoded).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
        expect(isWellFormed(decoded)).toBe(true);
      }),
      { seed: 1, numRuns: 2000 },
    );
    expect(decode(0xef, 0xbf, 0xbd)).toBe('\ufffd');
    expect(decode(0xef, 0xbb, 0xbf)).toBe('\ufeff');
  });

  it('escapes each byte of overlong forms, surrogates, cut-off and too large sequences by itself', () => {
    expect(decode(0x61, 0xff, 0x62)).toBe('a\udcffb');
    expect(decode(0xc0, 0x80)).toBe('\udcc0\udc80');
    expect(decode(0xed, 0xa0, 0x80)).toBe('\udced\udca0\udc80');
    expect(decode(0xf0, 0x9f, 0x98)).toBe('\udcf0\udc9f\udc98');
    expect(decode(0xf4, 0x90, 0x80, 0x80)).toBe('\udcf4\udc90\udc80\udc80');
    expect(decode(0xf0, 0x9f, 0x98, 0x80, 0x80)).toBe('😀\udc80');
  });

  it('has U+FFFD for escaped bytes where a text must be one for others', () => {
    expect(toWellFormed('a\udcffb😀')).toBe('a\ufffdb😀');
    expect(toWellFormed('naïve 😀')).toBe('naïve 😀');
  });

  it('writes lone surrogates that are no escaped bytes as U+FFFD', () => {
    expect([...encodeUtf8('\ud800\udc41\udc00')]).toEqual([...encodeUtf8('\ud800\udc41\ufffd')]);
    expect([...encodeUtf8('\ud800')]).toEqual([0xef, 0xbf, 0xbd]);
  });
});
