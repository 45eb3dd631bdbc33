// Any HTTP receiver: the notice as JSON, signed as Standard Webhooks describes it
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
import { createHmac } from 'node:crypto';
import type { SinkVia } from '../../model/sink.ts';
import { postJson } from '../post-json.ts';
import type { Sink } from '../sink.ts';

type WebhookVia = Extract<SinkVia, { kind: 'webhook' }>;

export function makeWebhookSink({ url, secret, headers }: WebhookVia, now: () => number): Sink {
  return {
    send: (notice, signal) => {
      const body = JSON.stringify({
        type: `plimsoll.${notice.kind}`,
        timestamp: new Date(notice.createdAt).toISOString(),
        data: notice,
      });
      const seconds = Math.floor(now() / 1000);
      const signed =
        secret === null
          ? {}
          : { 'webhook-signature': signWebhook({ id: notice.key, seconds, body, secret }) };
      return postJson(
        {
          url,
          body,
          headers: {
            ...headers,
            'webhook-id': notice.key,
            'webhook-timestamp': String(seconds),
            'idempotency-key': notice.key,
            ...signed,
          },
          secrets: [...(secret === null ? [] : [secret]), ...Object.values(headers)],
        },
        signal,
      );
    },
  };
}

export interface Signed {
  readonly id: string;
  /** Since 1970. */
  readonly seconds: number;
  readonly body: string;
  /** `whsec_` and base64 as the specification has it; any other text is taken as it is. */
  readonly secret: string;
}

/** @returns what goes into `webhook-signature`. */
export function signWebhook({ id, seconds, body, secret }: Signed): string {
  const bytes = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
  return `v1,${createHmac('sha256', bytes).update(`${id}.${seconds}.${body}`).digest('base64')}`;
}
