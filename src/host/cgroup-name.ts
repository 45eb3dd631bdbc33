// What people call the group that a path stands for: a pod, a container, a unit.

export interface CgroupName {
  /** `pod 94eb36cd-29e1-478b-b365-4cb5dfc7d6fb`, `container 609e7ec068ac`, `orders.service`; else the path. */
  readonly title: string;
  /** Stays the same when the container is made anew: kills of one service are told by it. */
  readonly lasting: string;
  readonly podUid: string | null;
  /** 64 hex digits. */
  readonly containerId: string | null;
}

const HEX = '[0-9a-f]';
/** `/kubepods/burstable/pod<uid>/<id>`, `...-pod<uid with _>.slice/cri-containerd-<id>.scope`. */
const POD = new RegExp(`pod(${HEX}{8}[-_]${HEX}{4}[-_]${HEX}{4}[-_]${HEX}{4}[-_]${HEX}{12})`);
const CONTAINER = new RegExp(`(${HEX}{64})`);
const UNIT = /([^/]+\.(?:service|scope))(?:\/|$)/;
const SHORT_ID = 12;

export function nameCgroup(path: string): CgroupName {
  const podUid = POD.exec(path)?.[1]?.replaceAll('_', '-') ?? null;
  const containerId = CONTAINER.exec(path)?.[1] ?? null;
  const container = containerId === null ? null : `container ${containerId.slice(0, SHORT_ID)}`;
  const unit = UNIT.exec(path)?.[1];
  if (podUid !== null) {
    return {
      title: [`pod ${podUid}`, container].filter(Boolean).join(', '),
      lasting: podUid,
      podUid,
      containerId,
    };
  }
  if (container !== null) return { title: container, lasting: container, podUid, containerId };
  if (unit !== undefined) return { title: unit, lasting: unit, podUid, containerId };
  return { title: path, lasting: path, podUid, containerId };
}
