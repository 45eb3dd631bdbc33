import { afterEach, describe, expect, it } from 'vitest';
import type { SinkSetting } from '../model/sink.ts';
import { drawNotice } from '../testing/drawn-alert.ts';
import { TEST_SINK } from '../testing/open-desk.ts';
import { serveVendor } from '../testing/vendor-server.ts';
import { KeptFiles } from './kept-files.ts';
import { SinkMemories } from './sink-memory.ts';
import { SinkSet } from './sink-set.ts';

let close: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(close.map((each) => each()));
  close = [];
});

const open = async () =>
  new SinkSet({ write: () => undefined, now: Date.now }, await SinkMemories.open(new KeptFiles(null)));

describe('the sinks as configured', () => {
  it('are those that they were where their settings did not change', async () => {
    const sinks = await open();
    const other: SinkSetting = { ...TEST_SINK, name: 'other' };
    const first = sinks.update([TEST_SINK, other]);
    const second = sinks.update([{ ...other, perMinute: 3 }, TEST_SINK]);
    expect([...second.changed]).toEqual(['other']);
    expect(second.sinks.get('log')).toBe(first.sinks.get('log'));
    expect(second.sinks.get('other')).not.toBe(first.sinks.get('other'));
  });

  it('end at Alertmanager what fires under labels that their settings named before', async () => {
    const vendor = await serveVendor(() => ({ status: 200 }));
    close.push(vendor.close);
    const sinks = await open();
    const labels = { fingerprint: 'f', kind: 'leak', team: 'a', version: 'v1' };
    const told: unknown[] = [];
    for (const [kind, named] of [
      ['opened', ['team']],
      ['repeated', ['version']],
      ['repeated', ['version']],
      ['resolved', ['version']],
    ] as const) {
      const via = { kind: 'alertmanager', url: vendor.url, labels: named, headers: {} } as const;
      const sink = sinks.update([{ ...TEST_SINK, via }]).sinks.get('log')?.sink;
      await sink?.send(drawNotice({ kind, labels, fingerprint: 'f' }), new AbortController().signal);
      const alerts = vendor.asked.at(-1)?.body as { labels: Record<string, string>; endsAt: string }[];
      const isOver = ({ endsAt }: { endsAt: string }) => Date.parse(endsAt) <= Date.now();
      told.push(
        alerts.map((alert) => [
          alert.labels['team'] ?? alert.labels['version'],
          isOver(alert) ? 'over' : 'fires',
        ]),
      );
    }
    expect(told).toEqual([
      [['a', 'fires']],
      [
        ['a', 'over'],
        ['v1', 'fires'],
      ],
      [['v1', 'fires']],
      [['v1', 'over']],
    ]);
  });
});
