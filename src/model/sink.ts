// Where notices go: what the configuration says of a sink, secrets resolved. Never shown, logged or stored.
import type { Millis } from '../base/units.ts';
import type { AlertLevel } from './alert.ts';

export type SinkVia =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'command';
      readonly command: string;
      /** What references in it stand for: not told when the command repeats it. */
      readonly secrets: readonly string[];
    }
  | {
      readonly kind: 'webhook';
      readonly url: string;
      /** Signs what is sent; null = unsigned. */
      readonly secret: string | null;
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'alertmanager';
      /** Without a slash at the end. */
      readonly url: string;
      /** Of targets, passed on where all instances share them. */
      readonly labels: readonly string[];
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'slack'; readonly webhook: string }
  | {
      readonly kind: 'slackBot';
      readonly token: string;
      readonly channel: string;
      /** Of the Web API, without a slash at the end. */
      readonly api: string;
    }
  | { readonly kind: 'teams'; readonly webhook: string }
  | { readonly kind: 'pagerduty'; readonly routingKey: string; readonly url: string }
  | {
      readonly kind: 'email';
      readonly host: string;
      readonly port: number;
      /** `required`: STARTTLS or nothing; `implicit`: TLS from the first byte; `none`: in the clear. */
      readonly tls: 'required' | 'implicit' | 'none';
      readonly user: string | null;
      readonly password: string | null;
      readonly from: string;
      readonly to: readonly string[];
    }
  | {
      readonly kind: 'github' | 'gitlab';
      /** `owner/name`; for GitLab the whole path of the project. */
      readonly repository: string;
      readonly token: string;
      /** Of the REST API, without a slash at the end. */
      readonly api: string;
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
