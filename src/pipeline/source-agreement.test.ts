import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { SourceAgreement } from './source-agreement.ts';

/** Rounds of a scrape and, a second later, of /proc. */
function told(rounds: readonly (readonly [scraped: number, proc: number])[], apartMillis = 1000): string[] {
  const agreement = new SourceAgreement();
  return rounds.flatMap(([scraped, proc], round) => [
    ...agreement.take('metrics', round * 40_000, { rssBytes: scraped * MIB, openFds: 10 }),
    ...agreement.take('proc', round * 40_000 + apartMillis, { rssBytes: proc * MIB, openFds: 12 }),
  ]);
}

describe('two sources of one number', () => {
  it('that disagree for three rounds are both told, once, with the reason', () => {
    const apart = Array.from({ length: 8 }, () => [100, 260] as const);
    expect(told(apart)).toEqual([
      expect.stringMatching(
        /^resident memory: \/proc says 260 MiB, the exporter 100 MiB: one of them is of another process/,
      ),
    ]);
  });

  it('are not told of where they agree, where it was a burst, or where time explains it', () => {
    expect(told(Array.from({ length: 8 }, () => [100, 104] as const))).toEqual([]);
    expect(
      told([
        [100, 100],
        [100, 300],
        [300, 300],
        [300, 300],
      ]),
    ).toEqual([]);
    expect(
      told(
        Array.from({ length: 8 }, () => [100, 260] as const),
        12_000,
      ),
    ).toEqual([]);
  });
});
