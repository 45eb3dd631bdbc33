import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import type { Notice } from '../model/alert.ts';
import { GIVE_UP_MILLIS } from '../model/sink.ts';
import { drawNotice } from '../testing/drawn-alert.ts';
import { Deliverer, MISSING_SINK_WAIT, type DeliveryParts } from './delivery.ts';
import { KeptFiles } from './kept-files.ts';
import { Outbox } from './outbox.ts';
import { failed, SENT, type SendResult } from './sink.ts';

/** A sink that answers as told, and tells when it was asked so often. */
function drawSink(
  answer: (notice: Notice, times: number, recipient?: string) => SendResult | Promise<SendResult>,
) {
  const asked: string[] = [];
  let tell: () => void = () => undefined;
  const send = async (notice: Notice, _?: AbortSignal, recipient?: string) => {
    asked.push(recipient === undefined ? notice.key : `${notice.key} ${recipient}`);
    tell();
    return answer(notice, asked.length, recipient);
  };
  const askedTimes = async (times: number) => {
    while (asked.length < times) await new Promise<void>((resolve) => (tell = resolve));
  };
  return { sink: { send }, asked, askedTimes };
}

async function start(
  sink: ReturnType<typeof drawSink>,
  notices: readonly Notice[],
  over: Partial<DeliveryParts> & { perMinute?: number } = {},
) {
  const outbox = await Outbox.open(new KeptFiles(null));
  for (const notice of notices) await outbox.put('team', notice);
  const warnings: string[] = [];
  const stop = new AbortController();
  const deliverer = new Deliverer({
    outbox,
    sinks: new Map([['team', { sink: sink.sink, perMinute: over.perMinute ?? 1000 }]]),
    isHeld: () => Promise.resolve(true),
    warn: (text) => warnings.push(text),
    now: Date.now,
    random: () => 0,
    firstPause: 1,
    ...over,
  });
  const running = deliverer.run(stop.signal);
  const emptied = async () => {
    while (outbox.waiting().length > 0) await new Promise((resolve) => setImmediate(resolve));
  };
  const end = async () => {
    stop.abort();
    await running;
  };
  return { outbox, warnings, deliverer, emptied, end };
}

const one = () => drawNotice({ key: 'f-1', createdAt: Date.now() });

