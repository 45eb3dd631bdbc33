import { describe, expect, it } from 'vitest';
import { LiveClock } from './clock.ts';

function drawnClock() {
  let wall = 1_000_000;
  let steady = 50;
  return {
    parts: { wall: () => wall, steady: () => steady },
    pass(millis: number) {
      wall += millis;
      steady += millis;
    },
    jumpWall(millis: number) {
      wall += millis;
    },
  };
}

describe('LiveClock', () => {
  it('shows sixty virtual seconds for each real one at scale 60', () => {
    const drawn = drawnClock();
    const clock = new LiveClock({ scale: 60, parts: drawn.parts });
    const before = clock.now();
    drawn.pass(1000);
    expect(clock.now() - before).toBe(60_000);
  });

  it('goes on from where an earlier run with the same origin would be', () => {
    const drawn = drawnClock();
    const first = new LiveClock({ scale: 60, parts: drawn.parts });
    drawn.pass(10_000);
    const again = new LiveClock({
      scale: 60,
      originMillis: first.timeMap.originMillis,
      parts: drawn.parts,
    });
    expect(again.now()).toBe(first.now());
  });

  it('goes on steadily and tells once when the wall clock jumps back an hour', () => {
    const drawn = drawnClock();
    const jumps: number[] = [];
    const clock = new LiveClock({ onJump: (jump) => jumps.push(jump), parts: drawn.parts });
    const before = clock.now();
    drawn.jumpWall(-3_600_000);
    drawn.pass(10);
    expect(clock.now()).toBe(before + 10);
    drawn.pass(10);
    expect(clock.now()).toBe(before + 20);
    expect(jumps).toEqual([-3_600_000]);
  });

  it('follows the wall clock ahead after a suspend', () => {
    const drawn = drawnClock();
    const jumps: number[] = [];
    const clock = new LiveClock({ onJump: (jump) => jumps.push(jump), parts: drawn.parts });
    const before = clock.now();
    drawn.jumpWall(7_200_000);
    expect(clock.now()).toBe(before + 7_200_000);
    expect(jumps).toEqual([7_200_000]);
  });

  it('wakes a sleeper at once when it is aborted', async () => {
    const clock = new LiveClock();
    const stop = new AbortController();
    const slept = clock.sleepUntil(clock.now() + 3_600_000, stop.signal);
    stop.abort();
    await expect(slept).resolves.toBeUndefined();
  });
});
