import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { MINUTE_MILLIS } from '../base/units.ts';
import { LoadCommand, checkLoadTime, phaseAt } from './load-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'plimsoll-load-'));
afterAll(() => rmSync(folder, { recursive: true }));
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the idle test', () => {
  it('loads, rests and loads again', () => {
    expect([0, 0.39, 0.41, 0.79, 0.81, 1].map(phaseAt)).toEqual([
      'load',
      'load',
      'rest',
      'rest',
      'load',
      'load',
    ]);
  });

  it('needs enough rest', () => {
    expect(() => checkLoadTime(30 * MINUTE_MILLIS, 1)).not.toThrow();
    expect(() => checkLoadTime(20 * MINUTE_MILLIS, 1)).toThrow('needs --for 28m at least');
  });
});

describe('a load command', () => {
  it('ends with all that it has started when there is to be rest, and comes back', async () => {
    const pids = join(folder, 'pids');
    const command = new LoadCommand(`sleep 60 & echo $! >> '${pids}'; wait`);
    const started = () => readFileSync(pids, 'utf8').split('\n').filter(Boolean).map(Number);
    command.follow('load', 0);
    await vi.waitFor(() => expect(started()).toHaveLength(1), 10_000);
    command.follow('load', 5000); // still the same
    command.follow('rest', 10_000);
    await vi.waitFor(() => expect(started().map(isAlive)).toEqual([false]), 10_000);
    command.follow('load', 20_000);
    await vi.waitFor(() => expect(started()).toHaveLength(2), 10_000);
    await command.stop();
    await vi.waitFor(() => expect(started().map(isAlive)).toEqual([false, false]), 10_000);
  });

  it('is started again when it ends by itself, not more than once a second', async () => {
    const runs = join(folder, 'runs');
    const command = new LoadCommand(`echo x >> '${runs}'`);
    const count = () => readFileSync(runs, 'utf8').length / 2;
    command.follow('load', 0);
    await vi.waitFor(() => expect(count()).toBe(1), 10_000);
    command.follow('load', 500);
    await vi.waitFor(() => {
      command.follow('load', 1500);
      expect(count()).toBe(2);
    }, 10_000);
  });

  it('that fails is an error, with its status', async () => {
    const command = new LoadCommand('exit 7');
    command.follow('load', 0);
    await vi.waitFor(() => expect(() => command.follow('load', 1)).toThrow('ended with status 7'), 10_000);
  });
});
