import { describe, expect, it } from 'vitest';
import { decidingLanes, type LaneState } from './assessment.ts';

const lane = (name: string, smallestDetectable: number | null): LaneState =>
  ({ lane: name, verdict: 'undetermined', isSuspect: false, smallestDetectable }) as LaneState;
const deciding = (...lanes: LaneState[]) => decidingLanes(lanes).map((one) => one.lane);

describe('the lanes that a verdict waits for', () => {
  it('are the heap, however little was seen of it, and of the others those that can be judged', () => {
    expect(deciding(lane('heap', null), lane('goroutine', null), lane('native', 5))).toEqual([
      'heap',
      'native',
    ]);
  });

  it('are all there are where nothing tells the heap', () => {
    expect(deciding(lane('goroutine', null), lane('fd', 1))).toEqual(['goroutine', 'fd']);
  });
});
