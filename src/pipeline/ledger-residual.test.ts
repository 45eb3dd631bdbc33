// Does the ledger add up on evidence of a real process? The recording that ships with the demo has its metrics and its /proc.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openRecording } from '../recording/read-recording.ts';
import { computeLedger, LEDGER_PARTS } from '../series/ledger.ts';
import { computeLiveFloor } from '../series/live-floor.ts';
import { quantile } from '../series/stats/quantiles.ts';
import { Interpolation } from '../series/work.ts';
import { replayRecordings } from './replay.ts';

const RECORDING = join(import.meta.dirname, '..', '..', 'demo', 'recordings', 'sessions.tar.gz');

it('the ledger leaves at most 5 % of RSS over at the 95th percentile, and clips nothing away', async () => {
  const { investigations } = await replayRecordings([await openRecording(RECORDING)], undefined, []);
  const history = investigations[0]?.history;
  if (history === undefined) throw new Error('nothing was recorded');
  const floor = computeLiveFloor(history, { from: 0, to: history.length });
  const live = floor && new Interpolation(floor);
  const shares: number[] = [];
  const natives: number[] = [];
  for (let row = 0; row < history.length; row++) {
    const ledger = computeLedger(history, row, live?.at(history.timeMillis[row] ?? 0) ?? null);
    if (ledger === null || ledger.rssBytes === null || ledger.residualBytes === null) continue;
    const sum = LEDGER_PARTS.reduce((total, [part, sign]) => total + sign * (ledger[part] ?? 0), 0);
    expect(sum + ledger.residualBytes).toBeCloseTo(ledger.rssBytes, 3);
    natives.push((ledger.nativeBytes ?? NaN) / ledger.rssBytes);
    shares.push(Math.abs(ledger.residualBytes) / ledger.rssBytes);
  }
  expect(shares.length).toBeGreaterThan(200);
  expect(quantile(shares, 0.95)).toBeLessThanOrEqual(0.05);
  // Whatever Go's own numbers and the kernel's disagree by would be called native (or less never written), so that the sum fits:
  // this program has no C in it, and native must be about nothing.
  expect(quantile(natives, 0.95)).toBeLessThanOrEqual(0.05);
}, 60_000);
