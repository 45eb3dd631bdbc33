// One suite for every implementation of Store.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GAUGE_NAMES, type GaugeName } from '../base/gauges.ts';
import { HOUR_MILLIS } from '../base/units.ts';
import type { Incident } from '../model/incident.ts';
import { skipNote, whyNoChdb } from '../testing/why-no-chdb.ts';
import { openStore } from './open.ts';
import type { OpenedStore, StoreKind } from './opened-store.ts';
import type { GaugeRows, ProfileRecord, SiteValues } from './store.ts';

const ALWAYS = { fromMillis: 0, toMillis: Infinity };
const T = 1_700_000_000_000;

const implementations: { kind: StoreKind; reason: string | null }[] = [
  { kind: 'memory', reason: null },
  { kind: 'chdb', reason: whyNoChdb() },
];

for (const { kind, reason } of implementations) {
  describe.skipIf(reason)(`${kind} store${skipNote(reason)}`, () => {
    let dataDir = '';
    let store: OpenedStore;

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'plimsoll-store-'));
      store = await openStore({ kind, dataDir });
    });
    afterAll(async () => {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    });

    describe('targets', () => {
      it('lists a target once however often it is seen, sorted by name', async () => {
        await store.saveTarget({ service: 'zoo', instance: 'b:1' }, T);
        await store.saveTarget({ service: 'ant', instance: 'a/with/slash' }, T);
        await store.saveTarget({ service: 'zoo', instance: 'b:1' }, T + HOUR_MILLIS);
        const names = (await store.listTargets()).map(({ service, instance }) => `${service} ${instance}`);
        expect(names).toEqual(['ant a/with/slash', 'zoo b:1']);
      });
    });

    describe('gauges', () => {
      it('gives back what was saved, unknown cells as NaN, unknown gauges not at all', async () => {
        const drawn = `
          time        1000  2000  3000
          goroutines    12     -    14
          rssBytes       -   1e6   2e6`;
        await store.saveGauges('g/plain', gaugesFromText(drawn));
        expect(renderGauges(await store.readGauges('g/plain', ALWAYS, 100))).toEqual(
          renderGauges(gaugesFromText(drawn)),
        );
      });

      it('keeps every bit of a number', async () => {
        const values = [
          0.1 + 0.2,
          2 ** 53 - 1,
          1e-300,
          1.7976931348623157e308,
          5e-324,
          -0.5,
          123.45678901234568,
        ];
        const timeMillis = Float64Array.from(values, (_, row) => T + row);
        const columns = new Map<GaugeName, Float64Array>([['cpuSecondsTotal', Float64Array.from(values)]]);
        await store.saveGauges('g/bits', { timeMillis, columns });
        const read = await store.readGauges('g/bits', ALWAYS, 100);
        expect([...(read.columns.get('cpuSecondsTotal') ?? [])]).toEqual(values);
        expect([...read.timeMillis]).toEqual([...timeMillis]);
      });

      it('stores an infinity as not known', async () => {
        const columns = new Map<GaugeName, Float64Array>([['rssBytes', Float64Array.of(Infinity, 5)]]);
        await store.saveGauges('g/inf', { timeMillis: Float64Array.of(1, 2), columns });
        const read = await store.readGauges('g/inf', ALWAYS, 100);
        expect([...(read.columns.get('rssBytes') ?? [])]).toEqual([NaN, 5]);
      });

      it('keeps every gauge of the dictionary in its own column', async () => {
        const columns = new Map(GAUGE_NAMES.map((name, at) => [name, Float64Array.of(at + 0.5)] as const));
        await store.saveGauges('g/all', { timeMillis: Float64Array.of(T), columns });
        const read = await store.readGauges('g/all', ALWAYS, 100);
        expect([...read.columns].map(([name, cells]) => `${name} ${cells[0]}`)).toEqual(
          GAUGE_NAMES.map((name, at) => `${name} ${at + 0.5}`),
        );
      });

      it('reads a range with both its ends', async () => {
        await store.saveGauges('g/range', ramp(T, 10, 1000));
        const read = await store.readGauges('g/range', { fromMillis: T + 2000, toMillis: T + 5000 }, 100);
        expect([...read.timeMillis].map((time) => time - T)).toEqual([2000, 3000, 4000, 5000]);
      });

      it.each([
        { maxRows: 7, offsets: [0, 1, 2, 3, 4, 5, 6] },
        { maxRows: 6, offsets: [0, 2, 4, 6] },
        { maxRows: 3, offsets: [0, 3, 6] },
        { maxRows: 2, offsets: [2, 6] },
        { maxRows: 1, offsets: [6] },
      ])(
        'thins 7 rows to at most $maxRows evenly and always keeps the newest',
        async ({ maxRows, offsets }) => {
          await store.saveGauges('g/thin', ramp(T, 7, 1000));
          const read = await store.readGauges('g/thin', ALWAYS, maxRows);
          expect([...read.timeMillis].map((time) => (time - T) / 1000)).toEqual(offsets);
          expect([...(read.columns.get('rssBytes') ?? [])]).toEqual(offsets);
        },
      );

      it('changes nothing when the same rows are saved again, and takes the later of two at one time', async () => {
        await store.saveGauges('g/again', ramp(T, 3, 1000));
        await store.saveGauges('g/again', ramp(T, 3, 1000));
        await store.saveGauges('g/again', {
          timeMillis: Float64Array.of(T + 1000),
          columns: new Map([['rssBytes', Float64Array.of(77)]]),
        });
        const read = await store.readGauges('g/again', ALWAYS, 100);
        expect([...(read.columns.get('rssBytes') ?? [])]).toEqual([0, 77, 2]);
      });

      it('gives rows in order of time even when an earlier one comes later', async () => {
        await store.saveGauges('g/late', ramp(T + 5000, 2, 1000));
        await store.saveGauges('g/late', ramp(T, 2, 1000));
        const read = await store.readGauges('g/late', ALWAYS, 100);
        expect([...read.timeMillis].map((time) => time - T)).toEqual([0, 1000, 5000, 6000]);
      });

      it('tells targets apart whose names need quoting', async () => {
        const hostile = [
          `q/it's`,
          'q/a\\',
          'q/tab\there',
          'q/line\nbreak',
          'q/"; DROP TABLE x',
          'q/é 漢 🚢',
          'q/{a:String}',
        ];
        for (const [at, key] of hostile.entries()) await store.saveGauges(key, ramp(T + at, 1, 1));
        for (const [at, key] of hostile.entries()) {
          expect([...(await store.readGauges(key, ALWAYS, 10)).timeMillis], key).toEqual([T + at]);
        }
      });

      it('writes fifty targets at once', async () => {
        const keys = Array.from({ length: 50 }, (_, at) => `many/${at}`);
        await Promise.all(keys.map((key, at) => store.saveGauges(key, ramp(T + at, 3, 1000))));
        const first = await Promise.all(
          keys.map(async (key) => (await store.readGauges(key, ALWAYS, 10)).timeMillis),
        );
        expect(first.map((times) => `${(times[0] ?? 0) - T} of ${times.length}`)).toEqual(
          keys.map((_, at) => `${at} of 3`),
        );
      });

      it('is empty for a target that nobody has heard of', async () => {
        const read = await store.readGauges('g/unknown', ALWAYS, 10);
        expect(read.timeMillis.length).toBe(0);
        expect(read.columns.size).toBe(0);
      });

      it.each([
        [
          'times that stand still',
          { timeMillis: Float64Array.of(5, 5), columns: new Map() },
          'strictly increase',
        ],
        [
          'a time that is no number',
          { timeMillis: Float64Array.of(NaN), columns: new Map() },
          'outside of 1970',
        ],
        [
          'a time in the far future',
          { timeMillis: Float64Array.of(1e18), columns: new Map() },
          'outside of 1970',
        ],
        [
          'a column of another length',
          { timeMillis: Float64Array.of(1), columns: new Map([['rssBytes', new Float64Array(2)]]) },
          '2 cells for 1 times',
        ],
      ] as [string, GaugeRows, string][])('refuses %s and names it', async (_, rows, message) => {
        await expect(store.saveGauges('g/bad', rows)).rejects.toMatchObject({ code: 'STORE_FAILED' });
        await expect(store.saveGauges('g/bad', rows)).rejects.toThrow(message);
      });

      it('refuses a key that is no target key', async () => {
        await expect(store.saveGauges('noslash', ramp(T, 1, 1))).rejects.toThrow('is no target key');
      });
    });

    describe('profiles', () => {
      const heap = (target: string, takenAtMillis: number, bytes: Uint8Array): Omit<ProfileRecord, 'id'> => ({
        target,
        kind: 'heap',
        form: 'proto',
        takenAtMillis,
        sizeBytes: bytes.length,
      });
      const bytes = Uint8Array.from({ length: 4000 }, (_, at) => (at * 7) % 256);

      it('gives back the very bytes and what is known of them', async () => {
        const saved = await store.saveProfile(heap('p/bytes', T, bytes), bytes);
        const read = await store.readProfile(saved.id);
        expect(read?.record).toEqual(saved);
        expect(read && Buffer.from(read.bytes).equals(bytes)).toBe(true);
      });

      it('gives one name to the same profile and keeps it once', async () => {
        const first = await store.saveProfile(heap('p/once', T, bytes), bytes);
        const second = await store.saveProfile(heap('p/once', T, bytes), bytes);
        const later = await store.saveProfile(heap('p/once', T + 1, bytes), bytes);
        expect(second.id).toBe(first.id);
        expect(later.id).not.toBe(first.id);
        expect((await store.listProfiles('p/once', 'heap', ALWAYS)).map((record) => record.id)).toEqual([
          first.id,
          later.id,
        ]);
      });

      it('lists one kind of one target within a range, ascending', async () => {
        for (const at of [3, 1, 2, 9]) await store.saveProfile(heap('p/list', T + at, bytes), bytes);
        await store.saveProfile({ ...heap('p/list', T + 2, bytes), kind: 'goroutine' }, bytes);
        await store.saveProfile(heap('p/other', T + 2, bytes), bytes);
        const listed = await store.listProfiles('p/list', 'heap', { fromMillis: T + 1, toMillis: T + 3 });
        expect(listed.map((record) => record.takenAtMillis - T)).toEqual([1, 2, 3]);
      });

      it('knows nothing of a name that was never given, even one that looks like a path', async () => {
        expect(await store.readProfile('f'.repeat(64))).toBeNull();
        expect(await store.readProfile('../../etc/passwd')).toBeNull();
        expect(await store.readSites('f'.repeat(64))).toBeNull();
      });

      it('gives back site values in the order in which they came, with each stack in full', async () => {
        const record = await store.saveProfile(heap('p/sites', T, bytes), bytes);
        const stacks = [
          'main.leak\t/app/main.go\t12\nmain.main\t/app/main.go\t5',
          `odd "quotes'\\ and\ttabs\t0`,
          'main.leak\t/app/main.go\t12\nmain.main\t/app/main.go\t5',
          'é漢🚢\t\t0',
        ];
        const sites: SiteValues = {
          profile: record,
          stacks,
          objectBytes: Float64Array.of(16, 32, 48, 0.25),
          inuseObjects: Float64Array.of(1, 2, 3, 4),
          inuseBytes: Float64Array.of(2 ** 53 - 1, 64, 0, 0.1),
        };
        await store.saveSites(sites);
        await store.saveSites(sites);
        const read = await store.readSites(record.id);
        expect(read).toEqual(sites);
      });

      it('keeps a profile of 12,000 sites whole', async () => {
        const record = await store.saveProfile(heap('p/large', T, bytes), bytes);
        const count = 12_000;
        const values = Float64Array.from({ length: count }, (_, row) => row);
        const stacks = Array.from(
          { length: count },
          (_, row) => `main.f${row % 9000}\t/app/f.go\t${row % 9000}`,
        );
        await store.saveSites({
          profile: record,
          stacks,
          objectBytes: values,
          inuseObjects: values,
          inuseBytes: values,
        });
        const read = await store.readSites(record.id);
        expect(read?.stacks).toEqual(stacks);
        expect(read?.inuseBytes).toEqual(values);
      });
    });

    describe('states', () => {
      it('gives back the last state of a target, and null for one that has none', async () => {
        await store.saveState('orders/a:1', '{"n":1}');
        await store.saveState('orders/a:1', '{"n":2,"text":"é\\n🚢"}');
        await store.saveState('orders/b:1', '{"n":3}');
        expect(await store.readState('orders/a:1')).toBe('{"n":2,"text":"é\\n🚢"}');
        expect(await store.readState('orders/b:1')).toBe('{"n":3}');
        expect(await store.readState('orders/none:1')).toBeNull();
      });
    });

    describe('incidents', () => {
      it('keeps the last write of each, ascending by the time they opened', async () => {
        await store.saveIncident(incident('late', T + 10, 'open'));
        await store.saveIncident(incident('early', T, 'open'));
        await store.saveIncident(incident('early', T, 'acknowledged'));
        await store.saveIncident(incident('early', T, 'resolved'));
        const listed = (await store.listIncidents()).map(({ id, state }) => `${id} ${state}`);
        expect(listed).toEqual(['early resolved', 'late open']);
      });

      it('gives one back as it was, odd characters included', async () => {
        const odd = { ...incident('odd', T + 20, 'open'), fingerprint: `a'b\\c\n\t"\u0000é🚢` };
        await store.saveIncident(odd);
        expect((await store.listIncidents()).find(({ id }) => id === 'odd')).toEqual(odd);
      });

      it('lets nobody change what is stored through what was read', async () => {
        await store.saveIncident(incident('own', T + 30, 'open'));
        const read = (await store.listIncidents()).find(({ id }) => id === 'own');
        if (read) read.state = 'muted';
        expect((await store.listIncidents()).find(({ id }) => id === 'own')?.state).toBe('open');
      });
    });

    describe('events', () => {
      it('lists the events of one target in order, each once', async () => {
        const at = (atMillis: number, text: string) => ({ target: 'e/x', atMillis, kind: 'deploy', text });
        await store.saveEvents([at(T + 2, 'two'), at(T + 1, 'one')]);
        await store.saveEvents([at(T + 1, 'one'), { ...at(T + 1, 'other'), target: 'e/y' }]);
        expect((await store.listEvents('e/x', ALWAYS)).map((event) => event.text)).toEqual(['one', 'two']);
        expect(await store.listEvents('e/x', { fromMillis: T + 2, toMillis: T + 2 })).toEqual([
          at(T + 2, 'two'),
        ]);
      });

      it('stores a name that was cut in the middle of a character', async () => {
        await store.saveEvents([{ target: 'e/cut', atMillis: T, kind: 'error', text: 'half \ud83d' }]);
        const [event] = await store.listEvents('e/cut', ALWAYS);
        expect(event?.text.startsWith('half ')).toBe(true);
      });
    });

    it('says that it can be written', async () => {
      await expect(store.ping()).resolves.toBeUndefined();
    });

    it('holds 60 hours that lie in the future of the wall clock, and days of them', async () => {
      const now = Date.now();
      const minute = 60_000;
      await store.saveGauges('future/x', ramp(now, 60 * 60, minute));
      const read = await store.readGauges('future/x', ALWAYS, 10_000);
      expect(read.timeMillis.length).toBe(60 * 60);
      expect(read.timeMillis.at(-1)).toBe(now + (60 * 60 - 1) * minute);
    });
  });
}

