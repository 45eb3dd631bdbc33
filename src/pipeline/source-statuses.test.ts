import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import type { FetchOutcome, RequestName } from '../collect/source.ts';
import { SourceStatuses, stateOf } from './source-statuses.ts';

const ok = (request: RequestName): FetchOutcome => ({
  kind: 'ok',
  request,
  evidence: { kind: 'metrics', atMillis: 0, bytes: new Uint8Array(10) },
  tookMillis: 3,
  receivedBytes: 10,
});
const failed = (request: RequestName): FetchOutcome => ({
  kind: 'failed',
  request,
  error: new PlimsollError('TARGET_TIMEOUT', 'collect', 'no answer within 10 s', {
    where: 'http://h:1/metrics',
  }),
  tookMillis: 10_000,
});

describe('SourceStatuses', () => {
  it('keeps stage, cause and advice of the last error until the next success', () => {
    const statuses = new SourceStatuses();
    statuses.record(failed('metrics'), 1000);
    statuses.record(failed('metrics'), 2000);
    expect(statuses.list()[0]).toMatchObject({
      state: 'failing',
      failuresInARow: 2,
      lastOkAt: null,
      lastTriedAt: 2000,
      error: { code: 'TARGET_TIMEOUT', stage: 'collect' },
    });
    statuses.record(ok('metrics'), 3000);
    expect(statuses.list()[0]).toMatchObject({ state: 'ok', failuresInARow: 0, error: null, requests: 3 });
  });

  it('adds up what answering has cost the target', () => {
    const statuses = new SourceStatuses();
    statuses.record(ok('metrics'), 1000);
    statuses.record(ok('metrics'), 2000);
    expect(statuses.list()[0]).toMatchObject({ requests: 2, receivedBytes: 20, tookMillisTotal: 6 });
  });

  it.each([
    ['nothing was tried', [], 'waiting'],
    ['gauges answer', [ok('metrics')], 'up'],
    ['a profile fails beside gauges', [ok('metrics'), failed('profile:heap')], 'degraded'],
    ['only /proc can be read', [failed('metrics'), ok('proc')], 'down'],
  ] as const)('is told as a whole when %s', (_, outcomes, state) => {
    const statuses = new SourceStatuses();
    statuses.expect('vars', 'not offered', 'off');
    for (const outcome of outcomes) statuses.record(outcome, 0);
    expect(stateOf(statuses.list())).toBe(state);
  });
});
