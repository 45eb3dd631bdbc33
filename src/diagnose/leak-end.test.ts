import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { ConfirmationState } from '../detect/confirm.ts';
import { drawAssessment, drawConfirmation } from '../testing/drawn-assessment.ts';
import { LEAK, NOTHING, STORE, TARGET, minutes, runCase, type CaseStep } from '../testing/drawn-case.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { advanceCase } from './case.ts';
import { endLeaks } from './leak-end.ts';

describe('the end of a leak', () => {
  it('raises and ends nothing by the time in which a target did not answer', () => {
    const silent = { lastEvidenceMillis: minutes(70) };
    const proved = runCase([
      { at: minutes(60), lanes: LEAK },
      { at: minutes(70), lanes: LEAK },
      { at: minutes(300), lanes: LEAK, rest: silent },
      { at: minutes(302), lanes: LEAK },
    ]);
    expect(proved.map(({ alarms }) => alarms.length)).toEqual([0, 0, 0, 1]);
    const quiet = runCase([
      { at: minutes(60), lanes: LEAK, confirmed: ['heap'] },
      { at: minutes(70) },
      { at: minutes(300), rest: silent },
      { at: minutes(302) },
    ]);
    expect(quiet.map(({ over }) => over.length)).toEqual([0, 0, 0, 1]);
  });

  it('takes an alarm back as false when stage 1 sees a bound for long enough', () => {
    const filling = { heap: { verdict: 'filling-to-bound' as const, perHour: MIB } };
    const results = runCase([
      { at: minutes(60), lanes: LEAK, confirmed: ['heap'] },
      { at: minutes(70), lanes: filling },
      { at: minutes(95), lanes: filling },
      { at: minutes(140), lanes: filling },
    ]);
    expect(results.map(({ over }) => over.length)).toEqual([0, 0, 0, 1]);
    expect(results[3].alarms[0].withdrawnAt).toBe(minutes(140));
    expect(results[3].findings.every(({ verdict }) => verdict !== 'leak')).toBe(true);
  });

  it('ends a leak without calling it false when nothing grows although it would be seen', () => {
    const results = runCase([
      { at: minutes(60), lanes: LEAK, confirmed: ['heap'] },
      { at: minutes(70) },
      { at: minutes(100) },
      { at: minutes(131) },
    ]);
    expect(results.map(({ over }) => over.length)).toEqual([0, 0, 0, 1]);
    expect(results[3].over[0].isWithdrawn).toBe(false);
    expect(results[3].alarms[0].withdrawnAt).toBeNull();
  });

  it('keeps a leak when a quiet lane could not have seen it', () => {
    const blind = { heap: { smallestDetectable: null } };
    const results = runCase([
      { at: minutes(60), lanes: LEAK, confirmed: ['heap'] },
      { at: minutes(70), lanes: blind },
      { at: minutes(400), lanes: blind },
    ]);
    expect(results[2].over).toEqual([]);
    expect(results[2].findings[0].verdict).toBe('leak');
  });

  it('ends a leak whose site stopped while the rest of the service went on allocating', () => {
    const stopped = `
      heap
      main.main > orders/store.Put | 512 | 0 5 10 15 20 25 30 35 40 45 50 55 60 60 60 60 60 60 60 60 60 60
      main.main > orders/api.Answer | 512 | 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 | ${ramp(22, 40)}`;
    const idle = `
      heap
      main.main > orders/store.Put | 512 | 0 5 10 15 20 25 30 35 40 45 50 55 60 60 60 60 60 60 60 60 60 60
      main.main > orders/api.Answer | 512 | 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 | 0 40 80 120 160 200 240 280 320 360 400 440 480 480 480 480 480 480 480 480 480 480`;
    const steps = (drawing: string) => [
      { at: minutes(100), lanes: LEAK, confirmed: ['heap' as const], drawing },
      { at: minutes(210), lanes: LEAK, confirmed: ['heap' as const], drawing },
    ];
    expect(runCase(steps(stopped))[1].over).toMatchObject([{ isWithdrawn: false }]);
    expect(runCase(steps(idle))[1].over).toEqual([]);
  });

  it('takes an alarm back where as much dies as is born: it was a bound', () => {
    const bounded = `
      heap
      main.main > orders/cache.Put | 512 | 0 5 10 15 20 25 30 35 40 45 50 55 60 62 59 61 57 60 63 61 58 60 | ${ramp(22, 5)}
      main.main > orders/api.Answer | 512 | 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 | ${ramp(22, 40)}`;
    const [, end] = runCase([
      { at: minutes(100), lanes: LEAK, confirmed: ['heap'], drawing: bounded },
      { at: minutes(210), lanes: LEAK, confirmed: ['heap'], drawing: bounded },
    ]);
    expect(end.over).toMatchObject([{ isWithdrawn: true }]);
    expect(end.alarms[0].withdrawnAt).toBe(minutes(210));
  });

  it('takes an alarm back where what had grown was freed at once, and says so', () => {
    const freed = `
      heap
      main.main > orders/cache.Put | 512 | 0 5 10 15 20 25 30 35 40 45 50 55 60 2 2 2 2 2 2 2 2 2 | ${ramp(22, 5)}
      main.main > orders/api.Answer | 512 | 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 | ${ramp(22, 40)}`;
    const [, end] = runCase([
      { at: minutes(100), lanes: LEAK, confirmed: ['heap'], drawing: freed },
      { at: minutes(210), lanes: LEAK, confirmed: ['heap'], drawing: freed },
    ]);
    expect(end.over[0]?.why).toMatch(/^what had grown there was freed: \d+ samples fewer$/);
    expect(end.over[0]?.isWithdrawn).toBe(true);
  });

  it('follows stage 1 when it takes its claim back', () => {
    const [first] = runCase([{ at: minutes(60), lanes: LEAK, confirmed: ['heap'] }]);
    const over = { atMillis: minutes(70), reason: 'growth has been gone', numbers: {} };
    const confirmation = drawConfirmation(['heap']);
    const drawn = drawSnapshots(STORE);
    const result = advanceCase(first.state, {
      target: TARGET,
      module: null,
      assessment: drawAssessment(minutes(70)),
      confirmation: { heap: { ...confirmation.heap, over } as NonNullable<typeof confirmation.heap> },
      profiles: { heap: drawn.heap.slice(0, 8), goroutines: [], stacks: drawn.stacks },
      atMillis: minutes(70),
    });
    expect(result.over).toMatchObject([{ why: 'growth has been gone', isWithdrawn: false }]);
  });

  it.each([
    [true, false],
    [false, true],
  ])(
    'takes stage 1 at its word whether the growth had stopped (%s): withdrawn %s',
    (isStopped, isWithdrawn) => {
      const over = { atMillis: minutes(70), reason: 'a bound shows', numbers: {}, isStopped };
      const [, end] = runCase([
        { at: minutes(60), lanes: LEAK, confirmed: ['heap'] },
        { at: minutes(70), lanes: { heap: { verdict: 'filling-to-bound' } }, over: { heap: over } },
      ]);
      expect(end.over).toMatchObject([{ why: 'a bound shows', isWithdrawn }]);
    },
  );

  it.each([
    ['stays', 160, 1, false],
    ['is given back', 110, 1, true],
    ['lies lower at night, when nobody works', 110, 0.4, false],
    ['is given back by a new process', 110, 1, false, minutes(65)],
  ])(
    'tells by what had grown and %s whether it was a leak',
    (_, mib, workShare, isWithdrawn, lifeMillis = 0) => {
      const claim = drawConfirmation(['heap']);
      const standing = { lifeMillis, base: 100 * MIB, peak: 160 * MIB, highest: 160 * MIB, bound: null };
      const recent = { perHour: 0, low: 0, high: 0, overMillis: HOUR_MILLIS, workShare };
      const over = { atMillis: minutes(70), reason: 'growth has been gone', numbers: {} };
      const [raised] = runCase([{ at: minutes(60), lanes: LEAK, confirmed: ['heap'] }]);
      const { stacks } = drawSnapshots(STORE);
      const end = advanceCase(raised.state, {
        target: TARGET,
        module: null,
        assessment: drawAssessment(minutes(70), { heap: { level: mib * MIB, recent } }),
        confirmation: {
          heap: { ...claim.heap, over } as NonNullable<typeof claim.heap>,
          past: { ...claim.heap, lanes: { heap: { standing, mark: null } } } as ConfirmationState['past'] &
            object,
        },
        profiles: { heap: [], goroutines: [], stacks },
        atMillis: minutes(70),
      });
      expect(end.over).toMatchObject([{ isWithdrawn }]);
      expect(end.alarms.map(({ withdrawnAt }) => withdrawnAt !== null)).toEqual([isWithdrawn]);
    },
  );

  it('goes on with a leak over a restart of the process', () => {
    const [first] = runCase([{ at: minutes(60), lanes: LEAK, confirmed: ['heap'] }]);
    const restarted = drawAssessment(minutes(90), {}, { incarnationStartMillis: minutes(80), restarts: 1 });
    const result = advanceCase(first.state, {
      target: TARGET,
      module: null,
      assessment: {
        ...restarted,
        lanes: restarted.lanes.map((lane) => ({ ...lane, verdict: 'undetermined' as const })),
      },
      confirmation: drawConfirmation(['heap']),
      profiles: drawSnapshots(NOTHING),
      atMillis: minutes(90),
    });
    expect(result.findings[0].verdict).toBe('leak');
    expect(result.findings[0].culprits[0].function).toBe('orders/store.Put');
    expect(result.alarms).toHaveLength(1);
  });

  describe('after a restart', () => {
    const leaking = `
      heap
      main.main > orders/store.Put | 512 | ${ramp(12, 5)} ${ramp(30, 5)}
      main.main > orders/pages.render | 512 | ${ramp(12, 0)} ${ramp(30, 40)}`;
    const mended = `
      heap
      main.main > orders/store.Put | 512 | ${ramp(12, 5)} ${Array(30).fill(0).join(' ')}
      main.main > orders/pages.render | 512 | ${ramp(12, 0)} ${ramp(30, 40)}`;
    const life = { rest: { incarnationStartMillis: minutes(115), restarts: 1 } };
    const watched = (drawing: string) =>
      runCase([
        { at: minutes(100), lanes: LEAK, confirmed: ['heap'], drawing },
        ...Array.from({ length: 24 }, (_, i) => ({
          at: minutes(125 + 5 * i),
          lanes: LEAK,
          confirmed: ['heap' as const],
          drawing,
          ...life,
        })),
      ]);

    it('does not take a cache that fills again for another cause of a known leak', () => {
      const results = watched(leaking);
      expect(results.flatMap(({ over }) => over)).toEqual([]);
      expect(results.at(-1)?.state.raised).toMatchObject([{ lead: 'orders/store.Put', refutations: 0 }]);
      expect(results.at(-1)?.alarms).toHaveLength(1);
    });

    it('ends a leak whose code is shown not to grow any more, after the warm-up and not as a false alarm', () => {
      const results = watched(mended);
      const ends = results.flatMap(({ over }, i) => over.map((end) => ({ i, end })));
      expect(ends).toMatchObject([{ end: { isWithdrawn: false } }]);
      expect(ends[0].end.why).toContain('since the process was started again');
      expect(ends[0].i).toBeGreaterThan(12);
    });

    it('holds nothing against a leak while profiles are too few to see its old rate', () => {
      const slow = { heap: { verdict: 'leak' as const, perHour: 0.5 * MIB } };
      const results = runCase([
        { at: minutes(100), lanes: slow, confirmed: ['heap'], drawing: mended },
        ...Array.from({ length: 24 }, (_, i) => ({
          at: minutes(125 + 5 * i),
          lanes: slow,
          confirmed: ['heap' as const],
          drawing: mended,
          ...life,
        })),
      ]);
      expect(results.flatMap(({ over }) => over)).toEqual([]);
    });
  });

  it('ends a slow leak that has stopped, although few samples ever came', () => {
    const slow = (later: string) => `
      heap
      main.main > orders/notify.Deliver | 512 | 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 ${later}
      main.main > orders/api.Answer | 512 | ${Array(36).fill(0).join(' ')} | ${ramp(36, 40)}`;
    const steps = (later: string) => [
      { at: minutes(200), lanes: LEAK, confirmed: ['heap' as const], drawing: slow(later) },
      { at: minutes(350), lanes: LEAK, confirmed: ['heap' as const], drawing: slow(later) },
    ];
    const stopped = Array(14).fill(21).join(' ');
    expect(runCase(steps(stopped))[1].over).toMatchObject([{ isWithdrawn: false }]);
    expect(runCase(steps('21 21 22 22 23 23 24 24 25 25 26 26 27 27'))[1].over).toEqual([]);
  });

  it('tells one cause once: a leak that is known by the class that holds it goes on there, and was not false', () => {
    const [first] = runCase([{ at: minutes(60), lanes: LEAK, confirmed: ['heap'] }]);
    const [inner] = first.state.raised;
    const outer = { ...inner, fingerprint: 'outer', kind: 'fd' as const, lane: 'fd' as const };
    const { kept, over } = endLeaks(
      [inner, outer],
      {
        target: TARGET,
        module: null,
        assessment: drawAssessment(minutes(70), LEAK),
        confirmation: drawConfirmation(['heap', 'fd']),
        profiles: drawSnapshots(STORE),
        atMillis: minutes(70),
      },
      null,
    );
    expect(kept.map(({ fingerprint }) => fingerprint)).toEqual(['outer']);
    expect(over).toMatchObject([{ fingerprint: inner.fingerprint, isWithdrawn: false, goesOn: true }]);
  });

  it('calls it stopped, not a bound, where new allocations die at once and the old stay', () => {
    const released = `
      heap
      main.main > orders/reports.Rank | 512 | 0 5 10 15 20 25 30 35 40 45 50 55 60 60 60 60 60 60 60 60 60 60 | ${ramp(22, 5)}
      main.main > orders/api.Answer | 512 | 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 | ${ramp(22, 40)}`;
    const [, end] = runCase([
      { at: minutes(100), lanes: LEAK, confirmed: ['heap'], drawing: released },
      { at: minutes(210), lanes: LEAK, confirmed: ['heap'], drawing: released },
    ]);
    expect(end.over).toMatchObject([{ isWithdrawn: false }]);
    expect(end.over[0].why).toContain('let go again');
    expect(end.alarms).toMatchObject([{ withdrawnAt: null }]);
  });

  it('keeps a leak that stopped while the process goes on, until it is raised again or the process is new', () => {
    const over = { atMillis: minutes(70), reason: 'nothing has come since', numbers: {}, isStopped: true };
    const ends = (isStopped: boolean, rest: CaseStep['rest'] = {}, then: Partial<CaseStep> = {}) =>
      runCase([
        { at: minutes(60), lanes: LEAK, confirmed: ['heap'] },
        { at: minutes(70), over: { heap: { ...over, isStopped } }, lanes: { heap: { verdict: 'step' } } },
        { at: minutes(80), rest, ...then },
      ])[2].state.stopped;
    const [stopped, ...others] = ends(true) ?? [];
    expect(others).toEqual([]);
    expect(stopped.finding).toMatchObject({ verdict: 'undetermined', timeToExhaustion: null });
    expect(stopped.finding.summary).toMatch(
      /^The live heap grew by .* in orders\/store\.Put .*, called a leak; it is over \(nothing has come since\), and what it brought is still held: .*\.$/,
    );
    expect(ends(false)).toEqual([]);
    expect(ends(true, { incarnationStartMillis: minutes(75) })).toEqual([]);
    expect(ends(true, {}, { lanes: LEAK, confirmed: ['heap'] })).toEqual([]);
  });

  const atWork = { perHour: 0, low: 0, high: 0, overMillis: HOUR_MILLIS, workShare: 1 };

  it.each([
    ['takes back, on gauges alone, what filled up and stayed', NOTHING, atWork, 0, true],
    ['calls it over where profiles had named the code', STORE, atWork, 0, false],
    ['calls it over in a later life, whose code may have been mended', NOTHING, atWork, minutes(65), false],
    ['calls it over where nobody counts the work', NOTHING, { ...atWork, workShare: null }, 0, false],
  ])('%s', (_, drawing, recent, incarnationStartMillis, isWithdrawn) => {
    const quiet = { heap: { recent } };
    const rest = { incarnationStartMillis };
    const results = runCase([
      { at: minutes(59), lanes: LEAK, confirmed: ['heap'], drawing: NOTHING },
      { at: minutes(100), lanes: LEAK, confirmed: ['heap'], drawing },
      ...[105, 140, 170].map((at) => ({ at: minutes(at), lanes: quiet, drawing: NOTHING, rest })),
    ]);
    expect(results.flatMap(({ over }) => over)).toMatchObject([{ isWithdrawn }]);
    expect(results.at(-1)?.alarms.map(({ withdrawnAt }) => withdrawnAt !== null)).toEqual([isWithdrawn]);
  });

  it.each([
    ['does not let a young life explain away what the one before has shown', -2, 200 * MIB, 0],
    ['takes an explanation that is as certain as a leak would have to be', -9, 200 * MIB, 1],
    ['takes an explanation of a life in which the leak would have been seen', -2, 5 * MIB, 1],
  ])('%s', (_, evidenceRatio, smallestDetectable, ends) => {
    const heap = { verdict: 'load-driven' as const, evidenceRatio, smallestDetectable };
    const rest = { incarnationStartMillis: minutes(105), restarts: 1 };
    const results = runCase([
      { at: minutes(60), lanes: LEAK, confirmed: ['heap'] },
      ...[140, 180, 240].map((at) => ({ at: minutes(at), lanes: { heap }, rest })),
    ]);
    expect(results.flatMap(({ over }) => over)).toHaveLength(ends);
  });

  it.each([
    ['soon after it was found', 120, true],
    ['after it had gone on for long', 300, false],
  ])(
    'takes an alarm back where a bound shows and growth stops %s: withdrawn %s',
    (_, stopsAt, isWithdrawn) => {
      const last = stopsAt + 110;
      const rows = Math.floor(last / 10) + 1;
      const full = Math.floor(stopsAt / 10) + 1;
      const counts = Array.from({ length: rows }, (_row, i) => 5 * Math.min(i, full)).join(' ');
      const drawing = `heap
      main.main > orders/store.Put | 512 | ${counts}
      main.main > orders/api.Answer | 512 | ${Array(rows).fill(0).join(' ')} | ${ramp(rows, 40)}`;
      const bound = { heap: { ...LEAK.heap, verdict: 'filling-to-bound' as const, onsetAtMillis: 0 } };
      const grows = { heap: { ...LEAK.heap, onsetAtMillis: 0 } };
      const results = runCase([
        { at: minutes(120), lanes: grows, confirmed: ['heap'], drawing },
        { at: minutes(last), lanes: bound, confirmed: ['heap'], drawing },
      ]);
      expect(results.at(-1)?.over).toMatchObject([{ isWithdrawn }]);
    },
  );
});

