import { expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { MINUTE_MILLIS } from '../base/units.ts';
import type { FetchOutcome } from '../collect/source.ts';
import { REAL_TIME, type RawEvidence } from '../model/raw-evidence.ts';
import { encodeProfile } from '../pprof/encode-proto.ts';
import { drawDump } from '../testing/drawn-dump.ts';
import { drawProfile } from '../testing/drawn-profile.ts';
import { DRAWN_START_MILLIS, drawReadings } from '../testing/series-from-text.ts';
import { RecordingPolicy } from './recording-policy.ts';
import { requestOfWish, type ProfileWish } from './target-loop.ts';

/** What is taken of a process whose goroutines are drawn, with the minute: `71m profile:goroutineleak`. */
async function follow(
  goroutines: string,
  { offersGoroutineLeak = true, isRefused = false } = {},
): Promise<string[]> {
  const policy = new RecordingPolicy({
    target: { service: 'orders', instance: 'a' },
    ...{ module: null, memoryLimitBytes: null, timeMap: REAL_TIME, offersGoroutineLeak },
  });
  const story: string[] = [];
  for (const { atMillis, reading } of drawReadings(`every 1m for 4h\ngoroutines ${goroutines}`)) {
    const page = `go_goroutines ${reading.goroutines}\nprocess_start_time_seconds ${(reading.processStartMillis ?? 0) / 1000}\n`;
    const bytes = new TextEncoder().encode(page);
    await policy.take(answer('metrics', { kind: 'metrics', atMillis, bytes }), atMillis);
    for (const wish of policy.wishes(atMillis)) {
      story.push(`${Math.round((atMillis - DRAWN_START_MILLIS) / MINUTE_MILLIS)}m ${requestOfWish(wish)}`);
      await policy.take(isRefused ? refuse(wish) : serve(wish, atMillis), atMillis);
    }
  }
  await policy.close();
  return story;
}

function answer(request: FetchOutcome['request'], evidence: RawEvidence): FetchOutcome {
  return { kind: 'ok', request, evidence, tookMillis: 1, receivedBytes: evidence.bytes.length };
}

function refuse(wish: ProfileWish): FetchOutcome {
  const error = new PlimsollError('TARGET_REFUSED', 'collect', 'not served here');
  return { kind: 'failed', request: requestOfWish(wish), error, tookMillis: 1 };
}

function serve(wish: ProfileWish, atMillis: number): FetchOutcome {
  const { kind: profile, form } = wish;
  const bytes =
    form === 'text'
      ? drawDump('20 | chan receive, 7 minutes | orders.wait@/src/wait.go:9 | orders.open@/src/open.go:14')
      : encodeProfile(
          drawProfile('types goroutineleak/count\nmain.main@main.go:9 > orders.wait@wait.go:9 = 20'),
        );
  return answer(requestOfWish(wish), { kind: 'profile', profile, form, atMillis, bytes });
}

const kindsOf = (story: readonly string[]) => story.map((line) => line.replace(/^\d+m profile:/, ''));

it('takes the proof of leaked goroutines where they grow, hourly at most, and the dump of all of them once', async () => {
  const story = await follow('12 +80/h noise 1');
  const kinds = kindsOf(story);
  expect(kinds.filter((kind) => kind === 'goroutine-dump')).toHaveLength(1);
  const proofs = story.filter((line) => line.endsWith('goroutineleak')).map((line) => parseInt(line));
  expect(proofs.length).toBeGreaterThanOrEqual(2);
  for (const [i, at] of proofs.slice(1).entries()) expect(at - proofs[i]).toBeGreaterThanOrEqual(60);
});

it('takes neither of a process whose goroutines do not grow', async () => {
  expect(await follow('12 noise 1')).toEqual([]);
});

it('asks no process for the proof that does not offer it', async () => {
  expect(kindsOf(await follow('12 +80/h noise 1', { offersGoroutineLeak: false }))).toEqual([
    'goroutine-dump',
  ]);
});

it('asks again after an hour where it is refused, not at each scrape', async () => {
  const story = await follow('12 +80/h noise 1', { isRefused: true });
  expect(story.length).toBeGreaterThanOrEqual(4);
  expect(story.length).toBeLessThanOrEqual(8);
});
