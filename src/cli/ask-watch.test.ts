import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS } from '../base/units.ts';
import { fakeIncidents, fakeTargets } from '../testing/fake-fleet.ts';
import { askWatch } from './ask-watch.ts';

const NOW = Date.UTC(2026, 0, 2);

describe('what a running watch knows of a kill', () => {
  let server: Server;
  let url = '';
  const asked: string[] = [];
  /** Instances of `orders` that were restarted around the kill. */
  let restarted: readonly string[] = [];

  beforeEach(async () => {
    asked.length = 0;
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      asked.push(request.url ?? '');
      const instance = searchParams.get('instance') ?? '';
      const answers: Readonly<Record<string, unknown>> = {
        '/api/v1/targets': { targets: fakeTargets(NOW) },
        '/api/v1/incidents': { incidents: fakeIncidents(NOW) },
        '/api/v1/profiles/orders': { profiles: [{ kind: 'heap', takenAt: NOW - HOUR_MILLIS }] },
        '/api/v1/series/orders': {
          ...{ service: 'orders', instance, time: [], values: {} },
          marks: restarted.includes(instance) ? [{ at: NOW + MINUTE_MILLIS, kind: 'restart', text: '' }] : [],
        },
      };
      const answer = answers[pathname];
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? {}));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    restarted = [];
    server.closeAllConnections();
    server.close();
  });

  it('is of the instance that was restarted then, with its incidents and not those of others', async () => {
    restarted = ['10.0.0.12:6060'];
    const { target, series, incidents, report, snapshots } = await askWatch(url, 'orders', NOW);
    expect([target?.instance, series?.instance]).toEqual(['10.0.0.12:6060', '10.0.0.12:6060']);
    expect(incidents.map(({ id }) => id)).toEqual(['inc-hub-12']);
    expect(report).toBeNull(); // 404: none yet
    expect(snapshots).toHaveLength(1);
  });

  it('is asked of the day before the kill and the minutes after it', async () => {
    await askWatch(url, 'orders', NOW);
    const query = new URL(asked.find((path) => path.includes('/series/')) ?? '', url).searchParams;
    expect(Number(query.get('from'))).toBe(NOW - 24 * HOUR_MILLIS);
    expect(Number(query.get('to'))).toBe(NOW + 5 * MINUTE_MILLIS);
    expect(query.get('gauges')).toContain('liveFloorBytes');
  });

  it('is nothing of a service that it does not watch', async () => {
    const answer = await askWatch(url, 'nobody', NOW);
    expect(answer).toEqual({ target: null, series: null, incidents: [], report: null, snapshots: [] });
    expect(asked).toEqual(['/api/v1/targets']);
  });

  it.each([
    ['ftp://x', 'ARGUMENTS_INVALID'],
    ['http://127.0.0.1:1', 'TARGET_REFUSED'],
  ])('of %s is an error: %s', async (server, code) => {
    await expect(askWatch(server, 'orders', NOW)).rejects.toMatchObject({ code });
  });
});
