import { afterEach, describe, expect, it } from 'vitest';
import type { Revival } from '../pipeline/alert-view.ts';
import { ask, type Answer } from '../testing/ask.ts';
import { FakeWatchView } from '../testing/fake-watch-view.ts';
import { openDesk } from '../testing/open-desk.ts';
import { startServer } from './start-server.ts';

let close: () => Promise<void> = () => Promise.resolve();
afterEach(() => close());

async function retry(revival: Revival): Promise<Answer> {
  const view = new FakeWatchView({ isEmpty: true });
  const { desk, end } = openDesk(view);
  desk.revive = () => Promise.resolve(revival);
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await startServer({ view, listen, webDir: null, version: '1.2.3', alerts: () => desk });
  close = async () => {
    await server.close();
    await end();
  };
  const headers = { 'content-type': 'application/json' };
  return ask(server.url, '/api/v1/dead-letters/x/retry', {
    method: 'POST',
    headers,
    body: '{}',
  });
}

describe('POST /api/v1/dead-letters/{id}/retry', () => {
  it.each<[Revival, number, string]>([
    ['waits', 200, 'isWaiting'],
    ['unknown', 404, 'DEAD_LETTER_NOT_FOUND'],
    ['overtaken', 409, 'a later message about this leak'],
    ['outdated', 409, 'the leak is over, or is back'],
  ])('says what became of the letter: %s', async (revival, status, said) => {
    const answer = await retry(revival);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(said);
  });
});
