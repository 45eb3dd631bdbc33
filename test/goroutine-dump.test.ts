// Who starts the goroutines of a suspect: one dump, asked for by the watch, kept over its restart, gone with the process.
import { afterEach, describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MINUTE_MILLIS, SECOND_MILLIS } from '../src/base/units.ts';
import { PlimsollError } from '../src/base/errors.ts';
import type { FetchOutcome, RequestName, TargetSource } from '../src/collect/source.ts';
import { DEFAULT_SETTINGS } from '../src/config/load-config.ts';
import { MOST_GOROUTINES_DUMPED } from '../src/detect/snapshot-policy.ts';
import type { RawEvidence } from '../src/model/raw-evidence.ts';
import { targetKey } from '../src/model/target.ts';
import { Watch } from '../src/pipeline/watch.ts';
import { encodeProfile } from '../src/pprof/encode-proto.ts';
import { MemoryStore } from '../src/store/memory.ts';
import { drawDump } from '../src/testing/drawn-dump.ts';
import { drawProfile } from '../src/testing/drawn-profile.ts';
import { SteppedClock } from './stepped-clock.ts';

const START_MILLIS = Date.UTC(2026, 0, 5);
const TARGET = { service: 'orders', instance: '10.0.0.7:6060' };
const FILE = '/go/pkg/mod/example.com/log@v1.0.0/log.go';

/** A service that starts goroutines of a library and never ends them. */
class LeakingService implements TargetSource {
  readonly asked: string[] = [];
  readonly clock: SteppedClock;
  startedAt = START_MILLIS;
  atStart = 10;
  perHour = 120;
  isDumpRefused = false;

  constructor(clock: SteppedClock) {
    this.clock = clock;
  }

  get #goroutines(): number {
    return this.atStart + Math.floor((this.perHour * (this.clock.now() - this.startedAt)) / HOUR_MILLIS);
  }

  async fetchGauges(): Promise<FetchOutcome[]> {
    const text = `go_goroutines ${this.#goroutines}\nprocess_start_time_seconds ${this.startedAt / 1000}\n`;
    return Promise.resolve([
      this.#answer('metrics', { kind: 'metrics', bytes: new TextEncoder().encode(text) }),
    ]);
  }

  async fetchProfile(
    ...[kind, { form, debug }]: Parameters<TargetSource['fetchProfile']>
  ): Promise<FetchOutcome> {
    const request = `profile:${kind}` as const;
    if (kind !== 'goroutine') {
      const error = new PlimsollError('TARGET_REFUSED', 'collect', 'there is no such profile');
      return Promise.resolve({ kind: 'failed', request, error, tookMillis: 0 });
    }
    const minutes = Math.round((this.clock.now() - START_MILLIS) / MINUTE_MILLIS);
    this.asked.push(`${minutes}m ${form}${debug === undefined ? '' : ` debug=${debug}`}`);
    if (form === 'text' && this.isDumpRefused) {
      const error = new PlimsollError('TARGET_REFUSED', 'collect', 'dumps are not served here');
      return Promise.resolve({ kind: 'failed', request, error, tookMillis: 0 });
    }
    const bytes = form === 'text' ? this.#dump() : this.#profile();
    return Promise.resolve(this.#answer(request, { kind: 'profile', profile: 'goroutine', form, bytes }));
  }

  #answer(request: RequestName, evidence: Record<string, unknown> & { bytes: Uint8Array }): FetchOutcome {
    return {
      kind: 'ok',
      request,
      evidence: { ...evidence, atMillis: this.clock.now() } as unknown as RawEvidence,
      tookMillis: 1,
      receivedBytes: evidence.bytes.length,
    };
  }

  #profile(): Uint8Array {
    return encodeProfile(
      drawProfile(`
        types goroutine/count
        example.com/log.(*Log).run@${FILE}:9 > runtime.chanrecv@/go/chan.go:5 > runtime.gopark@/go/proc.go:4 = ${this.#goroutines}
      `),
    );
  }

  #dump(): Uint8Array {
    const lines = `chan receive, 7 minutes | example.com/log.(*Log).run@${FILE}:9 | orders/export.Open@/src/export/open.go:14`;
    return drawDump(`${this.#goroutines} | ${lines}`);
  }
}

