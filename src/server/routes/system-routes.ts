import { PATHS } from '../../protocol/paths.ts';
import {
  ConfigMessageSchema,
  StatusMessageSchema,
  type ConfigMessage,
  type StatusMessage,
} from '../../protocol/messages.ts';
import { refuse } from '../api-error.ts';
import { COMMON_HEADERS } from '../headers.ts';
import { METRICS_CONTENT_TYPE } from '../metrics-text.ts';
import { readinessOf } from '../readiness.ts';
import { defineRoute, json, watchInfo, type Route } from '../route.ts';

const status = { name: 'Status', type: StatusMessageSchema };

export const SYSTEM_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'get',
    path: PATHS.health,
    summary: 'Is the process alive?',
    replies: {
      200: { description: 'It is.', schema: status },
      503: { description: 'It is shutting down.', schema: status },
    },
    handle: ({ version, isClosing }) => {
      const message: StatusMessage = isClosing()
        ? { status: 'unavailable', reason: 'shutting down', version }
        : { status: 'ok', reason: 'serving', version };
      return json(message, message.status === 'ok' ? 200 : 503);
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.ready,
    summary:
      'Can the store and the folder of alerts be written, and was the first round tried? Targets that are down do not count.',
    replies: {
      200: { description: 'Ready.', schema: status },
      503: { description: 'Not ready, with the reason.', schema: status },
    },
    handle: async ({ view, version, isClosing, alerts }) => {
      const { isReady, reason } = isClosing()
        ? { isReady: false, reason: 'shutting down' }
        : await readinessOf(view, alerts());
      const message: StatusMessage = { status: isReady ? 'ok' : 'unavailable', reason, version };
      return json(message, isReady ? 200 : 503);
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.metrics,
    summary: "Plimsoll's own metrics and every target's verdict, Prometheus text.",
    replies: { 200: { description: 'Metrics.', contentType: METRICS_CONTENT_TYPE } },
    handle: async ({ metricsText }) => ({
      kind: 'text',
      contentType: METRICS_CONTENT_TYPE,
      text: await metricsText(),
    }),
  }),
  defineRoute({
    method: 'get',
    path: PATHS.config,
    summary:
      'Is what runs what plimsoll.yaml says? When it was loaded, why not again, what needs a restart; and what discovery finds.',
    replies: {
      200: {
        description: 'The file, or null without one; every source of targets.',
        schema: { name: 'Config', type: ConfigMessageSchema },
      },
    },
    handle: ({ config, discovery }) => {
      const message: ConfigMessage = { config: config(), discovery: [...discovery()] };
      return json(message);
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.openapi,
    summary: 'This description.',
    replies: { 200: { description: 'OpenAPI 3.1.', contentType: 'application/json' } },
    handle: ({ openApi }) => json(openApi()),
  }),
  defineRoute({
    method: 'get',
    path: PATHS.live,
    summary:
      'Server-sent events: hello, clock, evidence, assessment, incident. Each says what changed, not to what; fetch that again.',
    replies: {
      200: {
        description: 'A stream of events, with a comment and the time every 15 s.',
        contentType: 'text/event-stream',
      },
    },
    handle: (context, { outgoing }) => {
      const hello = { kind: 'hello', watch: watchInfo(context) } as const;
      if (context.hub.add(outgoing, COMMON_HEADERS, hello)) return { kind: 'written' };
      return refuse('TOO_MANY_CLIENTS', `${context.hub.clients} pages are connected already`);
    },
  }),
];
