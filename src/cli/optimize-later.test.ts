import { describe, expect, it } from 'vitest';
import { optimizeLater } from './optimize-later.ts';

describe('a report on sources of any kind', () => {
  it.each([
    [
      'a URL longer than the name of any file',
      `http://127.0.0.1:6060/debug/pprof/heap?${'x'.repeat(10_000)}`,
    ],
    ['what is no name of a file at all', 'a\0b'],
    ['standard input', '-'],
    ['a file below a file', `${import.meta.filename}/heap.pb.gz`],
  ])('is begun with %s', (_, source) => {
    expect(() => optimizeLater([source])).not.toThrow();
  });
});
