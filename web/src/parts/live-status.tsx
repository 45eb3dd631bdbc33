import { useNow, useTimeScale, useWatch } from '../clock.ts';
import { liveState, pause, resume, type LiveState } from '../live.ts';
import { useStore } from '../store.ts';
import { assertNever } from '../../../src/base/assert.ts';

function wordsOf(state: LiveState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Connecting';
    case 'live':
      return 'Live';
    case 'reconnecting':
      return 'Reconnecting';
    case 'paused':
      return state.waiting === 0 ? 'Paused' : `Paused, ${state.waiting} new`;
    default:
      return assertNever(state, 'live state');
  }
}

/** Whether what is shown is of now, and the button that stops it. */
export function LiveStatus() {
  const state = useStore(liveState);
  const scale = useTimeScale();
  const isPaused = state.kind === 'paused';
  const recording = useWatch()?.recording ?? null;
  return (
    <div class="live">
      {recording === null ? null : (
        <span
          class="badge"
          title={`What is shown comes out of ${recording}, not from a service that runs now.`}
        >
          Recording
        </span>
      )}
      {scale === 1 ? null : (
        <span class="badge" title={`${scale} virtual seconds pass per real second.`}>
          {scale}x time
        </span>
      )}
      <span class={`live-state live-${state.kind}`} role="status">
        <span class="live-dot" aria-hidden="true" />
        {wordsOf(state)}
      </span>
      <button type="button" class="live-button" onClick={isPaused ? resume : pause}>
        {isPaused ? 'Resume' : 'Pause'}
      </button>
    </div>
  );
}

/** Below the header while nothing is heard: what is shown is old. */
export function LostBanner() {
  const state = useStore(liveState);
  useNow();
  if (state.kind !== 'reconnecting') return null;
  const since = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(state.since);
  return (
    <div class="banner" role="alert">
      <strong>Plimsoll does not answer since {since}.</strong> What you see is from before. Is{' '}
      <code>plimsoll watch</code> still running? This page keeps trying.
    </div>
  );
}
