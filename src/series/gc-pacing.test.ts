import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { gcCyclesFromText } from '../testing/drawn-gc-cycles.ts';
import { guessPacing } from './gc-pacing.ts';

/** What Go's pacer prints for these live heaps (MiB) under `g` = GOGC / 100 and a ceiling for the heap. */
function paced(live: readonly number[], g: number, { ceiling = Infinity, roots = 0 } = {}) {
  const rows = live.map((now, row) => {
    const before = row === 0 ? 0 : (live[row - 1] ?? 0);
    const asked = Math.max(4 * g, before * (1 + g) + roots * g);
    return `${row * 60} ${now} ${Math.min(asked, ceiling)} ${roots} 0`;
  });
  return guessPacing(
    gcCyclesFromText(`atSeconds liveBytes goalBytes stackBytes globalsBytes\n${rows.join('\n')}`),
  );
}

const rising = Array.from({ length: 60 }, (_, i) => 10.4 + 1.37 * i);

describe('guessPacing', () => {
  it.each([
    [1, 100],
    [0.5, 50],
    [2, 200],
    [4, 400],
    [0.37, 37],
  ])('finds g = %d as GOGC=%d from the goals of a heap that is large enough', (g, percent) => {
    const { gogcPercent, isGcOff, goMemLimitBytes } = paced(rising, g);
    expect(isGcOff).toBe(false);
    expect(goMemLimitBytes).toBeNull();
    expect(Math.abs((gogcPercent?.value ?? 0) - percent)).toBeLessThanOrEqual(2);
    expect(gogcPercent?.low).toBeLessThanOrEqual(percent);
    expect(gogcPercent?.high).toBeGreaterThanOrEqual(percent);
  });

  it('takes stacks into account, which count towards the goal since Go 1.18', () => {
    expect(paced(rising, 1, { roots: 30 }).gogcPercent?.value).toBe(100);
  });

  it('finds GOGC from the lowest goal where the heap is small', () => {
    expect(paced([0.2, 0.3, 0.4, 0.4, 0.5], 1).gogcPercent).toMatchObject({
      value: 100,
      low: 100,
      high: 125,
    });
    expect(paced([0.2, 0.3, 0.4, 0.4, 0.5], 2).gogcPercent?.value).toBe(200);
  });

  it('finds a memory limit where goals stop at a ceiling while the heap goes on', () => {
    const { gogcPercent, goMemLimitBytes } = paced(rising, 1, { ceiling: 100 });
    expect(gogcPercent?.value).toBe(100);
    expect(goMemLimitBytes).toMatchObject({ value: 100 * MIB, low: 100 * MIB, high: null });
  });

  it('says that GOGC is off where there is no goal, or one that only a limit can set', () => {
    expect(guessPacing(gcCyclesFromText('atSeconds goalBytes\n1 Infinity\n2 Infinity'))).toEqual({
      gogcPercent: null,
      isGcOff: true,
      goMemLimitBytes: null,
    });
    expect(paced([2, 3, 5, 4, 3, 2], 100, { ceiling: 400 })).toMatchObject({
      isGcOff: true,
      gogcPercent: null,
    });
  });

  it('says nothing after two cycles, or where goals follow nothing', () => {
    expect(paced([20, 21], 1)).toEqual({ gogcPercent: null, isGcOff: false, goMemLimitBytes: null });
    expect(guessPacing(gcCyclesFromText('atSeconds goalBytes\n1 4'))).toMatchObject({ gogcPercent: null });
  });
});
