import type { AlertView } from '../pipeline/alert-view.ts';
import type { WatchView } from '../pipeline/watch-view.ts';

/** Whether all that a watch has to keep can be written, and it has begun to look. */
export async function readinessOf(
  view: WatchView,
  alerts: AlertView | null,
): ReturnType<WatchView['readiness']> {
  const trouble = alerts?.trouble() ?? null;
  if (trouble !== null)
    return { isReady: false, reason: `alerts: ${trouble.path} cannot be written: ${trouble.why}` };
  return view.readiness();
}
