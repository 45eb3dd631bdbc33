// What Kubernetes says about a container's lives: `kubectl get pod -o json`, one pod or a list of them.
import { parseIsoTime } from '../base/calendar.ts';
import { PlimsollError } from '../base/errors.ts';
import { parseSize } from '../base/quantities.ts';
import type { Bytes, Millis } from '../base/units.ts';

/** One life of a container: `lastState.terminated` and `state` of its status. */
export interface ContainerLife {
  readonly startedAtMillis: Millis | null;
  /** Null while it runs. */
  readonly finishedAtMillis: Millis | null;
  /** `OOMKilled`, `Error`, `Completed`; null while it runs. */
  readonly reason: string | null;
  /** 137 = killed by SIGKILL, which an OOM kill is, and others are. */
  readonly exitCode: number | null;
  /** 64 hex digits, without the runtime's name; null where it is not told. */
  readonly containerId: string | null;
}

export interface ContainerHistory {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string | null;
  readonly container: string;
  readonly restarts: number;
  /** `resources.limits.memory`. */
  readonly limitBytes: Bytes | null;
  /** At most two, the older first: Kubernetes keeps no more. */
  readonly lives: readonly ContainerLife[];
}

/** More pods than a namespace has; a bound all the same. */
const MAX_CONTAINERS = 20_000;

/** Whether a text can be what this file reads; its first bytes are enough. */
export function looksLikeKubernetes(head: string): boolean {
  return /^\s*\{/.test(head) && /"(?:apiVersion|kind)"\s*:/.test(head);
}

/**
 * @param where for errors: the file.
 * @throws PlimsollError STATUS_INVALID where it is no JSON, or neither a pod nor a list of pods.
 */
export function parseContainerStatus(text: string, where?: string): ContainerHistory[] {
  const place = { ...(where === undefined ? {} : { where }), value: text.slice(0, 80) };
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    const isCut = error instanceof SyntaxError && isAtEnd(error.message, text);
    const fact = isCut
      ? `cut short: the JSON of kubectl get pod ends after ${text.length} characters`
      : 'not the JSON of kubectl get pod';
    throw new PlimsollError('STATUS_INVALID', 'parse', fact, place, error);
  }
  const kind = field(root, 'kind');
  const items = field(root, 'items');
  const pods = kind === 'Pod' ? [root] : Array.isArray(items) ? (items as unknown[]) : null;
  if (pods === null) {
    throw new PlimsollError('STATUS_INVALID', 'parse', 'neither a pod nor a list of pods', place);
  }
  return pods.flatMap(readContainers).slice(0, MAX_CONTAINERS);
}

/** Whether the parser of JSON came to the end of the text before it came to the end of the value. */
function isAtEnd(message: string, text: string): boolean {
  const position = /at position (\d+)/.exec(message)?.[1];
  return /end of JSON|Unterminated string/.test(message) || Number(position) >= text.trimEnd().length;
}

/** Of one pod, as the API has it; whatever is of another shape counts as not told. */
export function readContainers(pod: unknown): ContainerHistory[] {
  const metadata = field(pod, 'metadata');
  const status = field(pod, 'status');
  const limits = new Map<string, Bytes>();
  for (const container of list(field(pod, 'spec'), 'containers')) {
    const limit = field(field(field(container, 'resources'), 'limits'), 'memory');
    const bytes = readQuantity(limit);
    if (bytes !== null) limits.set(text(container, 'name') ?? '', bytes);
  }
  return list(status, 'containerStatuses').map((container): ContainerHistory => {
    const name = text(container, 'name') ?? '';
    const last = readLife(field(container, 'lastState'), null);
    const current = readLife(field(container, 'state'), text(container, 'containerID'));
    const restarts = field(container, 'restartCount');
    return {
      namespace: text(metadata, 'namespace') ?? 'default',
      pod: text(metadata, 'name') ?? '',
      podUid: text(metadata, 'uid'),
      container: name,
      restarts: typeof restarts === 'number' && restarts >= 0 ? restarts : 0,
      limitBytes: limits.get(name) ?? null,
      lives: [last, current].filter((life) => life !== null),
    };
  });
}

/** Sizes as Kubernetes writes them: the usual ones, and thousandths (`500m`), in which quotients of others come out. */
function readQuantity(value: unknown): Bytes | null {
  if (typeof value !== 'string') return typeof value === 'number' && value >= 0 ? value : null;
  const thousandths = /^(\d{1,18})m$/.exec(value)?.[1];
  return thousandths === undefined ? parseSize(value) : Math.floor(Number(thousandths) / 1000);
}

/** `{"running": {...}}` or `{"terminated": {...}}`; null for `waiting`, which is no life. */
function readLife(state: unknown, containerId: string | null): ContainerLife | null {
  const terminated = field(state, 'terminated');
  const life = terminated ?? field(state, 'running');
  if (typeof life !== 'object' || life === null) return null;
  const exitCode = field(terminated, 'exitCode');
  return {
    startedAtMillis: time(life, 'startedAt'),
    finishedAtMillis: time(terminated, 'finishedAt'),
    reason: text(terminated, 'reason'),
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    containerId: shortId(text(terminated, 'containerID') ?? containerId),
  };
}

function shortId(id: string | null): string | null {
  return /([0-9a-f]{64})$/.exec(id ?? '')?.[1] ?? null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function list(value: unknown, name: string): unknown[] {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
}

function text(value: unknown, name: string): string | null {
  const found = field(value, name);
  return typeof found === 'string' && found !== '' ? found : null;
}

function time(value: unknown, name: string): Millis | null {
  return parseIsoTime(text(value, name) ?? '');
}
