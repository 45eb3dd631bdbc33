import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRORS, PlimsollError } from './errors.ts';

describe('errors', () => {
  it('are all explained in docs/errors.md with the advice that users see, and no others', () => {
    const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(([, code, advice]) => [
      code,
      advice,
    ]);
    expect(rows).toEqual(Object.entries(ERRORS).map(([code, { advice }]) => [code, advice]));
  });

  it('say stage, place, value and fact in one line', () => {
    const place = { where: 'orders.tar.gz', line: 3, field: 'timeScale', value: 'fast' };
    expect(new PlimsollError('RECORDING_INVALID', 'recording', 'a number expected', place).message).toBe(
      'recording: orders.tar.gz, line 3, field timeScale, found "fast": a number expected',
    );
  });
});
