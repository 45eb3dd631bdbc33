import { describe, expect, it } from 'vitest';
import { MINUTE_MILLIS } from '../base/units.ts';
import type { RawEvidence } from '../model/raw-evidence.ts';
import { drawRecording, drawScrapes } from '../testing/drawn-recording.ts';
import { DRAWN_START_MILLIS } from '../testing/series-from-text.ts';
import { joinKills } from './kills.ts';
import { replayRecordings } from './replay.ts';

const eventAt = (atMillis: number, kind: string): RawEvidence => ({
  ...{ kind: 'event', atMillis },
  bytes: new TextEncoder().encode(JSON.stringify({ t: atMillis, kind })),
});

describe('kills for memory', () => {
  it('that events tell stand in the report of a recording, with the restarts that gauges show', async () => {
    const text = 'every 30s for 1h seed 3\nload 3000 noise 150\nfloor 60M +900M/h noise 1M\n';
    const minutes = [14, 28, 42, 56];
    const scrapes = drawScrapes(text + minutes.map((at) => `restart ${at}m\n`).join(''));
    const events = minutes.slice(1).map((at) => eventAt(DRAWN_START_MILLIS + at * MINUTE_MILLIS, 'oom-kill'));
    const deploy = eventAt(DRAWN_START_MILLIS + 14 * MINUTE_MILLIS, 'deploy');
    const all = [...scrapes, ...events, deploy].sort((a, b) => a.atMillis - b.atMillis);
    const { report } = await replayRecordings([
      drawRecording(all, { manifest: { service: 'orders', instance: 'a:1' } }),
    ]);
    expect(report.restarts).toBe(4);
    expect(report.kills).toEqual(events.map(({ atMillis: at }) => ({ at, reason: 'OOMKilled' })));
    expect(report.summary).toMatch(
      /^Cannot tell yet: restarted 4 times \(3 OOMKilled\) in 1 h\. Needed: a life of 35 min and more: the last 3 ended after 14 min at most/,
    );
  });

  it('of one instant are one, whoever tells them, and the newest stay', () => {
    const kill = (at: number, reason: string | null = 'OOMKilled') => ({ at, reason });
    expect(joinKills([kill(5), kill(1)], [kill(5), kill(3, null)])).toEqual([
      kill(1),
      kill(3, null),
      kill(5),
    ]);
    const many = Array.from({ length: 300 }, (_, at) => kill(at));
    expect(joinKills(many, [])).toHaveLength(100);
    expect(joinKills(many, [])[0]).toEqual(kill(200));
  });
});