describe('the dump of all goroutines', () => {
  const watches: Watch[] = [];
  const begin = async (service: LeakingService, store: MemoryStore) => {
    const watch = new Watch({
      clock: service.clock,
      store,
      random: () => 0,
      talk: { info: () => undefined, warn: () => undefined },
      settings: { ...DEFAULT_SETTINGS, gaugeIntervalMillis: MINUTE_MILLIS },
    });
    watches.push(watch);
    return {
      watch,
      watched: await watch.addTarget({
        target: TARGET,
        module: 'orders',
        memoryLimitBytes: null,
        source: service,
      }),
    };
  };
  const run = async ({ clock }: LeakingService, hours: number) => {
    const end = clock.now() + hours * HOUR_MILLIS;
    while (clock.now() < end) await clock.step();
  };
  const dumps = ({ asked }: LeakingService) => asked.filter((line) => line.endsWith('text debug=2'));
  const storedDumps = async (store: MemoryStore) => {
    const range = { fromMillis: START_MILLIS, toMillis: Infinity };
    const records = await store.listProfiles(targetKey(TARGET), 'goroutine', range);
    return records.filter(({ form }) => form === 'text').length;
  };
  afterEach(async () => {
    for (const watch of watches.splice(0)) await watch.close();
  });

  it('is taken once of a suspect, stored, known after a restart of the watch, and taken anew in the next life', async () => {
    const service = new LeakingService(new SteppedClock(START_MILLIS));
    const store = new MemoryStore();
    const first = await begin(service, store);
    await run(service, 4);
    expect(dumps(service)).toHaveLength(1);
    expect(await storedDumps(store)).toBe(1);
    const creator = first.watched.investigation.findings[0]?.culprits.find(({ role }) => role === 'creates');
    expect(creator).toMatchObject({ function: 'orders/export.Open', file: 'export/open.go', line: 14 });
    await first.watch.close();

    const second = await begin(service, store);
    expect(second.watched.investigation.profiles.origins?.longestMinutes[0]).toBe(7);
    await run(service, 1);
    expect(dumps(service)).toHaveLength(1);

    service.startedAt = service.clock.now() + 5 * SECOND_MILLIS;
    await run(service, 0.2);
    expect(second.watched.investigation.profiles.origins).toBeNull();
    await run(service, 3);
    expect(dumps(service)).toHaveLength(2);
  });

  it('is not asked for where there are too many goroutines', async () => {
    const service = new LeakingService(new SteppedClock(START_MILLIS));
    service.atStart = MOST_GOROUTINES_DUMPED;
    service.perHour = 6000;
    const { watched } = await begin(service, new MemoryStore());
    await run(service, 4);
    expect(
      watched.investigation.judged?.lanes.some(({ lane, isSuspect }) => lane === 'goroutine' && isSuspect),
    ).toBe(true);
    expect(dumps(service)).toEqual([]);
  });

  it('that is refused is tried again ever more rarely, and goroutine profiles go on', async () => {
    const service = new LeakingService(new SteppedClock(START_MILLIS));
    service.isDumpRefused = true;
    const { watched } = await begin(service, new MemoryStore());
    await run(service, 4);
    expect(watched.statuses.of('profile:goroutine-dump')).toMatchObject({ state: 'failing' });
    expect(watched.statuses.of('profile:goroutine')).toMatchObject({ state: 'ok' });
    expect(dumps(service).length).toBeGreaterThan(1);
    expect(dumps(service).length).toBeLessThan(100);
    expect(watched.investigation.findings[0]?.culprits[0]?.function).toBe('example.com/log.(*Log).run');
  });
});
