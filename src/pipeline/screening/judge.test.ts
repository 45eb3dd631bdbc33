import { describe, expect, it } from 'vitest';
import type { GaugeName } from '../../base/gauges.ts';
import { DAY_MILLIS, HOUR_MILLIS, MIB, MINUTE_MILLIS, type Millis } from '../../base/units.ts';
import { nextEvaluationAt } from '../../detect/evaluation-grid.ts';
import { REAL_TIME } from '../../model/raw-evidence.ts';
import { GaugeHistory } from '../../series/gauge-history.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { Investigation } from '../investigation.ts';
import { ProfileDecoder } from '../profile-decoder.ts';
import { JudgedTarget, isWorthMore, judgeClosely, judgeOnce, lookAtEnd, type JudgeInput } from './judge.ts';

const STEP = 5 * MINUTE_MILLIS;

/** Live heap in MiB by hours; scraped every five minutes for some days. */
function judging(live: (hours: number) => number, days = 3): JudgeInput {
  const rows = (days * DAY_MILLIS) / STEP;
  const random = seededRandom(7);
  const time = Float64Array.from({ length: rows }, (_, row) => row * STEP);
  const hours = (row: number) => (row * STEP) / HOUR_MILLIS;
  const column = (value: (row: number) => number) =>
    Float64Array.from({ length: rows }, (_, row) => value(row));
  const heap = column((row) => live(hours(row)) * MIB * (1 + 0.02 * random()));
  const columns = new Map<GaugeName, Float64Array<ArrayBuffer>>([
    ['liveHeapBytes', heap],
    ['gcCyclesTotal', column((row) => 2 * row)],
    ['rssBytes', heap.map((bytes) => 2.3 * bytes)],
    ['requestsTotal', column((row) => 12_000 * row)],
    ['processStartMillis', column(() => -DAY_MILLIS)],
  ]);
  return {
    target: { service: 'orders', instance: 'a:1' },
    ...{ module: null, memoryLimitBytes: null, decoder: new ProfileDecoder() },
    history: GaugeHistory.adopt(time, columns),
  };
}

/** At every instant of a watch. */
function watch(input: JudgeInput): Investigation {
  const investigation = new Investigation({ ...input, timeMap: REAL_TIME });
  const end = input.history.timeMillis.at(-1) ?? 0;
  for (let at = nextEvaluationAt(0, 0); at <= end; at = nextEvaluationAt(0, at)) investigation.evaluateAt(at);
  return investigation;
}

const leakOf = ({ findings }: Investigation) => findings.find(({ verdict }) => verdict === 'leak');
const inHours = (millis: Millis | null | undefined) => Math.round(((millis ?? NaN) / HOUR_MILLIS) * 10) / 10;

describe('a history that is judged at once', () => {
  it('comes to the same leak as a watch, known since the same time', () => {
    const input = judging((hours) => 64 + Math.max(0, hours - 20) * 4);
    const [close, all] = [leakOf(judgeClosely(new JudgedTarget(input))), leakOf(watch(input))];
    expect(close?.fingerprint).toBe(all?.fingerprint);
    // The last look of a watch lies up to ten minutes before the end.
    expect((close?.growth?.perHour ?? NaN) / (all?.growth?.perHour ?? NaN)).toBeCloseTo(1, 1);
    expect(Math.abs(inHours(close?.detectedAt) - inHours(all?.detectedAt))).toBeLessThan(1);
    expect(inHours(close?.detectedAt)).toBeGreaterThan(20);
  }, 120_000);

  it('needs one look where nothing grows', () => {
    const input = judging(() => 64);
    expect(isWorthMore(lookAtEnd(new JudgedTarget(input)))).toBe(false);
    const investigation = judgeOnce(new JudgedTarget(input));
    expect(investigation.report({ fromMillis: 0, toMillis: 0 }).verdict).toBe('no-growth');
    expect(
      judgeClosely(new JudgedTarget(input)).findings.filter(({ verdict }) => verdict === 'leak'),
    ).toEqual([]);
  }, 120_000);

  it('takes a closer look at what grows, or grew in the life before', () => {
    expect(isWorthMore(lookAtEnd(new JudgedTarget(judging((hours) => 64 + 4 * hours))))).toBe(true);
    const input = judging((hours) => (hours < 71.8 ? 64 + 4 * hours : 64));
    const start = input.history.column('processStartMillis');
    input.history.timeMillis.forEach((at, row) => {
      if (start && at >= 71.8 * HOUR_MILLIS) start[row] = 71.8 * HOUR_MILLIS;
    });
    expect(isWorthMore(lookAtEnd(new JudgedTarget(input)))).toBe(true);
    expect(leakOf(judgeClosely(new JudgedTarget(input)))?.class).toBe('heap');
  }, 120_000);

  it('asks stage 1 once about each instant, however often it is looked at', () => {
    const input = judging((hours) => 64 + 4 * hours);
    const target = new JudgedTarget(input);
    judgeClosely(target);
    const again = target.assessAt(input.history.timeMillis.at(-1) ?? 0);
    expect(target.assessAt(again.atMillis)).toBe(again);
    const ignoring = { table: input.history, atMillis: again.atMillis, memoryLimitBytes: null };
    const other = target.assess({ ...ignoring, ignoreBefore: { heap: again.atMillis - HOUR_MILLIS } });
    expect(other).not.toBe(again);
  }, 120_000);

  it('uses nothing later than the instant that it judges', () => {
    const leak = (hours: number) => 64 + Math.max(0, hours - 20) * 4;
    const whole = leakOf(judgeClosely(new JudgedTarget(judging(leak))));
    const cut = judging((hours) => leak(hours), 2);
    const early = leakOf(judgeClosely(new JudgedTarget(cut)));
    expect(Math.abs(inHours(whole?.detectedAt) - inHours(early?.detectedAt))).toBeLessThan(1);
  }, 120_000);
});
