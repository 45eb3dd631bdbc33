// Virtual time as the server counts it: its `now` at some moment, carried on at its scale.
import { useEffect, useState } from 'preact/hooks';
import type { WatchInfo } from '../../src/protocol/messages.ts';
import { liveState } from './live.ts';
import { Store, useStore } from './store.ts';

interface Heard {
  readonly watch: WatchInfo;
  /** performance.now() when it was heard. */
  readonly heardAt: number;
  /** Heard again without having moved: a recording that is over. Time then stands still here too. */
  readonly isStill: boolean;
}

/** Two messages of one moment say nothing; two that are this far apart must differ where time goes on. */
const STILL_AFTER_MILLIS = 2000;

const heard = new Store<Heard | null>(null);

/** Every message that carries the watch brings the clock up to date. */
export function hearWatch(watch: WatchInfo): void {
  const heardAt = performance.now();
  const before = heard.get();
  if (before?.watch.now !== watch.now) heard.set({ watch, heardAt, isStill: false });
  else if (heardAt - before.heardAt > STILL_AFTER_MILLIS) heard.set({ ...before, isStill: true });
}

export function useWatch(): WatchInfo | null {
  return useStore(heard)?.watch ?? null;
}

export function useTimeScale(): number {
  return useWatch()?.timeScale ?? 1;
}

/** Virtual now, moving on once a second; stands still while the page is paused. */
export function useNow(): number {
  const state = useStore(liveState);
  useStore(heard);
  const [, setTurn] = useState(0);
  useEffect(() => {
    if (state.kind === 'paused') return undefined;
    const timer = setInterval(() => setTurn((turn) => turn + 1), 1000);
    return () => clearInterval(timer);
  }, [state.kind]);
  const last = heard.get();
  if (!last) return Date.now();
  if (last.isStill) return last.watch.now;
  const since =
    state.kind === 'paused' ? Math.max(0, state.pausedAt - last.heardAt) : performance.now() - last.heardAt;
  return last.watch.now + since * last.watch.timeScale;
}
