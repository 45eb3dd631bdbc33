// Where notices go: what the configuration says of a sink, secrets resolved. Never shown, logged or stored.
import type { Millis } from '../base/units.ts';
import type { AlertLevel } from './alert.ts';

export type SinkVia =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly command: string }
  | {
      readonly kind: 'webhook';
      readonly url: string;
      /** Signs what is sent; null = unsigned. */
      readonly secret: string | null;
      readonly headers: Readonly<Record<string, string>>;
    };
export type SinkKind = SinkVia['kind'];

export interface SinkSetting {
  readonly name: string;
  readonly via: SinkVia;
  readonly levels: readonly AlertLevel[];
  /** Whether the end of what was told is told as well. */
  readonly isResolutionSent: boolean;
  /** At most so many notices in a minute; the others wait. */
  readonly perMinute: number;
  /** In place of the message: texts with {{placeholders}}. */
  readonly title: string | null;
  readonly text: string | null;
}

/** Real time: what waits longer than this is given up. */
export const GIVE_UP_MILLIS: Millis = 3 * 24 * 3_600_000;