/** `rows` rows from `fromMillis`, `stepMillis` apart; rssBytes counts them from 0. */
function ramp(fromMillis: number, rows: number, stepMillis: number): GaugeRows {
  return {
    timeMillis: Float64Array.from({ length: rows }, (_, row) => fromMillis + row * stepMillis),
    columns: new Map([['rssBytes', Float64Array.from({ length: rows }, (_, row) => row)]]),
  };
}

function gaugesFromText(text: string): GaugeRows {
  const columns = new Map<GaugeName, Float64Array>();
  let timeMillis = new Float64Array(0);
  for (const line of text.trim().split('\n')) {
    const [name, ...cells] = line.trim().split(/\s+/);
    const values = Float64Array.from(cells, (cell) => (cell === '-' ? NaN : Number(cell)));
    if (name === 'time') timeMillis = values;
    else columns.set(name as GaugeName, values);
  }
  return { timeMillis, columns };
}

function renderGauges(rows: GaugeRows): string {
  const lines = [...rows.columns].map(([name, cells]) => `${name} ${cells.join(' ')}`).sort();
  return [`time ${rows.timeMillis.join(' ')}`, ...lines].join('\n');
}

function incident(id: string, openedAt: number, state: Incident['state']): Incident {
  return {
    id,
    fingerprint: `fp-${id}`,
    service: 'orders',
    instance: 'localhost:6060',
    state,
    openedAt,
    resolvedAt: null,
    mutedUntil: null,
    lastSeenAt: openedAt + 1000,
    history: [{ at: openedAt, what: 'opened', why: 'grew' }],
    finding: {
      verdict: 'leak',
      class: 'heap',
      fingerprint: `fp-${id}`,
      detectedAt: openedAt,
      growth: { unit: 'bytes', perHour: 1e6, low: 9e5, high: 1.1e6, confidence: 0.95 },
      timeToExhaustion: null,
      culprits: [
        { role: 'allocates', function: 'main.leak', file: 'main.go', line: 12, share: 1, low: 0.9, high: 1 },
      ],
      pattern: null,
      evidence: [],
      ruledOut: [],
      fix: null,
      summary: 'main.leak allocates what nothing frees',
    },
  };
}
