import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask } from '../testing/ask.ts';
import { FakeWatchView } from '../testing/fake-watch-view.ts';
import { openDesk } from '../testing/open-desk.ts';
import { alertMetrics } from './alert-metrics.ts';
import { startServer } from './start-server.ts';

describe('metrics of alerts', () => {
  it('have an alert as acknowledged at the level that it had then, not at a higher one', async () => {
    const view = new FakeWatchView();
    const { desk, lookWhenActive, end } = openDesk(view, { settings: { criticalWithinMillis: 0 } });
    await lookWhenActive();
    const [alert] = desk.alerts();
    await desk.acknowledge(alert?.fingerprint ?? '', 'ana', 'on it');
    const read = () =>
      alertMetrics(desk)
        .flatMap(({ name, samples }) => (name === 'plimsoll_alert' ? samples : []))
        .map(({ labels }) => [labels?.['severity'], labels?.['acknowledged']])
        .find((_, i) => desk.alerts()[i]?.ack !== null);
    const asWarning = read();
    view.advance(1000 * 24 * 3_600_000);
    await desk.look();
    await end();
    expect([asWarning, read()]).toEqual([
      ['warning', 'true'],
      ['critical', 'false'],
    ]);
  });

  it('and readiness say that the folder of alerts cannot be written, and where it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-ready-'));
    const view = new FakeWatchView();
    const { desk, lookWhenActive, end } = openDesk(view, { parts: { folder } });
    const listen = { host: '127.0.0.1', port: 0 };
    const server = await startServer({ view, listen, webDir: null, version: '1', alerts: () => desk });
    const look = async () => {
      await lookWhenActive();
      const [ready, metrics] = await Promise.all([ask(server.url, '/readyz'), ask(server.url, '/metrics')]);
      const values = ['plimsoll_ready', 'plimsoll_alerts_folder_ready'].map(
        (name) => new RegExp(`^${name} (.*)$`, 'm').exec(metrics.text)?.[1],
      );
      return { status: ready.status, values, says: ready.text.includes(folder) };
    };
    try {
      // Root may write anywhere: a folder in the place of the draft stops it as well.
      await mkdir(join(folder, 'state.json.draft'));
      expect(await look()).toEqual({ status: 503, values: ['0', '0'], says: true });
      await rm(join(folder, 'state.json.draft'), { recursive: true });
      await desk.look();
      expect(await look()).toEqual({ status: 200, values: ['1', '1'], says: false });
    } finally {
      await server.close();
      await end();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