describe('a leak that has not grown for a while', () => {
  const claim = drawConfirmation(['heap']).heap;
  const lastSaid = (goneSinceMillis: number | null) => {
    const [raised] = runCase([{ at: minutes(60), lanes: LEAK, confirmed: ['heap'] }]);
    const { stacks } = drawSnapshots(STORE);
    const { findings } = advanceCase(raised.state, {
      target: TARGET,
      module: null,
      assessment: drawAssessment(minutes(130), { heap: { smallestDetectable: null } }),
      confirmation: { heap: { ...claim, goneSinceMillis } as NonNullable<typeof claim> },
      profiles: { heap: [], goroutines: [], stacks },
      atMillis: minutes(130),
    });
    return findings[0];
  };

  it('says for how long, until when it is over, and forecasts nothing', () => {
    const paused = lastSaid(minutes(90));
    expect(paused.verdict).toBe('leak');
    expect(paused.timeToExhaustion).toBeNull();
    expect(paused.summary).toMatch(/; it has not grown for 40 min\.$/);
    expect(paused.noForecast).toBe('not in sight at the rate of now: it has not grown for 40 min');
    expect(paused.needed?.millis).toBe(minutes(20));
  });

  it.each([
    ['goes on', null],
    ['rests for a moment', minutes(120)],
  ])('is told as ever while it %s', (_, goneSince) => {
    expect(lastSaid(goneSince).summary).not.toContain('it has not grown');
    expect(lastSaid(goneSince).needed).toBeUndefined();
  });
});
