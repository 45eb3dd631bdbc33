import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Assessment, Lane } from '../detect/assessment.ts';
import { drawAssessment, drawConfirmation } from '../testing/drawn-assessment.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { advanceCase, type CaseResult } from './case.ts';
import type { SourceFacts } from './source/source-facts.ts';
import { lanesInside, MAX_ALARMS, type CaseInput } from './case-state.ts';
import {
  GROWTH,
  LEAK,
  NOTHING,
  STORE,
  TARGET,
  minutes,
  runCase,
  type CaseStep,
} from '../testing/drawn-case.ts';

describe('advanceCase', () => {
  it('raises a confirmed leak that profiles name, at that evaluation', () => {
    const [before, raised] = runCase([
      { at: minutes(60) },
      { at: minutes(65), lanes: LEAK, confirmed: ['heap'] },
    ]);
    expect(before.findings).toEqual([]);
    expect(raised.alarms).toEqual([
      { fingerprint: raised.findings[0].fingerprint, at: minutes(65), withdrawnAt: null },
    ]);
    expect(raised.findings[0]).toMatchObject({
      verdict: 'leak',
      class: 'heap',
      detectedAt: minutes(65),
    });
    expect(raised.findings[0].culprits[0]).toMatchObject({
      function: 'orders/store.Put',
      line: 27,
      role: 'allocates',
    });
  });

  it('raises two leaks of one lane with their own growth, and goes on with one when the other has stopped', () => {
    const level = (length: number, at: number) => Array.from({ length }, () => String(at)).join(' ');
    const twelve = ramp(12, 8);
    const drawing = `heap
      main.main > orders/web.Do | 64 | ${level(40, 0)} | ${ramp(40, 20)}
      orders/session.Loop > orders/session.load | 4096 | ${twelve} ${level(28, 88)}
      orders/track.Loop > orders/track.Note | 4096 | ${ramp(40, 4)}`;
    const quiet = { heap: { verdict: 'no-growth' as const } };
    const [both, ended] = runCase([
      { at: minutes(59), lanes: LEAK, confirmed: ['heap'], drawing },
      {
        at: minutes(199),
        lanes: quiet,
        drawing,
        over: { heap: { atMillis: 0, reason: 'gone', numbers: {} } },
      },
    ]);
    expect(both.findings.map(({ culprits }) => culprits[0].function)).toEqual([
      'orders/session.load',
      'orders/track.Note',
    ]);
    const [first, second] = both.findings.map(({ growth }) => (growth?.perHour ?? 0) / MIB);
    expect(first + second).toBeCloseTo(20, 3);
    expect(first / second).toBeGreaterThan(1.6);
    expect(first / second).toBeLessThan(2.4);
    expect(ended.over.map(({ fingerprint }) => fingerprint)).toEqual([both.findings[0].fingerprint]);
    expect(ended.findings.map(({ fingerprint }) => fingerprint)).toContain(both.findings[1].fingerprint);
  });

  it('waits with code that looks bounded until growth has outlasted the bound, or the limit is near', () => {
    const long = ramp(60, 3);
    const sweeper = `orders/store.(*Table).sweep > runtime.selectgo > runtime.gopark | ${'1 '.repeat(60)}`;
    const drawing = `heap\nmain.main > orders/store.(*Table).Put | 512 | ${long}\ngoroutines\n${sweeper}`;
    const exhaustion = (at: Millis) => ({
      exhaustion: { resource: 'memory-limit' as const, at, low: at, high: null, confidence: 0.8 },
    });
    const step = (at: number, rest = {}) => ({
      at: minutes(at),
      lanes: LEAK,
      confirmed: ['heap' as const],
      drawing,
      rest,
    });
    const [early, before, after] = runCase([step(65), step(205), step(215)]);
    expect([early, before, after].map(({ alarms }) => alarms.length)).toEqual([0, 0, 1]);
    expect(early.needed?.what).toContain('a goroutine that waits for its time (orders/store.(*Table).sweep)');
    expect(early.needed?.millis).toBe(minutes(145));
    expect(early.findings[0].verdict).toBe('undetermined');
    const [near] = runCase([step(65, exhaustion(minutes(110)))]);
    expect(near.alarms).toHaveLength(1);
  });

  it('waits no longer for a bound once the sources show what it misses, and goes on waiting where they are unsure', () => {
    const sweeper = `orders/store.(*Table).sweep > runtime.selectgo > runtime.gopark | ${'1 '.repeat(60)}`;
    const drawing = `heap\nmain.main > orders/store.(*Table).Put | 512 | ${ramp(60, 3)}\ngoroutines\n${sweeper}`;
    const answer = (confidence: number) => (): SourceFacts => ({
      ...{ confidence, pattern: 'missing-delete-on-path', holders: [], fix: null, bound: null },
    });
    const step = (at: number, askSources: CaseInput['askSources']): CaseStep => ({
      ...{ at: minutes(at), lanes: LEAK, confirmed: ['heap'], drawing },
      ...(askSources === undefined ? {} : { askSources }),
    });
    const [asked, unsure, sure] = runCase([
      step(65, () => null),
      step(70, answer(0.35)),
      step(75, answer(0.55)),
    ]);
    expect([asked, unsure, sure].map(({ alarms }) => alarms.length)).toEqual([0, 0, 1]);
    const named = ({ questions }: CaseResult) =>
      questions.map(({ kind, culprits }) => [kind, ...culprits.map((culprit) => culprit.function)]);
    expect(named(asked)).toEqual([['heap', 'orders/store.(*Table).Put']]);
    expect(named(sure)).toEqual([]);
    const entry = sure.findings[0].evidence.find(({ question }) => question.startsWith('Do the sources'));
    expect(entry).toMatchObject({ outcome: 'supports', numbers: { statistic: 0.55, threshold: 0.5 } });
  });

  it('waits for a name while profiles can come, and raises without one when the wait is over', () => {
    const results = runCase(
      [65, 75, 95, 104, 105, 110].map((at) => ({
        at: minutes(at),
        lanes: LEAK,
        confirmed: ['heap' as const],
        drawing: 'heap\nmain.main > orders/store.Put | 512 | 1 1 1 1 1 1 1 1 1 1 1 1',
      })),
    );
    expect(results.map(({ alarms }) => alarms.length)).toEqual([0, 0, 0, 0, 1, 1]);
    expect(results[4].findings[0].culprits).toEqual([]);
    expect(results[4].findings[0].summary).toContain('no code is named');
    expect(results[3].findings[0].verdict).toBe('undetermined');
  });

  it('claims a heap far from its limit only with the code that grows it, and says what it waits for without', () => {
    const limit = { resource: 'memory-limit', low: 0, high: null, confidence: 0.8 } as const;
    const rest = { exhaustion: { ...limit, at: 100 * HOUR_MILLIS } };
    const [unnamed, named] = runCase([
      { at: minutes(60), lanes: LEAK, confirmed: ['heap'], drawing: NOTHING, rest },
      { at: minutes(65), lanes: LEAK, confirmed: ['heap'], rest },
    ]);
    expect(unnamed.alarms).toEqual([]);
    expect(unnamed.findings[0].verdict).toBe('undetermined');
    const question = 'Is it a cache that still fills evenly?';
    const evidence = unnamed.findings[0].evidence.find((entry) => entry.question === question);
    // 99 h are left, 1 h was watched: what is watched is fair after 27.6 h, more than a day after 29.
    expect(Number(evidence?.numbers.millis) / HOUR_MILLIS).toBeCloseTo(29, 6);
    expect(unnamed.needed?.what).toContain('whether it bends');
    expect(unnamed.needed?.millis).toBe(evidence?.numbers.millis);
    expect(named.alarms).toHaveLength(1);
  });

  it('claims goroutines without a name only after a whole day, and with one at once', () => {
    const lanes = { goroutine: { verdict: 'leak' as const, perHour: 240 } };
    const rest = { memoryLimitBytes: 512 * MIB };
    const waiting = `goroutines
      orders/hub.(*Hub).run > runtime.chansend1 > runtime.gopark | ${ramp(24, 40)}`;
    const at = (hours: number, drawing: string) =>
      runCase([{ at: hours * HOUR_MILLIS, lanes, confirmed: ['goroutine'], drawing, rest }])[0];
    const early = at(4, NOTHING);
    expect(early.alarms).toEqual([]);
    expect(early.findings[0]).toMatchObject({ verdict: 'undetermined', class: 'goroutine' });
    expect(early.findings[0].needed?.what).toContain('users of a morning');
    expect(early.findings[0].needed?.millis).toBe(20 * HOUR_MILLIS);
    expect(at(24, NOTHING).alarms).toHaveLength(1);
    expect(at(4, waiting).alarms).toHaveLength(1);
    // Nobody in the service wrote these, and no user is one.
    const library = waiting.replace('orders/hub.(*Hub).run', 'net/http.(*persistConn).readLoop');
    const unnamed = at(4, library);
    expect(unnamed.needed?.what).not.toContain('users of a morning');
    expect(unnamed.needed?.millis).toBe(minutes(40));
  });

  it('says that it waits for a name, and for how long at most', () => {
    const results = runCase(
      [65, 104, 105].map((at) => ({
        at: minutes(at),
        lanes: LEAK,
        confirmed: ['heap' as const],
        drawing: 'heap\nmain.main > orders/store.Put | 512 | 1 1 1 1 1 1 1 1 1 1 1 1',
      })),
    );
    expect(results.map(({ needed }) => needed?.millis ?? null)).toEqual([minutes(40), minutes(1), null]);
    expect(results[0].needed?.what).toContain('profiles that name the code');
    expect(results[0].findings[0].needed).toEqual(results[0].needed);
  });

  it('names the code of an alarm that was raised without one, under the same fingerprint', () => {
    const [unnamed, named] = runCase([
      { at: minutes(20), lanes: LEAK, confirmed: ['heap'], drawing: NOTHING },
      { at: minutes(120), lanes: LEAK, confirmed: ['heap'] },
    ]);
    expect(unnamed.findings[0].culprits).toEqual([]);
    expect(named.findings[0].culprits[0].function).toBe('orders/store.Put');
    expect(named.findings[0].fingerprint).toBe(unnamed.findings[0].fingerprint);
    expect(named.alarms).toHaveLength(1);
  });

  describe('time to the limit', () => {
    const ledger = {
      atMillis: 0,
      rssBytes: 100 * MIB,
      liveBytes: 50 * MIB,
      garbageBytes: null,
      stackBytes: null,
      runtimeBytes: null,
      fragmentationBytes: null,
      idleBytes: null,
      nativeBytes: null,
      fileBackedBytes: null,
      residualBytes: null,
    };
    const raised = (rest: Partial<Assessment>) =>
      runCase([{ at: minutes(60), lanes: LEAK, confirmed: ['heap'], rest }])[0].findings[0];
    const hours = (time: number | null | undefined) =>
      time === null || time === undefined ? null : (time - minutes(60)) / HOUR_MILLIS;

    it('follows from the growth where stage 1 forecasts nothing', () => {
      const { timeToExhaustion: time, noForecast } = raised({ memoryLimitBytes: 300 * MIB, ledger });
      expect(noForecast).toBeUndefined();
      expect(time?.resource).toBe('memory-limit');
      // 200 MiB at 18 to 22 MiB/h, a live byte costing up to two of RSS.
      expect(hours(time?.at)).toBeCloseTo(10, 6);
      expect(hours(time?.low)).toBeCloseTo(200 / 44, 6);
      expect(hours(time?.high)).toBeCloseTo(200 / 17, 6);
    });

    it('is none until a limit that memory has left behind, which is said instead', () => {
      const limit = { resource: 'memory-limit', low: 0, high: null, confidence: 0.8 } as const;
      const exhaustion = { ...limit, at: minutes(100) };
      const at = (memoryLimitBytes: number) => raised({ memoryLimitBytes, ledger, exhaustion });
      expect(at(95 * MIB).timeToExhaustion).toMatchObject({ at: minutes(100) });
      expect(at(60 * MIB)).toMatchObject({
        timeToExhaustion: null,
        noForecast:
          'memory (100 MiB) is above the limit that is known (60 MiB): that one is not enforced, or is another one',
      });
      const soft = { ...exhaustion, resource: 'max-threads' as const };
      expect(raised({ memoryLimitBytes: 60 * MIB, ledger, exhaustion: soft }).noForecast).toContain(
        'is above',
      );
    });

    it('is null for a reason that is told', () => {
      expect(raised({ ledger })).toMatchObject({
        timeToExhaustion: null,
        noForecast: expect.stringContaining('no memory limit is known') as string,
      });
      expect(raised({ memoryLimitBytes: 300 * MIB, ledger: null }).noForecast).toContain('uncertain');
    });
  });

  describe('of connections that no code of the service is known for', () => {
    const FDS = { fd: { verdict: 'leak' as const, perHour: 120, level: 250 } };
    const connections = `goroutines
      net/http.(*persistConn).readLoop > runtime.selectgo > runtime.gopark | ${ramp(24, 20)}`;
    const nameless = `heap
      net/http.(*Transport).dialConnFor > net/http.(*Transport).dialConn > bufio.NewReader | 4096 | ${ramp(24, 2)}
      ${connections}`;
    const named = `heap
      main.main > stock.(*Client).Level > stock.newLog | 16384 | ${ramp(24, 1)}
      main.main > stock.(*Client).Level > net/http.(*Client).do | 112 | ${ramp(24, 0)} | ${ramp(24, 1)}
      ${connections}`;
    const at = (time: number, drawing: string, rest: Partial<CaseStep> = {}): CaseStep => ({
      at: minutes(time),
      lanes: FDS,
      confirmed: ['fd'],
      drawing,
      ...rest,
    });

    it('waits for a name, and raises what it has got when the wait is over', () => {
      const results = runCase([60, 80, 101].map((time) => at(time, nameless)));
      expect(results.map(({ alarms }) => alarms.length)).toEqual([0, 0, 1]);
      expect(results[2].findings[0].culprits[0].function).toBe('net/http.(*Transport).dialConn');
    });

    it('goes on as the same finding when its code becomes known, also when it comes back after its end', () => {
      const over = { atMillis: minutes(160), reason: 'gone', numbers: {} };
      const quiet = at(160, named, { lanes: {}, confirmed: [], over: { fd: over } });
      const back = [at(300, named)];
      const [, unnamed, known, ended, again] = runCase([
        at(60, nameless),
        at(101, nameless),
        at(130, named),
        quiet,
        ...back,
      ]);
      const { fingerprint } = unnamed.findings[0];
      expect(known.findings.map((finding) => [finding.fingerprint, finding.culprits[0].function])).toEqual([
        [fingerprint, 'stock.(*Client).Level'],
      ]);
      expect(known.alarms).toHaveLength(1);
      expect(ended.over.map((end) => end.fingerprint)).toEqual([fingerprint]);
      expect(again.findings[0].fingerprint).toBe(fingerprint);
    });

    it('has the same fingerprint wherever its code was known from the start', () => {
      const first = runCase([at(130, named)])[0].findings[0];
      const other = runCase([at(60, nameless), at(70, nameless), at(90, named)])[2].findings[0];
      expect(first.fingerprint).toBe(other.fingerprint);
    });
  });

  it('keeps detectedAt and fingerprint while numbers are refined', () => {
    const [first, later] = runCase([
      { at: minutes(60), lanes: LEAK, confirmed: ['heap'] },
      { at: minutes(180), lanes: { heap: { verdict: 'leak', perHour: 25 * MIB } }, confirmed: ['heap'] },
    ]);
    expect(later.findings[0].detectedAt).toBe(minutes(60));
    expect(later.findings[0].fingerprint).toBe(first.findings[0].fingerprint);
    expect(later.findings[0].growth?.perHour).toBe(25 * MIB);
    expect(later.alarms).toHaveLength(1);
  });

  it('raises a proved leak before stage 1 confirms it, once the proof has held', () => {
    const results = runCase([60, 70, 85].map((at) => ({ at: minutes(at), lanes: LEAK })));
    expect(results.map(({ alarms }) => alarms.length)).toEqual([0, 0, 1]);
  });

  it('raises nothing by proof for growth that stage 1 explains otherwise', () => {
    const results = runCase(
      [60, 90, 120, 180].map((at) => ({
        at: minutes(at),
        lanes: { heap: { verdict: 'filling-to-bound' as const, perHour: 20 * MIB, predictedBound: 1e9 } },
      })),
    );
    expect(results.at(-1)?.alarms).toEqual([]);
    expect(results.at(-1)?.findings[0]).toMatchObject({
      verdict: 'filling-to-bound',
      class: 'heap',
      detectedAt: null,
    });
  });

  it('proves a leak that stage 1 only suspects after a time in which caches would have filled', () => {
    const suspect = { heap: { verdict: 'undetermined' as const, isSuspect: true, perHour: 9 * MIB } };
    const results = runCase([120, 150, 170, 185].map((at) => ({ at: minutes(at), lanes: suspect })));
    expect(results.map(({ alarms }) => alarms.length)).toEqual([0, 0, 0, 1]);
  });

  it('gives an inner lane time for an outer one that may own it', () => {
    const draw = (goroutines: string) => `
      heap
      orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(24, 4)}
      goroutines
      orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${goroutines}`;
    const both = { ...LEAK, goroutine: { verdict: 'leak' as const, perHour: 12 } };
    const [waits, raised] = runCase([
      { at: minutes(60), lanes: both, confirmed: ['heap'], drawing: draw(ramp(24, 0)) },
      { at: minutes(70), lanes: both, confirmed: ['heap', 'goroutine'], drawing: draw(ramp(24, 2)) },
    ]);
    expect(waits.alarms).toEqual([]);
    expect(
      raised.findings.filter(({ verdict }) => verdict === 'leak').map((finding) => finding.class),
    ).toEqual(['goroutine']);
  });

  it('does not wait for the number of goroutines that were found through the heap to stand out as well', () => {
    const drawing = `
      heap
      orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(24, 4)}
      goroutines
      orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(24, 2)}`;
    const suspect = { verdict: 'undetermined' as const, isSuspect: true, perHour: 12 };
    const lanes = { ...LEAK, goroutine: suspect };
    const [raised] = runCase([{ at: minutes(60), lanes, confirmed: ['heap'], drawing }]);
    expect(raised.findings.map(({ verdict, class: kind }) => `${verdict} ${kind}`)).toEqual([
      'leak goroutine',
    ]);
    expect(raised.alarms).toMatchObject([{ at: minutes(60) }]);
  });

  const TWO = `
    heap
    orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(24, 4)}
    orders/archive.Loop > orders/archive.open | 32768 | ${ramp(24, 3)}
    goroutines
    orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(24, 4)}`;
  const classes = ({ findings }: CaseResult) =>
    findings.filter(({ verdict }) => verdict === 'leak').map(({ class: kind }) => kind);

  it('raises a second leak beside goroutines that were found through the heap, though their number is only suspected', () => {
    const goroutine = { verdict: 'undetermined' as const, isSuspect: true, perHour: 24 };
    const lanes = { ...LEAK, goroutine };
    const [first, second] = runCase(
      [60, 65].map((at) => ({ at: minutes(at), lanes, confirmed: ['heap'] as const, drawing: TWO })),
    );
    expect(classes(first)).toEqual(['goroutine']);
    expect(classes(second).sort()).toEqual(['goroutine', 'heap']);
  });

  it('waits for an outer lane no longer because another leak of the inner one stands', () => {
    const fd = { verdict: 'undetermined' as const, isSuspect: true, perHour: 24 };
    const one = TWO.split('\n').filter((line) => !line.includes('archive'));
    const step = (at: number, lanes: CaseStep['lanes'], drawing: string) => ({
      at: minutes(at),
      lanes: { ...LEAK, ...lanes },
      confirmed: ['heap'] as const,
      drawing,
    });
    const results = runCase([
      step(60, {}, one.join('\n')),
      ...[62, 80, 101, 103].map((at) => step(at, { fd }, TWO)),
    ]);
    expect(results.map((result) => classes(result).length)).toEqual([1, 1, 1, 1, 2]);
  });

  it('goes on with the alarm of goroutines when the connections that they serve are known, as a leak of those', () => {
    const drawing = `heap
      orders/feed.read > os.OpenFile > os.newFile | 512 | ${ramp(24, 3)}
      goroutines
      orders/feed.read > net.(*conn).Read > internal/poll.runtime_pollWait > runtime.gopark | ${ramp(24, 20)}`;
    const goroutine = { verdict: 'leak' as const, perHour: 120 };
    const fd = { verdict: 'leak' as const, perHour: 120 };
    const [first, both, later] = runCase([
      { at: minutes(65), lanes: { goroutine }, confirmed: ['goroutine'], drawing },
      { at: minutes(110), lanes: { goroutine, fd }, confirmed: ['goroutine', 'fd'], drawing },
      { at: minutes(115), lanes: { goroutine, fd }, confirmed: ['goroutine', 'fd'], drawing },
    ]);
    const [{ fingerprint }] = first.findings;
    expect(first.findings[0]).toMatchObject({ verdict: 'leak', class: 'goroutine' });
    for (const { findings, over, alarms } of [both, later]) {
      const leaks = findings.filter(({ verdict }) => verdict === 'leak');
      expect(leaks).toMatchObject([{ class: 'fd', fingerprint, detectedAt: minutes(65) }]);
      expect(over).toEqual([]);
      expect(alarms).toEqual([{ fingerprint, at: minutes(65), withdrawnAt: null }]);
    }
  });

  it('raises what profiles prove where collections are too rare for stage 1, with the growth of the samples', () => {
    const lanes: CaseStep['lanes'] = {
      heap: { verdict: 'undetermined', isSuspect: false, growth: null, grown: 33 * MIB },
    };
    const [early, held, raised] = runCase([200, 210, 225].map((at) => ({ at: minutes(at), lanes })));
    expect([early.alarms, held.alarms]).toEqual([[], []]);
    expect(raised.alarms).toHaveLength(1);
    const [{ growth, culprits }] = raised.findings;
    expect(culprits[0].function).toBe('orders/store.Put');
    expect(growth?.low).toBeLessThan(9 * MIB);
    expect(growth?.high).toBeGreaterThan(9 * MIB);
    const [quiet] = runCase([{ at: minutes(225), lanes: { heap: { ...lanes.heap, bestNull: 'N0' } } }]);
    expect(quiet.alarms).toEqual([]);
  });

  it('raises one alarm for descriptors and the goroutines that may come with them, whichever are called first', () => {
    const lanes: CaseStep['lanes'] = {
      fd: { verdict: 'leak', perHour: 6, level: 90 },
      goroutine: { verdict: 'leak', perHour: 13 },
    };
    const orders: readonly (readonly [Lane[], Lane[]])[] = [
      [['goroutine'], ['fd', 'goroutine']],
      [['fd'], ['fd', 'goroutine']],
      [
        ['fd', 'goroutine'],
        ['fd', 'goroutine'],
      ],
    ];
    for (const [first, second] of orders) {
      const steps = [first, second, second].map((confirmed, i) => ({
        ...{ at: minutes(240 + 10 * i), drawing: '', confirmed },
        lanes: Object.fromEntries(Object.entries(lanes).filter(([lane]) => confirmed.includes(lane as Lane))),
      }));
      const last = runCase(steps)[2];
      expect(last.alarms).toEqual([expect.objectContaining({ at: minutes(240), withdrawnAt: null })]);
      expect(last.findings.map((finding) => [finding.verdict, finding.class])).toEqual([['leak', 'fd']]);
    }
  });

  it('waits for descriptors that may own the goroutines that were found through the heap', () => {
    const drawing = `
      heap
      orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(24, 4)}
      goroutines
      orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(24, 2)}`;
    const lanes = { ...LEAK, fd: { verdict: 'undetermined' as const, isSuspect: true, perHour: 12 } };
    const [waits] = runCase([{ at: minutes(60), lanes, confirmed: ['heap'], drawing }]);
    expect(waits.alarms).toEqual([]);
    expect(waits.needed?.what).toContain('the growth of file descriptors');
  });

  it('stays one finding while what its goroutines hold stands out in the heap and their number does not', () => {
    const draw = (goroutines: string) => `
      heap
      orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(24, 4)}
      goroutines
      orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${goroutines}`;
    const seen = draw(ramp(24, 2));
    const unseen = draw(ramp(24, 0));
    const results = runCase([
      { at: minutes(60), lanes: LEAK, confirmed: ['heap'], drawing: seen },
      { at: minutes(70), lanes: LEAK, confirmed: ['heap', 'goroutine'], drawing: seen },
      ...[80, 85, 90, 95, 100, 105, 110].map((at) => ({
        at: minutes(at),
        lanes: { ...LEAK, goroutine: { verdict: 'undetermined' as const, perHour: 7 } },
        confirmed: ['heap' as const],
        drawing: unseen,
      })),
    ]);
    expect(results.at(-1)?.findings.map(({ verdict, class: kind }) => `${verdict} ${kind}`)).toEqual([
      'leak goroutine',
    ]);
    expect(results.at(-1)?.alarms).toMatchObject([{ withdrawnAt: null }]);
    expect(results.at(-1)?.state.raised).toMatchObject([{ kind: 'goroutine', lead: 'orders/jobs.run' }]);
  });

  it('says that a leak began when it did, also in the life after a restart', () => {
    const grows = (onset: number) => ({
      heap: { ...LEAK.heap, onsetAtMillis: minutes(onset), growth: { ...GROWTH } },
    });
    const results = runCase([
      { at: minutes(60), lanes: grows(20), confirmed: ['heap'] },
      { at: minutes(80), lanes: grows(15), confirmed: ['heap'] },
      {
        at: minutes(200),
        lanes: grows(110),
        confirmed: ['heap'],
        rest: { incarnationStartMillis: minutes(110) },
      },
    ]);
    expect(results.map(({ findings }) => (findings[0].onsetAt ?? 0) / MINUTE_MILLIS)).toEqual([20, 15, 15]);
  });

  it('changes an identity only when the data contradicts it for several evaluations', () => {
    const other = `heap\nmain.main > orders/index.Add | 512 | ${ramp(24, 8)}`;
    const results = runCase([
      { at: minutes(60), lanes: LEAK, confirmed: ['heap'] },
      ...[70, 75, 80, 85, 90, 95, 100].map((at) => ({
        at: minutes(at),
        lanes: LEAK,
        confirmed: ['heap' as const],
        drawing: other,
      })),
    ]);
    const raised = results.map(({ state }) => state.raised.map(({ lead }) => lead).join());
    expect(raised.slice(0, 6)).toEqual(Array(6).fill('orders/store.Put'));
    expect(raised.at(-1)).toBe('orders/index.Add');
    expect(results.at(-1)?.alarms.map(({ withdrawnAt }) => withdrawnAt !== null)).toEqual([true, false]);
  });

  it('holds what grows in the heap not against a leak of C, which no profile of Go shows', () => {
    const codec = 'main.main > orders/codec.Encode > orders/codec._Cfunc_encode@_cgo_gotypes.go:9';
    const drawing = `heap
      ${codec} | 64 | ${ramp(40, 0)}
      main.main > orders/store.Put | 512 | ${ramp(40, 20)}`;
    const growth = (perHour: number) => ({ verdict: 'leak' as const, perHour });
    const native = { verdict: 'leak' as const, perHour: 60 * MIB };
    const [leak, ...later] = runCase([
      { at: minutes(60), lanes: { native }, confirmed: ['native'], drawing },
      ...Array.from({ length: 24 }, (_, i) => ({
        at: minutes(65 + 5 * i),
        lanes: { native: { ...native, verdict: 'undetermined' as const }, heap: growth(80 * MIB) },
        confirmed: ['heap' as const],
        drawing,
      })),
    ]);
    expect(leak.state.raised).toMatchObject([{ kind: 'native' }]);
    expect(later.flatMap(({ over }) => over)).toEqual([]);
    expect(later.at(-1)?.state.raised.map(({ kind }) => kind)).toEqual(['native', 'heap']);
  });

  it('raises nothing while the interval of its growth holds zero', () => {
    const growth = { unit: 'bytes', perHour: 20 * MIB, low: -31 * MIB, high: 72 * MIB, confidence: 0.95 };
    const unsure = { heap: { ...LEAK.heap, growth } };
    const [open, sure] = runCase([
      { at: minutes(100), lanes: unsure, confirmed: ['heap'] },
      { at: minutes(110), lanes: LEAK, confirmed: ['heap'] },
    ]);
    expect(open.alarms).toEqual([]);
    expect(sure.alarms).toHaveLength(1);
  });

  it('gives no finding for quiet lanes, and says what is needed for an open one', () => {
    const [quiet, open] = runCase([
      { at: HOUR_MILLIS },
      {
        at: 2 * HOUR_MILLIS,
        lanes: {
          heap: {
            verdict: 'undetermined',
            isSuspect: true,
            perHour: MIB,
            needed: { what: 'two more hours of gauges', millis: 2 * HOUR_MILLIS },
          },
        },
      },
    ]);
    expect(quiet.findings).toEqual([]);
    expect(open.findings[0].verdict).toBe('undetermined');
    expect(open.findings[0].needed).toEqual({ what: 'two more hours of gauges', millis: 2 * HOUR_MILLIS });
  });

  it('names code that profiles show to grow where too few collections came to judge by, and claims nothing', () => {
    const blind = { heap: { verdict: 'undetermined' as const, isSuspect: false, smallestDetectable: null } };
    const still = `heap\nmain.main > orders/store.Put | 512 | ${'60 '.repeat(24)}`;
    const [grown] = runCase([{ at: minutes(200), lanes: blind }]);
    expect(grown.findings.map(({ verdict, culprits }) => [verdict, culprits[0]?.function])).toEqual([
      ['undetermined', 'orders/store.Put'],
    ]);
    expect(grown.alarms).toEqual([]);
    expect(runCase([{ at: minutes(200), lanes: blind, drawing: still }])[0].findings).toEqual([]);
  });

  it('names what grows after a leak that is over, not what grew before', () => {
    const drawing = `
      heap
      main.main > orders/store.Put@/src/store/put.go:27 | 512 | ${ramp(18, 4)} ${Array(6).fill(68).join(' ')}
      main.main > orders/track.Add@/src/track/add.go:9 | 512 | ${Array(18).fill(0).join(' ')} ${ramp(6, 6)}`;
    const drawn = drawSnapshots(drawing);
    const lead = (profilesFromMillis: Millis | null) =>
      advanceCase(null, {
        target: TARGET,
        module: null,
        assessment: drawAssessment(minutes(230), LEAK),
        confirmation: drawConfirmation(['heap']),
        profiles: drawn,
        profilesFromMillis,
        atMillis: minutes(230),
      }).findings[0]?.culprits[0]?.function;
    expect(lead(minutes(175))).toBe('orders/track.Add');
    expect(lead(null)).toBe('orders/store.Put');
  });

  it('bounds the alarms it remembers', () => {
    const alarms = Array.from({ length: MAX_ALARMS }, (_, i) => ({
      fingerprint: String(i),
      at: i,
      withdrawnAt: i,
    }));
    const result = advanceCase(
      { version: 1, waiting: [], proven: [], raised: [], alarms },
      {
        target: TARGET,
        module: null,
        assessment: drawAssessment(minutes(90), LEAK),
        confirmation: drawConfirmation(['heap']),
        profiles: drawSnapshots(STORE),
        atMillis: minutes(90),
      },
    );
    expect(result.alarms).toHaveLength(MAX_ALARMS);
    expect(result.alarms.at(-1)?.at).toBe(minutes(90));
  });
});

describe('lanesInside', () => {
  it.each([
    ['fd', 'fd', 'fd goroutine heap'],
    ['goroutine', 'heap', 'goroutine heap'],
    ['heap', 'heap', 'heap'],
    ['native', 'native', 'native'],
  ] as const)('a leak of class %s in lane %s explains %s', (kind, lane, expected) => {
    const [first] = runCase([{ at: minutes(60), lanes: LEAK, confirmed: ['heap'] }]);
    expect(lanesInside({ ...first.state.raised[0], kind, lane }).join(' ')).toBe(expected);
  });
});
