import { describe, expect, it } from 'vitest';
import { DAY_MILLIS, HOUR_MILLIS } from '../base/units.ts';
import type { Verdict } from '../model/finding.ts';
import { DRAWN_START_MILLIS, drawGauges } from '../testing/series-from-text.ts';
import type { Assessment, LaneAssessment } from './assessment.ts';
import { assess } from './assess.ts';
import { advanceConfirmation, confirmedLanes, NOTHING_CONFIRMED, type ConfirmationState } from './confirm.ts';

const TABLE = drawGauges('every 1m for 4h\ngoroutines 14 +90/h noise 1');
const LEAK = assess({ table: TABLE, atMillis: DRAWN_START_MILLIS + 3 * HOUR_MILLIS, memoryLimitBytes: null });
const LANE = LEAK.lanes.find(({ lane }) => lane === 'goroutine') as LaneAssessment;

/** One evaluation an hour of a lane of goroutines that began at 100. */
class Story {
  state: ConfirmationState = NOTHING_CONFIRMED;
  calls: string[] = [];
  #hours = 0;
  #lifeHours = 0;

  /** From one level to another in so many evaluations. */
  see(verdict: Verdict, from: number, to: number, count: number, bound: number | null = null): this {
    for (let i = 1; i <= count; i++) {
      const level = from + ((to - from) * i) / count;
      this.#hours++;
      const before = this.isClaimed();
      this.state = JSON.parse(
        JSON.stringify(advanceConfirmation(this.state, this.#assessment(verdict, level, bound))),
      ) as ConfirmationState;
      if (this.isClaimed() && !before) this.calls.push(`at ${level}`);
    }
    return this;
  }

  restart(): this {
    this.#lifeHours = this.#hours;
    return this;
  }

  wait(millis: number): this {
    this.#hours += millis / HOUR_MILLIS;
    return this;
  }

  /** What the pipeline does when stage 2 has ended a leak. */
  forget(): this {
    const { goroutine: _claim, ...others } = this.state;
    this.state = others;
    return this;
  }

  isClaimed(): boolean {
    return confirmedLanes(this.state).includes('goroutine');
  }

  #assessment(verdict: Verdict, level: number, predictedBound: number | null): Assessment {
    const isLeak = verdict === 'leak';
    const growth = isLeak ? LANE.growth : null;
    const recent = { perHour: isLeak ? 90 : 0, low: 0, high: 0, overMillis: HOUR_MILLIS, workShare: 1 };
    const evidenceRatio = isLeak ? 40 : -40;
    const grown = level - 100;
    return {
      ...LEAK,
      atMillis: DRAWN_START_MILLIS + this.#hours * HOUR_MILLIS,
      incarnationStartMillis: DRAWN_START_MILLIS + this.#lifeHours * HOUR_MILLIS,
      firstEvidenceMillis: DRAWN_START_MILLIS,
      lastEvidenceMillis: DRAWN_START_MILLIS + this.#hours * HOUR_MILLIS,
      lanes: [
        { ...LANE, verdict, level, grown, growth, recent, evidenceRatio, predictedBound, isSuspect: isLeak },
      ],
    };
  }
}

describe('the mark that a withdrawn claim leaves', () => {
  it('lets a sawtooth be called once, and never again below its teeth', () => {
    const story = new Story();
    for (let tooth = 0; tooth < 5; tooth++) {
      story.see('leak', 100, 400 + 10 * tooth, 12).see('no-growth', 100, 100, 40);
    }
    expect(story.calls).toHaveLength(1);
  });

  it('holds in the next life for what was freed in this one', () => {
    const story = new Story().see('leak', 100, 400, 12).see('no-growth', 100, 100, 40).restart();
    expect(story.see('leak', 100, 420, 12).calls).toHaveLength(1);
  });

  it('is the bound of a cache that was called before it bent, in every life', () => {
    const story = new Story().see('leak', 100, 300, 12).see('filling-to-bound', 300, 380, 12, 400);
    expect(story.isClaimed()).toBe(false);
    story.restart().see('leak', 50, 400, 12).restart().see('leak', 50, 410, 12);
    expect(story.calls).toHaveLength(1);
  });

  it('is the bound of a cache that was seen to fill only after the claim had ended, and below it in the next life', () => {
    const story = new Story().see('leak', 100, 300, 12).see('no-growth', 300, 300, 12);
    expect(story.isClaimed()).toBe(false);
    story.see('filling-to-bound', 300, 380, 12, 400);
    story.restart().see('leak', 50, 400, 12).restart().see('leak', 50, 410, 12);
    expect(story.calls).toHaveLength(1);
  });

  it('is no bound while most of the way there is still to go', () => {
    const story = new Story().see('leak', 100, 300, 12).see('no-growth', 300, 300, 12);
    story.see('filling-to-bound', 300, 380, 12, 900);
    expect(story.restart().see('leak', 50, 400, 12).calls).toHaveLength(2);
  });

  it('is passed by a leak that grows beyond it', () => {
    const story = new Story().see('leak', 100, 400, 12).see('no-growth', 100, 100, 40);
    story.see('leak', 100, 1000, 60);
    expect(story.calls).toHaveLength(2);
  });

  it('asks nothing of a leak that paused, beyond noise', () => {
    const story = new Story().see('leak', 100, 400, 12).see('no-growth', 400, 400, 40);
    story.see('leak', 400, 700, 24);
    expect(story.calls).toHaveLength(2);
  });

  it('is not left by a leak that a new version has mended', () => {
    const story = new Story().see('leak', 100, 900, 12).restart().see('no-growth', 100, 100, 40);
    expect(story.isClaimed()).toBe(false);
    story.see('leak', 100, 400, 12);
    expect(story.calls).toHaveLength(2);
  });

  it('is kept when whoever ended the leak forgets the lane', () => {
    const story = new Story().see('leak', 100, 400, 12).forget().see('no-growth', 100, 100, 3);
    expect(story.see('leak', 100, 420, 12).calls).toHaveLength(1);
  });

  it('is forgotten when it was not met for a month', () => {
    const story = new Story().see('leak', 100, 400, 12).see('no-growth', 100, 100, 40);
    expect(story.wait(31 * DAY_MILLIS).see('leak', 100, 400, 12).calls).toHaveLength(2);
  });

  it('may be missing from a state of an older version', () => {
    const { past: _past, ...old } = new Story().see('leak', 100, 400, 12).state;
    expect(confirmedLanes(advanceConfirmation(old, LEAK))).toEqual(['goroutine']);
  });
});