describe('delivery', () => {
  it('tries again what fails, until it is accepted, and warns of one failure once', async () => {
    const sink = drawSink((_, times) => (times < 5 ? failed('host answered 503') : SENT));
    const { emptied, end, warnings, deliverer } = await start(sink, [one()]);
    await emptied();
    await end();
    expect(sink.asked).toEqual(['f-1', 'f-1', 'f-1', 'f-1', 'f-1']);
    expect(warnings).toEqual(['alerts: team: host answered 503']);
    expect(deliverer.health('team')).toMatchObject({ sent: 1, failures: 4, waiting: 0, lastError: null });
  });

  it('gives up at once what is refused for what it is', async () => {
    const sink = drawSink(() => failed('host answered 404', true));
    const { emptied, end, outbox } = await start(sink, [one()]);
    await emptied();
    await end();
    expect(sink.asked).toHaveLength(1);
    expect(outbox.dead().map(({ dead }) => dead)).toMatchObject([{ why: 'host answered 404', attempts: 1 }]);
  });

  describe('of all that waits of one leak for a sink that was away', () => {
    const life = (['opened', 'repeated', 'resolved', 'regressed'] as const).map((kind, i) =>
      drawNotice({ kind, key: `f-${i + 1}`, createdAt: Date.now() }),
    );

    it('sends a sink that calls somebody the newest alone, and nothing but the end of what is over', async () => {
      const other = drawNotice({ key: 'g-1', fingerprint: 'g', createdAt: Date.now() });
      for (const [notices, sent] of [
        [life.slice(0, 3), ['f-3']],
        [life, ['f-4']],
        [
          [...life, other],
          ['f-4', 'g-1'],
        ],
      ] as const) {
        const { sink, asked } = drawSink(() => SENT);
        const calling = { sink: { ...sink, isCall: true as const }, perMinute: 1000 };
        const { emptied, end, outbox, warnings } = await start(
          drawSink(() => SENT),
          notices,
          {
            sinks: new Map([['team', calling]]),
          },
        );
        await emptied();
        await end();
        expect(asked.toSorted()).toEqual(sent);
        expect(warnings[0]).toMatch(/f-1 \(opened\) is not sent: a later one waits/);
        expect(outbox.dead()).toEqual([]);
      }
    });

    it('sends every other sink all of it, in order', async () => {
      const sink = drawSink(() => SENT);
      const { emptied, end } = await start(sink, life);
      await emptied();
      await end();
      expect(sink.asked).toEqual(['f-1', 'f-2', 'f-3', 'f-4']);
    });
  });

  describe('to a sink that has several recipients', () => {
    const life = (createdAt: number) =>
      (['opened', 'escalated', 'resolved'] as const).map((kind, i) =>
        drawNotice({ kind, key: `f-${i + 1}`, createdAt }),
      );
    const severalOf = (
      sink: ReturnType<typeof drawSink>,
      recipients: readonly string[],
      perMinute = 1000,
    ) => ({
      sinks: new Map([['team', { sink: { ...sink.sink, recipients }, perMinute }]]),
    });

    it('one who is put off keeps no message from the others, and gets all of them in order afterwards', async () => {
      let now = 1e9;
      let isGrey = true;
      const grey = { ...failed('grey: try again'), isOfMessage: true as const };
      const sink = drawSink((_, __, to) => (to === 'grey' && isGrey ? grey : SENT));
      const over = { ...severalOf(sink, ['good', 'grey']), now: () => now, firstPause: HOUR_MILLIS };
      const { outbox, deliverer, emptied, end } = await start(sink, life(now), over);
      while (!sink.asked.includes('f-3 good') || outbox.waiting().length > 3)
        await new Promise((resolve) => setImmediate(resolve));
      expect(sink.asked.filter((asked) => asked.endsWith('good'))).toEqual([
        'f-1 good',
        'f-2 good',
        'f-3 good',
      ]);
      expect(outbox.waiting().map(({ recipient }) => recipient)).toEqual(['grey', 'grey', 'grey']);
      isGrey = false;
      now += HOUR_MILLIS;
      deliverer.kick();
      await emptied();
      await end();
      expect(sink.asked.slice(-3)).toEqual(['f-1 grey', 'f-2 grey', 'f-3 grey']);
    });

    it('of a message that one refuses his part alone is given up and can be sent again', async () => {
      let isRefused = true;
      const sink = drawSink((_, __, to) => (to === 'gone' && isRefused ? failed('gone: 550', true) : SENT));
      const { outbox, deliverer, emptied, end } = await start(
        sink,
        [one()],
        severalOf(sink, ['good', 'gone']),
      );
      await emptied();
      expect(outbox.dead()).toMatchObject([{ recipient: 'gone', notice: { key: 'f-1' } }]);
      expect(deliverer.health('team')).toMatchObject({ sent: 1, failures: 1 });
      isRefused = false;
      await outbox.revive(outbox.dead()[0]?.id ?? '');
      deliverer.kick();
      await emptied();
      await end();
      expect(sink.asked.toSorted()).toEqual(['f-1 gone', 'f-1 gone', 'f-1 good']);
    });

    it('a message to all of them is one of those that may be sent in a minute', async () => {
      const sink = drawSink(() => SENT);
      const several = { ...severalOf(sink, ['a', 'b', 'c'], 2), now: () => 1e9 };
      const { outbox, end } = await start(sink, life(1e9), several);
      await sink.askedTimes(6);
      while (outbox.waiting().length > 3) await new Promise((resolve) => setImmediate(resolve));
      await end();
      expect(sink.asked.map((asked) => asked.slice(0, 3)).toSorted()).toEqual([
        ...['f-1', 'f-1', 'f-1', 'f-2', 'f-2', 'f-2'],
      ]);
    });

    it('what waits for one who is taken out is kept for an hour, and for him alone', async () => {
      let now = 1e9;
      const sink = drawSink(() => failed('down'));
      const over = { now: () => now, firstPause: 10 * HOUR_MILLIS };
      const { outbox, deliverer, emptied, end } = await start(sink, [drawNotice({ createdAt: now })], {
        ...severalOf(sink, ['stays', 'goes']),
        ...over,
      });
      while (deliverer.health('team').failures < 1) await new Promise((resolve) => setImmediate(resolve));
      const works = drawSink(() => SENT);
      deliverer.setSinks(severalOf(works, ['stays']).sinks, new Set(['team']));
      while (outbox.waiting().length > 1) await new Promise((resolve) => setImmediate(resolve));
      now += MISSING_SINK_WAIT;
      while (outbox.waiting().length > 0) {
        deliverer.kick();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await emptied();
      await end();
      expect(works.asked).toHaveLength(1);
      expect(outbox.dead()).toMatchObject([
        { recipient: 'goes', dead: { why: 'is no recipient of this sink any more' } },
      ]);
    });
  });

  it('of repetitions and digests that waited for a sink sends the newest alone', async () => {
    const draw = (key: string, kind: Notice['kind']) =>
      drawNotice({ key, kind, createdAt: Date.now(), ...(kind === 'digest' ? { fingerprint: null } : {}) });
    const sink = drawSink(() => SENT);
    const { emptied, end } = await start(sink, [
      draw('f-1', 'opened'),
      draw('f-2', 'repeated'),
      draw('digest-1', 'digest'),
      draw('f-3', 'repeated'),
      draw('f-4', 'escalated'),
      draw('digest-2', 'digest'),
    ]);
    await emptied();
    await end();
    expect(sink.asked.filter((key) => key.startsWith('f'))).toEqual(['f-1', 'f-3', 'f-4']);
    expect(sink.asked.filter((key) => key.startsWith('d'))).toEqual(['digest-2']);
  });

  it('says of a sink that does not answer how long it was waited for', async () => {
    const hanging = {
      send: (_: Notice, signal: AbortSignal) =>
        new Promise<never>((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
        ),
    };
    const sinks = new Map([['team', { sink: hanging, perMinute: 1000 }]]);
    const { deliverer, end } = await start(
      drawSink(() => SENT),
      [one()],
      { sinks, sendTimeout: 1000 },
    );
    while (deliverer.health('team').failures < 1) await new Promise((resolve) => setTimeout(resolve, 1));
    await end();
    expect(deliverer.health('team').lastError).toBe('no answer within 1 s');
  });

  it('gives up what has waited for days', async () => {
    const sink = drawSink(() => failed('down'));
    const old = drawNotice({ key: 'f-1', createdAt: Date.now() - GIVE_UP_MILLIS - HOUR_MILLIS });
    const { emptied, end, outbox } = await start(sink, [old]);
    await emptied();
    await end();
    expect(outbox.dead()).toHaveLength(1);
  });

  it('never sends the end of a leak before its beginning, and does not hold up other leaks', async () => {
    const isDown = (notice: Notice, times: number) => notice.fingerprint === 'f' && times < 4;
    const sink = drawSink((notice, times) => (isDown(notice, times) ? failed('no') : SENT));
    const notices = [
      drawNotice({ key: 'f-1', fingerprint: 'f', createdAt: Date.now() }),
      drawNotice({ key: 'f-2', fingerprint: 'f', kind: 'resolved', createdAt: Date.now() }),
      drawNotice({ key: 'g-1', fingerprint: 'g', createdAt: Date.now() }),
    ];
    const { emptied, end } = await start(sink, notices);
    await emptied();
    await end();
    expect(sink.asked.at(-1)).toBe('f-2');
    expect(sink.asked.indexOf('g-1')).toBeLessThan(sink.asked.indexOf('f-2'));
    expect(sink.asked.filter((key) => key === 'f-2')).toHaveLength(1);
  });

  it('asks a sink not before the time that it asked for, however short the pause would be', async () => {
    let now = 1e9;
    const sink = drawSink((_, times) => (times === 1 ? failed('host answered 429', false, 60_000) : SENT));
    const notices = ['f', 'g'].map((fingerprint) =>
      drawNotice({ key: `${fingerprint}-1`, fingerprint, createdAt: now }),
    );
    const { outbox, deliverer, emptied, end } = await start(sink, notices, { now: () => now });
    const look = async () => {
      deliverer.kick();
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    while (deliverer.health('team').failures < 1) await new Promise((resolve) => setImmediate(resolve));
    now += 59_999;
    await look();
    expect([sink.asked.length, outbox.waiting().length]).toEqual([1, 2]);
    now += 1;
    await look();
    await emptied();
    await end();
    expect(sink.asked.toSorted()).toEqual(['f-1', 'f-1', 'g-1']);
  });

  it('asks a sink that is down less and less often, however much waits for it', async () => {
    let now = 1e9;
    const sink = drawSink((_, times) => (times < 6 ? failed('host answered 503') : SENT));
    const notices = Array.from({ length: 50 }, (_, i) =>
      drawNotice({ key: `f${i}-1`, fingerprint: `f${i}`, createdAt: now }),
    );
    const over = { now: () => now, firstPause: 10_000 };
    const { deliverer, emptied, end } = await start(sink, notices, over);
    const askedAt: number[] = [];
    for (let second = 0; second < 200; second++) {
      deliverer.kick();
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
      if (sink.asked.length > askedAt.length) askedAt.push(second);
      now += 1000;
    }
    await emptied();
    await end();
    // Half of 10 s, 20 s, 40 s, ... since chance is drawn as 0.
    expect(askedAt.slice(0, 6)).toEqual([0, 5, 15, 35, 75, 155]);
    expect(sink.asked).toHaveLength(55);
  });

  it('asks a sink at once whose settings changed, and leaves one that fails alone over a change of others', async () => {
    const sink = drawSink((_, times) => (times < 2 ? failed('host answered 503') : SENT));
    const over = { now: () => 1e9, firstPause: HOUR_MILLIS };
    const { deliverer, emptied, end } = await start(sink, [drawNotice({ createdAt: 1e9 })], over);
    while (deliverer.health('team').failures < 1) await new Promise((resolve) => setImmediate(resolve));
    const sinks = new Map([['team', { sink: sink.sink, perMinute: 1000 }]]);
    deliverer.setSinks(sinks, new Set());
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(sink.asked).toHaveLength(1);
    deliverer.setSinks(sinks, new Set(['team']));
    await emptied();
    await end();
    expect(sink.asked).toHaveLength(2);
  });

  it('sends no faster than the sink may be asked', async () => {
    const sink = drawSink(() => SENT);
    let now = 1e9;
    const notices = [1, 2, 3].map((i) =>
      drawNotice({ key: `f${i}-1`, fingerprint: `f${i}`, createdAt: now }),
    );
    const { outbox, deliverer, emptied, end } = await start(sink, notices, { perMinute: 2, now: () => now });
    await sink.askedTimes(2);
    while (outbox.waiting().length > 1) await new Promise((resolve) => setImmediate(resolve));
    expect(sink.asked).toHaveLength(2);
    now += 60_000;
    deliverer.kick();
    await emptied();
    await end();
    expect(sink.asked).toHaveLength(3);
  });

  it('sends nothing once another watcher has taken over', async () => {
    const sink = drawSink(() => SENT);
    let asked: () => void = () => undefined;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    const isHeld = () => {
      asked();
      return Promise.resolve(false);
    };
    const { outbox, end } = await start(sink, [one()], { isHeld });
    await wasAsked;
    await end();
    expect([sink.asked, outbox.waiting().length]).toEqual([[], 1]);
  });

  it('keeps what was under way when it was stopped', async () => {
    let release: () => void = () => undefined;
    const sink = drawSink(() => new Promise((resolve) => (release = () => resolve(failed('aborted')))));
    const { outbox, end } = await start(sink, [one()]);
    await sink.askedTimes(1);
    const ended = end();
    release();
    await ended;
    expect(outbox.waiting()).toHaveLength(1);
  });

  it('keeps what waits for a sink that is taken out for a moment, and gives it up after an hour', async () => {
    const sink = drawSink(() => SENT);
    let now = 1e9;
    const notice = (name: string) => drawNotice({ key: `${name}-1`, fingerprint: name, createdAt: now });
    const { outbox, deliverer, warnings, emptied, end } = await start(sink, [notice('f')], {
      sinks: new Map(),
      now: () => now,
    });
    const look = async () => {
      deliverer.kick();
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    await look();
    now += MISSING_SINK_WAIT - 1;
    await look();
    expect([outbox.waiting().length, warnings.length]).toEqual([1, 1]);
    deliverer.setSinks(new Map([['team', { sink: sink.sink, perMinute: 1000 }]]), new Set(['team']));
    await emptied();
    expect(sink.asked).toEqual(['f-1']);
    deliverer.setSinks(new Map(), new Set());
    await outbox.put('team', notice('g'));
    await look();
    now += MISSING_SINK_WAIT;
    await look();
    await end();
    expect(outbox.dead().map(({ dead }) => dead?.why)).toEqual(['there is no such sink any more']);
  });
});
