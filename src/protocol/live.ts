// Server-sent events of /api/v1/live: enough for a page to know what to fetch again, never the data itself.
import type { Millis } from '../base/units.ts';
import type { WatchInfo } from './messages.ts';

/** First event of every connection. */
export interface HelloEvent {
  readonly kind: 'hello';
  readonly watch: WatchInfo;
}

/** Every few seconds: virtual now, so that ages stay true when nothing else happens (or time stands still). */
export interface ClockEvent {
  readonly kind: 'clock';
  readonly watch: WatchInfo;
}

/** New evidence was stored, or a target was assessed again. */
export interface TargetEvent {
  readonly kind: 'evidence' | 'assessment';
  readonly service: string;
  readonly instance: string;
  /** Virtual time. */
  readonly atMillis: Millis;
}

/** An incident opened, changed its state, or its finding changed. */
export interface IncidentEvent {
  readonly kind: 'incident';
  readonly service: string;
  readonly id: string;
  readonly atMillis: Millis;
}

/** Something to fetch again. */
export type ChangeEvent = TargetEvent | IncidentEvent;

export type LiveEvent = HelloEvent | ClockEvent | ChangeEvent;

/** The names under which events are sent; each carries one LiveEvent of that kind as JSON. */
export const LIVE_EVENT_KINDS = ['hello', 'clock', 'evidence', 'assessment', 'incident'] as const;

/** `event: <kind>` and `data: <json>` lines, ended by an empty one. JSON holds no line break. */
export function encodeLiveEvent(event: LiveEvent): string {
  return `event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** null when the text is none of ours (a newer server may send more kinds). */
export function decodeLiveEvent(data: string): LiveEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('kind' in value)) return null;
  const kinds: readonly unknown[] = LIVE_EVENT_KINDS;
  return kinds.includes(value.kind) ? (value as LiveEvent) : null;
}
