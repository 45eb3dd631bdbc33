// What Kubernetes says of the container of a target: when and why it had ended before it was started again.
import { formatBytes, type Millis } from '../base/units.ts';
import { toVirtualMillis, type TimeMap } from '../model/raw-evidence.ts';
import { KILLED_FOR_MEMORY } from '../model/report.ts';
import type { Mark } from '../model/status.ts';
import type { ContainerHistory } from '../parse/container-status.ts';

export interface ContainerEnd {
  /** Virtual. */
  readonly at: Millis;
  /** `OOMKilled`, `Error`, `Completed`; null where it is not told. */
  readonly reason: string | null;
  readonly mark: Mark;
}

/** A reason is one word; whatever else stands there is cut. */
const MAX_REASON = 60;

/** Oldest first; Kubernetes keeps one, and the last one while the container is not started again. */
export function endsOf({ container, limitBytes, lives }: ContainerHistory, timeMap: TimeMap): ContainerEnd[] {
  return lives.flatMap(({ finishedAtMillis, reason, exitCode }) => {
    if (finishedAtMillis === null) return [];
    const at = toVirtualMillis(timeMap, finishedAtMillis);
    const isOom = reason === KILLED_FOR_MEMORY;
    const limit = limitBytes === null ? '' : ` (limit ${formatBytes(limitBytes)})`;
    const status = exitCode === null ? '' : `, exit status ${exitCode}`;
    const why = (reason ?? 'no reason told').slice(0, MAX_REASON);
    const text = isOom
      ? `container ${container} killed for memory${limit}`
      : `container ${container} ended: ${why}${status}`;
    return [
      { at, reason: reason === null ? null : why, mark: { at, kind: isOom ? 'oom-kill' : 'exit', text } },
    ];
  });
}
