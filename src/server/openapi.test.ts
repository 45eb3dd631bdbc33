import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillPath } from '../protocol/paths.ts';
import { ask } from '../testing/ask.ts';
import { HUB_FINGERPRINT } from '../testing/fake-findings.ts';
import { openDesk } from '../testing/open-desk.ts';
import { FakeWatchView } from '../testing/fake-watch-view.ts';
import { createApp } from './app.ts';
import { LiveHub } from './live-hub.ts';
import { describeApi } from './openapi.ts';
import { ROUTES } from './route-table.ts';
import { watchInfo } from './route.ts';
import { startServer, type RunningServer } from './start-server.ts';

let server: RunningServer;
const view = new FakeWatchView();
const alerts = openDesk(view);
beforeAll(async () => {
  server = await startServer({
    view,
    listen: { host: '127.0.0.1', port: 0 },
    webDir: null,
    version: '1.2.3',
    alerts: () => alerts.desk,
  });
});
afterAll(async () => {
  await server.close();
  await alerts.end();
});

const API = describeApi(ROUTES, '1.2.3');
const described = Object.entries(API.paths).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => `${method} ${path}`),
);

/** What hono really has, without middleware. */
function registered(): string[] {
  const hub = new LiveHub(view, () => watchInfo({ view, version: '1.2.3' }));
  const app = createApp({
    context: {
      view,
      version: '1.2.3',
      hub,
      metricsText: () => Promise.resolve(''),
      openApi: () => API,
      config: () => null,
      discovery: () => [],
      alerts: () => null,
      isClosing: () => false,
    },
    hostRule: { listenHost: '127.0.0.1', allowedHosts: [] },
    web: null,
    talk: { info: () => undefined, warn: () => undefined },
  });
  hub.close();
  return app.routes
    .filter((route) => route.method !== 'ALL')
    .map((route) => `${route.method.toLowerCase()} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
}

describe('the OpenAPI description', () => {
  it('has exactly the routes that are registered, in both directions', () => {
    expect([...described].sort()).toEqual([...registered()].sort());
  });

  it('gives every operation its own id', () => {
    const ids = Object.values(API.paths).flatMap((operations) =>
      Object.values(operations).map((o) => (o as { operationId: string }).operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is what the server serves', async () => {
    expect((await ask(server.url, '/api/v1/openapi.json')).json()).toEqual(API);
  });

  it.each(
    ROUTES.filter((r) => 200 in r.replies && r.path !== '/api/v1/live' && r.method === 'get').map(
      (r) => r.path,
    ),
  )('is true of what %s answers', async (path) => {
    const params = {
      service: 'orders',
      fingerprint: HUB_FINGERPRINT,
      id: 'heap-1000116060',
    };
    const answer = await ask(server.url, fillPath(path, params));
    expect(answer.status).toBe(200);
    checkAgainst(path, 'get', answer);
  });

  it.each([
    ['/api/v1/incidents/{id}/ack', 'post', { id: 'inc-hub-12' }, {}],
    ['/api/v1/incidents/{id}/mute', 'post', { id: 'inc-hub-12' }, { for: '1h' }],
    ['/api/v1/incidents/{id}/resolve', 'post', { id: 'inc-hub-12' }, { why: 'fixed' }],
    ['/api/v1/events', 'post', {}, { service: 'orders', kind: 'deploy' }],
    ['/api/v1/diagnose/{service}', 'post', { service: 'orders' }, { for: '5m' }],
    ['/api/v1/diagnose/{service}', 'delete', { service: 'orders' }, null],
  ] as const)('is true of what %s answers to %s', async (path, method, params, body) => {
    const answer = await ask(server.url, fillPath(path, params), {
      method: method.toUpperCase(),
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    expect(answer.status).toBeLessThan(300);
    checkAgainst(path, method, answer);
  });

  it('is true of errors', async () => {
    for (const path of ['/api/v1/reports/nobody', '/api/v1/findings?limit=x', '/api/v1/nothing']) {
      const answer = await ask(server.url, path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      checkAgainst('/api/v1/targets', 'get', { ...answer, status: 0 });
    }
  });
});

interface Operation {
  readonly responses: Readonly<
    Record<string, { content: Readonly<Record<string, { schema?: { $ref: string } }>> }>
  >;
}

function checkAgainst(
  path: string,
  method: string,
  answer: { status: number; headers: Readonly<Record<string, string>>; json(): unknown },
): void {
  const operation = API.paths[path]?.[method] as Operation | undefined;
  const response = operation?.responses[String(answer.status)] ?? operation?.responses['default'];
  const mediaType = (answer.headers['content-type'] ?? '').split(';')[0] ?? '';
  const content = response?.content[mediaType];
  if (!content) throw new Error(`${method} ${path} answers ${mediaType}, which is not described`);
  if (!content.schema) return;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const validate = ajv.compile({ ...content.schema, components: API.components });
  validate(answer.json());
  expect(validate.errors ?? []).toEqual([]);
}
