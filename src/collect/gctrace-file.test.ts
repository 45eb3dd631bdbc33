import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { GcTraceFile, withGcTrace } from './gctrace-file.ts';
import type { FetchOutcome, TargetSource } from './source.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-trace-'));
});
beforeEach(() => {
  path = join(folder, `log-${Math.random()}`);
});
afterAll(() => rm(folder, { recursive: true }));

async function read(trace: GcTraceFile): Promise<string> {
  const outcome = await trace.fetch(7);
  if (outcome === null) return '';
  if (outcome.kind === 'failed') throw outcome.error;
  expect(outcome.evidence).toMatchObject({ kind: 'log-line', atMillis: 7 });
  return new TextDecoder().decode(outcome.evidence.bytes);
}

describe('GcTraceFile', () => {
  it('gives the lines of the trace that were added since the round before, and no other', async () => {
    await writeFile(path, 'gc 1 @1.0s old\n');
    const trace = new GcTraceFile(path);
    expect(await read(trace)).toBe('');
    await appendFile(path, 'secret\ngc 2 @2.0s a\ngc 3 @3.0s ');
    expect(await read(trace)).toBe('gc 2 @2.0s a');
    await appendFile(path, 'b\n');
    expect(await read(trace)).toBe('gc 3 @3.0s b');
    expect(await read(trace)).toBe('');
  });

  it('goes on in the new file after rotation, and from the begin after truncation', async () => {
    await writeFile(path, 'x\n');
    const trace = new GcTraceFile(path);
    await read(trace);
    await rename(path, `${path}.1`);
    await writeFile(path, 'gc 4 @4.0s c\n');
    expect(await read(trace)).toBe('gc 4 @4.0s c');
    await truncate(path, 0);
    expect(await read(trace)).toBe('');
    await appendFile(path, 'gc 5 @5.0s\n');
    expect(await read(trace)).toBe('gc 5 @5.0s');
  });

  it('reads the newest part of a log that grew too much in one round', async () => {
    await writeFile(path, '');
    const trace = new GcTraceFile(path);
    await read(trace);
    await appendFile(path, `gc 1 @1.0s\n${`${'x'.repeat(1000)}\n`.repeat(6000)}gc 2 @2.0s\n`);
    expect(await read(trace)).toBe('gc 2 @2.0s');
  });

  it('fails as data for what is missing or no file, and goes on when it is there', async () => {
    const trace = new GcTraceFile(path);
    expect(await trace.fetch(0)).toMatchObject({
      kind: 'failed',
      request: 'gctrace',
      error: { code: 'TRACE_UNREADABLE', place: { where: path } },
    });
    expect((await new GcTraceFile(folder).fetch(0))?.kind).toBe('failed');
    await writeFile(path, 'gc 1 @1.0s\n');
    expect(await read(trace)).toBe('');
  });
});

describe('withGcTrace', () => {
  it('gives the trace beside what the target gives, also where that fails', async () => {
    await writeFile(path, '');
    const error = new PlimsollError('TARGET_REFUSED', 'collect', 'nobody listens');
    const failed: FetchOutcome = { kind: 'failed', request: 'metrics', error, tookMillis: 0 };
    const target: TargetSource = {
      fetchGauges: () => Promise.resolve([failed]),
      fetchProfile: () => Promise.resolve(failed),
    };
    const traced = withGcTrace(target, path, { now: () => 9 });
    const { signal } = new AbortController();
    expect(await traced.fetchGauges(signal)).toEqual([failed]);
    await appendFile(path, 'gc 5 @5.0s\n');
    expect(await traced.fetchGauges(signal)).toMatchObject([failed, { kind: 'ok', request: 'gctrace' }]);
    expect(await traced.fetchProfile('heap', { form: 'proto', gc: false }, signal)).toBe(failed);
  });
});
